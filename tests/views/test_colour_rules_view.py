from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QStyleOptionViewItem, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.colour_rule_model import COLOUR, QUERY, ColourRuleModel
from osc_workbench.models.wishes import SetColourRules
from osc_workbench.traffic.colour_rules import COLOURS, ColourRule
from osc_workbench.views.colour_rules_view import ColourRulesView
from osc_workbench.views.theme import DARK, LIGHT, Colours

LATE = ColourRule("late>5ms", "purple")
FREQ = ColourRule("/synth/*/freq", "teal")
OFF = ColourRule("lint", "yellow", is_enabled=False)
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
HINT = "The first rule that matches"


class Panel:
    """The view with a model that gets what it asks for at once, as from a session."""

    def __init__(self, qtbot: QtBot, *rules: ColourRule) -> None:
        self.bot = qtbot
        self.model = ColourRuleModel()
        self.view = ColourRulesView(self.model, LIGHT)
        self.wishes: list[SetColourRules] = []
        self.view.wish.connect(self.take)
        self.model.show_rules(rules)
        qtbot.addWidget(self.view)
        self.view.resize(1000, 300)
        with qtbot.waitExposed(self.view):
            self.view.show()

    def take(self, wish: SetColourRules) -> None:
        self.wishes.append(wish)
        self.model.show_rules(wish.rules, [0] * len(wish.rules))

    @property
    def orders(self) -> list[Sequence[ColourRule]]:
        return [wish.rules for wish in self.wishes]

    def place_of(self, row: int, column: int) -> QPoint:
        return self.view.table.visualRect(self.model.index(row, column)).center()

    def click(self, row: int, modifier: Qt.KeyboardModifier = NONE) -> None:
        viewport, place = self.view.table.viewport(), self.place_of(row, QUERY)
        self.bot.mouseClick(viewport, Qt.MouseButton.LeftButton, modifier, place)

    def press(self, button: QWidget) -> None:
        self.bot.mouseClick(button, Qt.MouseButton.LeftButton)

    def start_editing(self, row: int, column: int) -> None:
        table = self.view.table
        table.setFocus()
        self.bot.waitUntil(table.hasFocus)
        table.setCurrentIndex(self.model.index(row, column))
        self.bot.keyClick(table, Qt.Key.Key_F2)

    def lines(self) -> list[QLineEdit]:
        return self.view.table.viewport().findChildren(QLineEdit)

    def line(self) -> QLineEdit:
        """Return the field in which a query is being edited."""
        (line,) = self.lines()
        return line

    @property
    def message(self) -> str:
        return self.view.message.whole_text

    @property
    def is_message_red(self) -> bool:
        return LIGHT.error.name() in self.view.message.styleSheet()


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    return Panel(qtbot, LATE, FREQ, OFF)


@pytest.mark.parametrize("is_by_key", [True, False])
def test_a_rule_is_added_with_the_chosen_colour(qtbot: QtBot, panel: Panel, is_by_key: bool) -> None:
    panel.view.colour.setCurrentText("red")
    qtbot.keyClicks(panel.view.query, " dir:out ")
    if is_by_key:
        qtbot.keyClick(panel.view.query, Qt.Key.Key_Return)
    else:
        panel.press(panel.view.add)
    assert panel.orders == [(LATE, FREQ, OFF, ColourRule("dir:out", "red"))]
    assert panel.view.query.text() == ""
    # The next rule gets a colour that none has yet.
    assert panel.view.colour.currentText() == "orange"
    qtbot.waitUntil(panel.view.query.hasFocus)


def test_a_query_is_explained_while_it_is_typed(qtbot: QtBot, panel: Panel) -> None:
    assert panel.message.startswith(HINT)
    qtbot.keyClicks(panel.view.query, "late>")
    assert panel.message.startswith("Column 6: ")
    assert panel.is_message_red
    qtbot.keyClicks(panel.view.query, "2ms")
    assert panel.message == "Messages where it came more than 2 ms after its time tag."
    assert not panel.is_message_red
    panel.view.query.selectAll()
    qtbot.keyClick(panel.view.query, Qt.Key.Key_Backspace)
    assert panel.message.startswith(HINT)
    assert not panel.is_message_red


