"""The command palette: commands as values, how well they match what was typed, and in which order they are offered."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex
# The role under which a row is had whole, as a PaletteRow.
RowRole = Qt.ItemDataRole.UserRole
# The commands used last, which come first while nothing is typed.
RECENT_LIMIT = 8

# What a letter adds to a score: anywhere, at the start of a word, and right after the letter before it.
_LETTER, _WORD_START, _RUN = 1, 6, 8


class PaletteEntry(NamedTuple):
    """A command as it is now.

    path: the menus that lead to it. is_checked: None for one that is not switched on and off.
    reason: why it is not enabled, "" if that is not known.
    """

    title: str
    path: str
    shortcut: str = ""
    tip: str = ""
    is_enabled: bool = True
    is_checked: bool | None = None
    reason: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.path, self.title


class Match(NamedTuple):
    """places: those of the letters found, ascending."""

    score: int
    places: tuple[int, ...]


class PaletteRow(NamedTuple):
    """number: of the entry among all entries. title_places, path_places: which letters match, ascending."""

    number: int
    entry: PaletteEntry
    title_places: tuple[int, ...] = ()
    path_places: tuple[int, ...] = ()


def match_word(word: str, text: str) -> Match | None:
    """Return the best way to find the letters of `word` in this order in `text`; None if there is none.

    Case does not count. Among equals the one that ends first is taken. Takes len(word) * len(text) steps.
    """
    if len(word) > len(text):
        return None
    letters = [letter.lower() for letter in text]
    worth = [_WORD_START if _is_word_start(text, place) else _LETTER for place in range(len(text))]
    # The best match of the letters so far by its last place; before the text, so that its beginning counts as a run.
    ends = {-1: Match(0, ())}
    for letter in word:
        ends = _extended(ends, letter.lower(), letters, worth)
    return max(ends.values(), key=lambda match: match.score, default=None)


def _is_word_start(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    return text[place].isalnum() and (not before.isalnum() or (text[place].isupper() and before.islower()))


def _extended(ends: dict[int, Match], wanted: str, letters: Sequence[str], worth: Sequence[int]) -> dict[int, Match]:
    """Return the best matches, by their last place, with one more letter."""
    longer: dict[int, Match] = {}
    best: Match | None = None
    for place, letter in enumerate(letters):
        neighbour = ends.get(place - 1)
        if neighbour is not None and (best is None or neighbour.score > best.score):
            best = neighbour
        if letter == wanted and best is not None:
            before, extra = best, 0
            if neighbour is not None and neighbour.score + _RUN > best.score:
                before, extra = neighbour, _RUN
            longer[place] = Match(before.score + worth[place] + extra, (*before.places, place))
    return longer


def match_entry(words: Sequence[str], entry: PaletteEntry) -> tuple[int, PaletteRow] | None:
    """Return how well an entry matches all the words, in its title or its path; None if one is in neither.

    The row that is returned has the number 0.
    """
    score = 0
    title_places: set[int] = set()
    path_places: set[int] = set()
    for word in words:
        in_title, in_path = match_word(word, entry.title), match_word(word, entry.path)
        title_score = in_title.score if in_title else 0
        # A whole word of the path is worth more than letters scattered over the title, but less than one in it.
        path_score = in_path.score // 2 if in_path else 0
        if in_title and title_score >= path_score:
            title_places.update(in_title.places)
        elif in_path:
            path_places.update(in_path.places)
        else:
            return None
        score += max(title_score, path_score)
    return score, PaletteRow(0, entry, tuple(sorted(title_places)), tuple(sorted(path_places)))


def ranked(
    entries: Sequence[PaletteEntry], text: str, recent: Sequence[tuple[str, str]] = ()
) -> tuple[PaletteRow, ...]:
    """Return the entries that match `text`, the best first; equals stay in their order.

    recent: the names of entries that come first, in this order, while there is no text.
    """
    words = text.split()
    if not words:
        places = {name: place for place, name in reversed(list(enumerate(recent)))}
        rows = [PaletteRow(number, entry) for number, entry in enumerate(entries)]
        return tuple(sorted(rows, key=lambda row: places.get(row.entry.name, len(recent))))
    found = [(number, match_entry(words, entry)) for number, entry in enumerate(entries)]
    matching = [(match[0], match[1]._replace(number=number)) for number, match in found if match is not None]
    return tuple(row for _, row in sorted(matching, key=lambda pair: -pair[0]))


class PaletteModel(QAbstractListModel):
    """The entries that match a text, the best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[PaletteEntry, ...] = ()
        self._recent: tuple[tuple[str, str], ...] = ()
        self._text = ""
        self._rows: tuple[PaletteRow, ...] = ()

    @property
    def rows(self) -> tuple[PaletteRow, ...]:
        return self._rows

    @property
    def recent(self) -> tuple[tuple[str, str], ...]:
        """The names of the entries used last, the latest first."""
        return self._recent

    def set_entries(self, entries: Sequence[PaletteEntry]) -> None:
        """Offer these entries, all of them until a text is set."""
        self._entries = tuple(entries)
        self.set_text("")

    def set_text(self, text: str) -> None:
        # A reset: with each letter that is typed any row may go, come or move.
        self.beginResetModel()
        self._text = text
        self._rows = ranked(self._entries, text, self._recent)
        self.endResetModel()

    def note_used(self, entry: PaletteEntry) -> None:
        """Offer this entry first from the next time on."""
        others = [name for name in self._recent if name != entry.name]
        self._recent = (entry.name, *others)[:RECENT_LIMIT]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken_text(row.entry)
        return None


def spoken_text(entry: PaletteEntry) -> str:
    """Return all that a row shows, for a screen reader."""
    state = "" if entry.is_checked is None else "on" if entry.is_checked else "off"
    parts = (entry.title, entry.path, state, entry.shortcut, "" if entry.is_enabled else unavailable_text(entry))
    return ", ".join(part for part in parts if part)


def unavailable_text(entry: PaletteEntry) -> str:
    return f"Not available now: {entry.reason}" if entry.reason else "Not available now"
