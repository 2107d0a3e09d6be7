"""Arguments of many messages as numpy arrays, straight from the bytes in the arena.

Strategy. Rows are grouped by their type tag string; all rows of a group are walked through together, one argument at a
time, each row with a position of its own. Fixed sizes move all positions on by the same step; a text moves each by its
own length, found word by word for all rows at once. So a million rows cost a few numpy calls for each argument.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.traffic.row_groups import group_rows
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
INTEGER_TAGS, FLOAT_TAGS, TEXT_TAGS = "ih", "fd", "sS"
NUMBER_TAGS = INTEGER_TAGS + FLOAT_TAGS
ALL_TAGS = "".join(tag for tag in ARGUMENT_TYPES if tag not in "[]")
_WORD = 4
# Texts up to this many words are walked through together. Of longer ones there are few; their ends are looked for one
# by one, so many bytes at a time.
_TURNS = 32
_BLOCK = 4096
# Up to here, looking for each kind among all rows is faster than sorting the rows by kind.
_FEW_KINDS = 16


class ArgumentColumn(NamedTuple):
    """One argument of some rows of a view, all of the same type.

    number: its place among the top-level arguments, from 0; those in an array have that of the array.
    depth: how many arrays it stands in. tag: its type tag.
    places: int64, which rows of the view. starts, ends: int64, its bytes in the arena, without padding; those of a blob
    without its size. All of shape (rows of the group,).
    """

    number: int
    depth: int
    tag: str
    places: Column
    starts: Column
    ends: Column


def argument_columns(view: RowView, number: int | None = None, tags: str = ALL_TAGS) -> Iterator[ArgumentColumn]:
    """Yield the arguments of all rows; malformed rows have none.

    number: only those at this top-level place. tags: only those of these types.
    Those of one row come in order, but rows of different type tags come after each other.
    """
    for type_tags, find_places in _groups(view):
        needed = _needed_tags(type_tags, number, tags)
        if needed:
            for column in walk_arguments(view, needed, find_places(), number):
                if column.tag in tags:
                    yield column


def _needed_tags(type_tags: str, number: int | None, tags: str) -> str:
    """Return the type tags up to the last one that is wanted, "" if none is: what stands behind need not be found."""
    first, end = (0, len(type_tags)) if number is None else _span(type_tags, number)
    last = max((type_tags.rfind(tag, first, end) for tag in tags), default=-1)
    return type_tags[: last + 1]


def _span(type_tags: str, number: int) -> tuple[int, int]:
    """Return where the tags of a top-level argument begin and end, which for an array are several."""
    depth = start = 0
    for index, tag in enumerate(type_tags):
        depth += (tag == "[") - (tag == "]")
        if not depth:
            if not number:
                return start, index + 1
            number -= 1
            start = index + 1
    return start, start


def words(arena: Column, starts: Column) -> Column:
    """Return the big-endian 32-bit words that begin at these bytes, as uint32."""
    found = np.empty(len(starts), np.uint32)
    for rows, all_words, places in _by_alignment(arena, starts):
        found[rows] = all_words.take(places)
    return found


def _by_alignment(arena: Column, starts: Column) -> Iterator[tuple[slice | Column, Column, Column]]:
    """Yield (which of the starts, the words of the arena, which of these words) for starts that are aligned alike."""
    if not len(starts):
        return
    # Mostly all are; behind a message of odd size all are off by the same.
    shift = int(starts[0]) & 3
    if not ((starts - shift) & 3).any():
        yield slice(None), _words_from(arena, shift), starts - shift >> 2
        return
    for shift in range(_WORD):
        rows = np.flatnonzero(starts & 3 == shift)
        yield rows, _words_from(arena, shift), starts.take(rows) >> 2


def _words_from(arena: Column, shift: int) -> Column:
    return arena[shift : shift + (len(arena) - shift & -_WORD)].view(">u4")


def values(arena: Column, column: ArgumentColumn) -> Column:
    """Return the numbers of a column: int64 for i and h, float32 for f, float64 for d, uint64 for t, uint32 for others.

    Raises ValueError for tags without a number of four or eight bytes.
    """
    row = ARGUMENT_TYPES[column.tag]
    if row.layout is not Layout.FIXED:
        raise ValueError(f"arguments of type {row.label} are no numbers")
    first = words(arena, column.starts)
    if row.size == _WORD:
        if column.tag == "f":
            return first.view(np.float32)
        return first.view(np.int32).astype(np.int64) if column.tag == "i" else first
    both = first.astype(np.uint64) << np.uint64(32) | words(arena, column.starts + _WORD)
    return both.view({"h": np.int64, "d": np.float64}.get(column.tag, np.uint64))


def contents(arena: Column, column: ArgumentColumn) -> list[bytes]:
    """Return the bytes of each argument, without padding."""
    base = int(column.starts.min(initial=len(arena)))
    data = arena[base : int(column.ends.max(initial=base))].tobytes()
    starts, ends = (column.starts - base).tolist(), (column.ends - base).tolist()
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


def _groups(view: RowView) -> Iterator[tuple[str, Callable[[], Column]]]:
    """Yield each type tag string with what finds the rows that have it, as places in the view."""
    present = np.zeros(len(view.table.raw), np.bool_)
    present[view.headers] = True
    numbers = np.flatnonzero(present)
    tags = list(map(view.table.type_tags.__getitem__, numbers.tolist()))
    kinds = {type_tags: kind for kind, type_tags in enumerate(dict.fromkeys(filter(None, tags)))}
    kind_of = np.full(len(present), -1, np.int32)
    kind_of[numbers] = [kinds.get(type_tags or "", -1) for type_tags in tags]
    kind = kind_of.take(view.headers)
    kind[view.malformed] = -1
    if len(kinds) <= _FEW_KINDS:
        for type_tags, number in kinds.items():
            yield type_tags, partial(_places_of, kind, number)
        return
    names = list(kinds)
    for number, rows in group_rows(kind).parts():
        if number >= 0:
            yield names[number], rows.view


def _places_of(kind: Column, number: int) -> Column:
    return np.flatnonzero(kind == number)


def walk_arguments(
    view: RowView, type_tags: str, places: Column, wanted: int | None = None
) -> Iterator[ArgumentColumn]:
    """Yield the arguments of rows that all have these type tags and are not malformed, or only those at one place."""
    # Where a size is odd, padding may be missing; `dissection` knows how far each argument goes then.
    odd = (view.sizes[places] & 3) != 0
    if odd.any():
        for place in places[odd].tolist():
            yield from _dissected(view, place, wanted)
        places = places[~odd]
    if not len(places):
        return
    positions = view.offsets[places].astype(np.int64)
    depth, number = 0, 0
    for tag in type_tags:
        if tag in "[]":
            depth += 1 if tag == "[" else -1
        elif tag not in ARGUMENT_TYPES:
            return
        else:
            column, positions = _step(view.arena, tag, ArgumentColumn(number, depth, tag, places, positions, positions))
            if wanted is None or wanted == number:
                yield column
        number += depth == 0
        if wanted is not None and number > wanted:
            return


def _step(arena: Column, tag: str, here: ArgumentColumn) -> tuple[ArgumentColumn, Column]:
    """Return the argument that begins at `here.starts`, and where the next one begins."""
    row = ARGUMENT_TYPES[tag]
    starts = here.starts
    if row.layout is Layout.STRING:
        ends = _text_ends(arena, starts)
        return here._replace(ends=ends), starts + ((ends - starts + _WORD) & -_WORD)
    if row.layout is Layout.BLOB:
        sizes = words(arena, starts).view(np.int32).astype(np.int64)
        starts = starts + _WORD
        return here._replace(starts=starts, ends=starts + sizes), starts + (sizes + 3 & -4)
    ends = starts + row.size
    return here._replace(ends=ends), ends


def _text_ends(arena: Column, starts: Column) -> Column:
    """Return where the zero byte is that ends each text; there is one."""
    ends = np.empty_like(starts)
    for rows, all_words, places in _by_alignment(arena, starts):
        ends[rows] = starts[rows] + _lengths(all_words, places)
    for row in np.flatnonzero(ends < starts).tolist():
        ends[row] = _end_of_long_text(arena, int(starts[row]) + _WORD * _TURNS)
    return ends


def _lengths(all_words: Column, places: Column) -> Column:
    """Return how many bytes come before the first that is zero, from each of these words on; -1 for long texts."""
    lengths = np.full(len(places), -1)
    open_rows = np.arange(len(places))
    for count in range(_TURNS):
        if not len(open_rows):
            break
        word = all_words.take(places).astype(np.uint32)
        # A zero byte borrows from its neighbour; the lowest such byte of a word is never a false one.
        has_zero = ((word - np.uint32(0x01010101)) & ~word & np.uint32(0x80808080)) != 0
        closed = np.flatnonzero(has_zero)
        if len(closed):
            lengths[open_rows.take(closed)] = _first_zero(word.take(closed)) + _WORD * count
            left = np.flatnonzero(~has_zero)
            open_rows, places = open_rows.take(left), places.take(left)
        places = places + 1
    return lengths


def _end_of_long_text(arena: Column, position: int) -> int:
    while True:
        found = arena[position : position + _BLOCK].tobytes().find(0)
        if found >= 0:
            return position + found
        position += _BLOCK


def _first_zero(word: Column) -> Column:
    """Return which byte of each word is the first that is zero, 0 to 3; one of them is."""
    place = np.full(len(word), 3)
    for byte, mask in ((2, 0xFF00), (1, 0xFF0000), (0, 0xFF000000)):
        place[word & np.uint32(mask) == 0] = byte
    return place


def _dissected(view: RowView, place: int, wanted: int | None) -> Iterator[ArgumentColumn]:
    """Yield the arguments of one row, each as a column of its own."""
    header = view.table.raw[view.headers[place]]
    offset = int(view.offsets[place])
    root = dissect_packet(header + view.chunk.content(offset, int(view.sizes[place]))).root
    fields = [field for field in root.children if field.kind in ("argument", "array")] if root is not None else []
    for number, field in enumerate(fields):
        if wanted is None or wanted == number:
            for depth, argument in _flattened(field, 0):
                yield _single(view, place, number, depth, argument, argument.offset - len(header) + offset)


def _flattened(field: PacketField, depth: int) -> Iterator[tuple[int, PacketField]]:
    if field.kind == "argument":
        yield depth, field
    for child in field.children:
        yield from _flattened(child, depth + 1)


def _single(view: RowView, place: int, number: int, depth: int, argument: PacketField, start: int) -> ArgumentColumn:
    row = ARGUMENT_TYPES[argument.type_tag]
    end = start + argument.size
    if row.layout is Layout.STRING:
        end = start + view.chunk.content(start, argument.size).index(0)
    elif row.layout is Layout.BLOB:
        start, end = start + _WORD, start + _WORD + len(argument.value)
    return ArgumentColumn(number, depth, argument.type_tag, np.array([place]), np.array([start]), np.array([end]))
