"""Conditions on what the header of a message says: its address and its type tags."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.pattern import AddressGlob, AddressPattern
from osc_workbench.traffic.header_values import HeaderFunction
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query_context import Mask, QueryContext, Test
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.tables import HeaderTable
from osc_workbench.traffic.text_match import compile_expression, compile_wildcards, encoded, folded

NO_TAGS = "none"
# How many addresses a condition remembers its answer for; some 30 MB.
_KNOWN_LIMIT = 1 << 18
_SMALLEST = 256
# Bytes; hardly any address is longer.
_LONG_ADDRESS = 128
_UNKNOWN, _NO, _YES = 0, 1, 2
Answers = npt.NDArray[np.uint8]


class HeaderTest:
    """Asks a function about each header that occurs, once. Rows of a table of their own are asked one table at a time.

    table: that of the log.
    """

    def __init__(self, table: HeaderTable, function: HeaderFunction) -> None:
        self._table = table
        self._function = function
        self._generation = table.generation
        self._answers: Answers = np.zeros(_SMALLEST, np.uint8)

    def mask(self, view: RowView) -> Mask:
        table = view.table
        if table is not self._table:
            return self._ask(table, np.zeros(len(table.raw), np.uint8), view.headers)
        if table.generation != self._generation or len(table.raw) > len(self._answers):
            self._renew()
        return self._ask(table, self._answers, view.headers)

    def _renew(self) -> None:
        """Make room; where numbers have been given back, which is seldom, all are asked about again."""
        kept = self._answers if self._table.generation == self._generation else self._answers[:0]
        self._generation = self._table.generation
        self._answers = np.zeros(2 * len(self._table.raw), np.uint8)
        self._answers[: len(kept)] = kept

    def _ask(self, table: HeaderTable, answers: Answers, headers: npt.NDArray[np.uint32]) -> Mask:
        found = answers.take(headers)
        if not found.all():
            for number in np.unique(headers[found == _UNKNOWN]).tolist():
                is_match = self._function(table.addresses[number], table.type_tags[number], table.raw[number])
                answers[number] = _YES if is_match else _NO
            found = answers.take(headers)
        mask: Mask = found == _YES
        return mask


def _of_names(context: QueryContext, test: Callable[[str], bool]) -> Test:
    """Return a test of the names of addresses; each distinct address is asked about once."""
    known: dict[str | int, bool] = {}

    def matches(address: str | int | None, _type_tags: str | None, _raw: bytes) -> bool:
        if address is None:
            return False
        found = known.get(address)
        if found is None:
            if len(known) >= _KNOWN_LIMIT:
                known.clear()
            found = known[address] = any(test(name) for name in context.names_of(address))
        return found

    return HeaderTest(context.store.headers, matches)


@dataclass(frozen=True, slots=True)
class AddressContains:
    """Case is ignored."""

    text: str
    needs_history = False

    def explain(self) -> str:
        return f"the address contains “{self.text}”"

    def bind(self, context: QueryContext) -> Test:
        sought = folded(encoded(self.text))
        return _of_names(context, lambda name: sought in folded(encoded(name)))


@dataclass(frozen=True, slots=True)
class AddressMatches:
    """A whole address, or a pattern with the wildcards of OSC; `**` also crosses slashes."""

    text: str
    needs_history = False

    @property
    def pattern(self) -> AddressPattern | AddressGlob:
        return AddressGlob(self.text) if "**" in self.text else AddressPattern(self.text)

    def explain(self) -> str:
        if self.pattern.is_literal:
            return f"the address is {self.text}"
        return f"the address matches the pattern {self.text}"

    def bind(self, context: QueryContext) -> Test:
        return _of_names(context, self.pattern.matches)


@dataclass(frozen=True, slots=True)
class AddressFits:
    """A regular expression, anywhere in the address."""

    expression: str
    needs_history = False

    def explain(self) -> str:
        return f"the address fits the expression /{self.expression}/"

    @property
    def pieces(self) -> Pieces:
        return Pieces(rows=max(1, compile_expression(self.expression).size_bytes // _LONG_ADDRESS))

    def bind(self, context: QueryContext) -> Test:
        is_in = compile_expression(self.expression).is_in
        return _of_names(context, lambda name: is_in(encoded(name)))


@dataclass(frozen=True, slots=True)
class TypeTagsAre:
    """The whole type tag string, with `*` and `?`; "none" for messages without one."""

    text: str
    needs_history = False

    def explain(self) -> str:
        if self.text == NO_TAGS:
            return "there is no type tag string"
        if self.text == "":
            return "there are no arguments"
        wild = any(sign in self.text for sign in "*?")
        return f"the type tags {'fit' if wild else 'are'} “,{self.text}”"

    def bind(self, context: QueryContext) -> Test:
        return HeaderTest(context.store.headers, self._function())

    def _function(self) -> HeaderFunction:
        if self.text == NO_TAGS:
            return lambda address, type_tags, _raw: address is not None and type_tags is None
        if not any(sign in self.text for sign in "*?"):
            return lambda _address, type_tags, _raw: type_tags == self.text
        # Case tells type tags apart.
        fits = compile_wildcards(self.text, ignores_case=False)
        return lambda _address, type_tags, _raw: type_tags is not None and fits(encoded(type_tags))


@dataclass(frozen=True, slots=True)
class HasType:
    """An argument of one of some types, in arrays, too. what: for people."""

    tags: str
    what: str
    needs_history = False

    def explain(self) -> str:
        return f"there is {self.what} among the arguments"

    def bind(self, context: QueryContext) -> Test:
        tags = set(self.tags)
        return HeaderTest(context.store.headers, lambda _address, type_tags, _raw: not tags.isdisjoint(type_tags or ""))
