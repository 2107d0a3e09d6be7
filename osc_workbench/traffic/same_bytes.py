"""Which rows carry the same bytes as others."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.columns import words
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]


def same_messages(view: RowView, places: Column, others: Column) -> npt.NDArray[np.bool_]:
    """Tell which rows at `places` are the same message, byte for byte, as those at `others`; all of the same shape."""
    same: npt.NDArray[np.bool_] = (view.headers[places] == view.headers[others]) & (
        view.sizes[places] == view.sizes[others]
    )
    candidates = np.flatnonzero(same)
    sizes = view.sizes[places[candidates]].astype(np.int64)
    starts = view.offsets[places[candidates]].astype(np.int64)
    other_starts = view.offsets[others[candidates]].astype(np.int64)
    position = 0
    # The whole words of all candidates at once; those that differ or have ended drop out.
    while len(candidates):
        last = sizes - position < 4
        for index in np.flatnonzero(last & (sizes > position)).tolist():
            count = int(sizes[index]) - position
            rest = view.chunk.content(int(starts[index]) + position, count)
            same[candidates[index]] = rest == view.chunk.content(int(other_starts[index]) + position, count)
        going = ~last
        if not going.any():
            break
        candidates, sizes, starts, other_starts = (
            column[going] for column in (candidates, sizes, starts, other_starts)
        )
        equal = words(view.arena, starts + position) == words(view.arena, other_starts + position)
        same[candidates[~equal]] = False
        candidates, sizes, starts, other_starts = (
            column[equal] for column in (candidates, sizes, starts, other_starts)
        )
        position += 4
    return same


def message_at(view: RowView, place: int) -> bytes:
    """Return the bytes of one message of a view."""
    header = view.table.raw[int(view.headers[place])]
    return header + view.chunk.content(int(view.offsets[place]), int(view.sizes[place]))
