"""All rules over the next rows, in the order in which they need each other.

A frame has few rows, so what costs is the number of numpy calls; `count_nonzero` takes a quarter of the time of `any`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import MALFORMED
from osc_workbench.traffic.lint_arguments import ArgumentFindings
from osc_workbench.traffic.lint_headers import NO_FACTS, NO_HISTORY, LintHeaders, RowFacts
from osc_workbench.traffic.lint_history import AddressHistory
from osc_workbench.traffic.lint_packets import PacketHistory
from osc_workbench.traffic.lint_rules import bit_of
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import NO_HEADER

Column = npt.NDArray[Any]
_MALFORMED = np.uint32(bit_of("malformed"))


class Inspection:
    """Looks at rows in their order and remembers what its rules need.

    without_history: messages whose address found no place among those that are remembered; the rules about earlier
    messages were not asked about them.
    """

    def __init__(self, store: TrafficStore) -> None:
        self.headers = LintHeaders(store.headers)
        self.without_history = 0
        self._addresses = AddressHistory()
        self._packets = PacketHistory(store)

    def look(self, view: RowView) -> Column:
        """Return the findings of the next rows, uint32. The view is on consecutive rows of a chunk."""
        found = self.headers.look_up(view)
        facts, bits = found.facts, found.facts["bits"].copy()
        flags = int(np.bitwise_or.reduce(view.flags))
        if flags & MALFORMED:
            malformed = view.malformed
            facts[malformed] = NO_FACTS
            bits[malformed] = _MALFORMED
        has_number, numbers = self._look_at_arguments(found, bits)
        of_kind = facts["kind"], self.headers.kinds.keys
        addresses = facts["address"].copy()
        self._addresses.find(addresses, view.times, of_kind, (has_number, numbers), bits)
        self._packets.find(view, bits)
        self._count_strangers(view, addresses)
        return bits

    def _count_strangers(self, view: RowView, addresses: Column) -> None:
        strange = addresses == NO_HISTORY
        if np.count_nonzero(strange):
            is_message = ~view.malformed & ((view.headers != NO_HEADER) | (view.sizes > 0))
            self.without_history += int(np.count_nonzero(strange & is_message))

    def _look_at_arguments(self, found: RowFacts, bits: Column) -> tuple[Column, Column]:
        """Add what is found in arguments to `bits`; return which rows have an integer, and the first ones."""
        kinds = self.headers.kinds.keys
        if len(found.parts) == 1:
            findings = ArgumentFindings(found.parts[0][0], found.facts, kinds)
            bits |= findings.bits
            return findings.has_number, findings.numbers
        has_number, numbers = np.zeros(len(bits), np.bool_), np.zeros(len(bits), np.int64)
        for view, places in found.parts:
            findings = ArgumentFindings(view, found.facts[places], kinds)
            bits[places] |= findings.bits
            has_number[places], numbers[places] = findings.has_number, findings.numbers
        return has_number, numbers
