"""Every action that can be had from a window, wherever it is offered, and where that is."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QMenuBar, QToolBar, QWidget, QWidgetAction

from osc_workbench.models.key_rows import KeyRow
from osc_workbench.models.palette_model import PaletteEntry

# The property of an action that says why it is disabled.
REASON = "reason"
_BETWEEN = " / "
_PANELS = "Panels"
# For actions that are in no menu.
_ELSEWHERE = "Window"


class ActionPlace(NamedTuple):
    """path: the menus that lead to the action, or the part of the window that offers it."""

    path: str
    action: QAction


def reachable_actions(window: QMainWindow) -> tuple[ActionPlace, ...]:
    """Return each action once, where it is found first: menu bar, tool bars, context menus, panels, the rest.

    Menus that make themselves ready when they are shown do so here, too.
    """
    places: dict[QAction, str] = {}
    for path, action in _all_places(window):
        if _is_command(action):
            places.setdefault(action, path)
    return tuple(ActionPlace(path, action) for action, path in places.items())


def _all_places(window: QMainWindow) -> Iterator[tuple[str, QAction]]:
    yield from _of_actions("", window.menuBar().actions())
    tool_bars = window.findChildren(QToolBar)
    for bar in tool_bars:
        yield from _of_actions(bar.windowTitle(), bar.actions())
    for menu in window.findChildren(QMenu):
        if not _is_in_menu_bar(menu):
            yield from _of_menu(plain_title(menu.title()) or _name_around(menu), menu)
    for widget in window.findChildren(QWidget):
        if widget.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu:
            yield from _of_actions(_name_around(widget), widget.actions())
    for panel in window.findChildren(QDockWidget):
        yield _PANELS, panel.toggleViewAction()
    for bar in tool_bars:
        yield _PANELS, bar.toggleViewAction()
    for action in window.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly):
        yield _ELSEWHERE, action


def _of_menu(path: str, menu: QMenu) -> Iterator[tuple[str, QAction]]:
    menu.aboutToShow.emit()
    yield from _of_actions(path, menu.actions())


def _of_actions(path: str, actions: list[QAction]) -> Iterator[tuple[str, QAction]]:
    for action in actions:
        menu = action.menu()
        if isinstance(menu, QMenu):
            if action.isVisible():
                title = plain_title(action.text())
                yield from _of_menu(f"{path}{_BETWEEN}{title}" if path else title, menu)
        else:
            yield path, action


def _is_command(action: QAction) -> bool:
    is_special = action.isSeparator() or isinstance(action, QWidgetAction) or action.menu() is not None
    return not is_special and action.isVisible() and bool(plain_title(action.text()))


def _is_in_menu_bar(menu: QMenu) -> bool:
    parent = menu.parentWidget()
    while isinstance(parent, QMenu):
        parent = parent.parentWidget()
    return isinstance(parent, QMenuBar)


def _name_around(widget: QWidget) -> str:
    """Return the name of the innermost part of the window that has one."""
    around: QWidget | None = widget
    while around is not None:
        if around.accessibleName():
            return around.accessibleName()
        around = around.parentWidget()
    return _ELSEWHERE


def plain_title(text: str) -> str:
    """Return the text of an action or menu without the mark of the letter to press."""
    return re.sub(r"&(.?)", r"\1", text.partition("\t")[0]).strip()


def keys_of(action: QAction) -> tuple[str, ...]:
    """Return the shortcuts of an action in the notation that is the same on all systems."""
    return tuple(keys.toString(QKeySequence.SequenceFormat.PortableText) for keys in action.shortcuts())


def shown_keys(keys: str) -> str:
    """Return a shortcut as it is written on this system."""
    return QKeySequence.fromString(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys


def palette_entry(place: ActionPlace) -> PaletteEntry:
    """Return an action as it is now."""
    action = place.action
    return PaletteEntry(
        plain_title(action.text()),
        place.path,
        " or ".join(map(shown_keys, keys_of(action))),
        action.statusTip(),
        action.isEnabled(),
        action.isChecked() if action.isCheckable() else None,
        str(action.property(REASON) or ""),
    )


def shortcut_rows(places: tuple[ActionPlace, ...]) -> tuple[KeyRow, ...]:
    """Return the actions that have a shortcut, for the keyboard sheet."""
    rows = (KeyRow(path, keys_of(action), plain_title(action.text()).rstrip("…")) for path, action in places)
    return tuple(row for row in rows if row.keys)
