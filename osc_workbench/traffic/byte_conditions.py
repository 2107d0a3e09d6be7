"""The condition on the bytes of a message."""

from dataclasses import dataclass

import numpy as np

from osc_workbench.traffic.argument_conditions import first_from
from osc_workbench.traffic.byte_pattern import BytePattern
from osc_workbench.traffic.header_conditions import HeaderTest
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query_context import Mask, QueryContext, Test
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import message_at

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
    """Strategy. Headers and arguments lie apart: headers are asked once each, the arguments of all rows together, and
    only where a header ends with a beginning of what is sought, message by message.
    """

    def __init__(self, context: QueryContext, pattern: BytePattern) -> None:
        table = context.store.headers
        self._pattern = pattern
        self._headers = HeaderTest(table, lambda _address, _tags, raw: bool(pattern.find_all(raw, 1)))
        self._beginnings = HeaderTest(table, lambda _address, _tags, raw: _ends_with_beginning(raw, pattern))

    def mask(self, view: RowView) -> Mask:
        mask = self._headers.mask(view) | self._arguments(view)
        for place in np.flatnonzero(self._beginnings.mask(view) & ~mask).tolist():
            mask[place] = bool(self._pattern.find_all(message_at(view, place), 1))
        return mask

    def _arguments(self, view: RowView) -> Mask:
        if not len(view):
            return np.zeros(0, np.bool_)
        start = int(view.offsets.min())
        end = int((view.offsets.astype(np.int64) + view.sizes).max())
        data = view.chunk.content(start, end - start)
        hits = np.array([*self._pattern.find_all(data, len(data)), len(view.arena)], np.int64)
        hits[:-1] += start
        mask: Mask = first_from(hits, view.offsets) + self._pattern.length <= view.offsets + view.sizes
        return mask


def _ends_with_beginning(raw: bytes, pattern: BytePattern) -> bool:
    tail = np.frombuffer(raw[len(raw) - min(len(raw), pattern.length - 1) :], np.uint8)
    begins = np.ones(len(tail), np.bool_)
    for place, octet in enumerate(pattern.octets[: len(tail)]):
        if octet is not None:
            begins[: len(tail) - place] &= tail[place:] == octet
    return bool(begins.any())
