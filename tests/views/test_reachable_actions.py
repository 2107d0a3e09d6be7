import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QLabel, QLineEdit, QMainWindow, QMenu, QWidgetAction
from pytestqt.qtbot import QtBot

from osc_workbench.models.palette_model import PaletteEntry
from osc_workbench.views.reachable_actions import (
    REASON,
    ActionPlace,
    palette_entry,
    plain_title,
    reachable_actions,
    shortcut_rows,
)


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


def found(window: QMainWindow) -> list[tuple[str, str]]:
    return [(path, plain_title(action.text())) for path, action in reachable_actions(window)]


def test_actions_of_menus_and_menus_in_them_are_found(window: QMainWindow) -> None:
    menu = window.menuBar().addMenu("&View")
    menu.addAction("&Follow end")
    menu.addSeparator()
    menu.addMenu("&Times").addAction("&Absolute")
    assert found(window) == [("View", "Follow end"), ("View / Times", "Absolute")]


def test_an_action_that_is_offered_twice_is_found_where_it_is_first(window: QMainWindow) -> None:
    action = window.menuBar().addMenu("&View").addAction("&Follow end")
    window.addToolBar("Log").addAction(action)
    assert found(window) == [("View", "Follow end"), ("Panels", "Log")]


def test_context_menus_are_named_by_what_they_belong_to(window: QMainWindow) -> None:
    label, field = QLabel(window), QLineEdit(window)
    label.setAccessibleName("Message log")
    QMenu(label).addAction("Copy")
    field.setAccessibleName("Filter")
    field.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    field.addAction("Forget")
    QMenu("Own name", label).addAction("Paste")
    assert found(window) == [("Message log", "Copy"), ("Own name", "Paste"), ("Filter", "Forget")]


def test_panels_and_actions_in_no_menu_are_found(window: QMainWindow) -> None:
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, QDockWidget("Packet"))
    QAction("Hidden wish", window)
    assert found(window) == [("Panels", "Packet"), ("Window", "Hidden wish")]


def test_what_cannot_be_chosen_by_name_is_left_out(window: QMainWindow) -> None:
    menu = window.menuBar().addMenu("View")
    menu.addAction("Not now").setVisible(False)
    menu.addAction("")
    slider = QWidgetAction(menu)
    slider.setText("Size")
    slider.setDefaultWidget(QLabel())
    menu.addAction(slider)
    hidden = menu.addMenu("Hidden")
    hidden.addAction("In it")
    hidden.menuAction().setVisible(False)
    assert found(window) == []


def test_a_menu_that_fills_itself_is_asked_to(window: QMainWindow) -> None:
    menu = window.menuBar().addMenu("Recent")

    def fill() -> None:
        menu.clear()
        menu.addAction("rehearsal.pcapng")

    menu.aboutToShow.connect(fill)
    assert found(window) == found(window) == [("Recent", "rehearsal.pcapng")]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("&Follow end", "Follow end"),
        ("Pause && hold", "Pause & hold"),
        ("Copy\tCtrl+C", "Copy"),
        ("end &", "end"),
        ("", ""),
    ],
)
def test_the_mark_of_the_letter_to_press_is_not_shown(text: str, title: str) -> None:
    assert plain_title(text) == title


def test_an_entry_says_how_an_action_is_now(window: QMainWindow) -> None:
    action = QAction("&Follow end", window, checkable=True, shortcut="F")
    action.setStatusTip("Keep the newest in sight")
    action.setEnabled(False)
    action.setProperty(REASON, "there is no log")
    entry = palette_entry(ActionPlace("View", action))
    tip, reason = "Keep the newest in sight", "there is no log"
    assert entry == PaletteEntry("Follow end", "View", "F", tip, False, False, reason)
    plain = palette_entry(ActionPlace("View", QAction("Quit", window)))
    assert plain == PaletteEntry("Quit", "View", is_checked=None)


def test_only_actions_with_keys_are_on_the_sheet(window: QMainWindow) -> None:
    menu = window.menuBar().addMenu("&Help")
    keys = menu.addAction("&Keyboard…")
    keys.setShortcuts(["?", "F1"])
    menu.addAction("About")
    (row,) = shortcut_rows(reachable_actions(window))
    assert row == ("Help", ("?", "F1"), "Keyboard")
