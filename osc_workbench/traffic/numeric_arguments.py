"""The numbers among the first arguments of many messages, whatever their type tags are.

Strategy. `columns` walks through the rows of one type tag string at a time, which costs as many walks as there are
strings: a sender that makes them up would stop the program. Here all rows go together. The arguments of a type tag
string are divided into stretches, each of which ends with a text or a blob. Within a stretch every number is at a
constant distance from its start, known from a table; so rows take as many turns as there are texts and blobs before
their last number, mostly none or one.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.columns import words

Column = npt.NDArray[Any]
PLACES = 8
NO_PLAN = 0
# Texts and blobs before the last number, and stretches of all plans together, some 400 bytes each.
TURNS_LIMIT = 16
STRETCHES_LIMIT = 32_768
_INT32, _INT64, _FLOAT32, _FLOAT64 = range(1, 5)
_CODES = {"i": _INT32, "h": _INT64, "f": _FLOAT32, "d": _FLOAT64}
_VALUES = {_INT32: np.int32, _INT64: np.int64, _FLOAT32: np.float32, _FLOAT64: np.float64}
_SMALLEST = 64
# So many bytes of a text are looked at in all rows together; one that is longer is looked at by itself.
_TEXT_BLOCKS = (16, 64, 256)


class Numbers(NamedTuple):
    """Numbers of some rows. rows: places in the view. places: among the arguments. Both int64, shape (numbers,).

    values: int32, int64, float32 or float64.
    """

    rows: Column
    places: Column
    values: Column


class _Stretch(NamedTuple):
    """numbers: (place, code, distance) of each. size: bytes before the text or blob that ends it."""

    numbers: tuple[tuple[int, int, int], ...]
    size: int = 0
    ends_with_text: bool = False


class _Tag(NamedTuple):
    """code: of a number, else 0. size: bytes if it is fixed. nesting: how much deeper arrays are after it."""

    code: int
    size: int
    nesting: int
    is_text: bool
    is_blob: bool


_TAGS = {
    tag: _Tag(
        _CODES.get(tag, 0),
        row.size,
        {"[": 1, "]": -1}.get(tag, 0),
        row.layout is Layout.STRING,
        row.layout is Layout.BLOB,
    )
    for tag, row in ARGUMENT_TYPES.items()
}


class ArgumentPlans:
    """Where the numbers (i h f d) at the first PLACES places are, for each type tag string.

    An array is a place, what is in it is none. Beyond the limits a type tag string has no plan.
    limit: stretches of all plans together.
    """

    def __init__(self, limit: int = STRETCHES_LIMIT) -> None:
        self._limit = limit
        self._known: dict[tuple[_Stretch, ...], int] = {(): NO_PLAN}
        self._count = NO_PLAN + 1
        # By stretch and place: what number is there, 0 for none, and how far from the start of the stretch.
        self._codes: Column = np.zeros((_SMALLEST, PLACES), np.uint8)
        self._distances: Column = np.zeros((_SMALLEST, PLACES), np.int64)
        # By stretch: bytes before the tail, whether that is a text, and the stretch after it, NO_PLAN for none.
        self._sizes: Column = np.zeros(_SMALLEST, np.int64)
        self._is_text: Column = np.zeros(_SMALLEST, np.bool_)
        self._next: Column = np.zeros(_SMALLEST, np.int64)

    def plan(self, type_tags: str) -> int:
        """Return the number of a plan for these type tags, the same for those that are read alike."""
        stretches = _stretches(type_tags)
        has_room = len(stretches) <= TURNS_LIMIT + 1 and self._count + len(stretches) <= self._limit
        return self._number(stretches) if has_room or stretches in self._known else NO_PLAN

    def _number(self, stretches: tuple[_Stretch, ...]) -> int:
        known = self._known.get(stretches)
        if known is not None:
            return known
        following = self._number(stretches[1:])
        number = self._count
        self._count += 1
        if number >= len(self._next):
            self._grow()
        stretch = stretches[0]
        for place, code, distance in stretch.numbers:
            self._codes[number, place], self._distances[number, place] = code, distance
        self._sizes[number], self._is_text[number] = stretch.size, stretch.ends_with_text
        self._next[number] = following
        self._known[stretches] = number
        return number

    def _grow(self) -> None:
        self._codes, self._distances = _doubled(self._codes), _doubled(self._distances)
        self._sizes, self._is_text, self._next = _doubled(self._sizes), _doubled(self._is_text), _doubled(self._next)

    def numbers(self, chunk: Chunk, plans: Column, starts: Column, ends: Column) -> Iterator[Numbers]:
        """Yield the numbers of rows, none of which is malformed, those of each type together.

        plans: int32. starts, ends: int64, where the arguments are in the arena. All of shape (rows,).
        """
        rows = np.flatnonzero(plans)
        plans, starts = plans[rows].astype(np.int64), starts[rows]
        found: list[tuple[Column, ...]] = []
        while len(rows):
            codes = self._codes.take(plans, axis=0).ravel()
            # Where most places are empty, this is a third faster than on the bytes themselves.
            cells = np.flatnonzero(codes != 0)
            which, places = cells // PLACES, cells % PLACES
            distances = self._distances.ravel()[plans[which] * PLACES + places]
            found.append((codes[cells], rows[which], places, starts[which] + distances))
            following = self._next[plans]
            on = np.flatnonzero(following)
            if len(on):
                ended = plans[on]
                starts = _after_tails(chunk, starts[on] + self._sizes[ended], self._is_text[ended], ends[rows[on]])
            rows, plans = rows[on], following[on]
        if found:
            yield from _read(chunk.arena, *map(np.concatenate, zip(*found, strict=True)))


def _doubled(column: Column) -> Column:
    return np.concatenate((column, np.zeros_like(column)))


def _stretches(type_tags: str) -> tuple[_Stretch, ...]:
    """Return the stretches up to the last number; type tags that differ later have the same."""
    found: list[_Stretch] = []
    numbers: list[tuple[int, int, int]] = []
    depth = place = distance = 0
    for tag in type_tags:
        known = _TAGS.get(tag)
        if known is None or place >= PLACES or len(found) > TURNS_LIMIT:
            break
        code, size, nesting, is_text, is_blob = known
        depth += nesting
        if is_text or is_blob:
            found.append(_Stretch(tuple(numbers), distance, is_text))
            numbers, distance = [], 0
        elif code and depth == 0:
            numbers.append((place, code, distance))
        distance += size
        place += depth == 0
    found.append(_Stretch(tuple(numbers)))
    while found and not found[-1].numbers:
        found.pop()
    return (*found[:-1], _Stretch(found[-1].numbers)) if found else ()


def _read(arena: Column, codes: Column, rows: Column, places: Column, starts: Column) -> Iterator[Numbers]:
    first = words(arena, starts)
    for code, count in enumerate(np.bincount(codes).tolist()):
        if not count:
            continue
        here = slice(None) if count == len(codes) else np.flatnonzero(codes == code)
        values = first[here]
        if code in (_INT64, _FLOAT64):
            values = values.astype(np.uint64) << np.uint64(32) | words(arena, starts[here] + 4)
        yield Numbers(rows[here], places[here], values.view(_VALUES[code]))


def _after_tails(chunk: Chunk, starts: Column, is_text: Column, ends: Column) -> Column:
    """Return where the texts and blobs end that begin here, padding included."""
    after = np.empty_like(starts)
    texts = np.flatnonzero(is_text)
    after[texts] = _after_texts(chunk, starts[texts], ends[texts])
    if len(texts) < len(starts):
        blobs = np.flatnonzero(~is_text)
        sizes = words(chunk.arena, starts[blobs]).view(np.int32).astype(np.int64)
        after[blobs] = starts[blobs] + 4 + (sizes + 3 & -4)
    return after


def _after_texts(chunk: Chunk, starts: Column, ends: Column) -> Column:
    after = starts.copy()
    open_texts = np.arange(len(starts))
    for size in _TEXT_BLOCKS:
        # Bytes after the end of the arena are never looked at: the message, and with it the text, ended before.
        block = chunk.arena.take(after[open_texts][:, None] + np.arange(size), mode="clip")
        is_zero = block == 0
        is_closed = is_zero.any(axis=1)
        after[open_texts] += np.where(is_closed, is_zero.argmax(axis=1) + 4 & -4, size)
        open_texts = open_texts[~is_closed]
        if not len(open_texts):
            return after
    for place in open_texts.tolist():
        start = int(after[place])
        after[place] += chunk.content(start, int(ends[place]) - start).index(0) + 4 & -4
    return after
