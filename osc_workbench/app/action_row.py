"""What an action of the program is: one row of a table."""

from collections.abc import Callable
from typing import Any, NamedTuple


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
