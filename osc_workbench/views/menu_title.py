"""Texts of others as titles of menus and actions."""

from osc_workbench.models.argument_text import printable

_LIMIT = 80


def menu_title(text: str) -> str:
    """Return a text as the title of an action: one line of printable characters, and no key in it."""
    line = printable(" ".join(text.split()))
    return (line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…").replace("&", "&&")
