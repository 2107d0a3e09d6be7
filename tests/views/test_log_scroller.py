from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.osc.packet import OscMessage
from tests.doubles.log_window import Log, matched
from tests.doubles.traffic import numbered

CHUNK = 256


def after_one_chunk() -> Callable[[], bool]:
    """Be late after one chunk has been looked at."""
    return iter([False, *[True] * 9]).__next__


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)


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
    log.clear()
    assert log.view.is_following
    assert log.pill_text == ""
    assert log.view.current_row is None


@pytest.mark.usefixtures("small_chunks")
def test_trimming_keeps_selection_and_what_is_in_sight(qtbot: QtBot) -> None:
    log = Log(qtbot, limit_rows=2 * CHUNK)
    for first in range(0, 3 * CHUNK - 10, CHUNK):
        log.receive(*numbered(min(CHUNK, 3 * CHUNK - 10 - first), first))
    log.view.select(2 * CHUNK)
    log.bar.setValue(2 * CHUNK - 5)
    in_sight = log.top_row
    log.receive(*numbered(20))
    assert log.store.first_row == CHUNK
    assert (log.view.current_row, log.top_row, log.line_of(2 * CHUNK)) == (2 * CHUNK, in_sight, 5)
    assert not log.view.is_following
    log.wheel(-1)
    assert log.top_row == in_sight + QApplication.wheelScrollLines()
    painted = log.view.viewport().grab().toImage()
    log.view.viewport().update()
    assert log.view.viewport().grab().toImage() == painted


# Other rows are shown.


def test_whoever_follows_goes_on_following(log: Log) -> None:
    for text in ("any<150", "any<3", "any<0", ""):
        log.filter(text)
        assert log.view.is_following
        assert log.is_at_end()


def test_the_current_row_keeps_its_line(log: Log) -> None:
    log.view.select(100)
    log.bar.setValue(95)
    log.filter("any>50")
    assert (log.line_of(100), log.view.is_following) == (5, False)
    log.show_all()
    assert log.line_of(100) == 5


def test_the_row_at_the_top_stays_there_if_the_current_one_is_out_of_sight(log: Log) -> None:
    log.view.select(7)
    log.bar.setValue(120)
    log.filter("any>50")
    assert log.top_row == 120
    log.filter("any>100 -any=120 -any=121")
    assert log.top_row == 122


def test_a_filter_that_is_taken_away_leaves_no_trace(log: Log) -> None:
    log.bar.setValue(120)
    for text in ("any=20 or any=180", "any=20", "any<0"):
        log.filter(text)
    log.receive(*numbered(5))
    log.show_all()
    assert (log.top_row, log.view.is_following) == (120, False)


def test_whoever_scrolls_the_filtered_rows_stays_at_what_is_seen_there(log: Log) -> None:
    log.bar.setValue(120)
    log.filter("any<100")
    log.bar.setValue(30)
    log.show_all()
    assert log.top_row == 30


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("text", ["any<600", "any<600 changed"], ids=["newest first", "oldest first"])
def test_the_place_is_found_again_as_rows_come_in_bit_by_bit(qtbot: QtBot, text: str) -> None:
    log = Log(qtbot)
    for first in range(0, 4 * CHUNK, CHUNK):
        log.receive(*numbered(CHUNK, first))
    log.view.select(500)
    log.bar.setValue(490)
    log.model.set_shown(matched(log.store, text))
    while not log.model.is_complete:
        log.model.advance(after_one_chunk())
    assert (log.view.current_row, log.line_of(500)) == (500, 10)
    assert not log.view.is_following


@pytest.mark.usefixtures("small_chunks")
def test_what_is_in_sight_stays_when_rows_come_in_above(qtbot: QtBot) -> None:
    log = Log(qtbot)
    for first in range(0, 3 * CHUNK, CHUNK):
        log.receive(*numbered(CHUNK, first))
    log.model.set_shown(matched(log.store, "/n"))
    log.model.advance(after_one_chunk())
    log.bar.setValue(100)
    before = log.top_row
    log.model.advance()
    assert (log.model.rowCount(), log.top_row) == (3 * CHUNK, before)


def test_new_rows_are_those_that_came_after_following_whatever_is_shown(log: Log) -> None:
    log.bar.setValue(0)
    log.receive(*numbered(10))
    log.filter("any<5")
    assert log.pill_text == "▼ 5 new"
    log.receive(*numbered(10))
    assert log.pill_text == "▼ 10 new"
    log.show_all()
    assert log.pill_text == "▼ 20 new"


def test_in_a_table_of_latest_values_nothing_is_new_and_nothing_moves(qtbot: QtBot) -> None:
    log = Log(qtbot)
    log.receive(*(OscMessage(f"/{number}") for number in range(100)))
    log.bar.setValue(20)
    log.view.select(23)
    log.show_latest()
    assert (log.bar.value(), log.pill_text) == (20, "")
    log.receive(OscMessage("/23"), OscMessage("/new"))
    assert (log.bar.value(), log.line_of(100), log.view.current_row) == (20, 3, 100)


@pytest.mark.usefixtures("small_chunks")
def test_a_table_of_latest_values_that_loses_an_address_stays_where_it_is(qtbot: QtBot) -> None:
    log = Log(qtbot, limit_rows=CHUNK)
    log.show_latest()
    log.view.set_following(False)
    log.receive(*[OscMessage("/gone")] * CHUNK)
    log.receive(*(OscMessage(f"/{number}") for number in range(100)))
    log.bar.setValue(20)
    log.receive(*(OscMessage(f"/{number % 100}") for number in range(100, 256)))
    log.receive(*(OscMessage(f"/{number % 100}") for number in range(256)))
    assert (log.model.rowCount(), log.bar.value(), log.view.is_following) == (100, 20, False)


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_all_give_way_at_once_are_followed_by_the_others(qtbot: QtBot) -> None:
    log = Log(qtbot, limit_rows=CHUNK)
    log.receive(*numbered(CHUNK))
    log.bar.setValue(50)
    for _ in range(3):
        log.store.receive(*numbered(CHUNK))
    log.model.advance()
    assert not log.view.is_following
    assert log.model.rowCount() == len(log.store)
    assert log.bar.value() == 50


# Pause.


def test_the_pill_says_how_much_is_held_back_and_asks_to_go_on(qtbot: QtBot, log: Log) -> None:
    log.model.set_paused(True)
    assert log.pill_text == "❚❚ Paused"
    log.receive(*numbered(312))
    assert log.pill_text == "❚❚ 312 held back"
    assert log.is_at_end()
    with qtbot.waitSignal(log.view.resume_requested):
        qtbot.mouseClick(log.view._pill, Qt.MouseButton.LeftButton)
    log.model.set_paused(False)
    assert (log.pill_text, log.is_at_end(), log.model.rowCount()) == ("", True, 512)


def test_after_a_pause_one_who_does_not_follow_is_told_what_is_new(log: Log) -> None:
    log.bar.setValue(0)
    log.model.set_paused(True)
    log.receive(*numbered(12))
    log.model.set_paused(False)
    assert (log.pill_text, log.bar.value()) == ("▼ 12 new", 0)