def test_a_query_that_cannot_be_stays_to_be_mended(qtbot: QtBot, panel: Panel) -> None:
    qtbot.keyClicks(panel.view.query, "lat>2ms")
    qtbot.keyClick(panel.view.query, Qt.Key.Key_Return)
    assert panel.wishes == []
    assert panel.view.query.text() == "lat>2ms"
    assert "“lat”" in panel.message
    assert panel.is_message_red


def test_nothing_filled_in_is_refused_and_a_suggestion_is_only_that(qtbot: QtBot) -> None:
    panel = Panel(qtbot)
    panel.press(panel.view.add)
    assert panel.wishes == []
    assert "needs a query" in panel.message
    assert panel.is_message_red


def test_a_query_is_edited_with_a_double_click(qtbot: QtBot, panel: Panel) -> None:
    viewport = panel.view.table.viewport()
    panel.click(0)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=panel.place_of(0, QUERY))
    line = panel.line()
    assert line.text() == "late>5ms"
    line.selectAll()
    qtbot.keyClicks(line, "late>7ms")
    assert panel.message == ColourRule("late>7ms", "red").explanation
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(panel.wishes) == 1)
    assert panel.orders == [(replace(LATE, query="late>7ms"), FREQ, OFF)]
    assert panel.view.table.selected_rows() == [0]
    assert panel.message.startswith(HINT)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
def test_a_bad_edit_stays_open_and_is_explained(qtbot: QtBot, panel: Panel, key: Qt.Key) -> None:
    panel.start_editing(1, QUERY)
    line = panel.line()
    line.selectAll()
    qtbot.keyClicks(line, "/a arg[0]>x")
    qtbot.keyClick(line, key)
    assert line.isVisible()
    assert line.text() == "/a arg[0]>x"
    assert panel.message.startswith("Column 11: ")
    assert panel.is_message_red
    assert panel.wishes == []
    qtbot.keyClick(line, Qt.Key.Key_Backspace)
    qtbot.keyClick(line, Qt.Key.Key_9)
    qtbot.keyClick(line, key)
    qtbot.waitUntil(lambda: panel.orders == [(LATE, replace(FREQ, query="/a arg[0]>9"), OFF)])


def test_escape_forgets_a_bad_edit(qtbot: QtBot, panel: Panel) -> None:
    panel.start_editing(1, QUERY)
    qtbot.keyClicks(panel.line(), "(")
    assert panel.is_message_red
    qtbot.keyClick(panel.line(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.lines() == [])
    assert panel.message.startswith(HINT)
    assert panel.model.rules == (LATE, FREQ, OFF)
    assert panel.wishes == []


def test_a_bad_edit_that_is_left_is_explained_and_changes_nothing(qtbot: QtBot, panel: Panel) -> None:
    panel.start_editing(1, QUERY)
    panel.line().selectAll()
    qtbot.keyClicks(panel.line(), "late>")
    panel.view.query.setFocus()
    qtbot.waitUntil(lambda: panel.lines() == [])
    assert panel.message.startswith("Column 6: ")
    assert panel.is_message_red
    assert panel.model.rules == (LATE, FREQ, OFF)


def test_what_is_being_typed_survives_counting(qtbot: QtBot, panel: Panel) -> None:
    panel.start_editing(0, QUERY)
    line = panel.line()
    line.selectAll()
    qtbot.keyClicks(line, "/half")
    panel.model.show_rules(panel.model.rules, (5, 6, 7))
    assert panel.line() is line
    assert line.text() == "/half"


def test_a_colour_is_chosen_from_a_list_with_swatches(qtbot: QtBot, panel: Panel) -> None:
    panel.start_editing(0, COLOUR)
    (box,) = panel.view.table.viewport().findChildren(QComboBox)
    qtbot.waitUntil(box.view().isVisible)
    assert [box.itemText(place) for place in range(box.count())] == list(COLOURS)
    assert box.currentText() == "purple"
    assert not box.itemIcon(0).isNull()
    qtbot.keyClick(box.view(), Qt.Key.Key_Down)
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.orders == [(replace(LATE, colour="grey"), FREQ, OFF)])
    qtbot.waitUntil(lambda: panel.view.table.viewport().findChildren(QComboBox) == [])


def test_a_rule_is_switched_off_with_the_space_bar(qtbot: QtBot, panel: Panel) -> None:
    table = panel.view.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.setCurrentIndex(panel.model.index(0, COLOUR))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert panel.orders == [(replace(LATE, is_enabled=False), FREQ, OFF)]


