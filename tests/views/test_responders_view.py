import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.responder_model import ResponderModel
from osc_workbench.models.wishes import SetResponders
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.responders_view import RespondersView
from osc_workbench.views.theme import DARK, LIGHT

PING = Responder("/ping", "/pong ,i 1")
SEEN = Responder("/tracker/**", "/seen")
OFF = Responder("/off", "/x", is_enabled=False)
CONTROL = Qt.KeyboardModifier.ControlModifier


def target_fault(target: str) -> str:
    return "" if target.startswith("udp://") else f"{target} is no target."


class Panel:
    """The view with a model that gets what it asks for at once, as from a session."""

    def __init__(self, qtbot: QtBot, *rules: Responder) -> None:
        self.model = ResponderModel(target_fault)
        self.view = RespondersView(self.model, LIGHT)
        self.wishes: list[object] = []
        self.view.wish.connect(self.take)
        self.show(*rules)
        qtbot.addWidget(self.view)
        self.view.resize(1000, 300)
        with qtbot.waitExposed(self.view):
            self.view.show()

    def take(self, wish: SetResponders) -> None:
        self.wishes.append(wish)
        self.show(*wish.rules)

    def show(self, *rules: Responder, count: int = 0) -> None:
        self.model.show_rules(rules, [count] * len(rules))

    def place_of(self, row: int, column: int) -> QPoint:
        return self.view.table.visualRect(self.model.index(row, column)).center()

    def editor(self) -> QLineEdit:
        """Return the field in which a cell is being edited."""
        (editor,) = self.view.table.viewport().findChildren(QLineEdit)
        return editor


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    return Panel(qtbot, PING, SEEN, OFF)


def type_rule(qtbot: QtBot, view: RespondersView, pattern: str, text: str, target: str = "") -> None:
    for field, typed in ((view.pattern, pattern), (view.text, text), (view.target, target)):
        field.clear()
        qtbot.keyClicks(field, typed)


def click(qtbot: QtBot, panel: Panel, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(panel.view.table.viewport(), Qt.MouseButton.LeftButton, modifier, panel.place_of(row, 1))


@pytest.mark.parametrize("name", ["pattern", "text", "target"])
def test_return_in_any_field_adds_the_rule(qtbot: QtBot, panel: Panel, name: str) -> None:
    type_rule(qtbot, panel.view, "/new/*", "/answer ,s ok", "udp://127.0.0.1:7000")
    qtbot.keyClick(getattr(panel.view, name), Qt.Key.Key_Return)
    assert panel.wishes == [
        SetResponders((PING, SEEN, OFF, Responder("/new/*", "/answer ,s ok", "udp://127.0.0.1:7000")))
    ]
    assert [panel.view.pattern.text(), panel.view.text.text(), panel.view.target.text()] == ["", "", ""]
    qtbot.waitUntil(panel.view.pattern.hasFocus)


def test_nothing_filled_in_is_refused_and_a_suggestion_is_only_that(qtbot: QtBot) -> None:
    panel = Panel(qtbot)
    qtbot.mouseClick(panel.view.add, Qt.MouseButton.LeftButton)
    assert panel.wishes == []
    assert panel.view.message.isVisibleTo(panel.view)
    qtbot.keyClicks(panel.view.pattern, "/")
    assert not panel.view.message.isVisibleTo(panel.view)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (("nonsense", "/a"), "slash"),
        (("/a", "/b ,i x"), "/b ,i x"),
        (("/a", "/b", "nowhere"), "nowhere is no target."),
    ],
)
def test_a_rule_that_cannot_be_is_explained_and_stays_to_be_mended(
    qtbot: QtBot, panel: Panel, fields: tuple[str, ...], reason: str
) -> None:
    type_rule(qtbot, panel.view, *fields)
    qtbot.keyClick(panel.view.text, Qt.Key.Key_Return)
    assert panel.wishes == []
    assert panel.view.message.isVisible()
    assert reason in panel.view.message.whole_text
    assert panel.view.message.toolTip()
    assert panel.view.pattern.text() == fields[0]
    type_rule(qtbot, panel.view, "/a", "/b")
    qtbot.keyClick(panel.view.text, Qt.Key.Key_Return)
    assert not panel.view.message.isVisible()
    assert len(panel.wishes) == 1


def test_a_cell_is_edited_with_a_double_click(qtbot: QtBot, panel: Panel) -> None:
    viewport = panel.view.table.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=panel.place_of(0, 1))
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=panel.place_of(0, 1))
    editor = panel.editor()
    assert editor.text() == "/pong ,i 1"
    editor.selectAll()
    qtbot.keyClicks(editor, "/pong ,i 2")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(panel.wishes) == 1)
    assert panel.wishes == [SetResponders((Responder("/ping", "/pong ,i 2"), SEEN, OFF))]
    assert panel.view.table.selected_rows() == [0]


