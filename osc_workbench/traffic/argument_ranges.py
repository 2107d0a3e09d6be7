"""The least and the greatest number at each argument place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.numeric_arguments import PLACES, Numbers

Column = npt.NDArray[Any]
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class ArgumentRange:
    """The numbers (i h f d) that came at one argument place.

    place: from 0. count: numbers, NaN included; nan_count: NaN. minimum, maximum: exact; None if all were NaN.
    """

    place: int
    count: int
    nan_count: int
    minimum: int | float | None
    maximum: int | float | None


class ArgumentRanges:
    """Ranges of each slot at the first PLACES places.

    Integers and floats are kept apart, because int64 and float64 each hold numbers that the other cannot.
    """

    def __init__(self, slots: int) -> None:
        # By slot and place. A slot gets what it starts from when the first number of one as high comes; pages beyond
        # are never touched and cost no memory.
        cells = slots * PLACES
        self._ready = 0
        self._counts: Column = np.zeros(cells, np.int64)
        self._nan_counts: Column = np.zeros(cells, np.int64)
        self._least_int: Column = np.empty(cells, np.int64)
        self._most_int: Column = np.empty(cells, np.int64)
        self._least_float: Column = np.empty(cells, np.float64)
        self._most_float: Column = np.empty(cells, np.float64)

    def add(self, row_slots: Column, numbers: Numbers) -> None:
        """Add numbers, of which there are some. row_slots: int64, of the rows that the numbers refer to."""
        cells, values = row_slots[numbers.rows] * PLACES + numbers.places, numbers.values
        self._prepare(int(cells.max()) + 1)
        np.add.at(self._counts, cells, 1)
        if values.dtype.kind == "i":
            values = values.astype(np.int64, copy=False)
            np.minimum.at(self._least_int, cells, values)
            np.maximum.at(self._most_int, cells, values)
            return
        is_nan = np.isnan(values)
        if is_nan.any():
            # NaN goes before the conversion, which would warn of one that signals.
            np.add.at(self._nan_counts, cells[is_nan], 1)
            cells, values = cells[~is_nan], values[~is_nan]
        values = values.astype(np.float64, copy=False)
        np.minimum.at(self._least_float, cells, values)
        np.maximum.at(self._most_float, cells, values)

    def _prepare(self, end: int) -> None:
        if end > self._ready:
            new = slice(self._ready, end)
            self._least_int[new], self._most_int[new] = _INT64.max, _INT64.min
            self._least_float[new], self._most_float[new] = np.inf, -np.inf
            self._ready = end

    def ranges(self, slots: Column) -> list[tuple[ArgumentRange, ...]]:
        """Return the ranges of each of these slots, only of places where numbers came."""
        cells = (slots[:, None] * PLACES + np.arange(PLACES)).ravel()
        cells = cells[self._counts[cells] > 0]
        columns = (
            self._counts,
            self._nan_counts,
            self._least_int,
            self._most_int,
            self._least_float,
            self._most_float,
        )
        found: dict[int, list[ArgumentRange]] = {slot: [] for slot in slots.tolist()}
        for cell, *parts in zip(cells.tolist(), *(column[cells].tolist() for column in columns), strict=True):
            found[cell // PLACES].append(_range(cell % PLACES, *parts))
        return [tuple(parts) for parts in found.values()]


def _range(
    place: int, count: int, nan_count: int, least_int: int, most_int: int, least_float: float, most_float: float
) -> ArgumentRange:
    # Where none came, the least is above the most.
    least: int | float | None = least_int
    most: int | float | None = most_int
    if least_float <= most_float:
        has_int = least_int <= most_int
        least = min(least_int, least_float) if has_int else least_float
        most = max(most_int, most_float) if has_int else most_float
    elif least_int > most_int:
        least = most = None
    return ArgumentRange(place, count, nan_count, least, most)
