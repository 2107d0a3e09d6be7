"""Messages by address and type tags, in tables of bounded size that outlive the numbers of headers.

Strategy. A kind is an address with a type tag string; each header stands for one. Every slot (an address) has, under
its own number, a kind for all type tag strings that found no place; the others have numbers above. So one number for
each row tells its address, its type tags and where its arguments are.
"""

import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.number_map import NumberMap
from osc_workbench.traffic.numeric_arguments import ArgumentPlans
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.tables import HeaderTable

Column = npt.NDArray[Any]
ADDRESSES_LIMIT = 20_000
KINDS_LIMIT = 40_960
# Addresses and type tag strings may be as long as a datagram.
NAMES_BYTES_LIMIT = 6 << 20
COUNTED_OTHERS_LIMIT = 20_000
# Malformed packets and empty bundles have no address.
NO_ADDRESS_SLOT = 0


class PlacedRows(NamedTuple):
    """kinds: int32. offsets: of the arguments in the arena, int64. Both of shape (rows,)."""

    kinds: Column
    offsets: Column


class MessageKinds:
    """Slots of addresses and kinds of messages; what is beyond the limits shares one slot, `others`.

    addresses: by slot. counts: int64, rows by kind. slot_of: uint16, plan_of: int32 (see `ArgumentPlans`), by kind.
    """

    def __init__(
        self,
        table: HeaderTable,
        limit: int = ADDRESSES_LIMIT,
        kinds_limit: int = KINDS_LIMIT,
        names_bytes_limit: int = NAMES_BYTES_LIMIT,
    ) -> None:
        assert limit + 2 < 1 << 16
        self.others = limit + 1
        self.slot_count = limit + 2
        self.addresses: list[str | int | None] = [None]
        kinds = self.slot_count + kinds_limit
        self.counts: Column = np.zeros(kinds, np.int64)
        self.slot_of: Column = np.zeros(kinds, np.uint16)
        self.slot_of[: self.slot_count] = np.arange(self.slot_count)
        self.plan_of: Column = np.zeros(kinds, np.int32)
        self.plans = ArgumentPlans()
        self._table = table
        self._generation = table.generation
        self._kind_of_header = NumberMap()
        self._slots: dict[str | int, int] = {}
        self._kinds: dict[tuple[int, str | None], int] = {}
        self._type_tags: list[str | None] = []
        self._known_tags: dict[str | None, tuple[str | None, int]] = {}
        self._names_bytes = 0
        self._names_bytes_limit = names_bytes_limit
        self._other_hashes: set[int] = set()

    def slot(self, address: str | int | None) -> int | None:
        """Return the slot of an address, None if it has none of its own."""
        return NO_ADDRESS_SLOT if address is None else self._slots.get(address)

    @property
    def other_addresses(self) -> int:
        """How many addresses share the last slot; COUNTED_OTHERS_LIMIT stands for that many or more."""
        return len(self._other_hashes)

    # Rows.

    def take(self, view: RowView) -> PlacedRows:
        """Count rows and return their kinds; new kinds get their places in the order of arrival."""
        placed = self._place(view)
        np.add.at(self.counts, placed.kinds.astype(np.int64), 1)
        return placed

    def _place(self, view: RowView) -> PlacedRows:
        malformed = view.malformed
        headers = np.where(malformed, 0, view.headers) if malformed.any() else view.headers
        kinds = self._known(view.table).at(headers, lambda number: self._kind_of(view.table, number))
        offsets = view.offsets.astype(np.int64)
        unplaced = view.without_header
        if unplaced.any():
            found = self._place(view.take(unplaced).with_headers())
            kinds[unplaced], offsets[unplaced] = found
        return PlacedRows(kinds, offsets)

    def _known(self, table: HeaderTable) -> NumberMap:
        if table is not self._table:
            # Rows whose headers found no place bring a table of their own.
            return NumberMap()
        if table.generation != self._generation:
            self._generation = table.generation
            self._kind_of_header = NumberMap()
        return self._kind_of_header

    def _kind_of(self, table: HeaderTable, number: int) -> int:
        address, type_tags = table.addresses[number], table.type_tags[number]
        if address is None:
            return NO_ADDRESS_SLOT
        slot = self._slots.get(address)
        if slot is None:
            slot = self._new_slot(address)
        if slot == self.others:
            return slot
        kind = self._kinds.get((slot, type_tags))
        return self._new_kind(slot, type_tags) if kind is None else kind

    def _new_slot(self, address: str | int) -> int:
        slot = len(self.addresses)
        if slot >= self.others or not self._has_room(address):
            if len(self._other_hashes) < COUNTED_OTHERS_LIMIT:
                self._other_hashes.add(hash(address))
            return self.others
        self.addresses.append(address)
        self._slots[address] = slot
        return slot

    def _new_kind(self, slot: int, type_tags: str | None) -> int:
        kind = self.slot_count + len(self._type_tags)
        if kind >= len(self.counts):
            return slot
        known = self._known_tags.get(type_tags)
        if known is None:
            if not self._has_room(type_tags or ""):
                return slot
            known = self._known_tags[type_tags] = type_tags, self.plans.plan(type_tags or "")
        # Equal type tag strings of many addresses are one object from here on.
        type_tags, self.plan_of[kind] = known
        self._kinds[slot, type_tags] = kind
        self._type_tags.append(type_tags)
        self.slot_of[kind] = slot
        return kind

    def _has_room(self, name: str | int) -> bool:
        size = sys.getsizeof(name)
        if self._names_bytes + size > self._names_bytes_limit:
            return False
        self._names_bytes += size
        return True

    # Type tags.

    def other_type_tags(self, slots: Column) -> list[int]:
        """Return how many messages of each of these slots had type tag strings that found no place."""
        counts: list[int] = np.where(slots == NO_ADDRESS_SLOT, 0, self.counts[slots]).tolist()
        return counts

    def type_tags(self, slots: Column) -> list[tuple[tuple[str | None, int], ...]]:
        """Return the type tag strings of each of these slots and how often they came, the most frequent first."""
        is_wanted = np.zeros(self.slot_count, np.bool_)
        is_wanted[slots] = True
        end = self.slot_count + len(self._type_tags)
        kinds = self.slot_count + np.flatnonzero(is_wanted[self.slot_of[self.slot_count : end]])
        kinds = kinds[np.argsort(-self.counts[kinds], kind="stable")]
        found: dict[int, list[tuple[str | None, int]]] = {slot: [] for slot in slots.tolist()}
        for kind, slot, count in zip(
            kinds.tolist(), self.slot_of[kinds].tolist(), self.counts[kinds].tolist(), strict=True
        ):
            found[slot].append((self._type_tags[kind - self.slot_count], count))
        return [tuple(pairs) for pairs in found.values()]
