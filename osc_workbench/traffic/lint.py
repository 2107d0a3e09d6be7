"""What is wrong with the traffic: findings for each row, kept as bits in the chunks of the store, counted and found."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import MALFORMED, Chunk
from osc_workbench.traffic.lint_explanation import ABOUT_BEFORE, Circumstances, explain_finding
from osc_workbench.traffic.lint_headers import NO_HISTORY
from osc_workbench.traffic.lint_inspection import Inspection
from osc_workbench.traffic.lint_rules import RULES, bit_of, mask_of, rules_in
from osc_workbench.traffic.record import PacketRecord
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.store import TrafficStore

# How far back an explanation looks for the message before of the same address.
_ROWS_LOOKED_BACK = 65_536
ALL_RULES = 0xFFFFFFFF


class Lint:
    """Looks at the rows of a store as they come.

    counts: findings of each rule by its id, those of trimmed rows included. last_row: the newest row with one, None if
    there was none; it may have been trimmed. looked_at: rows so far. mask_of: the bits of rules by their ids.
    """

    mask_of = staticmethod(mask_of)

    def __init__(self, store: TrafficStore) -> None:
        self.counts = {rule.id: 0 for rule in RULES}
        self.last_row: dict[str, int | None] = {rule.id: None for rule in RULES}
        self.looked_at = 0
        self._store = store
        self._inspection = Inspection(store)
        self._end_row = 0
        # All bits that occur in a chunk, by its first row.
        self._present: dict[int, int] = {}

    @property
    def without_history(self) -> int:
        """Messages that the rules about earlier messages could not be asked about, there being too many addresses."""
        return self._inspection.without_history

    def clear(self) -> None:
        """Forget everything that was seen; to be called when the store is cleared."""
        for rule in RULES:
            self.counts[rule.id], self.last_row[rule.id] = 0, None
        self.looked_at = 0
        self._inspection = Inspection(self._store)
        self._present.clear()

    def take(self, first_row: int, end_row: int) -> None:
        """Look at rows that are new; those that were looked at before or are no longer kept are left alone."""
        for view in views_of(self._store, max(first_row, self._end_row), end_row):
            self._note(view, self._inspection.look(view))
            self.looked_at += len(view)
        self._end_row = max(self._end_row, min(end_row, self._store.end_row))
        for start in [start for start in self._present if start < self._store.first_row]:
            del self._present[start]

    def _note(self, view: RowView, bits: npt.NDArray[Any]) -> None:
        present = int(np.bitwise_or.reduce(bits))
        if not present:
            return
        chunk, rows = view.chunk, view.local_rows
        first = int(rows[0])
        chunk.findings[first : first + len(bits)] |= bits
        self._present[chunk.first_row] = self._present.get(chunk.first_row, 0) | present
        for rule in rules_in(present):
            found = np.flatnonzero(bits & np.uint32(1 << rule.bit))
            self.counts[rule.id] += len(found)
            self.last_row[rule.id] = chunk.first_row + first + int(found[-1])

    def find(self, rule_id: str, after_row: int, forward: bool = True) -> int | None:
        """Return the next kept row after this one with such a finding, or the last one before it; None if none has.

        Raises KeyError if there is no such rule.
        """
        mask = np.uint32(bit_of(rule_id))
        first, end = (after_row + 1, self._store.end_row) if forward else (self._store.first_row, after_row)
        chunks = self._store.chunks(first, end)
        for chunk, start, stop in chunks if forward else reversed(list(chunks)):
            if self._present.get(chunk.first_row, 0) & mask:
                found = np.flatnonzero(chunk.findings[start:stop] & mask)
                if len(found):
                    return chunk.first_row + start + int(found[0 if forward else -1])
        return None

    def explain(self, record: PacketRecord | int, rules: int = ALL_RULES) -> tuple[str, ...]:
        """Return a sentence for each finding of a record or of the row of this number, () if it is no longer kept.

        rules: the bits of those that are of interest.
        """
        row = record if isinstance(record, int) else record.row
        try:
            chunk, place = self._store.chunk_at(row)
        except IndexError:
            return ()
        found = int(chunk.findings[place]) & rules
        if not found:
            return ()
        late, timed = RowView(self._store.headers, chunk, slice(place, place + 1)).lateness()
        circumstances = Circumstances(
            record=self._store.record(row),
            before=self._message_before(chunk, place) if found & ABOUT_BEFORE else None,
            late_ns=int(late[0]) if timed[0] else None,
        )
        return tuple(explain_finding(rule, circumstances) for rule in rules_in(found))

    def _message_before(self, chunk: Chunk, place: int) -> PacketRecord | None:
        """Return the message before of the same address, if it is not far."""
        numbers = self._inspection.headers.address_numbers
        own = int(numbers(chunk.headers[place : place + 1])[0])
        if own == NO_HISTORY:
            return None
        row = chunk.first_row + place
        for other, first, end in reversed(list(self._store.chunks(row - _ROWS_LOOKED_BACK, row))):
            is_message = other.flags[first:end] & MALFORMED == 0
            found = np.flatnonzero(is_message & (numbers(other.headers[first:end]) == own))
            if len(found):
                return self._store.record(other.first_row + first + int(found[-1]))
        return None
