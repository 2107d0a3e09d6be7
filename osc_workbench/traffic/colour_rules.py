"""Colour rules: a query and the colour of the rows that it matches; where several do, the first rule wins.

Models and views get names of colours from here; what a name looks like is the theme's business.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.query import Query, parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.row_conditions import IsMarked

COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "grey")
# Each enabled rule keeps two bytes for each row that it matches, of ten million at most.
RULES_LIMIT = 30


@dataclass(frozen=True, slots=True)
class ColourRule:
    """Raises QueryError for a query that cannot be read, ValueError for one that is empty and for an unknown colour."""

    query: str
    colour: str
    is_enabled: bool = True

    def __post_init__(self) -> None:
        if self.colour not in COLOURS:
            raise ValueError(f"There is no colour “{self.colour:.40}”. Choose one of {', '.join(COLOURS)}.")
        if parse_query(self.query).is_empty:
            raise ValueError("A rule needs a query, or it would colour every message. Write one like late>5ms.")

    @property
    def explanation(self) -> str:
        """A sentence that says what it matches."""
        return parse_query(self.query).explain()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the rule that `to_json` wrote. Raises ValueError for anything else."""
        fields = value if isinstance(value, dict) else {}
        query, colour = fields.get("query"), fields.get("colour")
        if not isinstance(query, str) or not isinstance(colour, str):
            raise ValueError("A colour rule is an object with query and colour, both of them texts.")
        return cls(query, colour, fields.get("is_enabled") is not False)


# The reply by which scsynth says that a command failed; what is likely a fault of a program; what came too late.
DEFAULT_RULES = (
    ColourRule("address:/fail", "red"),
    ColourRule("lint:error", "orange"),
    ColourRule("late>5ms", "purple"),
)


def readable_colour_rules(values: Iterable[Any]) -> tuple[ColourRule, ...]:
    """Return the rules among stored values; those that cannot be read are left out."""
    rules = []
    for value in values:
        try:
            rules.append(ColourRule.from_json(value))
        except ValueError:
            continue
    return tuple(rules)


class ColourRules:
    """The colours of the rows of one log, kept up to date a step at a time.

    Strategy. Each query has the rows that it is known to match. All of them look at what has just arrived, whatever
    else there is to do. Older rows are looked at in turns, one piece a query, so that what is in sight soon has all its
    colours. A query with history must begin at the oldest row; until it has come to the newest, it looks at new ones
    in its turn, too, and one such query has a turn in each frame even if it is late, so that all get there.
    """

    def __init__(self, context: QueryContext) -> None:
        self._context = context
        self._rules: tuple[ColourRule, ...] = ()
        self._asked: dict[str, _AskedQuery] = {}
        # Of the enabled rules, in order; rules with the same query share its rows.
        self._active: list[tuple[str, MatchedRows]] = []
        self._turns: deque[_AskedQuery] = deque()
        self._marks_seen = context.marks.changes
        # One past the newest row whose colour was told; what comes after it can be shown nowhere yet.
        self._told_end = 0

    @property
    def rules(self) -> tuple[ColourRule, ...]:
        return self._rules

    @property
    def progress(self) -> float:
        """How much of the store has been looked at for all rules, 0 to 1."""
        return min((asked.matched.progress for asked in self._turns), default=1.0)

    def counts(self) -> tuple[int | None, ...]:
        """Return for each rule how many kept rows its query is known to match, None for one that is not enabled."""
        return tuple(len(self._asked[rule.query].matched) if rule.is_enabled else None for rule in self._rules)

    def colour_of(self, row: int) -> str | None:
        """Return the colour of the first rule that is known to match a row."""
        self._told_end = max(self._told_end, row + 1)
        return next((colour for colour, matched in self._active if row in matched), None)

    def set_rules(self, rules: Sequence[ColourRule], context: QueryContext) -> None:
        """Colour by these rules; what is known about a query stays known unless the context is another one."""
        if context != self._context:
            self._asked.clear()
            self._marks_seen = context.marks.changes
        self._context, self._rules = context, tuple(rules)
        self._ask()

    def _ask(self) -> None:
        """Ask the queries of the enabled rules, and no others."""
        enabled = [rule for rule in self._rules if rule.is_enabled]
        known, self._asked = self._asked, {}
        for query in dict.fromkeys(rule.query for rule in enabled):
            self._asked[query] = known.get(query) or _AskedQuery(parse_query(query), self._context)
        self._active = [(rule.colour, self._asked[rule.query].matched) for rule in enabled]
        self._turns = deque(self._asked.values())

    def advance(self, is_late: Callable[[], bool]) -> bool:
        """Look at what is new, and at some of what is old until it is late; to be called after each append or clear.

        Return whether a colour that was told may be another one now.
        """
        changed = self._ask_about_marks()
        lagging = self._next_turn(lambda asked: not asked.keeps_up)
        for asked in self._turns:
            if asked.keeps_up or asked is lagging:
                changed |= asked.look_at_new(self._told_end)
        while not is_late():
            behind = self._next_turn(lambda asked: asked.matched.progress < 1.0)
            if behind is None:
                break
            changed |= behind.look_at_old(self._told_end)
        return changed

    def _ask_about_marks(self) -> bool:
        """Ask anew what depends on marks, if those have changed."""
        if self._context.marks.changes == self._marks_seen:
            return False
        self._marks_seen = self._context.marks.changes
        stale = [query for query, asked in self._asked.items() if asked.depends_on_marks]
        for query in stale:
            del self._asked[query]
        self._ask()
        return bool(stale)

    def _next_turn(self, is_meant: "Callable[[_AskedQuery], bool]") -> "_AskedQuery | None":
        for _ in range(len(self._turns)):
            self._turns.rotate(-1)
            if is_meant(self._turns[-1]):
                return self._turns[-1]
        return None


class _AskedQuery:
    """A query and the rows that it is known to match.

    keeps_up: whether all rows before the new ones have been looked at, or can wait.
    """

    def __init__(self, query: Query, context: QueryContext) -> None:
        self.matched = MatchedRows(context.store, query.bind(context))
        self.depends_on_marks = any(isinstance(condition, IsMarked) for condition in query.conditions)
        self._needs_history = query.needs_history
        self.keeps_up = not query.needs_history

    def look_at_new(self, told_end: int) -> bool:
        """Look at what comes next, one piece at most; see `_advance`."""
        return self._advance(_at_once, told_end)

    def look_at_old(self, told_end: int) -> bool:
        """Look at the next piece in the direction in which the query goes; see `_advance`."""
        answers = iter(() if self._needs_history else (False,))
        return self._advance(lambda: next(answers, True), told_end)

    def _advance(self, is_late: Callable[[], bool], told_end: int) -> bool:
        """Return whether rows before `told_end` were found to match."""
        change = self.matched.advance(is_late)
        self.keeps_up = not self._needs_history or self.matched.progress >= 1.0
        if change.appended:
            first_appended = self.matched.row_at(len(self.matched) - change.appended)
            return bool(change.prepended) or first_appended < told_end
        return bool(change.prepended)


def _at_once() -> bool:
    return True
