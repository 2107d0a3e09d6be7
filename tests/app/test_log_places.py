"""Going to places in the log: marks and comments, numbers and times, the time reference, differences of time."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.app import log_commands
from osc_workbench.app.workbench import Workbench
from osc_workbench.models.traffic_columns import Column
from osc_workbench.traffic import marks
from tests.doubles.log_user import LogUser, faders
from tests.doubles.traffic import numbered

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    """Rows 0 to 9 are numbered, 10 to 12 are faders."""
    user = LogUser(qtbot, workbench)
    user.receive(*numbered(10), *faders([1, 2, 3]))
    return user


def test_marks_are_set_gone_to_and_taken_away(user: LogUser) -> None:
    user.select(2, 5, 8)
    user.press("m")
    assert list(user.desk.marks) == [2, 5, 8]
    user.select(0)
    visited = []
    for key in ("]", "]", "]", "]", "[", "["):
        user.press(key)
        visited.append(user.log.current_row)
    assert visited == [2, 5, 8, 8, 5, 2]
    user.press("[")
    assert user.hint == "No mark above."
    user.press("m")
    assert list(user.desk.marks) == [5, 8]
    user.act("clear marks")
    assert list(user.desk.marks) == []


def test_a_comment_marks_its_row_and_can_be_read_there(user: LogUser) -> None:
    user.select(4)
    user.press(";")
    user.answer(" look\n <b>here</b> ")
    assert user.model.look(4).comment == "look <b>here</b>"
    assert user.model.look(4).is_marked
    assert user.column(Column.COMMENT)[4] == "look <b>here</b>"
    user.press(";")
    assert user.dialogs()[0].textValue() == "look <b>here</b>"
    user.dialogs()[0].reject()
    user.filter("marked")
    assert user.rows() == [4]


def test_the_limit_of_marks_is_said(user: LogUser, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (marks, log_commands):
        monkeypatch.setattr(module, "MARKS_LIMIT", 2)
    user.select(1, 2, 3)
    user.press("m")
    assert len(user.desk.marks) == 2
    assert "which is the limit" in user.problem


def test_a_number_or_a_time_is_gone_to(user: LogUser) -> None:
    places = {
        "3": 2,
        "0.000004": 4,
        "22:13:20.000011Z": 11,
        "2030-01-01T00:00:00Z": 12,
        "-5": 0,
    }
    for text, row in places.items():
        user.act("go to")
        user.answer(text)
        assert user.log.current_row == row, text
        assert user.log.hasFocus()


def test_the_nearest_row_is_gone_to_if_a_filter_hides_the_one_that_was_meant(user: LogUser) -> None:
    user.filter("/fader")
    user.act("go to")
    user.answer("3")
    assert user.log.current_row == 10


def test_times_count_from_the_reference_in_the_column_and_in_the_dialog(user: LogUser) -> None:
    user.select(5)
    user.act("reference")
    assert user.column(Column.TIME)[4:7] == ["-0.000001", "+0.000000", "+0.000001"]
    user.act("go to")
    user.answer("0.000003")
    assert user.log.current_row == 8


def test_differences_are_to_the_row_that_is_shown_before(user: LogUser) -> None:
    assert user.column(Column.DELTA)[:3] == ["-", "+0.000001", "+0.000001"]
    user.filter("arg[0]=1 or arg[0]=4")
    assert user.rows() == [1, 4, 10]
    assert user.column(Column.DELTA) == ["-", "+0.000003", "+0.000006"]


def test_findings_of_lint_are_gone_to_one_by_one(user: LogUser) -> None:
    user.receive(*faders([float("nan"), 1, float("nan")]))
    user.select(0)
    visited = []
    for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier, SHIFT):
        user.press(Qt.Key.Key_E, modifier)
        visited.append(user.log.current_row)
    assert visited == [13, 15, 13]
    user.press(Qt.Key.Key_E, SHIFT)
    assert user.hint == "No finding of lint above."
