"""A small number for each distinct address, for what is kept address by address."""

from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.header_values import HeaderValues
from osc_workbench.traffic.tables import HeaderTable

# Numpy sorts numbers of two bytes by their digits, ten times as fast as longer ones.
_SHORT = 1 << 16
# Beyond this many different addresses all are forgotten, so that a sender of ever new ones cannot fill the memory.
_LIMIT = 1 << 18


class AddressSlots:
    """Numbers addresses in the order in which they appear; headers of one address share its number.

    addresses: by number.
    """

    def __init__(self, table: HeaderTable) -> None:
        self._table = table
        self.addresses: list[str | int | None] = []
        self._numbers: dict[str | int | None, int] = {}
        self._values = self._new_values()

    def _new_values(self) -> HeaderValues:
        return HeaderValues(self._table, self._number, np.int64)

    def is_of(self, table: HeaderTable) -> bool:
        return table is self._table

    def refresh(self) -> bool:
        """Forget all addresses if they have become too many; True if so. To be called before `at`."""
        if len(self.addresses) <= _LIMIT:
            return False
        self.addresses.clear()
        self._numbers.clear()
        self._values = self._new_values()
        return True

    def at(self, headers: npt.NDArray[np.uint32]) -> npt.NDArray[Any]:
        """Return the slots of these headers, int64; valid until `refresh` says otherwise."""
        return self._values.at(headers)

    def _number(self, address: str | int | None, _type_tags: str | None, _raw: bytes) -> int:
        number = self._numbers.get(address)
        if number is None:
            number = self._numbers[address] = len(self.addresses)
            self.addresses.append(address)
        return number


def order_of(slots: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what sorts these slots, those that are equal in their own order."""
    short = slots.astype(np.uint16) if len(slots) and int(slots.max()) < _SHORT else slots
    return np.argsort(short, kind="stable")
