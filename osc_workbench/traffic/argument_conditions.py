"""Conditions on the arguments of messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.columns import (
    FLOAT_TAGS,
    NUMBER_TAGS,
    TEXT_TAGS,
    ArgumentColumn,
    argument_columns,
    contents,
    values,
)
from osc_workbench.traffic.number_comparison import compare, sign_words
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query_context import Mask, QueryContext, Test
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.text_match import compile_expression, encoded, folded

Column = npt.NDArray[Any]
# The type tags that are a value themselves, by the word for it.
CONSTANT_WORDS = {"true": "T", "false": "F", "nil": "N", "infinitum": "I"}
_SMALLEST_NORMAL = {"f": np.finfo(np.float32).tiny, "d": np.finfo(np.float64).tiny}
# So many letters of a text are looked for everywhere, and more as long as they are found nearly everywhere.
_COMPARED_LETTERS = 4
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz")
# Beyond so many, a text is looked for in the arguments that hold its beginning.
_FOUND_LETTERS = 12
# In so many a beginning that occurs everywhere is found within some 10 ms.
_SEARCHED_BYTES = 1 << 20


def _place_words(place: int | None) -> str:
    return "any argument" if place is None else f"argument {place}"


@dataclass(frozen=True, slots=True)
class ArgumentIsNumber:
    """A comparison with a number; arguments that are none match no comparison. place: None for any argument."""

    place: int | None
    sign: str
    number: int | float
    needs_history = False

    def explain(self) -> str:
        return f"{_place_words(self.place)} {sign_words(self.sign)} {self.number}"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        mask = np.zeros(len(view), np.bool_)
        for column in argument_columns(view, self.place, NUMBER_TAGS):
            mask[column.places] |= compare(values(view.arena, column), self.sign, self.number)
        return mask


@dataclass(frozen=True, slots=True)
class ArgumentIsConstant:
    """A comparison with true, false, nil or infinitum; "!=" is for arguments that are another one of these."""

    place: int | None
    sign: str
    word: str
    needs_history = False

    def explain(self) -> str:
        return f"{_place_words(self.place)} {sign_words(self.sign)} {self.word}"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        tag = CONSTANT_WORDS[self.word]
        mask = np.zeros(len(view), np.bool_)
        for column in argument_columns(view, self.place, "".join(CONSTANT_WORDS.values())):
            if (column.tag == tag) == (self.sign == "="):
                mask[column.places] = True
        return mask


@dataclass(frozen=True, slots=True)
class ArgumentIsText:
    """A text argument is this text, letter for letter, or with "!=" another one."""

    place: int | None
    sign: str
    text: str
    needs_history = False

    def explain(self) -> str:
        return f"{_place_words(self.place)} {sign_words(self.sign)} the text “{self.text}”"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        sought = encoded(self.text)
        mask = np.zeros(len(view), np.bool_)
        for column in argument_columns(view, self.place, TEXT_TAGS):
            equal = _equals(view.arena, column, sought)
            mask[column.places] |= equal if self.sign == "=" else ~equal
        return mask


def _equals(arena: Column, column: ArgumentColumn, sought: bytes) -> Mask:
    candidates = np.flatnonzero(column.ends - column.starts == len(sought))
    for index, letter in enumerate(sought[:_FOUND_LETTERS]):
        octets = arena.take(column.starts.take(candidates) + index)
        candidates = candidates.take(np.flatnonzero(octets == letter))
    equal = np.zeros(len(column.starts), np.bool_)
    equal[candidates] = True
    return equal if len(sought) <= _FOUND_LETTERS else _whole_texts(arena, column, equal, sought.__eq__)


@dataclass(frozen=True, slots=True)
class ArgumentContains:
    """A text argument holds this text; the case of ASCII letters is ignored."""

    place: int | None
    text: str
    needs_history = False

    def explain(self) -> str:
        return f"{_place_words(self.place)} contains the text “{self.text}”"

    @property
    def pieces(self) -> Pieces:
        return Pieces(size_bytes=_SEARCHED_BYTES)

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        # Its first letters are found everywhere in the bytes first, whatever they are, which is quick and mostly leaves
        # nothing; then the arguments that are texts are asked whether they hold one of these places.
        sought = folded(encoded(self.text))
        beginning = sought[:_FOUND_LETTERS]
        mask = np.zeros(len(view), np.bool_)
        hits = _occurrences(view, beginning)
        places = _rows_near(view, hits)
        hits = np.append(hits, len(view.arena))
        for column in argument_columns(view.take(places), self.place, TEXT_TAGS):
            found = first_from(hits, column.starts) + len(beginning) <= column.ends
            if len(sought) > len(beginning):
                found = _whole_texts(view.arena, column, found, lambda text: sought in folded(text))
            mask[places[column.places]] |= found
        return mask


def _occurrences(view: RowView, sought: bytes) -> Column:
    """Return every place in the arena, ascending, where a text in lower case stands, in any case.

    An empty text stands everywhere.
    """
    if not len(view):
        return np.zeros(0, np.int64)
    start = int(view.offsets.min())
    end = int((view.offsets.astype(np.int64) + view.sizes).max())
    room = end - start - len(sought) + 1
    if room <= 0:
        return np.zeros(0, np.int64)
    data = view.arena[start:end]
    # No other byte becomes a lower-case letter by this bit than the letter itself and its capital.
    lowered = data | np.uint8(0x20)
    mask = np.ones(room, np.bool_)
    count = 0
    # Where little is left, the rest is looked at there alone.
    while count < len(sought) and (count < _COMPARED_LETTERS or np.count_nonzero(mask) > room >> 4):
        mask &= (lowered if sought[count] in _LETTERS else data)[count : count + room] == sought[count]
        count += 1
    places = np.flatnonzero(mask)
    for index, letter in enumerate(sought[count:], count):
        octets = (lowered if letter in _LETTERS else data).take(places + index)
        places = places.take(np.flatnonzero(octets == letter))
    return places + start


def _rows_near(view: RowView, hits: Column) -> Column:
    """Return the places of rows in whose arguments hits begin. hits: places in the arena, ascending."""
    ends = view.offsets.astype(np.int64) + view.sizes
    if len(hits) > len(view):
        return np.flatnonzero(first_from(np.append(hits, len(view.arena)), view.offsets) < ends)
    # The first row that ends behind a hit; a row without bytes may stand before those in front of it.
    places = np.searchsorted(np.maximum.accumulate(ends), hits, "right")
    begins = np.append(view.offsets, np.uint32(0xFFFFFFFF)).take(places) <= hits
    places = places.take(np.flatnonzero(begins))
    return places.take(np.flatnonzero(np.diff(places, prepend=-1)))


def first_from(hits: Column, starts: Column) -> Column:
    """Return the first of these hits at or after each start; there is one."""
    return hits.take(np.searchsorted(hits, starts.astype(np.int64)))


def _whole_texts(arena: Column, column: ArgumentColumn, found: Mask, fits: Callable[[bytes], bool]) -> Mask:
    """Return which of the found texts fit as a whole, too."""
    numbers = np.flatnonzero(found)
    some = column._replace(starts=column.starts[numbers], ends=column.ends[numbers])
    whole = np.zeros(len(found), np.bool_)
    whole[numbers] = list(map(fits, contents(arena, some)))
    return whole


@dataclass(frozen=True, slots=True)
class ArgumentFits:
    """A regular expression, anywhere in a text argument."""

    place: int | None
    expression: str
    needs_history = False

    def explain(self) -> str:
        return f"{_place_words(self.place)} fits the expression /{self.expression}/"

    @property
    def pieces(self) -> Pieces:
        return Pieces(size_bytes=compile_expression(self.expression).size_bytes)

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        is_in = compile_expression(self.expression).is_in
        # Texts recur; each is asked about once.
        known: dict[bytes, bool] = {}
        mask = np.zeros(len(view), np.bool_)
        for column in argument_columns(view, self.place, TEXT_TAGS):
            texts = contents(view.arena, column)
            known.update((text, is_in(text)) for text in set(texts).difference(known))
            mask[column.places] |= np.array([known[text] for text in texts], np.bool_)
        return mask


@dataclass(frozen=True, slots=True)
class HasNumber:
    """A float argument of a kind: "nan", "inf" or "denormal"."""

    kind: str
    needs_history = False

    def explain(self) -> str:
        names = {"nan": "not a number (NaN)", "inf": "infinite", "denormal": "a denormal float"}
        return f"any argument is {names[self.kind]}"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        mask = np.zeros(len(view), np.bool_)
        for column in argument_columns(view, None, FLOAT_TAGS):
            mask[column.places] |= self._holds(values(view.arena, column), column.tag)
        return mask

    def _holds(self, numbers: Column, tag: str) -> Mask:
        if self.kind == "nan":
            return np.isnan(numbers)
        if self.kind == "inf":
            return np.isinf(numbers)
        tiny: Mask = np.abs(numbers) < _SMALLEST_NORMAL[tag]
        mask: Mask = tiny & (numbers != 0)
        return mask
