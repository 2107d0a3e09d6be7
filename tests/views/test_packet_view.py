import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.packet_model import PacketModel
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.theme import DARK, LIGHT
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, numbered, record_of
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def model() -> PacketModel:
    return PacketModel()


@pytest.fixture
def view(qtbot: QtBot, model: PacketModel) -> PacketView:
    view = PacketView(model, LIGHT)
    qtbot.addWidget(view)
    view.resize(1000, 300)
    with qtbot.waitExposed(view):
        view.show()
    return view


def marked(view: PacketView) -> tuple[int, int]:
    return view.bytes._marked.start, len(view.bytes._marked)


def byte_place(view: PacketView, offset: int) -> QPoint:
    line, place = divmod(offset, 16)
    top = (line - view.bytes.verticalScrollBar().value()) * view.bytes._line_height
    return QPoint(view.bytes._hex_x(place) + 2, top + 3)


def test_without_a_packet_a_hint_is_shown(view: PacketView, model: PacketModel) -> None:
    assert not view.tree.isVisible()
    model.set_record(record_of(EVERY_TAG))
    assert view.tree.isVisible()
    model.set_record(None)
    assert not view.tree.isVisible()


@pytest.mark.parametrize("packet", [EVERY_TAG, NESTED_BUNDLE])
def test_a_selected_field_marks_its_bytes(view: PacketView, model: PacketModel, packet: OscMessage | OscBundle) -> None:
    model.set_record(record_of(packet))
    index = model.index(0, 0)
    while index.isValid():
        view.tree.setCurrentIndex(index)
        assert marked(view) == model.extent(index)
        index = view.tree.indexBelow(index)


