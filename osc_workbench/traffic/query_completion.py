"""What can stand where the cursor is in a query: terms, their values, endpoints and addresses.

It reads the text more leniently than `query_syntax` does, because a text is hardly ever a query while it is typed.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from osc_workbench.osc.pattern import AddressPattern, has_wildcards
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.traffic.query_syntax import Leaf, in_quotes, parse_tree, quoted
from osc_workbench.traffic.query_terms import BY_CODE, TERMS, Term

COMPLETION_LIMIT = 50
# As many as the table of headers can hold; to look through them takes some 30 ms.
_ADDRESSES_LIMIT = 140_000
# To match a pattern with so many takes some 90 ms; names further on are mostly the same.
_MATCHED_LIMIT = 20_000
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s()"])+', re.DOTALL)
_NEGATIONS = re.compile(r"[-!]*")
_FIELD = re.compile(r"(?P<field>[A-Za-z][A-Za-z-]*(?:\[\d*\])?)(?P<sign>:|[=!<>~]+)")
_ESCAPED = re.compile(r'\\(.)|"', re.DOTALL)
_WILDCARDS = re.compile(r"[?*\[{]|//")
_LINT_HELP = {rule.id: rule.title for rule in RULES}


class Completion(NamedTuple):
    """text: what takes the place of the characters from `start` to `end`. help: a few words about it."""

    text: str
    start: int
    end: int
    help: str


class _Place(NamedTuple):
    """What is completed. typed: up to the cursor, as it stands there. start, end: what a completion replaces."""

    typed: str
    start: int
    end: int


_Offer = tuple[str, str]
_Writer = Callable[[str], str]


def complete(text: str, cursor: int, addresses: Sequence[str], endpoints: Sequence[str]) -> list[Completion]:
    """Return what could stand at the cursor, the best first, at most COMPLETION_LIMIT; what stands there is left out.

    cursor: the characters before it. addresses: those seen so far, in any order. endpoints: URLs.
    """
    start, end = _word_at(text, cursor)
    word = _Place(text[start:cursor], start, end)
    here, offers = _offers(word, text[start:end], addresses, endpoints)
    there = text[here.start : here.end]
    # A line of text cannot hold everything that an address may.
    fresh = ((offer, about) for offer, about in _distinct(offers) if offer != there and offer.isprintable())
    return [Completion(offer, here.start, here.end, about) for offer, about in islice(fresh, COMPLETION_LIMIT)]


def _word_at(text: str, cursor: int) -> tuple[int, int]:
    """Return start and end of the word in or behind which the cursor stands, less what negates it."""
    for found in _WORD.finditer(text):
        if found.start() <= cursor <= found.end():
            negated = _NEGATIONS.match(text, found.start())
            return min(negated.end() if negated else cursor, cursor), found.end()
    return cursor, cursor


def _distinct(offers: Iterable[_Offer]) -> Iterator[_Offer]:
    seen = set()
    for text, about in offers:
        if text not in seen:
            seen.add(text)
            yield text, about


def _offers(
    here: _Place, word: str, addresses: Sequence[str], endpoints: Sequence[str]
) -> tuple[_Place, Iterable[_Offer]]:
    """Return what is replaced, and by what it can be."""
    plain = _plain(here.typed)
    if plain.startswith("/"):
        return here, _address_offers(plain, addresses, _as_bare_text, is_pattern=plain == here.typed)
    found = _FIELD.match(word)
    if found is None:
        return here, _term_offers(here.typed)
    if found.end() > len(here.typed):
        # The value behind the sign stays.
        return here._replace(end=here.start + found.end()), _term_offers(here.typed)
    value = here._replace(typed=_plain(here.typed[found.end() :]), start=here.start + found.end())
    term = BY_CODE.get(found["field"].partition("[")[0].lower())
    if term is None or found["sign"] not in (":", "=") or found["sign"] not in term.signs:
        return value, ()
    if term.code == "address":
        return value, _address_offers(value.typed, addresses, quoted, is_pattern=True)
    if term.code == "endpoint":
        return value, _matching(value.typed, ((quoted(url), "") for url in endpoints))
    return value, _value_offers(term, value.typed)


def _plain(value: str) -> str:
    """Return a value without its quotes; the second one may be missing yet."""
    return _ESCAPED.sub(r"\1", value) if '"' in value else value


# Terms and their values.


def _beginning(term: Term) -> str:
    """Return how a term starts, before its value: `arg[0]>` as in its example."""
    tree = parse_tree(term.example)
    return term.example[: tree.word.value_start] if term.signs and isinstance(tree, Leaf) else term.code


def _terms() -> Iterator[_Offer]:
    for term in TERMS:
        about = f"{term.help} Example: {term.example}"
        if "" in term.signs:
            yield term.code, about
        yield _beginning(term), about


_TERM_OFFERS = tuple(_terms())


def _term_offers(typed: str) -> Iterator[_Offer]:
    return (offer for offer in _TERM_OFFERS if offer[0].startswith(typed.lower()))


def _value_offers(term: Term, typed: str) -> Iterator[_Offer]:
    helps = _LINT_HELP if term.code == "lint" else {}
    return _matching(typed, ((value, helps.get(value, term.help)) for value in term.values))


def _matching(typed: str, offers: Iterable[_Offer]) -> Iterator[_Offer]:
    """Yield what begins with a text, then what contains it elsewhere."""
    sought = typed.lower()
    fitting = [offer for offer in offers if sought in _plain(offer[0]).lower()]
    yield from (offer for offer in fitting if _plain(offer[0]).lower().startswith(sought))
    yield from fitting


# Addresses.


def _as_bare_text(address: str) -> str:
    """Return an address as a word of its own, in which wildcards are letters."""
    return in_quotes(address) if has_wildcards(address) else quoted(address)


def _address_offers(typed: str, addresses: Sequence[str], write: _Writer, is_pattern: bool) -> Iterator[_Offer]:
    """Yield the names on the next level, then whole addresses, then those that contain the text elsewhere."""
    seen = addresses[:_ADDRESSES_LIMIT]
    if is_pattern and has_wildcards(typed):
        yield from _pattern_offers(typed, seen)
        return
    below = [address for address in seen if address.startswith(typed)]
    start = len(typed)
    # Up to and with the next slash; where there is none, all of it.
    names = Counter([address[: address.find("/", start) + 1] or address for address in below])
    yield from ((write(name), _inside(name, names[name])) for name in _first(names))
    yield from ((write(address), "") for address in _first(below))
    if len(typed) > 1:
        sought = typed.lower()
        elsewhere = _first(address for address in seen if sought in address.lower())
        yield from ((write(address), "") for address in elsewhere)


def _first(names: Iterable[str]) -> list[str]:
    return heapq.nsmallest(COMPLETION_LIMIT, names)


def _pattern_offers(typed: str, addresses: Sequence[str]) -> Iterator[_Offer]:
    """Yield the pattern with the names that stand on its last level below what the levels before it match."""
    *levels, begun = typed.split("/")
    tests = [_LevelTest(level) for level in levels]
    depth = len(levels)
    certain = _WILDCARDS.split(typed)[0]
    found: Counter[str] = Counter()
    for address in islice((address for address in addresses if address.startswith(certain)), _MATCHED_LIMIT):
        parts = address.split("/", depth + 1)
        if len(parts) > depth and parts[depth].startswith(begun) and all(map(_LevelTest.matches, tests, parts)):
            found[parts[depth] + "/" * (len(parts) > depth + 1)] += 1
    head = "/".join((*levels, ""))
    for name in _first(name for name in found if quoted(name) == name and not has_wildcards(name)):
        yield head + name, _inside(name, found[name])


def _inside(name: str, count: int) -> str:
    if not name.endswith("/"):
        return ""
    return "1 address below" if count == 1 else f"{count:,} addresses below"


class _LevelTest:
    """A pattern for one level of addresses; names recur, and each is asked about once."""

    def __init__(self, level: str) -> None:
        self._pattern = AddressPattern(level)
        self._known: dict[str, bool] = {}

    def matches(self, name: str) -> bool:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._pattern.matches(name)
        return found
