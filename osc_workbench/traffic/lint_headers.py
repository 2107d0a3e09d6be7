"""What lint knows of a message from its header alone, worked out once for each header and looked up for every row."""

import re
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.traffic.columns import FLOAT_TAGS, INTEGER_TAGS
from osc_workbench.traffic.header_values import HeaderValues
from osc_workbench.traffic.lint_rules import bit_of
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable

Column = npt.NDArray[Any]
_Key = TypeVar("_Key", bound=str | int)
# How many addresses, kinds of type tags and links have a history. Numbers this small are sorted ten times as fast.
HISTORY_LIMIT = 32_768
# The number of an address or a link without one, and of type tags without a kind.
NO_HISTORY, NO_KIND = HISTORY_LIMIT, 0
# What stands among the arguments.
FLOATS, INTEGERS, TEXTS = 1, 2, 4
# Instead of the size of the arguments: it depends on them, or nobody knows it.
VARYING, UNKNOWN = -1, -2
_KEPT_CHARACTERS = 8 << 20
_KEPT_TAGS, _KEPT_TAGS_LENGTH = 2048, 256

# bits: findings. fixed_size: bytes of the arguments. address, kind: numbers for the history. content: FLOATS | ...
FACTS = np.dtype(
    [
        ("bits", np.uint32),
        ("fixed_size", np.int32),
        ("address", np.uint16),
        ("kind", np.uint16),
        ("content", np.uint8),
    ],
    align=True,
)
NO_FACTS = (0, UNKNOWN, NO_HISTORY, NO_KIND, 0)

_UNTYPED, _UNKNOWN_TAG, _BAD_PADDING = bit_of("missing-type-tags"), bit_of("unknown-type-tag"), bit_of("bad-padding")
_FORBIDDEN, _VALUE = bit_of("forbidden-character"), bit_of("value-in-address")

# Source: OSC 1.0 specification, "OSC Address Spaces"; those of patterns are allowed, since a pattern may stand there,
# and so are the commas of its alternatives.
_plain_characters = re.compile(r'/?(?:\{[!"$-.0-z|~]*+\}|[!"$-+\--~])*+').match
# After a space, comma or equals sign any number is a value. A whole part of an address is one if it has a point or a
# signed exponent: mere digits name channels. Nothing in here ever goes back, whatever the address.
_EXPONENT = r"(?:[eE][-+]?\d++)?+"
find_value = re.compile(
    rf"(?:(?<=[ ,=])[-+]?(?:\d++(?:\.\d*+)?+|\.\d++){_EXPONENT}"
    rf"|(?<=/)[-+]?(?:\d*+\.\d++{_EXPONENT}|\d++[eE][-+]\d++))(?= *+(?:/|\Z))"
).search


class Numbering(Generic[_Key]):
    """Numbers for what recurs, in order of appearance, as long as there is room.

    keys: by number.
    """

    def __init__(self, *keys: _Key) -> None:
        self.keys: list[_Key] = list(keys)
        self._numbers: dict[_Key, int] = {key: number for number, key in enumerate(keys)}
        self._characters = 0

    def number_of(self, key: _Key) -> int | None:
        """Return the number of a key, None if it has none and there is no room."""
        number = self._numbers.get(key)
        if number is None:
            size = len(key) if isinstance(key, str) else 0
            if len(self.keys) >= HISTORY_LIMIT or self._characters + size > _KEPT_CHARACTERS:
                return None
            self._characters += size
            number = self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return number


class RowFacts(NamedTuple):
    """What the headers of some rows say.

    facts: of the type FACTS, shape (rows,), a copy. parts: the same rows in views that know all their headers, and the
    places of these rows.
    """

    facts: Column
    parts: tuple[tuple[RowView, Column], ...]