def test_delete_removes_what_is_selected_and_no_more(qtbot: QtBot, panel: Panel) -> None:
    panel.click(0)
    panel.click(2, CONTROL)
    qtbot.keyClick(panel.view.table, Qt.Key.Key_Delete)
    qtbot.keyClick(panel.view.table, Qt.Key.Key_Delete)
    assert panel.orders == [(FREQ,)]


@pytest.mark.parametrize("is_by_key", [True, False])
def test_a_rule_moves_and_stays_selected(qtbot: QtBot, panel: Panel, is_by_key: bool) -> None:
    panel.click(2)
    for button, key in (
        (panel.view.up, Qt.Key.Key_Up),
        (panel.view.up, Qt.Key.Key_Up),
        (panel.view.down, Qt.Key.Key_Down),
    ):
        if is_by_key:
            qtbot.keyClick(panel.view.table, key, ALT)
        else:
            panel.press(button)
    assert panel.orders == [(LATE, OFF, FREQ), (OFF, LATE, FREQ), (LATE, OFF, FREQ)]
    assert panel.view.table.selected_rows() == [1]


def test_buttons_can_be_pressed_where_they_do_something(panel: Panel) -> None:
    view = panel.view

    def enabled() -> list[bool]:
        return [button.isEnabled() for button in (view.remove, view.up, view.down)]

    assert enabled() == [False, False, False]
    panel.click(0)
    assert enabled() == [True, False, True]
    panel.press(view.down)
    assert enabled() == [True, True, True]
    panel.press(view.down)
    assert enabled() == [True, True, False]
    panel.press(view.remove)
    assert enabled() == [False, False, False]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_each_rule_shows_its_colour_beside_the_name(panel: Panel, colours: Colours) -> None:
    panel.view.set_colours(colours)
    image = panel.view.table.viewport().grab().toImage()
    for row, rule in enumerate((LATE, FREQ, OFF)):
        rect = panel.view.table.visualRect(panel.model.index(row, COLOUR))
        seen = {image.pixelColor(x, rect.center().y()).name() for x in range(rect.left(), rect.right())}
        assert colours.rules[rule.colour].name() in seen


def test_a_theme_changes_swatches_and_leaves_the_choice(panel: Panel) -> None:
    panel.view.colour.setCurrentText("blue")
    before = panel.view.colour.itemIcon(0).pixmap(14).toImage()
    panel.view.set_colours(DARK)
    assert panel.view.colour.currentText() == "blue"
    assert panel.view.colour.itemIcon(0).pixmap(14).toImage() != before
    assert DARK.muted.name() in panel.view.message.styleSheet()


def test_a_tip_shows_markup_from_the_network_as_it_is(qtbot: QtBot) -> None:
    panel = Panel(qtbot, ColourRule('address~"<img src=x>"', "red"))
    table = panel.view.table
    place = panel.place_of(0, QUERY)
    event = QHelpEvent(QEvent.Type.ToolTip, place, table.viewport().mapToGlobal(place))
    delegate = table.itemDelegate()
    assert delegate.helpEvent(event, table, QStyleOptionViewItem(), panel.model.index(0, QUERY))
    assert "&lt;img src=x&gt;" in QToolTip.text()
    QToolTip.hideText()


def test_long_texts_do_not_widen_the_panel(qtbot: QtBot, panel: Panel) -> None:
    width = panel.view.minimumSizeHint().width()
    panel.model.show_rules([ColourRule("x" * 5000, "red")])
    panel.view.query.setText("type:i " * 100)
    qtbot.keyClick(panel.view.query, Qt.Key.Key_Space)
    assert panel.view.minimumSizeHint().width() == width
    assert panel.view.message.text().endswith("…")


def test_every_field_has_a_name_and_a_tip(panel: Panel) -> None:
    view = panel.view
    assert all(part.accessibleName() for part in (view.table, view.colour, view.query))
    assert all(part.toolTip() for part in (view.colour, view.query, view.add, view.remove, view.up, view.down))


def test_tab_goes_through_the_panel_as_it_stands(qtbot: QtBot, panel: Panel) -> None:
    view = panel.view
    panel.click(1)
    order: list[QWidget] = [view.table, view.colour, view.query, view.add, view.remove, view.up, view.down]
    view.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    seen: list[QWidget | None] = []
    for _ in order:
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen == order
