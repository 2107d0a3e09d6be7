"""What an action of the program is: one row of a table."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtGui import QAction


class ActionRow(NamedTuple):
    """name: how code refers to it. group: of the actions of one group one is checked. checked: None for plain ones.

    also: a second shortcut. where: the part of the window in which the shortcuts hold: "log", "but packet" for all but
    the packet detail, which has its own meaning for them, or "" for all of it.
    """

    name: str
    menu: str
    text: str
    shortcut: str
    tip: str
    command: Callable[..., Any]
    checked: bool | None = None
    group: str = ""
    starts_section: bool = False
    also: str = ""
    where: str = ""


def connect_triggered(action: QAction, command: Callable[[], Any]) -> None:
    """Call a command that takes nothing whenever the action is triggered."""
    # PySide emits `triggered` with or without the state, as it judges the callable.
    action.triggered.connect(partial(_call_without_state, command))


def _call_without_state(command: Callable[[], Any], _checked: bool = False) -> None:
    command()
