from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_model import Column, TrafficModel
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.chunk import ROWS_OF_CHUNK
from osc_workbench.traffic.record import Direction
from osc_workbench.views.theme import DARK, LIGHT
from osc_workbench.views.traffic_view import TrafficView
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, numbered, url_of


class Log:
    """A log on the screen, and a store to feed it from."""

    def __init__(self, qtbot: QtBot, limit_rows: int = 5_000_000) -> None:
        self.store = HandFedStore(limit_rows)
        self.model = TrafficModel(self.store, url_of)
        self.view = TrafficView(self.model, LIGHT)
        qtbot.addWidget(self.view)
        self.view.resize(1000, 400)
        with qtbot.waitExposed(self.view):
            self.view.show()
        self.bar = self.view.verticalScrollBar()

    def receive(self, *packets: bytes | OscMessage | OscBundle, direction: Direction = Direction.IN) -> None:
        self.model.apply_batch(self.store.receive(*packets, direction=direction))

    def is_at_end(self) -> bool:
        return self.bar.value() == self.bar.maximum()

    def y_of(self, row: int) -> int:
        return (row - self.model.first_row - self.bar.value()) * self.view._row_height + 2

    def wheel(self, steps: int) -> None:
        """Turn the wheel; up is positive."""
        place = QPointF(50, 50)
        event = QWheelEvent(
            place,
            self.view.viewport().mapToGlobal(place),
            QPoint(),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    @property
    def pill_text(self) -> str:
        return self.view._pill.text() if self.view._pill.isVisible() else ""


@pytest.fixture
def log(qtbot: QtBot) -> Log:
    log = Log(qtbot)
    log.receive(*numbered(200))
    return log


@pytest.fixture(autouse=True)
def no_tool_tip_left() -> Iterator[None]:
    yield
    QToolTip.hideText()


def test_it_follows_the_end(log: Log) -> None:
    assert log.is_at_end()
    log.receive(*numbered(50))
    assert log.view.is_following
    assert log.is_at_end()
    assert log.pill_text == ""


def test_the_wheel_releases_and_re_arms(log: Log) -> None:
    log.wheel(+2)
    assert not log.view.is_following
    value = log.bar.value()
    log.receive(*numbered(12))
    assert log.bar.value() == value
    assert log.pill_text == "▼ 12 new"
    log.wheel(-100)
    assert log.view.is_following
    assert log.pill_text == ""


def test_keys_release_and_re_arm(qtbot: QtBot, log: Log) -> None:
    qtbot.keyClick(log.view, Qt.Key.Key_End)
    assert log.view.is_following
    qtbot.keyClick(log.view, Qt.Key.Key_PageUp)
    qtbot.keyClick(log.view, Qt.Key.Key_PageUp)
    assert not log.view.is_following
    qtbot.keyClick(log.view, Qt.Key.Key_End)
    assert log.view.is_following


def test_the_scroll_bar_releases_and_re_arms(log: Log) -> None:
    log.bar.setValue(10)
    assert not log.view.is_following
    log.bar.setValue(log.bar.maximum())
    assert log.view.is_following


def test_the_pill_counts_and_leads_to_the_end(qtbot: QtBot, log: Log) -> None:
    log.bar.setValue(0)
    log.receive(*numbered(1000))
    log.receive(*numbered(234))
    assert log.pill_text == "▼ 1,234 new"
    qtbot.mouseClick(log.view._pill, Qt.MouseButton.LeftButton)
    assert log.view.is_following
    assert log.is_at_end()
    assert log.pill_text == ""


def test_following_can_be_switched_off_at_the_end(log: Log) -> None:
    log.view.set_following(False)
    value = log.bar.value()
    log.receive(*numbered(3))
    assert log.bar.value() == value
    assert not log.view.is_following
    assert log.pill_text == "▼ 3 new"


def test_switching_is_told_once(qtbot: QtBot, log: Log) -> None:
    told: list[bool] = []
    log.view.following_changed.connect(told.append)
    log.wheel(+1)
    log.wheel(+1)
    log.view.follow()
    log.view.follow()
    assert told == [False, True]


def test_a_taller_view_still_shows_the_end(qtbot: QtBot, log: Log) -> None:
    log.view.resize(1000, 200)
    assert log.is_at_end()
    log.view.resize(1000, 700)
    assert log.is_at_end()
    assert log.view.is_following


def test_clearing_follows_again_and_takes_the_pill_away(log: Log) -> None:
    log.bar.setValue(0)
    log.receive(*numbered(5))
    log.view.select(3)
    log.store.clear()
    log.model.apply_batch(log.store.batch(log.store.end_row))
    assert log.view.is_following
    assert log.pill_text == ""
    assert log.view.current_row is None


def test_the_selection_stays_on_its_message_when_new_ones_come(log: Log) -> None:
    log.view.select(42)
    log.receive(*numbered(50))
    assert log.view.current_row == 42


def test_trimming_keeps_selection_and_what_is_in_sight(qtbot: QtBot) -> None:
    log = Log(qtbot, limit_rows=ROWS_OF_CHUNK)
    log.receive(*numbered(ROWS_OF_CHUNK))
    log.receive(*numbered(ROWS_OF_CHUNK - 10))
    log.view.select(ROWS_OF_CHUNK + 5_000)
    log.bar.setValue(ROWS_OF_CHUNK + 4_990)
    in_sight = log.model.first_row + log.bar.value()
    log.receive(*numbered(100))
    assert log.model.first_row > 0
    assert log.view.current_row == ROWS_OF_CHUNK + 5_000
    assert log.model.first_row + log.bar.value() == in_sight
    assert not log.view.is_following
    log.wheel(-1)
    assert log.model.first_row + log.bar.value() == in_sight + QApplication.wheelScrollLines()
    painted = log.view.viewport().grab().toImage()
    log.view.viewport().update()
    assert log.view.viewport().grab().toImage() == painted


def test_a_selected_message_that_is_trimmed_is_let_go(qtbot: QtBot) -> None:
    log = Log(qtbot, limit_rows=1)
    log.receive(*numbered(10))
    log.view.select(3)
    with qtbot.waitSignal(log.view.current_changed) as changed:
        log.receive(*numbered(ROWS_OF_CHUNK))
    assert changed.args == [None]


def test_a_click_selects_the_row_under_it(qtbot: QtBot, log: Log) -> None:
    row = log.model.first_row + log.bar.value() + 3
    with qtbot.waitSignal(log.view.current_changed) as changed:
        qtbot.mouseClick(log.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, log.y_of(row)))
    assert changed.args == [row]


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


