"""The rules about arguments: odd numbers, padding, what stands behind the last one. The first integers on the way.

Strategy. Rows of the same type tags are walked through together, which costs some numpy calls for each tag. Where there
are fewer rows than that is worth, as for one long reply, they are decoded one by one. Both ways give the same answer.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.osc.codec import decode_packet, encode_packet, examine_packet
from osc_workbench.osc.errors import OscDecodeError, OscEncodeError
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.columns import FLOAT_TAGS, INTEGER_TAGS, ArgumentColumn, values, walk_arguments, words
from osc_workbench.traffic.lint_headers import NO_KIND, VARYING
from osc_workbench.traffic.lint_rules import bit_of
from osc_workbench.traffic.row_groups import group_rows
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
_NAN, _INFINITY, _DENORMAL = bit_of("nan"), bit_of("infinity"), bit_of("denormal")
_BAD_PADDING, _EXCESS = bit_of("bad-padding"), bit_of("excess-bytes")
_OF_ISSUES = {"padding": _BAD_PADDING, "short-padding": _BAD_PADDING, "excess-bytes": _EXCESS}
_INFINITE = float("inf")
_BRACKETS = str.maketrans("", "", "[]")
# So many rows for each tag, up to so many tags, take as long one by one as together.
_ROWS_OF_TAG, _COUNTED_TAGS = 2, 32


class _FloatBits(NamedTuple):
    """Floats as unsigned numbers: which bits are not the sign, infinity, and the smallest number with all its digits.

    smallest: the same as a number.
    """

    size: Any
    infinite: Any
    least: Any
    smallest: float


# Source: IEEE 754, binary32 and binary64.
_FLOATS = {
    "f": _FloatBits(np.uint32(0x7FFFFFFF), np.uint32(0x7F800000), np.uint32(1 << 23), 2.0**-126),
    "d": _FloatBits(np.uint64((1 << 63) - 1), np.uint64(0x7FF << 52), np.uint64(1 << 52), 2.0**-1022),
}


class ArgumentFindings:
    """What is found in the arguments of some rows.

    bits: uint32. has_number: which rows have an integer argument; numbers: int64, the first of these.
    All of shape (rows,).
    """

    def __init__(self, view: RowView, facts: Column, kinds: Sequence[str]) -> None:
        """facts: of the rows of the view, which all have headers in its table. kinds: type tags with commas."""
        self._view = view
        self.has_number: Column = np.zeros(len(view), np.bool_)
        self.numbers: Column = np.zeros(len(view), np.int64)
        fixed_sizes = facts["fixed_size"]
        self.bits: Column = np.zeros(len(view), np.uint32)
        differ = view.sizes != fixed_sizes
        if np.count_nonzero(differ):
            self.bits[differ & (fixed_sizes >= 0)] = _EXCESS
        places = np.flatnonzero(facts["content"])
        if len(places):
            self._look(places, facts, kinds)

    def _look(self, places: Column, facts: Column, kinds: Sequence[str]) -> None:
        of_places = facts["kind"][places]
        # Where a size is odd, padding may be missing, and only a decoder knows what stands where.
        is_odd = ((self._view.sizes[places] & 3) != 0) | (of_places == NO_KIND)
        if np.count_nonzero(is_odd):
            self._look_at_each(places[is_odd])
            places, of_places = places[~is_odd], of_places[~is_odd]
        for kind, rows in group_rows(of_places).parts():
            type_tags, group = kinds[kind][1:], places[rows]
            if len(group) <= _ROWS_OF_TAG * min(len(type_tags), _COUNTED_TAGS):
                self._look_at_each(group)
            else:
                self._look_at_columns(type_tags, group, facts["fixed_size"][group[0]] == VARYING)

    # Together.

    def _look_at_columns(self, type_tags: str, places: Column, varies: bool) -> None:
        ends = self._view.offsets[places].astype(np.int64)
        wants_number = True
        for column in walk_arguments(self._view, type_tags, places):
            layout = ARGUMENT_TYPES[column.tag].layout
            ends = column.ends
            if column.tag in FLOAT_TAGS:
                self._look_at_floats(column)
            elif wants_number and column.tag in INTEGER_TAGS:
                self.has_number[places] = True
                self.numbers[places] = values(self._view.arena, column)
                wants_number = False
            elif layout in (Layout.STRING, Layout.BLOB):
                ends = self._look_at_padding(column, layout)
        if varies:
            self._mark(places, ends < self._view.offsets[places] + self._view.sizes[places], _EXCESS)

    def _look_at_floats(self, column: ArgumentColumn) -> None:
        form = _FLOATS[column.tag]
        size = values(self._view.arena, column).view(form.size.dtype) & form.size
        # What is smaller wraps around and becomes huge; zero, too, which is the most common of these.
        if np.count_nonzero(size - form.least >= form.infinite - form.least):
            self._mark(column.places, size > form.infinite, _NAN)
            self._mark(column.places, size == form.infinite, _INFINITY)
            self._mark(column.places, (size < form.least) & (size != 0), _DENORMAL)

    def _look_at_padding(self, column: ArgumentColumn, layout: Layout) -> Column:
        """Look at the bytes behind texts or blobs up to the end of the word; return where the next argument begins."""
        sizes = column.ends - column.starts
        ends: Column = column.starts + ((sizes + 4 & -4) if layout is Layout.STRING else (sizes + 3 & -4))
        padded = np.flatnonzero(ends > column.ends)
        used_bits = (8 * (sizes[padded] & 3)).astype(np.uint32)
        last_words = words(self._view.arena, ends[padded] - 4)
        self._mark(column.places[padded], (last_words << used_bits) != 0, _BAD_PADDING)
        return ends

    def _mark(self, places: Column, holds: Column, bit: int) -> None:
        if np.count_nonzero(holds):
            self.bits[places[holds]] |= np.uint32(bit)

    # One by one.

    def _look_at_each(self, places: Column) -> None:
        view = self._view
        headers, offsets, sizes = (column[places].tolist() for column in (view.headers, view.offsets, view.sizes))
        for place, header, offset, size in zip(places.tolist(), headers, offsets, sizes, strict=True):
            bits, number = _look_at_message(view.table.raw[header] + view.chunk.content(offset, size))
            self.bits[place] |= bits
            if number is not None:
                self.has_number[place], self.numbers[place] = True, number


def _look_at_message(data: bytes) -> tuple[int, int | None]:
    """Return the findings and the first integer of a message."""
    try:
        message = decode_packet(data)
    except OscDecodeError:
        return 0, None
    if not isinstance(message, OscMessage) or message.type_tags is None:
        return 0, None
    bits, number = 0, None
    for tag, value in flat_arguments(message):
        if tag in FLOAT_TAGS:
            bits |= bits_of_float(tag, value)
        elif number is None and tag in INTEGER_TAGS:
            number = value
    return bits | _layout_bits(message, data), number


def flat_arguments(message: OscMessage) -> Iterator[tuple[str, Any]]:
    """Yield (type tag, value) of each argument, those in arrays included, up to an unknown tag."""
    tags = (message.type_tags or "").translate(_BRACKETS)
    return zip(tags, _flat(message.arguments), strict=False)


def _flat(arguments: tuple[Any, ...]) -> Iterator[Any]:
    for value in arguments:
        # The other tuples are values with names: colours and MIDI messages.
        if type(value) is tuple:
            yield from _flat(value)
        else:
            yield value


def bits_of_float(tag: str, value: float) -> int:
    """Return what is found in one number of type f or d."""
    if value != value:
        return _NAN
    size = abs(value)
    if size == _INFINITE:
        return _INFINITY
    return _DENORMAL if 0 < size < _FLOATS[tag].smallest else 0


def _layout_bits(message: OscMessage, data: bytes) -> int:
    """Return what is found in the bytes around the values of a message."""
    # Writing it again is ten times as fast as taking it apart, and nearly always gives the same bytes.
    try:
        if not message.excess and encode_packet(message) == data:
            return 0
    except OscEncodeError:
        pass  # What cannot be written can be taken apart.
    bits = 0
    for issue in examine_packet(data)[1]:
        bits |= _OF_ISSUES.get(issue.code, 0)
    return bits
