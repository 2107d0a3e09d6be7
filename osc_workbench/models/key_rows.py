"""The keyboard sheet: which keys do what and where, searched and set in columns."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

# Lines that a group takes besides its rows: its heading and the room after it.
_GROUP_LINES = 2


class KeyRow(NamedTuple):
    """What a key does.

    where: a menu, or the part of the window that has the keyboard.
    keys: in Qt's portable notation; each of them does what `text` says.
    """

    where: str
    keys: tuple[str, ...]
    text: str


class KeyGroup(NamedTuple):
    """The keys of one place."""

    where: str
    rows: tuple[KeyRow, ...]

    @property
    def lines(self) -> int:
        return len(self.rows) + _GROUP_LINES


def matching_rows(rows: Sequence[KeyRow], text: str) -> tuple[KeyRow, ...]:
    """Return the rows in which all words of `text` occur, in any case."""
    words = text.casefold().split()
    return tuple(row for row in rows if all(word in _searched(row) for word in words))


def _searched(row: KeyRow) -> str:
    return " ".join((row.where, *row.keys, row.text)).casefold()


def grouped(rows: Sequence[KeyRow]) -> tuple[KeyGroup, ...]:
    """Return the rows by their place; places and rows stay in their order."""
    order = list(dict.fromkeys(row.where for row in rows))
    in_order = sorted(rows, key=lambda row: order.index(row.where))
    return tuple(KeyGroup(where, tuple(group)) for where, group in groupby(in_order, lambda row: row.where))


def in_columns(groups: Sequence[KeyGroup], count: int) -> tuple[tuple[KeyGroup, ...], ...]:
    """Return the groups, in their order, in at most `count` columns of which the highest is as low as can be.

    Raises ValueError if `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"{count} columns hold nothing; at least one is needed.")
    limit = max((group.lines for group in groups), default=0)
    while len(columns := _filled(groups, limit)) > count:
        limit += 1
    return columns


def _filled(groups: Sequence[KeyGroup], limit: int) -> tuple[tuple[KeyGroup, ...], ...]:
    """Fill columns of `limit` lines one after the other."""
    columns: list[list[KeyGroup]] = []
    room = -1
    for group in groups:
        if group.lines > room:
            columns.append([])
            room = limit
        columns[-1].append(group)
        room -= group.lines
    return tuple(map(tuple, columns))
