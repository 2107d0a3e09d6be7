"""What numbers of a growing table stand for, asked once for each number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
_SMALLEST = 256
_UNKNOWN = -1


class NumberMap:
    """Remembers a number from 0 for each number that has been asked for."""

    def __init__(self) -> None:
        self._values: Column = np.full(_SMALLEST, _UNKNOWN, np.int32)

    def at(self, numbers: Column, find: Callable[[int], int]) -> Column:
        """Return what `numbers` stand for, int32; `find` is called for each new one, in the order of appearance."""
        size = int(numbers.max(initial=0)) + 1
        if size > len(self._values):
            rest = max(size, 2 * len(self._values)) - len(self._values)
            self._values = np.concatenate((self._values, np.full(rest, _UNKNOWN, np.int32)))
        found: Column = self._values[numbers]
        is_unknown = found < 0
        if not is_unknown.any():
            return found
        unknown, places = np.unique(numbers[is_unknown], return_index=True)
        for number in unknown[np.argsort(places)].tolist():
            self._values[number] = find(number)
        known: Column = self._values[numbers]
        return known
