"""Queries: what the filter bar, colour rules, statistics and the command line ask of the log, in one language.

`query_syntax` reads the text, `query_terms` says what its words mean. A query is a value; `bind` makes it ready to be
asked of one log, many rows at a time.
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from osc_workbench.traffic.header_conditions import HeaderTest
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query_context import Condition, LinkValues, Mask, QueryContext, Test
from osc_workbench.traffic.query_pieces import pieces_for
from osc_workbench.traffic.query_syntax import All, Leaf, Node, Not, QueryError, Word, parse_tree
from osc_workbench.traffic.query_terms import BY_CODE, bare_text
from osc_workbench.traffic.row_view import RowView

_REMEMBERED = 256
# At worst each takes 0.1 s for a single message.
EXPRESSIONS_LIMIT = 8
# Beyond so many terms nobody wants to know which of them excludes most, and each would be tried.
_TRIED_LIMIT = 20
# These cost a look into a table for each row.
QUICK_TESTS = (HeaderTest, LinkValues)


@dataclass(frozen=True, slots=True)
class Query:
    """A text that was understood. Raises QueryError for one that is not.

    conditions: one for each term of the text, in order.
    """

    text: str
    _root: Node = field(init=False, compare=False, repr=False)
    _conditions: dict[Word, Condition] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        root = parse_tree(self.text)
        conditions = {word: condition_of(word) for word in _words(root)}
        expressions = [word for word in conditions if word.is_expression]
        if len(expressions) > EXPRESSIONS_LIMIT:
            word = expressions[EXPRESSIONS_LIMIT]
            raise QueryError(word.start, word.end, f"A query can have {EXPRESSIONS_LIMIT} regular expressions.")
        object.__setattr__(self, "_root", root)
        object.__setattr__(self, "_conditions", conditions)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(self._conditions.values())

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything because nothing is asked."""
        return self._root == All(())

    @property
    def needs_history(self) -> bool:
        """Whether rows must be looked at in order, from the first."""
        return any(condition.needs_history for condition in self._conditions.values())

    @property
    def pieces(self) -> Pieces:
        """In how large pieces it can be asked of a log so that none takes long."""
        return pieces_for(self.conditions)

    def explain(self) -> str:
        """Return a sentence that says what it matches."""
        if self.is_empty:
            return "Every message."
        return f"Messages where {self._explain(self._root)}."

    def _explain(self, node: Node, is_inner: bool = False) -> str:
        if isinstance(node, Leaf):
            return self._conditions[node.word].explain()
        if isinstance(node, Not):
            return f"not ({self._explain(node.part)})"
        joiner = " and " if isinstance(node, All) else " or "
        text = joiner.join(self._explain(part, True) for part in node.parts)
        return f"({text})" if is_inner else text

    def without_terms(self) -> list[tuple[str, str]]:
        """Return (term, query without it) for each term that the whole must match; fewer than two or many give none."""
        if not isinstance(self._root, All) or len(self._root.parts) > _TRIED_LIMIT:
            return []
        parts = [self.text[start:end] for start, end in self._root.spans]
        return [(part, " ".join(parts[:index] + parts[index + 1 :])) for index, part in enumerate(parts)]

    def bind(self, context: QueryContext) -> "BoundQuery":
        return BoundQuery(self, context)

    def _bind(self, node: Node, context: QueryContext) -> Test:
        if isinstance(node, Leaf):
            return self._conditions[node.word].bind(context)
        if isinstance(node, Not):
            return _NotTest(self._bind(node.part, context))
        parts = [(self._needs_history(part), self._bind(part, context)) for part in node.parts]
        return _JoinedTest(parts, isinstance(node, All))

    def _needs_history(self, node: Node) -> bool:
        return any(self._conditions[word].needs_history for word in _words(node))


class BoundQuery:
    """A query that is asked of one log; with `needs_history` each row must be given once, in order."""

    def __init__(self, query: Query, context: QueryContext) -> None:
        self.query = query
        self._test = query._bind(query._root, context)

    def mask(self, view: RowView) -> Mask:
        """Return which of these rows match, shape (rows,)."""
        if self.query.is_empty:
            return np.ones(len(view), np.bool_)
        mask = self._test.mask(view)
        homeless = view.without_header
        if homeless.any():
            mask = mask.copy()
            mask[homeless] = self._test.mask(view.take(homeless).with_headers())
        return mask


class _NotTest:
    def __init__(self, part: Test) -> None:
        self.part = part

    def mask(self, view: RowView) -> Mask:
        return ~self.part.mask(view)


def _is_quick(test: Test) -> bool:
    return isinstance(test.part if isinstance(test, _NotTest) else test, QUICK_TESTS)


class _JoinedTest:
    """All parts, or any of them. Those with history see every row; of the others, the quick ones come first, and the
    rest is asked only about the rows that are not decided by then.
    """

    def __init__(self, parts: list[tuple[bool, Test]], is_all: bool) -> None:
        self._always = [test for needs_history, test in parts if needs_history]
        others = [test for needs_history, test in parts if not needs_history]
        self._quick = [test for test in others if _is_quick(test)]
        self._slow = [test for test in others if not _is_quick(test)]
        self._is_all = is_all

    def mask(self, view: RowView) -> Mask:
        mask = np.full(len(view), self._is_all)
        for test in (*self._always, *self._quick):
            mask = mask & test.mask(view) if self._is_all else mask | test.mask(view)
        for test in self._slow:
            undecided = mask if self._is_all else ~mask
            if undecided.all():
                mask = test.mask(view)
            elif undecided.any():
                places = np.flatnonzero(undecided)
                mask[places] = test.mask(view.take(places))
        return mask


def parse_query(text: str) -> Query:
    """Return the query of this text. Raises QueryError."""
    return _remembered(text)


_remembered: Callable[[str], Query] = lru_cache(_REMEMBERED)(Query)


def condition_of(word: Word) -> Condition:
    """Return what a word means. Raises QueryError."""
    name = word.field.partition("[")[0].lower()
    if not word.field:
        term = None if word.is_quoted else BY_CODE.get(word.value.lower())
        if term is not None and (not term.signs or "" in term.signs):
            return term.build(word)
        return bare_text(word)
    term = BY_CODE.get(name)
    if term is None:
        raise _unknown(word, name)
    field_end = word.start + len(word.field)
    if "[" in word.field and name not in ("arg", "any"):
        raise QueryError(word.start, field_end, f"“{term.code}” has no places.", f"“{term.code}” without brackets")
    if word.sign not in term.signs:
        signs = " ".join(sign for sign in term.signs if sign)
        expected = f"one of {signs}" if signs else f"“{term.code}” alone"
        raise QueryError(field_end, field_end + len(word.sign), f"“{word.sign}” cannot follow “{term.code}”.", expected)
    return term.build(word)


def _unknown(word: Word, name: str) -> QueryError:
    near = difflib.get_close_matches(name, BY_CODE, 1)
    hint = (
        f"perhaps “{near[0]}”, or the text in quotes" if near else "a term such as type: or arg[0]>, or text in quotes"
    )
    return QueryError(word.start, word.start + len(word.field), f"There is no term “{name:.30}”.", hint)


def _words(node: Node) -> Iterator[Word]:
    if isinstance(node, Leaf):
        yield node.word
    elif isinstance(node, Not):
        yield from _words(node.part)
    else:
        for part in node.parts:
            yield from _words(part)
