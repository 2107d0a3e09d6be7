import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.filter_text import without_noise
from osc_workbench.models.wishes import SetFilter
from osc_workbench.traffic.query import parse_query
from osc_workbench.views.filter_edit import EditState
from tests.doubles.filtering import BarWindow

KEY = Qt.Key


@pytest.fixture
def around(qtbot: QtBot) -> BarWindow:
    return BarWindow(qtbot)


# What is asked.


def test_what_is_typed_is_asked_as_far_as_it_can_be_read(around: BarWindow) -> None:
    around.type("any>1x")
    assert [wish.text for wish in around.wishes] == ["a", "an", "any", "any>1"]
    assert around.edit.state is EditState.INVALID
    around.press(KEY.Key_Backspace)
    assert around.edit.state is EditState.VALID
    assert len(around.wishes) == 4


def test_what_is_wrong_is_said_only_as_long_as_it_is(around: BarWindow) -> None:
    height = around.bar.height()
    around.bar.set_text("/a arg[0]>")
    assert around.message.startswith("Column 4: Something is missing after “arg[0]>”.")
    assert "Column 4" in around.edit.toolTip()
    assert "still shows" in around.edit.toolTip()
    assert not around.edit.fault_area().isEmpty()
    assert around.bar.height() == height
    around.type("5")
    assert around.message == ""
    assert around.edit.fault_area().isEmpty()
    assert "argument 0 is greater than 5" in around.edit.toolTip()


def test_matches_are_highlighted_instead_on_request(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.click(around.bar.highlights)
    assert around.bar.is_highlighting
    assert around.wishes[-1] == SetFilter("/a", True)
    around.bar.set_highlighting(False)
    assert around.wishes[-1] == SetFilter("/a", False)
    assert around.bar.shows.isChecked()


def test_a_term_joins_the_filter_and_can_be_undone(around: BarWindow) -> None:
    around.bar.set_text("/a or /b")
    around.bar.add_term("type:f", True)
    assert around.bar.text == "(/a or /b) -type:f"
    around.edit.undo()
    assert around.bar.text == "/a or /b"


def test_a_term_joins_the_last_filter_that_could_be_read(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.bar.set_text("/a arg[0]>")
    around.bar.add_term("dir:in")
    assert around.bar.text == "/a dir:in"


def test_a_term_that_does_not_fit_is_refused_with_the_reason(around: BarWindow) -> None:
    around.bar.set_text("x" * 9_999)
    around.bar.add_term("dir:in")
    assert around.bar.text == "x" * 9_999
    assert "cannot be joined" in around.message


# Noise.


def test_a_chip_hides_noise_without_changing_the_text(qtbot: QtBot, around: BarWindow) -> None:
    around.bar.set_text("/a or /b")
    with qtbot.waitSignal(around.bar.hidden_changed) as changed:
        around.click(around.bar.chips.buttons["status"])
    assert changed.args == [("status",)]
    assert around.bar.text == "/a or /b"
    assert around.asked == "(/a or /b) -(address:/status or address:/status.reply)"
    assert "Hidden: status." in around.edit.accessibleDescription()
    around.bar.set_text("")
    assert around.asked == "-(address:/status or address:/status.reply)"
    around.bar.set_hidden_noise(())
    assert around.asked == ""


def test_nothing_is_hidden_while_matches_are_highlighted(around: BarWindow) -> None:
    around.bar.set_hidden_noise(["clocks"])
    around.bar.set_text("/a")
    around.bar.set_highlighting(True)
    assert around.wishes[-1] == SetFilter("/a", True)
    assert not around.bar.chips.buttons["clocks"].isEnabled()
    around.bar.set_highlighting(False)
    assert around.asked == without_noise("/a", around.bar.chips.hidden)
    assert around.bar.hidden_noise == ("clocks",)


# What was found.


def test_the_count_says_how_many_of_all_match(around: BarWindow) -> None:
    bar = around.bar
    bar.show_result(10_000_000, 10_000_000, 1.0)
    assert bar.count.text() == "10,000,000 messages"
    bar.set_text("/a")
    bar.show_result(1234, 10_000_000, 0.456)
    assert bar.count.text() == "1,234 of 10,000,000   45 %"
    bar.show_result(1234, 10_000_000, 1.0)
    assert bar.count.text() == "1,234 of 10,000,000"
    bar.set_text("")
    bar.set_hidden_noise(["status"])
    bar.show_result(5, 9, 1.0)
    assert bar.count.text() == "5 of 9"


@pytest.mark.parametrize(
    ("shown", "total", "progress", "state"),
    [
        (0, 10, 1.0, EditState.BARREN),
        (0, 10, 0.5, EditState.VALID),
        (0, 0, 1.0, EditState.VALID),
        (1, 10, 1.0, EditState.VALID),
    ],
)
def test_a_filter_that_matches_nothing_of_something_is_barren(
    around: BarWindow, shown: int, total: int, progress: float, state: EditState
) -> None:
    around.bar.set_text("/a")
    around.bar.show_result(shown, total, progress)
    assert around.edit.state is state
    assert around.message == ("No message matches." if state is EditState.BARREN else "")


def test_a_term_that_is_to_blame_is_dropped_with_one_click(around: BarWindow) -> None:
    bar = around.bar
    bar.set_text("/a arg[0]>5")
    bar.show_result(0, 10, 1.0)
    bar.show_empty(("arg[0]>5", "/a", 7))
    bar.show_result(0, 10, 1.0)
    assert bar.message.button.isVisible()
    around.click(bar.message.button)
    assert bar.text == around.asked == "/a"
    assert not bar.message.button.isVisible()
    assert around.edit.state is EditState.VALID


def test_noise_that_is_to_blame_is_shown_again(around: BarWindow) -> None:
    bar = around.bar
    bar.set_text("/status")
    bar.set_hidden_noise(["status", "meters"])
    ((_, _), (term, rest), _) = parse_query(around.asked).without_terms()
    bar.show_empty((term, rest, 7))
    around.click(bar.message.button)
    assert bar.hidden_noise == ("meters",)
    assert bar.text == "/status"
    assert parse_query(around.asked).explain() == parse_query(rest).explain()


def test_new_matches_take_the_message_away(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.bar.show_empty(None)
    around.bar.show_result(1, 10, 1.0)
    assert around.message == ""
    assert around.edit.state is EditState.VALID


def test_a_filter_that_cannot_be_read_stays_red_whatever_is_found(around: BarWindow) -> None:
    around.bar.set_text("(")
    around.bar.show_result(0, 10, 1.0)
    around.bar.show_empty(("a", "b", 1))
    assert around.edit.state is EditState.INVALID
    assert around.message.startswith("Column 1:")
