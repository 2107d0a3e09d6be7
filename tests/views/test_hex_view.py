import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from osc_workbench.views.hex_view import HexView
from osc_workbench.views.theme import LIGHT


@pytest.fixture
def view(qtbot: QtBot) -> HexView:
    view = HexView(LIGHT)
    qtbot.addWidget(view)
    view.resize(view.sizeHint())
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_all_columns_fit_into_the_smallest_width(view: HexView) -> None:
    view.set_bytes(bytes(1000), None)
    view.resize(view.minimumWidth(), 100)
    assert view._text_x(16) <= view.viewport().width()


def test_a_mark_is_brought_into_sight(view: HexView) -> None:
    view.set_bytes(bytes(65_507), None)
    for offset in (60_000, 100, 65_506, 0):
        view.mark(offset, 4)
        first = view.verticalScrollBar().value()
        assert first <= offset // 16 < first + view._visible_lines()


def test_the_last_line_can_be_scrolled_into_sight(view: HexView) -> None:
    view.set_bytes(bytes(1001), None)
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() + view._visible_lines() >= 63


def test_a_mark_beyond_the_bytes_is_cut(view: HexView) -> None:
    view.set_bytes(b"1234", 4)
    view.mark(2, 100)
    assert view._marked == range(2, 4)
    view.mark(4, 1)
    view.grab()


def test_new_bytes_start_at_the_top_without_a_mark(view: HexView) -> None:
    view.set_bytes(bytes(5000), None)
    view.mark(4000, 10)
    view.set_bytes(b"/a\0\0", None)
    assert (view.verticalScrollBar().value(), len(view._marked)) == (0, 0)


def test_keys_stay_within_the_bytes(qtbot: QtBot, view: HexView) -> None:
    selected: list[int] = []
    view.byte_selected.connect(selected.append)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert selected == []
    view.set_bytes(bytes(20), None)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view, key)
    assert selected == [0, 0, 1, 16]


def test_every_byte_is_found_where_it_is_painted(view: HexView) -> None:
    view.set_bytes(bytes(64), None)
    for offset in range(64):
        line, place = divmod(offset, 16)
        y = line * view._line_height + 1
        for x in (view._hex_x(place), view._hex_x(place) + 2 * view._advance - 1, view._text_x(place)):
            assert view._offset_at(QPoint(x, y)) == offset