def start_editing(qtbot: QtBot, panel: Panel, row: int, column: int) -> QLineEdit:
    table = panel.view.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.setCurrentIndex(panel.model.index(row, column))
    qtbot.keyClick(table, Qt.Key.Key_F2)
    return panel.editor()


@pytest.mark.parametrize(
    ("column", "typed", "reason"), [(0, "x y", "slash"), (1, "/a ,i", "/a ,i"), (2, "nowhere", "nowhere is no target.")]
)
def test_a_bad_edit_is_explained_and_changes_nothing(
    qtbot: QtBot, panel: Panel, column: int, typed: str, reason: str
) -> None:
    editor = start_editing(qtbot, panel, 1, column)
    editor.selectAll()
    qtbot.keyClicks(editor, typed)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.view.message.isVisible)
    assert panel.wishes == []
    assert panel.model.rules == (PING, SEEN, OFF)
    assert reason in panel.view.message.whole_text


def test_what_is_being_typed_survives_a_rule_that_answers(qtbot: QtBot, panel: Panel) -> None:
    editor = start_editing(qtbot, panel, 0, 0)
    editor.selectAll()
    qtbot.keyClicks(editor, "/half")
    panel.show(PING, SEEN, OFF, count=5)
    assert panel.editor() is editor
    assert editor.text() == "/half"
    assert panel.model.index(0, 3).data() == "5"


def test_delete_while_a_cell_is_edited_deletes_a_character(qtbot: QtBot, panel: Panel) -> None:
    editor = start_editing(qtbot, panel, 0, 0)
    editor.setCursorPosition(0)
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.text() == "ping"
    assert panel.wishes == []


def test_a_rule_is_switched_off_with_the_space_bar(qtbot: QtBot, panel: Panel) -> None:
    table = panel.view.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.setCurrentIndex(panel.model.index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert panel.wishes == [SetResponders((Responder("/ping", "/pong ,i 1", is_enabled=False), SEEN, OFF))]


def test_delete_removes_what_is_selected_and_no_more(qtbot: QtBot, panel: Panel) -> None:
    click(qtbot, panel, 0)
    click(qtbot, panel, 2, CONTROL)
    qtbot.keyClick(panel.view.table, Qt.Key.Key_Delete)
    assert panel.wishes == [SetResponders((SEEN,))]
    assert panel.view.table.selected_rows() == []
    qtbot.keyClick(panel.view.table, Qt.Key.Key_Delete)
    assert len(panel.wishes) == 1


def test_delete_in_a_field_removes_no_rule(qtbot: QtBot, panel: Panel) -> None:
    click(qtbot, panel, 0)
    panel.view.pattern.setFocus()
    qtbot.waitUntil(panel.view.pattern.hasFocus)
    qtbot.keyClick(panel.view.pattern, Qt.Key.Key_Delete)
    assert panel.wishes == []


def test_the_remove_button_follows_the_selection(qtbot: QtBot, panel: Panel) -> None:
    assert not panel.view.remove.isEnabled()
    click(qtbot, panel, 1)
    assert panel.view.remove.isEnabled()
    qtbot.mouseClick(panel.view.remove, Qt.MouseButton.LeftButton)
    assert panel.wishes == [SetResponders((PING, OFF))]
    assert not panel.view.remove.isEnabled()


def test_a_script_is_described_and_its_problem_stands_out(qtbot: QtBot, panel: Panel) -> None:
    script = panel.view.script
    assert not script.isVisible()
    panel.view.show_script("Script a.py: 2 handlers.", False)
    assert script.isVisible()
    plain = script.styleSheet()
    panel.view.show_script("a.py, line 3: NameError.", True)
    assert script.styleSheet() != plain
    assert script.whole_text == "a.py, line 3: NameError."
    assert "NameError" in script.toolTip()
    panel.view.set_colours(DARK)
    assert DARK.error.name() in script.styleSheet()
    panel.view.show_script("", False)
    assert not script.isVisible()


def test_long_texts_do_not_widen_the_panel(qtbot: QtBot, panel: Panel) -> None:
    width = panel.view.minimumSizeHint().width()
    panel.view.show_message("It is wrong. " * 100)
    panel.view.show_script("x" * 1000, True)
    assert panel.view.minimumSizeHint().width() == width
    assert panel.view.message.text().endswith("…")


def test_every_field_has_a_name_and_a_tip(panel: Panel) -> None:
    view = panel.view
    for part in (view.table, view.pattern, view.text, view.target):
        assert part.accessibleName()
    for part in (view.pattern, view.text, view.target, view.add, view.remove):
        assert part.toolTip()


def test_tab_goes_through_the_panel_as_it_stands(qtbot: QtBot, panel: Panel) -> None:
    view = panel.view
    click(qtbot, panel, 0)
    order: list[QWidget] = [view.table, view.pattern, view.text, view.target, view.add, view.remove]
    view.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    seen: list[QWidget | None] = []
    for _ in order:
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen == order
