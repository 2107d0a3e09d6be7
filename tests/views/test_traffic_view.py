from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_columns import Column
from tests.doubles.log_window import Log
from tests.doubles.traffic import numbered

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
RIGHT = Qt.MouseButton.RightButton


def selected(log: Log) -> list[int]:
    rows = list(log.view.selected_rows())
    assert log.view.selected_count == len(rows)
    return rows


def drag_to(log: Log, position: QPoint) -> None:
    """Move the mouse there with the left button held."""
    place, left = QPointF(position), Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        log.view.viewport().mapToGlobal(place),
        Qt.MouseButton.NoButton,
        left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(log.view.viewport(), event)


def test_the_selection_stays_on_its_message_when_new_ones_come(log: Log) -> None:
    log.view.select(42)
    log.receive(*numbered(50))
    assert log.view.current_row == 42


def test_a_selected_message_that_is_trimmed_is_let_go(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 16)
    log = Log(qtbot, limit_rows=1)
    log.receive(*numbered(10))
    log.view.select(3)
    with qtbot.waitSignal(log.view.current_changed) as changed:
        log.receive(*numbered(16))
    assert changed.args == [None]


def test_a_click_selects_the_row_under_it(qtbot: QtBot, log: Log) -> None:
    row = log.top_row + 3
    with qtbot.waitSignals([log.view.current_changed, log.view.selection_changed]):
        log.click(row)
    assert (log.view.current_row, selected(log)) == (row, [row])


def test_a_click_below_the_rows_selects_nothing(qtbot: QtBot) -> None:
    log = Log(qtbot)
    log.receive(*numbered(2))
    qtbot.mouseClick(log.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert log.view.current_row is None


def test_arrows_and_pages_walk_and_stop_at_the_ends(qtbot: QtBot, log: Log) -> None:
    seen = []
    keys = Qt.Key
    for key in (keys.Key_Up, keys.Key_Up, keys.Key_Home, keys.Key_Up, keys.Key_Down, keys.Key_End, keys.Key_Down):
        qtbot.keyClick(log.view, key)
        seen.append(log.view.current_row)
    assert seen == [199, 198, 0, 0, 1, 199, 199]
    qtbot.keyClick(log.view, keys.Key_PageUp)
    assert log.view.current_row == 199 - log.view._scroller.page


def test_keys_in_an_empty_log_do_nothing(qtbot: QtBot) -> None:
    log = Log(qtbot)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_PageDown):
        qtbot.keyClick(log.view, key)
    assert log.view.current_row is None


def test_the_selected_row_is_brought_into_sight(log: Log) -> None:
    log.view.select(7)
    assert log.bar.value() <= 7 < log.bar.value() + log.view._scroller.page
    assert not log.view.is_following


def test_a_click_selects_a_row_of_a_filtered_log(log: Log) -> None:
    log.filter("any=20 or any=70 or any=120")
    log.click(70)
    assert (log.view.current_row, selected(log)) == (70, [70])


# Many rows.


def test_clicks_with_shift_select_a_range_and_with_control_single_rows(log: Log) -> None:
    log.view.select(100)
    log.click(103, SHIFT)
    assert (selected(log), log.view.current_row) == ([100, 101, 102, 103], 103)
    log.click(98, SHIFT)
    assert selected(log) == [98, 99, 100]
    log.click(104, CONTROL)
    log.click(99, CONTROL)
    assert (selected(log), log.view.current_row) == ([98, 100, 104], 99)
    log.click(101)
    assert selected(log) == [101]


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        (Qt.Key.Key_Up, lambda _page: range(99, 101)),
        (Qt.Key.Key_Down, lambda _page: range(100, 102)),
        (Qt.Key.Key_PageUp, lambda page: range(100 - page, 101)),
        (Qt.Key.Key_PageDown, lambda page: range(100, 101 + page)),
        (Qt.Key.Key_Home, lambda _page: range(101)),
        (Qt.Key.Key_End, lambda _page: range(100, 200)),
    ],
)
def test_keys_with_shift_select_on_the_way(qtbot: QtBot, log: Log, key: Qt.Key, rows: Callable[[int], range]) -> None:
    log.view.select(100)
    qtbot.keyClick(log.view, key, SHIFT)
    assert selected(log) == list(rows(log.page))
    assert log.view.current_row != 100
    assert 0 <= log.line_of(log.view.current_row) < log.page