def test_a_clicked_byte_selects_its_field(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/synth/1", "if", (7, 0.5))))
    qtbot.mouseClick(view.bytes.viewport(), Qt.MouseButton.LeftButton, pos=byte_place(view, 21))
    assert view.tree.currentIndex().data() == "Argument 2"
    assert marked(view) == (20, 4)
    qtbot.mouseClick(view.bytes.viewport(), Qt.MouseButton.LeftButton, pos=byte_place(view, 0))
    assert view.tree.currentIndex().data() == "Address"


def test_a_click_on_a_character_is_a_click_on_its_byte(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/synth/1", "if", (7, 0.5))))
    place = QPoint(view.bytes._text_x(3) + 1, 3)
    qtbot.mouseClick(view.bytes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.tree.currentIndex().data() == "Address"


def test_a_click_beside_the_bytes_changes_nothing(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/a")))
    for place in (QPoint(1, 3), byte_place(view, 8), byte_place(view, 100)):
        qtbot.mouseClick(view.bytes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not view.tree.currentIndex().isValid()


def test_arrows_walk_from_field_to_field(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/synth/1", "if", (7, 0.5))))
    view.bytes.byte_selected.emit(0)
    seen = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(view.bytes, key)
        seen.append(view.tree.currentIndex().data())
    assert seen == ["Type tags", "Argument 1", "Argument 2", "Argument 2", "Argument 1"]


def test_any_byte_of_any_bytes_can_be_selected(view: PacketView, model: PacketModel) -> None:
    for packet in (TRUNCATED_FLOAT, encode_packet(NESTED_BUNDLE)[:-5], b"?!", b""):
        model.set_record(record_of(packet))
        for offset in range(len(packet)):
            view.bytes.byte_selected.emit(offset)
            start, size = marked(view)
            assert start <= offset < start + size
        view.grab()


def test_the_byte_where_decoding_stopped_is_marked(view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(TRUNCATED_FLOAT))
    assert view.bytes._error == 12


def test_a_message_of_a_bundle_is_shown_where_it_stands(view: PacketView, model: PacketModel) -> None:
    store = HandFedStore()
    store.receive(OscBundle(TimeTag(1), numbered(50)))
    record = store.record(30)
    model.set_record(record)
    assert view.tree.currentIndex().data() == "Message"
    assert marked(view) == (record.offset, record.size)
    first = view.bytes.verticalScrollBar().value()
    assert first <= record.offset // 16 < first + view.bytes._visible_lines()


def test_a_packet_of_the_largest_size_is_shown(view: PacketView, model: PacketModel) -> None:
    count = 16_000
    model.set_record(record_of(OscMessage("/many", "i" * count, tuple(range(count)))))
    view.bytes.byte_selected.emit(len(model.data_bytes) - 1)
    assert view.tree.currentIndex().data() == f"Argument {count}"
    view.grab()


def test_it_can_be_painted_in_both_themes(view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(TRUNCATED_FLOAT))
    before = view.grab().toImage()
    view.set_colours(DARK)
    assert view.grab().toImage() != before


def open_find(qtbot: QtBot, view: PacketView, text: str) -> None:
    """Press Ctrl+F in the tree and type a pattern."""
    with qtbot.waitActive(view):
        view.activateWindow()
    view.tree.setFocus()
    qtbot.keyClick(view.tree, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(view.pane.find_bar.field.hasFocus)
    qtbot.keyClicks(view.pane.find_bar.field, text)


def test_a_hit_selects_the_field_it_lies_in(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/synth/1", "ifs", (7, 0.5, "synth"))))
    open_find(qtbot, view, "f:0.5")
    assert view.tree.currentIndex().data() == "Argument 2"
    assert (marked(view), view.bytes._current_hit) == ((24, 4), range(24, 28))
    view.pane.find_bar.field.setText('"synth"')
    assert view.tree.currentIndex().data() == "Argument 3"
    qtbot.keyClick(view.pane.find_bar.field, Qt.Key.Key_Return)
    assert view.tree.currentIndex().data() == "Address"
    assert view.bytes._current_hit == range(1, 6)


def test_a_hit_far_into_its_field_is_in_sight(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    model.set_record(record_of(OscMessage("/blob", "b", (bytes(20_000) + b"needle" + bytes(20_000),))))
    open_find(qtbot, view, '"needle"')
    assert view.tree.currentIndex().data() == "Argument 1"
    first = view.bytes.verticalScrollBar().value()
    assert first <= view.bytes._current_hit.start // 16 < first + view.bytes._visible_lines()


def test_a_hit_in_bytes_that_were_not_decoded_is_marked(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    for packet, text, offset in ((TRUNCATED_FLOAT, "3f 40", 12), (b"?!", "21", 1)):
        model.set_record(record_of(packet))
        view.pane.open_find()
        view.pane.find_bar.field.setText(text)
        assert view.bytes._current_hit.start == offset
        view.grab()


def test_the_pattern_stays_while_packets_are_stepped_through(
    qtbot: QtBot, view: PacketView, model: PacketModel
) -> None:
    model.set_record(record_of(OscMessage("/a", "i", (440,))))
    open_find(qtbot, view, "i:440")
    for message, line, count in (
        (OscMessage("/b", "ii", (1, 440)), "Argument 2", "1 of 1"),
        (OscMessage("/b", "ii", (1, 2)), None, "no hits"),
        (OscMessage("/b", "ii", (440, 440)), "Argument 1", "1 of 2"),
    ):
        model.set_record(record_of(message))
        assert (view.tree.currentIndex().data(), view.pane.find_bar.count.text()) == (line, count)
    assert view.pane.find_bar.field.hasFocus()


def test_in_a_bundle_the_hit_is_one_of_the_selected_message(qtbot: QtBot, view: PacketView, model: PacketModel) -> None:
    store = HandFedStore()
    store.receive(OscBundle(TimeTag(1), numbered(50)))
    model.set_record(store.record(30))
    open_find(qtbot, view, '"/n"')
    for row in (30, 12):
        record = store.record(row)
        model.set_record(record)
        assert view.bytes._current_hit.start == record.offset
        assert view.pane.find_bar.count.text() == f"{row + 1} of 50"
    view.pane.find_bar.field.setText("i:7")
    assert view.pane.find_bar.count.text() == "1 of 1"
    record = store.record(20)
    model.set_record(record)
    assert (view.pane.find_bar.count.text(), view.tree.currentIndex().data()) == ("1 hit", "Message")
    assert marked(view) == (record.offset, record.size)


def test_nothing_can_be_found_without_a_packet(view: PacketView, model: PacketModel) -> None:
    assert not any(action.isEnabled() for action in view.pane.find_actions)
    model.set_record(record_of(b""))
    assert all(action.isEnabled() for action in view.pane.find_actions)
    view.pane.open_find()
    model.set_record(None)
    assert not any(action.isEnabled() for action in view.pane.find_actions)


def test_keys_of_finding_do_nothing_elsewhere_in_the_window(qtbot: QtBot, model: PacketModel) -> None:
    around, other, view = QWidget(), QLineEdit(), PacketView(model, LIGHT)
    qtbot.addWidget(around)
    layout = QVBoxLayout(around)
    layout.addWidget(other)
    layout.addWidget(view)
    model.set_record(record_of(EVERY_TAG))
    with qtbot.waitActive(around):
        around.show()
        around.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    for key, modifier in ((Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier), (Qt.Key.Key_F3, NO_MODIFIER)):
        qtbot.keyClick(other, key, modifier)
    assert not view.pane.find_bar.isVisible()
    view.tree.setFocus()
    qtbot.keyClick(view.tree, Qt.Key.Key_F3)
    assert view.pane.find_bar.isVisible()
