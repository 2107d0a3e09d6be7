import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.packet_model import PacketModel
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.theme import DARK, LIGHT
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, numbered, record_of
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE


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