def test_a_range_shrinks_when_the_keys_go_back(qtbot: QtBot, log: Log) -> None:
    log.view.select(100)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(log.view, key, SHIFT)
    assert selected(log) == [100, 101]
    qtbot.keyClick(log.view, Qt.Key.Key_Down)
    assert selected(log) == [102]


def test_all_that_is_shown_is_selected_by_a_key(qtbot: QtBot, log: Log) -> None:
    log.filter("any>=150")
    qtbot.keyClick(log.view, Qt.Key.Key_A, CONTROL)
    assert selected(log) == list(range(150, 200))
    log.show_all()
    assert log.view.selected_count == 50


def test_the_mouse_selects_as_it_is_dragged(qtbot: QtBot, log: Log) -> None:
    log.bar.setValue(50)
    qtbot.mousePress(log.view.viewport(), Qt.MouseButton.LeftButton, pos=log.place_of(53))
    drag_to(log, log.place_of(56))
    assert selected(log) == [53, 54, 55, 56]
    drag_to(log, log.place_of(51))
    assert (selected(log), log.view.current_row) == ([51, 52, 53], 51)
    qtbot.mouseRelease(log.view.viewport(), Qt.MouseButton.LeftButton, pos=log.place_of(51))
    drag_to(log, log.place_of(60))
    assert selected(log) == [51, 52, 53]


def test_a_drag_stops_following(qtbot: QtBot, log: Log) -> None:
    qtbot.mousePress(log.view.viewport(), Qt.MouseButton.LeftButton, pos=log.place_of(199))
    assert log.view.is_following
    drag_to(log, log.place_of(197))
    assert not log.view.is_following


@pytest.mark.parametrize(("y", "limit"), [(-300, 0), (5000, 199)])
def test_beyond_the_edges_a_drag_goes_on_by_itself(qtbot: QtBot, log: Log, y: int, limit: int) -> None:
    log.bar.setValue(100)
    qtbot.mousePress(log.view.viewport(), Qt.MouseButton.LeftButton, pos=log.place_of(103))
    drag_to(log, QPoint(50, y))
    after_one = log.bar.value()
    assert after_one != 100
    qtbot.waitUntil(lambda: log.view.current_row == limit, timeout=5000)
    qtbot.mouseRelease(log.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(50, y))
    assert selected(log) == list(range(min(103, limit), max(103, limit) + 1))
    assert not log.view._drag.is_active


# The menu.


def requested(log: Log) -> list[tuple[int, int]]:
    """Return (row, column) of the menus that are wished from now on."""
    wished: list[tuple[int, int]] = []
    log.view.cell_menu_requested.connect(lambda row, column, _position: wished.append((row, column)))
    return wished


def ask_by_mouse(log: Log, row: int, column: Column) -> None:
    place = log.place_of(row, column)
    log.click(row, button=RIGHT)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(
        log.view.viewport(), QContextMenuEvent(reason, place, log.view.viewport().mapToGlobal(place))
    )


def test_the_menu_of_the_mouse_is_that_of_the_cell(log: Log) -> None:
    log.filter("any>150")
    wished = requested(log)
    ask_by_mouse(log, 190, Column.PEER)
    assert (wished, log.view.current_row) == ([(190, Column.PEER)], 190)


def test_the_menu_of_a_selected_row_leaves_the_selection(log: Log) -> None:
    log.view.select(190)
    log.click(193, SHIFT)
    ask_by_mouse(log, 191, Column.ADDRESS)
    assert (selected(log), log.view.current_row) == ([190, 191, 192, 193], 191)
    ask_by_mouse(log, 195, Column.ADDRESS)
    assert selected(log) == [195]


def test_the_menu_key_asks_for_the_address_of_the_current_row(log: Log) -> None:
    places: list[QPoint] = []
    log.view.cell_menu_requested.connect(lambda _row, _column, position: places.append(position))
    wished = requested(log)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(log.view, event)
    assert wished == []
    log.view.select(7)
    log.bar.setValue(100)
    QApplication.sendEvent(log.view, event)
    assert wished == [(7, Column.ADDRESS)]
    assert 0 <= log.line_of(7) < log.page
    place = log.view.viewport().mapFromGlobal(places[0])
    assert log.view._index_at(place - QPoint(0, 1)) == 7


def test_there_is_no_menu_where_there_is_no_row(qtbot: QtBot) -> None:
    log = Log(qtbot)
    wished = requested(log)
    place = log.view.viewport().mapToGlobal(QPoint(50, 50))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(50, 50), place)
    QApplication.sendEvent(log.view.viewport(), event)
    assert wished == []
