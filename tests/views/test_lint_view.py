"""The lint panel as a whole."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from osc_workbench.models.wishes import AddFilterTerm, JumpToFinding, SetMutedRules
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.views.lint_view import LintView
from osc_workbench.views.theme import DARK, LIGHT, Colours
from tests.doubles.linted import FINE, INFINITE, NAN, TAGLESS, LintedLog

LEFT = Qt.MouseButton.LeftButton
MUTE = 4


class Panel:
    """A panel in a window, and the log it is about; wishes to mute are granted."""

    def __init__(self, qtbot: QtBot) -> None:
        self.log = LintedLog()
        self.muted: frozenset[str] = frozenset()
        self.view = LintView(self.log.time_of, LIGHT)
        self.wishes: list[object] = []
        self.view.wish.connect(self.grant)
        qtbot.addWidget(self.view)
        self.view.resize(1400, 260)
        with qtbot.waitActive(self.view):
            self.view.show()
            self.view.activateWindow()

    def grant(self, wish: object) -> None:
        self.wishes.append(wish)
        if isinstance(wish, SetMutedRules):
            self.muted = frozenset(wish.ids)
            self.refresh()

    def receive(self, *packets: object) -> None:
        self.log.receive(*packets)  # type: ignore[arg-type]  # packets or bytes
        self.refresh()

    def refresh(self) -> None:
        self.view.show_lint(self.log.lint, self.muted)

    @property
    def rules(self) -> list[str]:
        return [row.rule.id for row in self.view.model.rows]


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    panel = Panel(qtbot)
    panel.receive(FINE, INFINITE, NAN, TAGLESS, NAN)
    return panel


def test_where_nothing_is_wrong_it_says_what_was_looked_at(qtbot: QtBot) -> None:
    panel = Panel(qtbot)
    panel.refresh()
    assert panel.view.summary.whole_text == "No messages have been looked at yet."
    before = panel.view.table.viewport().grab().toImage()
    panel.receive(FINE)
    assert panel.view.summary.whole_text == "1 message looked at: no rule was broken."
    assert panel.view.table.viewport().grab().toImage() != before
    assert panel.rules == []


def test_what_is_wrong_is_listed_and_explained(panel: Panel) -> None:
    assert panel.rules == ["nan", "infinity", "missing-type-tags"]
    assert panel.view.summary.whole_text == "5 messages looked at: 2 errors, 2 warnings."
    assert panel.view.detail.title.text() == "✕ Error: Not a number (NaN)"


def test_the_selection_stays_with_its_rule(panel: Panel) -> None:
    panel.view.table.selectRow(1)
    panel.receive(b"junk", NAN)
    assert panel.rules[0] == "malformed"
    assert panel.view.table.selected_rows() == [2]
    assert panel.view.detail.title.text() == "⚠ Warning: Infinite number"


def test_buttons_go_from_finding_to_finding(qtbot: QtBot, panel: Panel) -> None:
    qtbot.mouseClick(panel.view.detail.next, LEFT)
    panel.view.table.selectRow(1)
    qtbot.mouseClick(panel.view.detail.previous, LEFT)
    assert panel.wishes == [JumpToFinding("nan", True), JumpToFinding("infinity", False)]


def test_enter_and_a_double_click_go_to_the_next_finding(qtbot: QtBot, panel: Panel) -> None:
    table = panel.view.table
    panel.view.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    place = table.visualRect(panel.view.model.index(0, 1)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(table.viewport(), LEFT, pos=place)
    assert panel.wishes == [JumpToFinding("infinity", True), JumpToFinding("nan", True)]


def test_a_rule_without_findings_leads_nowhere(qtbot: QtBot, panel: Panel) -> None:
    panel.view.list_all.click()
    panel.view.table.selectRow(5)
    qtbot.keyClick(panel.view.table, Qt.Key.Key_Return)
    assert panel.wishes == []


def test_one_rule_alone_can_be_shown(qtbot: QtBot, panel: Panel) -> None:
    qtbot.mouseClick(panel.view.detail.only, LEFT)
    assert panel.wishes == [AddFilterTerm("lint:nan", False)]


def test_a_rule_is_muted_and_heard_again_with_the_button(qtbot: QtBot, panel: Panel) -> None:
    qtbot.mouseClick(panel.view.detail.mute, LEFT)
    assert panel.rules == ["infinity", "missing-type-tags", "nan"]
    assert panel.view.table.selected_rows() == [2]
    assert panel.view.detail.mute.text() == "Unmute"
    qtbot.mouseClick(panel.view.detail.mute, LEFT)
    assert panel.wishes == [SetMutedRules(("nan",)), SetMutedRules(())]


def test_a_rule_is_muted_with_its_check_box(qtbot: QtBot, panel: Panel) -> None:
    table = panel.view.table
    cell = table.visualRect(panel.view.model.index(1, MUTE))
    qtbot.mouseClick(table.viewport(), LEFT, pos=QPoint(cell.left() + 12, cell.center().y()))
    assert panel.wishes == [SetMutedRules(("infinity",))]


def test_a_rule_is_muted_with_the_space_key(qtbot: QtBot, panel: Panel) -> None:
    table = panel.view.table
    table.setFocus()
    table.setCurrentIndex(panel.view.model.index(0, MUTE))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert panel.wishes == [SetMutedRules(("nan",))]


def test_all_rules_can_be_listed(panel: Panel) -> None:
    panel.view.list_all.click()
    assert len(panel.rules) == len(RULES)
    panel.view.list_all.click()
    assert len(panel.rules) == 3


def test_the_keyboard_gets_everywhere(qtbot: QtBot, panel: Panel) -> None:
    panel.view.setFocus()
    assert panel.view.table.hasFocus()
    detail = panel.view.detail
    wanted = {panel.view.table, panel.view.list_all, detail.previous, detail.next, detail.only, detail.mute}
    seen = set()
    for _ in range(10):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen.add(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert wanted <= seen


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_severities_and_muted_rules_have_the_colours_of_the_theme(panel: Panel, colours: Colours) -> None:
    panel.view.set_colours(colours)
    panel.muted = frozenset({"infinity"})
    panel.refresh()
    severities = (colours.error, colours.warning, colours.muted)
    assert [colour_of(panel, row, 0, QPalette.ColorRole.Text) for row in range(3)] == list(severities)
    assert colour_of(panel, 2, 1, QPalette.ColorRole.Text) == colours.muted
    assert colour_of(panel, 0, 1, QPalette.ColorRole.Text) != colours.error
    assert colour_of(panel, 0, 0, QPalette.ColorRole.HighlightedText) == colours.error
    # On the selection muted texts would read badly.
    assert colour_of(panel, 2, 0, QPalette.ColorRole.HighlightedText) != colours.muted


def colour_of(panel: Panel, row: int, column: int, role: QPalette.ColorRole) -> QColor:
    option = QStyleOptionViewItem()
    panel.view.table.initViewItemOption(option)
    panel.view._delegate.initStyleOption(option, panel.view.model.index(row, column))
    return option.palette.color(role)
