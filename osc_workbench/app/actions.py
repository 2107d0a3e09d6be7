"""Every action of the program as a row of one table; menus, shortcuts and buttons are made from it."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from osc_workbench.app import commands, log_commands, log_copies
from osc_workbench.app.action_row import ActionRow, connect_triggered
from osc_workbench.app.log_actions import LOG_ACTIONS, PANEL_ACTIONS

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench


ACTIONS = (
    ActionRow("listen", "&File", "&Listen at…", "Ctrl+L", "Type an address to listen at", commands.focus_endpoints),
    ActionRow("quit", "&File", "&Quit", "Ctrl+Q", "End the program", commands.quit_program, starts_section=True),
    ActionRow(
        "copy",
        "&Edit",
        "&Copy lines",
        "Ctrl+C",
        "Copy the selected packets with their circumstances, a line each",
        log_copies.copy_as_lines,
    ),
    ActionRow(
        "copy json",
        "&Edit",
        "Copy &JSON lines",
        "Ctrl+Shift+C",
        "Copy the selected packets with their circumstances, a JSON line each",
        log_copies.copy_as_json_lines,
    ),
    ActionRow(
        "copy hex", "&Edit", "Copy bytes as &hex", "", "Copy the bytes of the selected packets", log_copies.copy_as_hex
    ),
    ActionRow(
        "clear",
        "&Edit",
        "C&lear log",
        "Ctrl+K",
        "Forget all messages; what arrives from now on is kept",
        commands.clear_log,
        starts_section=True,
    ),
    ActionRow(
        "go to",
        "&Edit",
        "&Go to message…",
        "Ctrl+G",
        "Select a message by its number or time",
        log_commands.ask_for_place,
    ),
    ActionRow("follow", "&View", "&Follow end", "F", "Keep the newest message in sight", commands.follow_end, True),
    ActionRow(
        "absolute times",
        "&View",
        "&Absolute times",
        "",
        "Show the time of day",
        commands.show_absolute_times,
        True,
        "times",
        True,
    ),
    ActionRow(
        "relative times",
        "&View",
        "&Relative times",
        "",
        "Show seconds since the first message, or since the time reference",
        commands.show_relative_times,
        False,
        "times",
    ),
    ActionRow(
        "time deltas",
        "&View",
        "Time &deltas",
        "",
        "Show seconds since the message before",
        commands.show_time_deltas,
        False,
        "times",
    ),
    ActionRow(
        "reference",
        "&View",
        "Set &time reference",
        "Ctrl+T",
        "Count relative times from the selected message",
        commands.set_time_reference,
    ),
    ActionRow(
        "system theme",
        "&View",
        "&System theme",
        "",
        "Light or dark as the desktop is",
        commands.use_system_theme,
        False,
        "theme",
        True,
    ),
    ActionRow(
        "light theme",
        "&View",
        "&Light theme",
        "",
        "Dark text on light ground",
        commands.use_light_theme,
        False,
        "theme",
    ),
    ActionRow(
        "dark theme", "&View", "Dar&k theme", "", "Light text on dark ground", commands.use_dark_theme, False, "theme"
    ),
    ActionRow(
        "focus endpoints",
        "&View",
        "Go to &endpoints",
        "Ctrl+1",
        "Move the keyboard to the endpoints",
        commands.focus_endpoints,
        starts_section=True,
    ),
    ActionRow("focus log", "&View", "Go to lo&g", "Ctrl+2", "Move the keyboard to the message log", commands.focus_log),
    ActionRow(
        "focus packet",
        "&View",
        "Go to &packet",
        "Ctrl+3",
        "Move the keyboard to the packet detail",
        commands.focus_packet,
    ),
    ActionRow(
        "focus responders",
        "&View",
        "Go to resp&onders",
        "Ctrl+4",
        "Show the rules that answer what arrives",
        commands.focus_responders,
    ),
    ActionRow(
        "focus connections",
        "&View",
        "Go to &connections",
        "Ctrl+5",
        "Show the TCP connections",
        commands.focus_connections,
    ),
    ActionRow(
        "focus pending",
        "&View",
        "Go to pending &bundles",
        "Ctrl+6",
        "Show the bundles that wait for their time",
        commands.focus_pending,
    ),
    *PANEL_ACTIONS,
    *LOG_ACTIONS,
    ActionRow(
        "reset layout",
        "&Layout",
        "&Reset layout",
        "",
        "Put all panels and columns back where they were at first",
        commands.reset_layout,
    ),
    ActionRow(
        "palette",
        "&Help",
        "&Command palette…",
        "Ctrl+Shift+P",
        "Find any command by some letters of its name",
        commands.show_palette,
    ),
    ActionRow("keys", "&Help", "&Keyboard…", "?", "Show what all keys do", commands.show_keys, also="F1"),
    ActionRow("problems", "&Help", "&Problems…", "", "What has gone wrong since the start", commands.show_faults),
    ActionRow("about", "&Help", "&About", "", "Which version this is", commands.show_about),
)


def make_actions(workbench: "Workbench") -> dict[str, QAction]:
    """Return the actions by name, connected to their commands."""
    actions: dict[str, QAction] = {}
    groups: dict[str, QActionGroup] = {}
    for row in ACTIONS:
        action = QAction(row.text, workbench.window)
        if row.shortcut:
            action.setShortcuts([QKeySequence(keys) for keys in (row.shortcut, row.also) if keys])
            action.setToolTip(f"{row.tip} ({row.shortcut})")
        else:
            action.setToolTip(row.tip)
        action.setStatusTip(row.tip)
        if row.where:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            for place in workbench.places[row.where]:
                place.addAction(action)
        if row.checked is not None:
            action.setCheckable(True)
            action.setChecked(row.checked)
        if row.group:
            group = groups.setdefault(row.group, QActionGroup(workbench.window))
            group.addAction(action)
        command = partial(row.command, workbench)
        if row.checked is not None and not row.group:
            action.toggled.connect(command)
        else:
            connect_triggered(action, command)
        actions[row.name] = action
    return actions


def fill_menus(workbench: "Workbench", actions: dict[str, QAction], more: dict[str, list[QAction | None]]) -> None:
    """Put the actions into the menu bar, in the order of the table; `more` goes at the end of its menus."""
    menus: dict[str, list[QAction | None]] = {}
    for row in ACTIONS:
        entries = menus.setdefault(row.menu, [])
        if row.starts_section and entries:
            entries.append(None)
        entries.append(actions[row.name])
    for title, entries in menus.items():
        if title in more:
            entries += [None, *more[title]]
        workbench.window.add_menu(title, entries)
