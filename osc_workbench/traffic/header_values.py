"""What follows from the header of a message alone, worked out once for each header and then looked up for any rows."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.tables import HeaderTable

# (address, type tags, bytes of the header); None, None and b"" where a packet has no header.
HeaderFunction = Callable[[str | int | None, str | None, bytes], Any]
_SMALLEST = 256


class HeaderValues:
    """One value for each number of a table of headers.

    function: what the value of a header is; called once for each header, again when its number has been given back.
    """

    def __init__(self, table: HeaderTable, function: HeaderFunction, dtype: npt.DTypeLike) -> None:
        self._table = table
        self._function = function
        self._values = np.zeros(_SMALLEST, dtype)
        self._count = 0
        # Whose values these are.
        self._raw: list[bytes] = []
        self._generation, self._reused = table.generation, len(table.reused)

    def at(self, numbers: npt.NDArray[np.uint32]) -> npt.NDArray[Any]:
        """Return the values of these headers, of the shape of `numbers`."""
        return self.all().take(numbers)

    def all(self) -> npt.NDArray[Any]:
        """Return the values of all headers by number, those of today."""
        table = self._table
        if table.generation != self._generation:
            self._renew(range(self._count))
        elif len(table.reused) > self._reused:
            self._renew(table.reused[self._reused :])
        self._generation, self._reused = table.generation, len(table.reused)
        count = len(table.raw)
        if count > self._count:
            self._extend(count)
        return self._values[:count]

    def _extend(self, count: int) -> None:
        if count > len(self._values):
            grown = np.zeros(max(count, 2 * len(self._values)), self._values.dtype)
            grown[: self._count] = self._values[: self._count]
            self._values = grown
        table, start = self._table, self._count
        self._values[start:count] = [
            self._function(*header)
            for header in zip(
                table.addresses[start:count], table.type_tags[start:count], table.raw[start:count], strict=True
            )
        ]
        self._raw += table.raw[start:count]
        self._count = count

    def _renew(self, numbers: Iterable[int]) -> None:
        """Work out again what belongs to another header now; most headers are still the same objects."""
        table, known = self._table, self._raw
        for number in numbers:
            if number < self._count and known[number] is not table.raw[number]:
                known[number] = table.raw[number]
                self._values[number] = self._function(table.addresses[number], table.type_tags[number], known[number])
