"""The condition on the bytes of a message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.argument_conditions import first_from
from osc_workbench.traffic.byte_pattern import BytePattern
from osc_workbench.traffic.header_conditions import HeaderTest
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query_context import Mask, QueryContext, Test
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
# Headers whose end is remembered.
_KNOWN_LIMIT = 1 << 16
# Of bytes with each other: some 10 ms, for headers and for the rest.
_COMPARISONS = 1 << 24
_HEADER_COMPARISONS = 1 << 20
_SIZE_LIMIT = 1 << 18


@dataclass(frozen=True, slots=True)
class HoldsBytes:
    """Bytes anywhere in the message. text: as it was written."""

    text: str
    pattern: BytePattern
    needs_history = False

    def explain(self) -> str:
        return f"its bytes contain {self.text}"

    @property
    def pieces(self) -> Pieces:
        length = self.pattern.length
        return Pieces(_HEADER_COMPARISONS // length, min(_SIZE_LIMIT, _COMPARISONS // length))

    def bind(self, context: QueryContext) -> Test:
        return _Holding(context, self.pattern)


class _Holding:
    """Strategy. Headers and arguments lie apart. Headers are asked once each, the arguments of all rows together; where
    a header ends with a beginning of what is sought, the rest of it must stand at the beginning of the arguments.

    splits: after how many bytes of the pattern headers end, by their bytes.
    """

    def __init__(self, context: QueryContext, pattern: BytePattern) -> None:
        table = context.store.headers
        self._pattern = pattern
        self._splits: dict[bytes, tuple[int, ...]] = {}
        self._headers = HeaderTest(table, lambda _address, _tags, raw: bool(pattern.find_all(raw, 1)))
        self._beginnings = HeaderTest(table, lambda _address, _tags, raw: bool(self._splits_of(raw)))

    def mask(self, view: RowView) -> Mask:
        mask = self._headers.mask(view) | self._in_arguments(view)
        places = np.flatnonzero(self._beginnings.mask(view) & ~mask)
        if len(places):
            for split, rows in self._by_split(view, places):
                mask[_begin_with(view, rows, self._pattern.octets[split:])] = True
        return mask

    def _in_arguments(self, view: RowView) -> Mask:
        if not len(view):
            return np.zeros(0, np.bool_)
        start = int(view.offsets.min())
        end = int((view.offsets.astype(np.int64) + view.sizes).max())
        data = view.chunk.content(start, end - start)
        hits = np.array([*self._pattern.find_all(data, len(data)), len(view.arena)], np.int64)
        hits[:-1] += start
        mask: Mask = first_from(hits, view.offsets) + self._pattern.length <= view.offsets + view.sizes
        return mask

    def _by_split(self, view: RowView, places: Column) -> Iterator[tuple[int, Column]]:
        """Yield after how many bytes of the pattern the headers of which of these rows end."""
        headers = view.headers.take(places)
        numbers: dict[int, list[int]] = {}
        for number in np.unique(headers).tolist():
            for split in self._splits_of(view.table.raw[number]):
                numbers.setdefault(split, []).append(number)
        for split, some in numbers.items():
            has_split = np.zeros(len(view.table.raw), np.bool_)
            has_split[some] = True
            yield split, places.take(np.flatnonzero(has_split.take(headers)))

    def _splits_of(self, raw: bytes) -> tuple[int, ...]:
        splits = self._splits.get(raw)
        if splits is None:
            if len(self._splits) >= _KNOWN_LIMIT:
                self._splits.clear()
            splits = self._splits[raw] = _splits_at(raw, self._pattern)
        return splits


def _begin_with(view: RowView, places: Column, octets: Sequence[int | None]) -> Column:
    """Return those of these rows whose arguments begin with these bytes."""
    places = places.take(np.flatnonzero(view.sizes.take(places) >= len(octets)))
    for index, octet in enumerate(octets):
        if octet is not None and len(places):
            found = view.arena.take(view.offsets.take(places).astype(np.int64) + index)
            places = places.take(np.flatnonzero(found == octet))
    return places


def _splits_at(raw: bytes, pattern: BytePattern) -> tuple[int, ...]:
    """Return how many bytes of the pattern, some but not all, these bytes end with."""
    tail = np.frombuffer(raw[len(raw) - min(len(raw), pattern.length - 1) :], np.uint8)
    begins = np.ones(len(tail), np.bool_)
    for place, octet in enumerate(pattern.octets[: len(tail)]):
        if octet is not None:
            begins[: len(tail) - place] &= tail[place:] == octet
    return tuple((len(tail) - np.flatnonzero(begins)).tolist())
