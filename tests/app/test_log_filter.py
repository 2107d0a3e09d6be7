"""The filter bar over the log: what is typed decides what is shown, counted and explained."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.statistics_feed import CountedRows
from osc_workbench.views.filter_edit import EditState
from tests.doubles.log_user import LogUser, faders
from tests.doubles.traffic import numbered

STATUS = OscMessage("/status")


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    """Rows 0 to 3 are faders, 4 to 6 are numbered, 7 is a status."""
    user = LogUser(qtbot, workbench)
    user.receive(*faders([0.1, 0.9, 0.2, 0.8]), *numbered(3), STATUS)
    return user


def test_what_is_typed_decides_what_is_shown(user: LogUser) -> None:
    user.press("/")
    assert user.bar.edit.hasFocus()
    user.filter("/fader arg[0]>0.5")
    assert user.rows() == [1, 3]
    assert user.count == "2 of 8"
    assert user.state is EditState.VALID


def test_new_rows_are_shown_if_they_match(user: LogUser) -> None:
    user.filter("/fader arg[0]>0.5")
    user.receive(*faders([0.7, 0.3]))
    assert user.rows() == [1, 3, 8]
    assert user.count == "3 of 10"


def test_what_cannot_be_read_is_underlined_and_the_filter_before_stays(user: LogUser) -> None:
    user.filter("/n")
    user.bar.set_text("/n arg[0]>")
    user.settle()
    assert user.state is EditState.INVALID
    assert not user.bar.edit.fault_area().isEmpty()
    assert user.message.startswith("Column ")
    user.receive(*numbered(1), STATUS)
    assert user.rows() == [4, 5, 6, 8]


def test_no_text_is_an_exception(user: LogUser) -> None:
    for text in ("(", ")(", "arg[", "late>", "any~/(/", "t:..", "type:", "-", "not", "\t", "�", '"', "/" * 3000):
        user.bar.set_text(text)
        user.settle()
        assert user.state in EditState
    assert not user.workbench.faults.count


def test_escape_takes_the_filter_away_and_then_leads_to_the_log(qtbot: QtBot, user: LogUser) -> None:
    user.filter("/n")
    qtbot.keyClick(user.bar.edit, Qt.Key.Key_Escape)
    user.settle()
    assert len(user.rows()) == 8
    assert user.count == "8 messages"
    qtbot.keyClick(user.bar.edit, Qt.Key.Key_Escape)
    assert user.log.hasFocus()


def test_all_messages_can_be_shown_again_by_an_action(user: LogUser) -> None:
    user.filter("/n")
    user.act("clear filter")
    assert len(user.rows()) == 8
    assert user.bar.text == ""


def test_a_chip_hides_noise(user: LogUser) -> None:
    chip = user.bar.chips.buttons["status"]
    user.click(chip)
    assert user.rows() == list(range(7))
    assert user.count == "7 of 8"
    user.filter("-/n")
    assert user.rows() == [0, 1, 2, 3]
    user.filter("")
    user.click(chip)
    assert len(user.rows()) == 8


def test_matches_are_highlighted_and_gone_to_one_by_one(user: LogUser) -> None:
    user.filter("/n")
    user.click(user.bar.highlights)
    assert len(user.rows()) == 8
    assert user.count == "3 of 8"
    assert [user.model.look(row).is_match for row in range(8)] == [False] * 4 + [True] * 3 + [False]
    user.select(0)
    visited = []
    for _ in range(3):
        user.press("n")
        visited.append(user.log.current_row)
    user.press("n")
    assert user.hint == "No match below."
    user.press(Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert [*visited, user.log.current_row] == [4, 5, 6, 5]


def test_a_filter_that_matches_nothing_offers_to_drop_the_term_to_blame(user: LogUser) -> None:
    user.filter("/fader any>1e30 type:f")
    assert user.state is EditState.BARREN
    assert user.rows() == []
    assert user.message == "No message matches."
    assert user.bar.message.button.accessibleName() == "Drop “any>1e30” (4 match)"
    user.click(user.bar.message.button)
    assert user.bar.text == "/fader type:f"
    assert user.rows() == [0, 1, 2, 3]
    assert user.message == ""


def test_the_term_to_blame_is_found_in_what_needs_history(user: LogUser) -> None:
    user.receive(*faders([0.8, 0.8, 0.5]))
    user.filter("changed any>1e30")
    assert user.bar.message.button.accessibleName().startswith("Drop “any>1e30” (")


def test_a_filter_that_matches_nothing_yet_is_fine_once_something_comes(user: LogUser) -> None:
    user.filter("/late")
    assert user.state is EditState.BARREN
    user.receive(OscMessage("/late"))
    assert user.state is EditState.VALID
    assert user.rows() == [8]
    assert user.message == ""


def test_a_filter_for_marks_follows_the_marks(user: LogUser) -> None:
    user.act("focus statistics")
    user.filter("marked")
    assert user.rows() == []
    user.desk.marks.set(2)
    user.desk.marks.set(6, "look")
    user.settle()
    assert user.rows() == [2, 6]
    assert user.desk.feed.statistics.count == 2
    user.desk.marks.remove(2)
    user.settle()
    assert user.rows() == [6]
    assert user.desk.feed.statistics.count == 1


def test_relative_times_in_a_filter_count_from_the_time_reference(user: LogUser) -> None:
    user.act("focus statistics")
    user.filter("t:0..0.000001")
    assert user.rows() == [0, 1]
    user.filter("")
    user.select(4)
    user.act("reference")
    user.filter("t:0..0.000001")
    assert user.rows() == [4, 5]
    user.select(5)
    user.act("reference")
    assert user.rows() == [5, 6]
    assert user.desk.feed.statistics.count == 2


def test_relative_times_in_a_filter_are_those_that_are_shown_after_the_first_rows_went(user: LogUser) -> None:
    user.workbench.session.store.limit_rows = 1
    user.receive(*numbered(70_000))
    assert user.workbench.session.store.first_row > 0
    user.filter("t:0.066000..0.066000")
    user.act("relative times")
    assert user.rows() == [66_000]
    assert user.model.look(0).cells[1] == "+0.066000"


def test_after_clearing_relative_times_and_changes_begin_anew(user: LogUser) -> None:
    user.filter("changed t:0..0.000001")
    user.act("relative times")
    user.act("clear")
    # The first is what came last before.
    user.receive(*faders([0.8, 0.9, 0.7]))
    assert user.rows() == [8, 9]
    assert user.model.look(1).cells[1] == "+0.000001"


def test_history_and_saved_filters_are_remembered(user: LogUser, qtbot: QtBot) -> None:
    user.filter("/n")
    qtbot.keyClick(user.bar.edit, Qt.Key.Key_Return)
    user.bar.memory.saved._save("/fader", "my faders")
    again = user.workbench.settings.filter_history()
    assert again.queries == ("/n",)
    assert [(kept.name, kept.query) for kept in again.saved] == [("my faders", "/fader")]


def test_the_filter_decides_what_statistics_count(user: LogUser) -> None:
    user.act("focus statistics")
    user.filter("/fader arg[0]>0.5")
    assert user.desk.feed.statistics.count == 2
    assert user.desk.statistics.summary.whole_text == "2 messages of 8 match the filter"
    user.desk.set_counted(CountedRows.FROM_NOW, ())
    user.receive(*faders([0.7, 0.3]))
    assert user.desk.statistics.summary.whole_text == "1 message of 2 matches the filter"
