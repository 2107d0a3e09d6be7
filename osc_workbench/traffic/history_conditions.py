"""Conditions on a message and those before it at the same address.

Rows whose header found no place in the table of headers have no history: they count as changed, and have no rate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.address_slots import AddressSlots
from osc_workbench.traffic.number_comparison import compare, sign_words
from osc_workbench.traffic.query_context import Mask, QueryContext, Test, places_mask
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import message_at, same_messages

Column = npt.NDArray[Any]
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class IsChanged:
    """The message differs from the one before at its address, or is the first."""

    needs_history = True

    def explain(self) -> str:
        return "its value differs from that address's previous one"

    def bind(self, context: QueryContext) -> Test:
        return _Changed(context)


class _Changed:
    """last: the newest message of each address, by its slot."""

    def __init__(self, context: QueryContext) -> None:
        self._slots = AddressSlots(context.store.headers)
        self._last: dict[int, bytes] = {}

    def mask(self, view: RowView) -> Mask:
        if not self._slots.is_of(view.table):
            return ~view.malformed
        if self._slots.refresh():
            self._last.clear()
        mask = np.zeros(len(view), np.bool_)
        readable = np.flatnonzero(~view.malformed & (view.headers != 0))
        if not len(readable):
            return mask
        slots = self._slots.at(view.headers[readable])
        order = np.argsort(slots, kind="stable")
        places, slots = readable[order], slots[order]
        continues = slots[1:] == slots[:-1]
        mask[places[1:][continues]] = ~same_messages(view, places[1:][continues], places[:-1][continues])
        starts = np.concatenate(([True], ~continues))
        ends = np.concatenate((~continues, [True]))
        for slot, first, last in zip(
            slots[starts].tolist(), places[starts].tolist(), places[ends].tolist(), strict=True
        ):
            mask[first] = self._last.get(slot) != message_at(view, first)
            self._last[slot] = message_at(view, last)
        return mask


@dataclass(frozen=True, slots=True)
class RateIs:
    """How many messages of its address came in the second up to a message, itself included."""

    sign: str
    number: int | float
    needs_history = True

    def explain(self) -> str:
        return f"its address's rate in the second before {sign_words(self.sign)} {self.number} messages/s"

    def bind(self, context: QueryContext) -> Test:
        return _Rate(context, self)


class _Rate:
    """slots, times: of the last second's messages, in the order of the rows."""

    def __init__(self, context: QueryContext, condition: RateIs) -> None:
        self._slots = AddressSlots(context.store.headers)
        self._condition = condition
        self._forget()

    def _forget(self) -> None:
        self._recent: tuple[Column, Column] = (np.zeros(0, np.int64), np.zeros(0, np.int64))

    def mask(self, view: RowView) -> Mask:
        if not self._slots.is_of(view.table):
            return np.zeros(len(view), np.bool_)
        if self._slots.refresh():
            self._forget()
        places = np.flatnonzero(~view.malformed & (view.headers != 0))
        if not len(places):
            return np.zeros(len(view), np.bool_)
        before = len(self._recent[0])
        slots = np.concatenate((self._recent[0], self._slots.at(view.headers[places])))
        times = np.concatenate((self._recent[1], view.times[places]))
        # Where a clock goes back, time stands still.
        times = np.maximum.accumulate(times)
        rates = _counts_of_last_second(slots, times)[before:]
        recent = times > times[-1] - _SECOND
        self._recent = slots[recent], times[recent]
        return places_mask(view, places[compare(rates, self._condition.sign, self._condition.number)])


def _counts_of_last_second(slots: Column, times: Column) -> Column:
    """Return for each message how many of its slot came in the second that ends with it. times: int64 ns, ascending."""
    order = np.argsort(slots, kind="stable")
    start = int(times[0])
    # Slots one after the other on one axis, so far apart that no second reaches from one to the next.
    span = int(times[-1]) - start + 2 * _SECOND
    scale = max(1, span * (int(slots.max()) + 1) >> 62)
    axis = slots[order] * (span // scale + 1) + (times[order] - start) // scale
    firsts = np.searchsorted(axis, axis - _SECOND // scale, "right")
    counts = np.empty(len(slots), np.int64)
    counts[order] = np.arange(1, len(slots) + 1) - firsts
    return counts
