"""Conditions on what the header of a message says: its address and its type tags."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from osc_workbench.osc.pattern import AddressGlob, AddressPattern
from osc_workbench.traffic.header_values import HeaderFunction, HeaderValues
from osc_workbench.traffic.query_context import Mask, QueryContext, Test
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.tables import HeaderTable
from osc_workbench.traffic.text_match import compile_expression, compile_wildcards, encoded, folded

NO_TAGS = "none"
# How many addresses a condition remembers its answer for; some 30 MB.
_KNOWN_LIMIT = 1 << 18


class HeaderTest:
    """Asks a function about each header once. Rows of a table of their own are asked one table at a time."""

    def __init__(self, function: HeaderFunction) -> None:
        self._function = function
        self._own: tuple[HeaderTable, HeaderValues] | None = None

    def mask(self, view: RowView) -> Mask:
        if self._own is None:
            self._own = view.table, HeaderValues(view.table, self._function, np.bool_)
        table, values = self._own
        if table is not view.table:
            values = HeaderValues(view.table, self._function, np.bool_)
        return values.at(view.headers)


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

    return HeaderTest(matches)


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

    def bind(self, context: QueryContext) -> Test:
        search = compile_expression(self.expression).search
        return _of_names(context, lambda name: search(encoded(name)) is not None)


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

    def bind(self, _context: QueryContext) -> Test:
        if self.text == NO_TAGS:
            return HeaderTest(lambda address, type_tags, _raw: address is not None and type_tags is None)
        if not any(sign in self.text for sign in "*?"):
            return HeaderTest(lambda _address, type_tags, _raw: type_tags == self.text)
        # Case tells type tags apart, so the expression must not ignore it.
        match = compile_wildcards(self.text, "s").fullmatch
        return HeaderTest(lambda _address, tags, _raw: tags is not None and match(encoded(tags)) is not None)


@dataclass(frozen=True, slots=True)
class HasType:
    """An argument of one of some types, in arrays, too. what: for people."""

    tags: str
    what: str
    needs_history = False

    def explain(self) -> str:
        return f"there is {self.what} among the arguments"

    def bind(self, _context: QueryContext) -> Test:
        tags = set(self.tags)
        return HeaderTest(lambda _address, type_tags, _raw: bool(type_tags) and not tags.isdisjoint(type_tags or ""))
