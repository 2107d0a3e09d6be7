"""Filters of before: those that were used lately, and those that were saved under a name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_syntax import QueryError

HISTORY_LIMIT = 100
SAVED_LIMIT = 100
NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """Raises ValueError for a name that is none or too long, and QueryError for a query that is none."""

    name: str
    query: str

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > NAME_LIMIT:
            raise ValueError(f"the name of a filter has 1 to {NAME_LIMIT} characters")
        parse_query(self.query)

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "query": self.query}


@dataclass(frozen=True, slots=True)
class FilterHistory:
    """queries: the newest first, all different. saved: in the order of their names, which are all different."""

    queries: tuple[str, ...] = ()
    saved: tuple[SavedFilter, ...] = ()

    def with_used(self, query: str) -> "FilterHistory":
        """Put a query first; one that is empty or cannot be read changes nothing."""
        query = query.strip()
        if not query or not is_query(query):
            return self
        others = (other for other in self.queries if other != query)
        return replace(self, queries=(query, *others)[:HISTORY_LIMIT])

    def with_saved(self, new: SavedFilter) -> "FilterHistory":
        """Save a filter in place of the one of the same name. Raises ValueError if there are too many."""
        others = self.without(new.name).saved
        if len(others) >= SAVED_LIMIT:
            raise ValueError(f"at most {SAVED_LIMIT} filters can be saved; delete one first")
        return replace(self, saved=tuple(sorted((*others, new), key=_name_key)))

    def without(self, name: str) -> "FilterHistory":
        """Forget the saved filter of this name."""
        return replace(self, saved=tuple(kept for kept in self.saved if kept.name != name))

    def find(self, name: str) -> SavedFilter | None:
        return next((kept for kept in self.saved if kept.name == name), None)

    def renamed(self, old: str, new: str) -> "FilterHistory":
        """Give a saved filter another name. Raises ValueError if that is none, or taken."""
        kept = self.find(old)
        if kept is None or old == new:
            return self
        if self.find(new) is not None:
            raise ValueError(f"there is a filter called “{new}” already")
        return self.without(old).with_saved(SavedFilter(new, kept.query))

    def to_json(self) -> dict[str, object]:
        return {"queries": list(self.queries), "saved": [kept.to_json() for kept in self.saved]}

    @classmethod
    def from_json(cls, value: object) -> "FilterHistory":
        """Return what can be read of a value; the rest is left out."""
        fields = value if isinstance(value, dict) else {}
        history = cls()
        for query in reversed(_items(fields.get("queries"))[:HISTORY_LIMIT]):
            history = history.with_used(query) if isinstance(query, str) else history
        readable = filter(None, map(_readable, _items(fields.get("saved"))[:SAVED_LIMIT]))
        for kept in readable:
            history = history.with_saved(kept)
        return history


def is_query(text: str) -> bool:
    """Tell whether a text can be read."""
    try:
        parse_query(text)
    except QueryError:
        return False
    return True


def _name_key(kept: SavedFilter) -> tuple[str, str]:
    return kept.name.casefold(), kept.name


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _readable(value: object) -> SavedFilter | None:
    if not isinstance(value, dict):
        return None
    name, query = value.get("name"), value.get("query")
    try:
        return SavedFilter(name, query) if isinstance(name, str) and isinstance(query, str) else None
    except ValueError:
        return None


class Recall:
    """Goes back and forth in the history, as long as the text is what was recalled last."""

    def __init__(self) -> None:
        self._queries: tuple[str, ...] = ()
        # -1 is the text from which the way back began, which was empty.
        self._place = -1

    def older(self, text: str, queries: Iterable[str]) -> str | None:
        """Return the query before, None if there is none or the text is the user's own."""
        if not self._is_on_way(text):
            if text:
                return None
            self._queries, self._place = tuple(queries), -1
        return self._move(1)

    def newer(self, text: str) -> str | None:
        """Return the query after, "" after the newest; None if the text is not from the history."""
        return self._move(-1) if self._is_on_way(text) else None

    def _is_on_way(self, text: str) -> bool:
        return self._place >= 0 and self._queries[self._place] == text

    def _move(self, step: int) -> str | None:
        place = self._place + step
        if place >= len(self._queries):
            return None
        self._place = place
        return self._queries[place] if place >= 0 else ""