class LintHeaders:
    """Facts about headers, and numbers for the addresses and type tags that have a history.

    kinds: type tags with their comma by number, "" being those without a kind; F stands as T there, as it is another
    value and not another type.
    """

    def __init__(self, table: HeaderTable) -> None:
        self.kinds: Numbering[str] = Numbering("")
        self._addresses: Numbering[str | int] = Numbering()
        self._of_tags: dict[str, tuple[int, int, int, int]] = {}
        self._table, self._values = table, HeaderValues(table, self._facts_of, FACTS)

    def look_up(self, view: RowView) -> RowFacts:
        """Return what the headers of rows of the store say."""
        if view.table is not self._table:
            # The store has been given another table.
            self._table, self._values = view.table, HeaderValues(view.table, self._facts_of, FACTS)
        facts = self._values.at(view.headers)
        without = view.headers == NO_HEADER
        # Malformed packets and empty bundles have no header either.
        if not np.count_nonzero(without) or not np.count_nonzero(without := view.without_header):
            return RowFacts(facts, ((view, np.arange(len(view))),))
        others = view.take(without).with_headers()
        facts[without] = HeaderValues(others.table, self._facts_of, FACTS).at(others.headers)
        return RowFacts(facts, ((view.take(~without), np.flatnonzero(~without)), (others, np.flatnonzero(without))))

    def address_numbers(self, headers: Column) -> Column:
        """Return the numbers of the addresses of these headers, NO_HISTORY where they have none."""
        numbers: Column = self._values.all()["address"].take(headers)
        return numbers

    def _facts_of(self, address: str | int | None, type_tags: str | None, raw: bytes) -> tuple[int, int, int, int, int]:
        if address is None:
            return NO_FACTS
        bits, fixed_size, kind, content = _UNTYPED, UNKNOWN, NO_KIND, 0
        if type_tags is not None:
            bits, fixed_size, kind, content = self._of_tags.get(type_tags) or self._new_tags(type_tags)
        texts = isinstance(address, str) + (type_tags is not None)
        bits |= _address_bits(address) | _padding_bits(raw, 4 * isinstance(address, int), texts)
        number = self._addresses.number_of(address)
        return bits, fixed_size, NO_HISTORY if number is None else number, kind, content

    def _new_tags(self, type_tags: str) -> tuple[int, int, int, int]:
        bits, fixed_size, content = _facts_of_tags(type_tags)
        facts = bits, fixed_size, self.kinds.number_of("," + type_tags.replace("F", "T")) or NO_KIND, content
        if len(type_tags) <= _KEPT_TAGS_LENGTH and len(self._of_tags) < _KEPT_TAGS:
            self._of_tags[type_tags] = facts
        return facts


def _facts_of_tags(type_tags: str) -> tuple[int, int, int]:
    """Return (findings, size of the arguments, what stands among them)."""
    tags = set(type_tags)
    content = FLOATS * (not tags.isdisjoint(FLOAT_TAGS)) | INTEGERS * (not tags.isdisjoint(INTEGER_TAGS))
    known = [ARGUMENT_TYPES[tag] for tag in tags if tag in ARGUMENT_TYPES]
    size = sum(row.size * type_tags.count(row.tag) for row in known)
    if any(row.layout in (Layout.STRING, Layout.BLOB) for row in known):
        size = VARYING
        content |= TEXTS
    if len(known) < len(tags):
        return _UNKNOWN_TAG, UNKNOWN, content
    return 0, size, content


def _address_bits(address: str | int) -> int:
    if isinstance(address, int):
        return 0
    bits = 0 if address.startswith("/") and plain_length(address) == len(address) else _FORBIDDEN
    return bits | _VALUE if find_value(address) else bits


def plain_length(address: str) -> int:
    """Return how many characters from the start on may stand in an address or pattern."""
    found = _plain_characters(address)
    return found.end() if found else 0


def _padding_bits(raw: bytes, position: int, texts: int) -> int:
    """Return the finding for texts of a header that are not filled up with zero bytes to a multiple of four."""
    for _ in range(texts):
        stop = raw.find(0, position)
        end = position + (stop - position + 4 & -4)
        if stop < 0 or end > len(raw) or any(raw[stop:end]):
            return _BAD_PADDING
        position = end
    return 0
