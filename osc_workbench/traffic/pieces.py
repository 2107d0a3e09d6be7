"""What is to be looked at, cut into pieces of which none takes long."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.store import TrafficStore

# What is answered within a millisecond or two, for most questions and for those that take less or more than others.
_ROWS = 32_768
QUICK_ROWS, FEW_ROWS = 65_536, 8_192
_ANY_SIZE = 1 << 62
# So many questions take no more than a few milliseconds for a piece.
_QUICK_TERMS = 8


class Pieces(NamedTuple):
    """rows: of a piece at most. size_bytes: of the arguments in a piece, exceeded only by a single row."""

    rows: int = _ROWS
    size_bytes: int = _ANY_SIZE

    def for_terms(self, count: int, uneven_count: int = 1) -> "Pieces":
        """Return pieces for so many questions, of which some depend on the bytes."""
        rows = self.rows * _QUICK_TERMS // max(_QUICK_TERMS, count)
        return Pieces(max(1, rows), self.size_bytes if uneven_count < 2 else self.size_bytes // uneven_count)

    def ahead(self, store: TrafficStore, first_row: int) -> Iterator[tuple[Chunk, int, int]]:
        """Yield (chunk, first, end) for all rows from this one on; first and end count in the chunk."""
        for chunk, first, end in store.chunks(first_row, store.end_row):
            while first < end:
                stop = first + self._count(chunk.sizes[first : min(end, first + self.rows)])
                yield chunk, first, stop
                first = stop

    def back(self, store: TrafficStore, end_row: int) -> tuple[Chunk, int, int]:
        """Return (chunk, first, end) for the last rows before this one. Raises IndexError if none is kept."""
        chunk, last = store.chunk_at(end_row - 1)
        end = last + 1
        return chunk, end - self._count(chunk.sizes[max(0, end - self.rows) : end][::-1]), end

    def _count(self, sizes: npt.NDArray[Any]) -> int:
        """Return how many of these rows, from the first on, make a piece."""
        if self.size_bytes == _ANY_SIZE:
            return len(sizes)
        return max(1, int(np.searchsorted(np.cumsum(sizes, dtype=np.int64), self.size_bytes, "right")))


def smallest(pieces: Iterable[Pieces]) -> Pieces:
    """Return pieces that are small enough for all of these."""
    every = [Pieces(), *pieces]
    return Pieces(min(piece.rows for piece in every), min(piece.size_bytes for piece in every))
