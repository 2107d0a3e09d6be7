"""Slots of links for statistics, of bounded number."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.number_map import NumberMap
from osc_workbench.traffic.tables import Link, LinkTable

Column = npt.NDArray[Any]
PEERS_LIMIT = 20_000


class PeerSlots:
    """Slots from `first` on, one for each link; those beyond the limit share one, `others`.

    links: in the order of their slots. slots: by link. other_peers: how many links share.
    """

    def __init__(self, table: LinkTable, first: int, limit: int = PEERS_LIMIT) -> None:
        assert first + limit < 1 << 16
        self.first = first
        self.others = first + limit
        self.links: list[Link] = []
        self.slots: dict[Link, int] = {}
        self.other_peers = 0
        self._table = table
        self._slot_of_link = NumberMap()

    def slots_of(self, numbers: Column) -> Column:
        """Return the slots of these links, uint16; new ones get theirs in the order of arrival."""
        slots: Column = self._slot_of_link.at(numbers, self._new_slot).astype(np.uint16)
        return slots

    def _new_slot(self, number: int) -> int:
        slot = self.first + len(self.links)
        if slot >= self.others:
            self.other_peers += 1
            return self.others
        link = self._table.links[number]
        self.links.append(link)
        self.slots[link] = slot
        return slot
