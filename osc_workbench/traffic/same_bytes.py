"""Which rows carry the same bytes as others."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.columns import words
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
# Of longer messages the rest is compared one by one, which is faster than word by word.
_WORDS = 64


def same_messages(view: RowView, places: Column, others: Column) -> npt.NDArray[np.bool_]:
    """Tell which rows at `places` are the same message, byte for byte, as those at `others`; all of the same shape."""
    sizes, headers = view.sizes.take(places), view.headers
    same: npt.NDArray[np.bool_] = (headers.take(places) == headers.take(others)) & (sizes == view.sizes.take(others))
    starts = view.offsets.take(places).astype(np.int64)
    other_starts = view.offsets.take(others).astype(np.int64)
    # The pairs that may still be the same; indices are several times faster here than masks.
    pairs = np.flatnonzero(same)
    for word in range(_WORDS):
        pairs = pairs.take(np.flatnonzero(sizes.take(pairs) >= 4 * word + 4))
        if not len(pairs):
            break
        here, there = starts.take(pairs) + 4 * word, other_starts.take(pairs) + 4 * word
        same[pairs] = equal = words(view.arena, here) == words(view.arena, there)
        pairs = pairs.take(np.flatnonzero(equal))
    for pair in np.flatnonzero(same & ((sizes & 3 != 0) | (sizes > 4 * _WORDS))).tolist():
        same[pair] = message_at(view, int(places[pair])) == message_at(view, int(others[pair]))
    return same


def message_at(view: RowView, place: int) -> bytes:
    """Return the bytes of one message of a view."""
    header = view.table.raw[int(view.headers[place])]
    return header + view.chunk.content(int(view.offsets[place]), int(view.sizes[place]))
