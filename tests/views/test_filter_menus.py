import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from osc_workbench.models.filter_history import FilterHistory, SavedFilter
from osc_workbench.views.filter_menus import HistoryMenu, SavedFiltersButton
from osc_workbench.views.menu_title import menu_title

HISTORY = FilterHistory(("/a", "type:f or <b>x</b>"), (SavedFilter("A & b", "/a"), SavedFilter("Late", "late>5ms")))


class Saved:
    """The button, what is typed beside it, and what it said."""

    def __init__(self, qtbot: QtBot) -> None:
        self.typed = ""
        self.said: list[object] = []
        self.button = SavedFiltersButton(lambda: self.typed)
        for signal in (self.button.chosen, self.button.history_changed, self.button.refused):
            signal.connect(self.said.append)
        qtbot.addWidget(self.button)
        self.button.set_history(HISTORY)

    def actions(self, submenu: str = "") -> dict[str, QAction]:
        self.button.fill_menu()
        menu = self.button.menu()
        if submenu:
            (menu,) = (found for found in menu.findChildren(QMenu) if found.title() == submenu)
        return {action.text(): action for action in menu.actions()}

    def answer(self, qtbot: QtBot, name: str) -> str:
        """Type a name into the dialog that is open; return what stood there."""
        (dialog,) = self.button.findChildren(QInputDialog)
        before = dialog.textValue()
        dialog.setTextValue(name)
        dialog.accept()
        qtbot.waitUntil(lambda: not self.button.findChildren(QInputDialog))
        return before


@pytest.fixture
def saved(qtbot: QtBot) -> Saved:
    return Saved(qtbot)


def test_titles_are_one_line_without_keys() -> None:
    assert menu_title("a & b\n c\td") == "a && b c d"
    assert len(menu_title("x" * 500)) == 80


def test_the_history_can_be_chosen_from(qtbot: QtBot) -> None:
    menu = HistoryMenu()
    qtbot.addWidget(menu)
    assert [action.isEnabled() for action in menu.actions()] == [False]
    menu.show_history(HISTORY)
    assert [action.text() for action in menu.actions()] == list(HISTORY.queries)
    assert "<b>" not in menu.actions()[1].toolTip()
    with qtbot.waitSignal(menu.chosen) as chosen:
        menu.actions()[1].trigger()
    assert chosen.args == [HISTORY.queries[1]]


def test_saved_filters_are_chosen_by_name(saved: Saved) -> None:
    saved.actions()["A && b"].trigger()
    assert saved.said == ["/a"]


def test_only_what_can_be_read_can_be_saved(saved: Saved) -> None:
    for text, can_be_saved in (("", False), ("arg[0]>", False), ("/a", True)):
        saved.typed = text
        assert saved.actions()["Save this filter…"].isEnabled() is can_be_saved


def test_a_filter_is_saved_under_a_name(qtbot: QtBot, saved: Saved) -> None:
    saved.typed = "/new type:f"
    saved.actions()["Save this filter…"].trigger()
    assert saved.answer(qtbot, " New ") == "/new type:f"
    assert saved.said == [HISTORY.with_saved(SavedFilter("New", "/new type:f"))]
    assert "New" in saved.actions()


def test_a_name_that_cannot_be_is_refused_with_the_reason(qtbot: QtBot, saved: Saved) -> None:
    saved.typed = "/a"
    saved.actions()["Save this filter…"].trigger()
    saved.answer(qtbot, "  ")
    assert saved.said == ["“  ” was not taken: the name of a filter has 1 to 80 characters."]


def test_a_saved_filter_is_renamed(qtbot: QtBot, saved: Saved) -> None:
    saved.actions("Rename")["Late"].trigger()
    assert saved.answer(qtbot, "Later") == "Late"
    assert saved.said == [HISTORY.renamed("Late", "Later")]
    saved.actions("Rename")["Later"].trigger()
    saved.answer(qtbot, "A & b")
    assert saved.said[1:] == ["“A & b” was not taken: there is a filter called “A & b” already."]


def test_a_saved_filter_is_deleted(saved: Saved) -> None:
    saved.actions("Delete")["Late"].trigger()
    assert saved.said == [HISTORY.without("Late")]
    saved.actions("Delete")["A && b"].trigger()
    assert not saved.actions()["No filter is saved yet"].isEnabled()
    assert "Delete" not in saved.actions()
