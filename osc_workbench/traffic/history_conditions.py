"""Conditions on a message and those before it at the same address.

Rows whose header found no place in the table of headers have no history: they count as changed, and have no rate.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.address_slots import AddressSlots, order_of
from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.number_comparison import compare, sign_words
from osc_workbench.traffic.query_context import Mask, QueryContext, Test, places_mask
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import same_messages
from osc_workbench.traffic.tables import NO_HEADER

Column = npt.NDArray[Any]
_SECOND = 1_000_000_000
_SMALLEST = 64
# Bytes; of messages from here on the digest is kept, which has as many.
_LONG = 64


@dataclass(frozen=True, slots=True)
class IsChanged:
    """The message differs from the one before at its address, or is the first."""

    needs_history = True

    def explain(self) -> str:
        return "its value differs from that address's previous one"

    def bind(self, context: QueryContext) -> Test:
        return _Changed(context)


class _Changed:
    """Strategy. Messages of one chunk are compared where they stand. Only when the next chunk is entered, the newest
    one of each address is copied.

    places: the newest message of each address in the chunk that was last looked at, by slot; -1 for none. headers: the
    bytes of their headers, which may be given back meanwhile. before: the newest messages before that chunk.
    """

    def __init__(self, context: QueryContext) -> None:
        self._slots = AddressSlots(context.store.headers)
        self._chunk: Chunk | None = None
        self._forget()

    def _forget(self) -> None:
        self._places: Column = np.full(_SMALLEST, -1, np.int64)
        self._headers: dict[int, bytes] = {}
        self._before: dict[int, bytes] = {}

    def mask(self, view: RowView) -> Mask:
        if not self._slots.is_of(view.table):
            return ~view.malformed
        if self._slots.refresh():
            self._forget()
        if view.chunk is not self._chunk:
            self._enter(view.chunk)
        readable = np.flatnonzero(~view.malformed & (view.headers != NO_HEADER))
        mask = np.zeros(len(view), np.bool_)
        if len(readable):
            slots = self._slots.at(view.headers.take(readable))
            order = order_of(slots)
            readable = readable.take(order)
            mask[readable] = self._changed(view, slots.take(order), view.local_rows.take(readable))
        return mask

    def _enter(self, chunk: Chunk) -> None:
        if self._chunk is not None:
            for slot in np.flatnonzero(self._places >= 0).tolist():
                self._before[slot] = _identity(self._chunk, int(self._places[slot]), self._headers[slot])
        self._places.fill(-1)
        self._headers.clear()
        self._chunk = chunk

    def _changed(self, view: RowView, slots: Column, places: Column) -> Mask:
        """Return which messages differ from the one before. slots: sorted. places: of the messages in their chunk."""
        firsts = np.flatnonzero(np.concatenate((np.ones(1, np.bool_), slots[1:] != slots[:-1])))
        lasts = np.append(firsts[1:], len(slots)) - 1
        self._make_room(int(slots[-1]) + 1)
        before = np.roll(places, 1)
        before[firsts] = self._places.take(slots.take(firsts))
        changed = np.ones(len(slots), np.bool_)
        known = np.flatnonzero(before >= 0)
        whole = RowView(view.table, view.chunk, slice(0, view.chunk.count))
        changed[known] = ~same_messages(whole, places.take(known), before.take(known))
        raw, headers = view.table.raw, view.chunk.headers
        for index in np.flatnonzero(before < 0).tolist():
            place = int(places[index])
            changed[index] = self._before.get(int(slots[index])) != _identity(view.chunk, place, raw[headers[place]])
        newest = slots.take(lasts)
        self._places[newest] = places.take(lasts)
        for slot, number in zip(newest.tolist(), headers[places.take(lasts)].tolist(), strict=True):
            self._headers[slot] = raw[number]
        return changed

    def _make_room(self, count: int) -> None:
        if count > len(self._places):
            more = np.full(max(count, 2 * len(self._places)) - len(self._places), -1, np.int64)
            self._places = np.concatenate((self._places, more))


def _identity(chunk: Chunk, place: int, header: bytes) -> bytes:
    """Return the bytes of a message, or of a long one a digest: what is remembered of each address is small."""
    message = header + chunk.content(int(chunk.offsets[place]), int(chunk.sizes[place]))
    return message if len(message) < _LONG else hashlib.blake2b(message).digest()


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
    """Messages come, and leave a second later.

    active: how many of each address are there, by slot. slots, times: of those, in the order of the rows.
    """

    def __init__(self, context: QueryContext, condition: RateIs) -> None:
        self._table_slots = AddressSlots(context.store.headers)
        self._condition = condition
        self._forget()

    def _forget(self) -> None:
        self._active: Column = np.zeros(_SMALLEST, np.int64)
        self._slots: Column = np.zeros(0, np.int64)
        self._times: Column = np.zeros(0, np.int64)

    def mask(self, view: RowView) -> Mask:
        if not self._table_slots.is_of(view.table):
            return np.zeros(len(view), np.bool_)
        if self._table_slots.refresh():
            self._forget()
        places = np.flatnonzero(~view.malformed & (view.headers != NO_HEADER))
        if not len(places):
            return np.zeros(len(view), np.bool_)
        slots = self._table_slots.at(view.headers.take(places))
        rates = self._rates(slots, view.times.take(places))
        return places_mask(view, places[compare(rates, self._condition.sign, self._condition.number)])

    def _rates(self, slots: Column, times: Column) -> Column:
        """Take in messages; return how many of its address are there when each has come."""
        # Where a clock goes back, time stands still.
        known = self._times[-1:]
        times = np.maximum.accumulate(np.concatenate((known, times)))[len(known) :]
        self._slots, self._times = np.concatenate((self._slots, slots)), np.concatenate((self._times, times))
        gone = int(np.searchsorted(self._times, times[-1] - _SECOND, "right"))
        rates = self._count(self._slots[:gone], self._times[:gone] + _SECOND, slots, times)
        self._slots, self._times = self._slots[gone:], self._times[gone:]
        return rates

    def _count(self, gone: Column, gone_times: Column, slots: Column, times: Column) -> Column:
        # Those that leave stand before those that come at the same time: a message counts for less than a second.
        all_slots = np.concatenate((gone, slots))
        steps = np.concatenate((np.full(len(gone), -1, np.int64), np.ones(len(slots), np.int64)))
        order = np.argsort(np.concatenate((gone_times, times)), kind="stable")
        order = order.take(order_of(all_slots.take(order)))
        sorted_slots, running = all_slots.take(order), np.cumsum(steps.take(order))
        firsts = np.flatnonzero(np.concatenate((np.ones(1, np.bool_), sorted_slots[1:] != sorted_slots[:-1])))
        self._make_room(int(sorted_slots[-1]) + 1)
        before = running.take(firsts) - steps.take(order.take(firsts)) - self._active.take(sorted_slots.take(firsts))
        counts = np.empty(len(order), np.int64)
        counts[order] = running - np.repeat(before, np.diff(np.append(firsts, len(order))))
        change = np.bincount(slots, minlength=len(self._active)) - np.bincount(gone, minlength=len(self._active))
        self._active += change
        return counts[len(gone) :]

    def _make_room(self, count: int) -> None:
        if count > len(self._active):
            more = max(count, 2 * len(self._active)) - len(self._active)
            self._active = np.concatenate((self._active, np.zeros(more, np.int64)))