def test_a_screen_reader_hears_the_selected_row(log: Log) -> None:
    log.receive(OscMessage("/synth/note", "s", ("C4",)), TRUNCATED_FLOAT, OscMessage("noslash"))
    log.view.select(200)
    assert 'Address /synth/note, Types ,s, Arguments "C4"' in log.view.accessibleDescription()
    log.view.select(201)
    assert "Arguments malformed: " in log.view.accessibleDescription()
    log.view.select(202)
    assert log.view.accessibleDescription().endswith("the address does not start with a slash")


def test_the_header_stands_right_above_the_rows_from_the_start(log: Log) -> None:
    header, viewport = log.view.header.geometry(), log.view.viewport().geometry()
    assert header.bottom() + 1 == viewport.top()
    assert header.height() == log.view.header.sizeHint().height()
    assert (header.left(), header.width()) == (viewport.left(), viewport.width())


def test_all_kinds_of_rows_are_painted_in_both_themes(log: Log) -> None:
    log.receive(OscMessage("noslash"), TRUNCATED_FLOAT, OscBundle(TimeTag(0), numbered(3)), OscBundle(TimeTag(1)))
    log.receive(*numbered(1), direction=Direction.OUT)
    log.receive(OscMessage("/ünï/" + "x" * 300, "s", ("é" * 300,)))
    log.view.select(log.store.end_row - 2)
    pictures = []
    for colours in (LIGHT, DARK):
        log.view.set_colours(colours)
        pictures.append(log.view.viewport().grab().toImage())
    assert pictures[0] != pictures[1]
    assert log.view.newest_painted == log.store.end_row - 1


def test_an_empty_log_says_what_to_do(qtbot: QtBot) -> None:
    log = Log(qtbot)
    before = log.view.viewport().grab().toImage()
    log.view.set_placeholder("Send something.")
    assert log.view.viewport().grab().toImage() != before


def tip_at(log: Log, row: int, column: Column) -> str:
    x = log.view.header.sectionViewportPosition(column) + 5
    return log.view._tip_at(QPoint(x, log.y_of(row)))


def test_a_cut_off_text_has_a_tool_tip_and_others_have_none(log: Log) -> None:
    text = "y" * 300
    log.receive(OscMessage("/short", "s", (text,)))
    assert tip_at(log, 200, Column.ARGUMENTS) == f'"{text}"'
    assert tip_at(log, 200, Column.ADDRESS) == ""
    assert log.view._tip_at(QPoint(5, 100_000)) == ""


def test_what_is_odd_about_a_packet_is_in_the_tool_tip(log: Log) -> None:
    log.receive(OscMessage("noslash", "i", (1,)))
    assert tip_at(log, 200, Column.ARGUMENTS) == "1\nthe address does not start with a slash"


def test_a_tool_tip_shows_markup_from_the_network_as_it_is(qtbot: QtBot, log: Log) -> None:
    log.receive(OscMessage("/a", "s", ("<img src='file:///etc/passwd'>" * 20,)))
    place = QPoint(log.view.header.sectionViewportPosition(Column.ARGUMENTS) + 5, log.y_of(200))
    event = QHelpEvent(QEvent.Type.ToolTip, place, log.view.viewport().mapToGlobal(place))
    QApplication.sendEvent(log.view.viewport(), event)
    assert QToolTip.isVisible()
    assert "&lt;img src=" in QToolTip.text()
    assert "<img" not in QToolTip.text()


def test_the_menu_key_opens_the_menu_below_the_selected_row(qtbot: QtBot, log: Log) -> None:
    menu = log.view.menu
    menu.addAction(QAction("Copy", menu))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(log.view, event)
    assert not menu.isVisible()
    log.view.select(199)
    QApplication.sendEvent(log.view, event)
    assert menu.isVisible()
    menu.close()


def test_columns_can_be_hidden_but_not_all(log: Log) -> None:
    header = log.view.header
    for column, action in zip(Column, header.column_actions, strict=True):
        if column is not Column.ADDRESS:
            action.trigger()
    assert [column for column in Column if not header.isSectionHidden(column)] == [Column.ADDRESS]
    assert not header.column_actions[Column.ADDRESS].isEnabled()
    log.view.viewport().grab()
    header.reset_columns()
    assert not any(header.isSectionHidden(column) for column in Column)
    assert all(action.isChecked() and action.isEnabled() for action in header.column_actions)


def test_a_malformed_packet_can_be_painted_with_any_columns(log: Log) -> None:
    log.receive(TRUNCATED_FLOAT)
    header = log.view.header
    header.moveSection(header.visualIndex(Column.ARGUMENTS), 0)
    log.view.viewport().grab()
    header.column_actions[Column.ADDRESS].trigger()
    header.column_actions[Column.ARGUMENTS].trigger()
    log.view.viewport().grab()
    assert log.view.newest_painted == 200
