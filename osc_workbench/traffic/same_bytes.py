"""Which rows carry the same bytes as others."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.columns import words
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
# Of longer stretches the rest is compared one by one, which is faster than word by word.
_WORDS = 64


def same_messages(view: RowView, places: Column, others: Column) -> npt.NDArray[np.bool_]:
    """Tell which rows at `places` are the same message, byte for byte, as those at `others`; all of the same shape."""
    sizes, headers = view.sizes.take(places), view.headers
    same: npt.NDArray[np.bool_] = (headers.take(places) == headers.take(others)) & (sizes == view.sizes.take(others))
    pairs = np.flatnonzero(same)
    offsets, other_offsets = view.offsets.take(places.take(pairs)), view.offsets.take(others.take(pairs))
    same[pairs] = same_bytes(view.arena, offsets, other_offsets, sizes.take(pairs))
    return same


def same_bytes(arena: Column, offsets: Column, others: Column, sizes: Column) -> npt.NDArray[np.bool_]:
    """Tell which stretches of the arena hold the same bytes as others of the same size; all of the same shape."""
    same = np.ones(len(sizes), np.bool_)
    sizes = sizes.astype(np.int64)
    # From the end, where messages of one sender differ.
    ends, other_ends = offsets + sizes, others + sizes
    # The pairs that may still be the same; indices are several times faster here than masks.
    pairs = np.arange(len(sizes))
    for word in range(1, _WORDS + 1):
        pairs = pairs.take(np.flatnonzero(sizes.take(pairs) >= 4 * word))
        if not len(pairs):
            break
        here, there = ends.take(pairs) - 4 * word, other_ends.take(pairs) - 4 * word
        same[pairs] = equal = words(arena, here) == words(arena, there)
        pairs = pairs.take(np.flatnonzero(equal))
    for pair in np.flatnonzero(same & ((sizes & 3 != 0) | (sizes > 4 * _WORDS))).tolist():
        offset, other, size = int(offsets[pair]), int(others[pair]), int(sizes[pair])
        same[pair] = arena[offset : offset + size].tobytes() == arena[other : other + size].tobytes()
    return same


def message_at(view: RowView, place: int) -> bytes:
    """Return the bytes of one message of a view."""
    header = view.table.raw[int(view.headers[place])]
    return header + view.chunk.content(int(view.offsets[place]), int(view.sizes[place]))
