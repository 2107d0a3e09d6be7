import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.lint_model import LintRow
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.views.lint_detail_view import LintDetailView
from osc_workbench.views.theme import DARK, LIGHT

MALFORMED = LintRow(RULES[0], 3, 7, None, False)


@pytest.fixture
def view(qtbot: QtBot) -> LintDetailView:
    view = LintDetailView(LIGHT)
    qtbot.addWidget(view)
    return view


def enabled(view: LintDetailView) -> list[bool]:
    return [button.isEnabled() for button in (view.previous, view.next, view.only, view.mute)]


def test_without_a_rule_it_says_what_to_do(view: LintDetailView) -> None:
    assert "Select a rule" in view.explanation.text()
    assert enabled(view) == [False] * 4
    view.show_row(MALFORMED)
    view.show_row(None)
    assert (view.title.text(), enabled(view)) == ("", [False] * 4)


def test_a_rule_is_explained(view: LintDetailView) -> None:
    view.show_row(MALFORMED)
    assert view.title.text() == f"✕ Error: {RULES[0].title}"
    assert view.explanation.text() == RULES[0].explanation
    assert view.figures.text() == "3 findings, the last one in message 8 (no longer kept)."
    assert RULES[0].explanation in view.area.accessibleDescription()
    assert enabled(view) == [True] * 4
    labels = (view.title, view.explanation, view.figures)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)


def test_a_rule_without_findings_can_only_be_muted(view: LintDetailView) -> None:
    view.show_row(LintRow(RULES[0], 0, None, None, False))
    assert (enabled(view), view.mute.text()) == ([False, False, False, True], "Mute")
    assert LIGHT.text.name() in view.title.styleSheet()


def test_a_muted_rule_can_be_heard_again(view: LintDetailView) -> None:
    view.show_row(LintRow(RULES[0], 3, 7, None, True))
    assert (enabled(view), view.mute.text()) == ([True] * 4, "Unmute")


def test_the_title_has_the_colour_of_its_severity_in_both_themes(view: LintDetailView) -> None:
    view.show_row(MALFORMED)
    assert LIGHT.error.name() in view.title.styleSheet()
    view.set_colours(DARK)
    assert DARK.error.name() in view.title.styleSheet()
    view.show_row(LintRow(RULES[1], 3, 7, None, False))
    assert DARK.warning.name() in view.title.styleSheet()
