"""Filters put together as texts: what was typed, terms that are added to it, and noise that is left out."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_syntax import All, Any, Leaf, Node, Not, QueryError, Word, in_quotes, parse_tree


class NoiseFilter(NamedTuple):
    """Messages that are sent all the time and mostly only in the way. query: what they match. tip: a sentence."""

    name: str
    query: str
    tip: str

    @property
    def term(self) -> str:
        """What leaves them out."""
        return f"-({self.query})"


class FilterReading(NamedTuple):
    """What a text means as a filter.

    query: what is asked, with noise left out; "" for everything. meaning: a sentence about it.
    message: what is wrong, "" if nothing is; then there is no query. fault: start and end of what is wrong in the text,
    None if the text alone is all right.
    """

    query: str
    meaning: str
    message: str = ""
    fault: tuple[int, int] | None = None


def read_filter(text: str, hidden: Sequence[NoiseFilter] = ()) -> FilterReading:
    """Return what a text means while some noise is hidden."""
    try:
        meaning = parse_query(text).explain()
    except QueryError as error:
        return FilterReading("", "", str(error), (error.start, error.end))
    try:
        query = without_noise(text, hidden)
        parse_query(query)
    except QueryError as error:
        return FilterReading("", "", f"This cannot be asked while noise is hidden: {error.reason}")
    names = ", ".join(noise.name for noise in hidden)
    return FilterReading(query, f"{meaning} Hidden: {names}." if names else meaning)


def read_noise(text: str) -> tuple[NoiseFilter, ...]:
    """Return the filters of a JSON file of our own: a list of objects with name, query and tip."""
    return tuple(NoiseFilter(**row) for row in json.loads(text))


def without_noise(text: str, hidden: Iterable[NoiseFilter]) -> str:
    """Return a query for what `text` matches, less some noise. Raises QueryError if there is none."""
    query = text.strip()
    for noise in hidden:
        query = conjunction(query, noise.term)
    return query


def with_term(text: str, query: str, is_excluded: bool = False) -> str:
    """Return a query for what both match, or with `is_excluded` only the first. Raises QueryError if there is none."""
    tree = parse_tree(query)
    if is_excluded:
        term = f"-({query})" if isinstance(tree, All | Any) else f"-{query}"
    else:
        term = f"({query})" if isinstance(tree, Any) else query
    return text.strip() if term in _terms(text) else conjunction(text.strip(), term)


def conjunction(first: str, second: str) -> str:
    """Return a query for what two queries match. Raises QueryError if one is none, or the two are too long together.

    second: one term, or several that all must match.
    """
    if not first:
        return second
    if isinstance(parse_tree(first), Any):
        first = f"({first})"
    meanings = sorted((*_meanings(first), *_meanings(second)))
    for query in _joined(first, second):
        try:
            if sorted(_meanings(query)) == meanings:
                return query
        except QueryError:
            continue
    raise QueryError(0, len(first), "This filter cannot be joined with another one.", "a shorter or simpler filter")


def _joined(first: str, second: str) -> Iterator[str]:
    """Yield two queries together. Side by side their ends can become one term; the last ways are safe from that."""
    yield f"{first} {second}"
    yield f"{second} {first}"
    quoted = _with_quoted_slashes(first)
    yield f"({quoted}) {second}"


def _with_quoted_slashes(query: str) -> str:
    """Quote what follows `~` and begins with a slash, which would be an expression if a second slash came later."""
    for word in reversed(list(_words(parse_tree(query)))):
        if "~" in word.sign and word.value.startswith("/") and not (word.is_quoted or word.is_expression):
            query = query[: word.value_start] + in_quotes(word.value) + query[word.end :]
    return query


def _words(node: Node) -> Iterator[Word]:
    if isinstance(node, Leaf):
        yield node.word
    else:
        for part in (node.part,) if isinstance(node, Not) else node.parts:
            yield from _words(part)


def without_term(text: str, term: str, hidden: Sequence[NoiseFilter]) -> tuple[str, tuple[NoiseFilter, ...]]:
    """Take a term out of what `without_noise` made; return what is left of text and noise. Raises QueryError."""
    kept = tuple(noise for noise in hidden if noise.term != term)
    if len(kept) < len(hidden):
        return text, kept
    for own, rest in parse_query(text).without_terms():
        if own == term:
            return rest, kept
    # The text as a whole is one term.
    return "", kept


def _terms(text: str) -> list[str]:
    return [term for term, _ in parse_query(text).without_terms()] or [text.strip()]


def _meanings(query: str) -> list[str]:
    return [condition.explain() for condition in parse_query(query).conditions]
