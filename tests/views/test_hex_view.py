import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from osc_workbench.views.hex_view import HexView
from osc_workbench.views.theme import DARK, LIGHT, Colours


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
        for x in (view._hex_x(place), view._hex_end(place) - 1, view._text_x(place)):
            assert view._offset_at(QPoint(x, y)) == offset


def picture(view: HexView) -> QImage:
    return view.viewport().grab().toImage()


def ground(view: HexView, offset: int) -> QColor:
    """Return the colour left of the first digit of a byte, where nothing is written."""
    line, place = divmod(offset, 16)
    top = (line - view.verticalScrollBar().value()) * view._line_height
    return picture(view).pixelColor(view._hex_x(place) - 1, top + 2)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_hits_are_marked_and_the_current_one_stronger(view: HexView, colours: Colours) -> None:
    view.set_colours(colours)
    view.set_bytes(bytes(64), None)
    view.mark(0, 8)
    view.set_hits((2, 14, 40), 4, range(14, 18))
    assert ground(view, 0) == colours.selection
    assert [ground(view, offset) for offset in (2, 3, 40)] == [colours.match] * 3
    assert [ground(view, offset) for offset in (15, 17)] == [colours.match_current] * 2
    assert [ground(view, offset) for offset in (8, 30, 44)] == [colours.base] * 3


def test_the_current_hit_has_a_frame_in_both_columns(view: HexView) -> None:
    view.set_bytes(bytes(64), None)
    view.set_hits((16, 18), 2, range(18, 20))
    image, y = picture(view), view._line_height + 1
    assert image.pixelColor(view._hex_x(2) - 2, y) == LIGHT.text
    assert image.pixelColor(view._hex_end(3) + 1, y) == LIGHT.text
    assert image.pixelColor(view._text_x(2), y) == LIGHT.text
    assert image.pixelColor(view._hex_x(0) - 2, y) == LIGHT.match


def test_hits_side_by_side_stand_apart_and_those_that_overlap_do_not(view: HexView) -> None:
    view.set_bytes(bytes(16), None)
    between = (view._hex_end(1) + view._hex_x(2)) // 2
    view.set_hits((0, 2), 2, None)
    assert picture(view).pixelColor(between, 2) == LIGHT.base
    view.set_hits((0, 1, 2), 2, None)
    assert picture(view).pixelColor(between, 2) == LIGHT.match


def test_the_current_hit_is_brought_into_sight(view: HexView) -> None:
    view.set_bytes(bytes(65_507), None)
    view.set_hits(tuple(range(0, 65_000, 7)), 4, range(60_004, 60_008))
    first = view.verticalScrollBar().value()
    assert first <= 60_004 // 16 < first + view._visible_lines()
    assert view.current_offset == 60_004


def test_marks_stand_where_the_characters_do(view: HexView) -> None:
    """The widest digits of a line begin and end within the places that are computed for them."""
    view.set_bytes(b"\x00" * 15 + b"M", None)
    image = picture(view)
    rows = range(view._line_height)
    dark = [x for x in range(image.width()) if any(image.pixelColor(x, y).lightness() < 128 for y in rows)]
    hex_digits = [x for x in dark if view._hex_x(0) <= x < view._text_x(0) - 4]
    assert view._hex_x(0) <= hex_digits[0] <= view._hex_x(0) + 3
    assert view._hex_end(15) - 3 <= hex_digits[-1] <= view._hex_end(15)
    assert view._text_x(15) <= dark[-1] <= view._text_x(16)


def test_new_bytes_have_no_hits(view: HexView) -> None:
    view.set_bytes(bytes(64), None)
    view.set_hits((2,), 4, range(2, 6))
    view.set_bytes(bytes(64), None)
    assert ground(view, 2) == LIGHT.base
