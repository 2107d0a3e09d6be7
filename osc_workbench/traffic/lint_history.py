"""The rules that look at the messages of one address before: its types, its counter, how many come in a second."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.timetag import NANOSECONDS
from osc_workbench.traffic.columns import FLOAT_TAGS, INTEGER_TAGS
from osc_workbench.traffic.lint_headers import HISTORY_LIMIT, NO_HISTORY, NO_KIND
from osc_workbench.traffic.lint_rules import COUNTER_STEPS, FLOOD_LIMIT, GAP_LIMIT, bit_of
from osc_workbench.traffic.row_groups import RowGroups, group_rows

Column = npt.NDArray[Any]
_FLIP, _CHANGE = np.uint32(bit_of("type-flip")), np.uint32(bit_of("type-change"))
_GAP, _FLOOD = np.uint32(bit_of("sequence-gap")), np.uint32(bit_of("flood"))
# Integers, floats and all other tags as three letters.
_CLASSES = bytes(
    ord("i") if chr(byte) in INTEGER_TAGS else ord("f") if chr(byte) in FLOAT_TAGS else ord("-") for byte in range(256)
)


class AddressHistory:
    """What was seen last of each address, by its number; every array has HISTORY_LIMIT entries."""

    def __init__(self) -> None:
        self._kind: Column = np.zeros(HISTORY_LIMIT, np.uint16)
        self._second: Column = np.zeros(HISTORY_LIMIT, np.int64)
        self._in_second: Column = np.zeros(HISTORY_LIMIT, np.int64)
        self._has_number: Column = np.zeros(HISTORY_LIMIT, np.bool_)
        self._number: Column = np.zeros(HISTORY_LIMIT, np.int64)
        self._steps: Column = np.zeros(HISTORY_LIMIT, np.int64)
        self._counts: Column = np.zeros(HISTORY_LIMIT, np.bool_)

    def find(
        self,
        addresses: Column,
        times: Column,
        of_kind: tuple[Column, Sequence[str]],
        of_numbers: tuple[Column, Column],
        bits: Column,
    ) -> None:
        """Add what is found to `bits`; the rows are the next ones.

        addresses: their numbers, uint16. of_kind: their kinds, and the type tags of all kinds. of_numbers: which rows
        have an integer argument, and the first ones.
        """
        groups = group_rows(addresses, NO_HISTORY)
        if not len(groups.order):
            return
        self._find_other_types(groups, *of_kind, bits)
        self._find_floods(groups, times, bits)
        has_number, numbers = of_numbers
        with_number = has_number[groups.order]
        if np.count_nonzero(with_number):
            self._find_gaps(groups.select(with_number), numbers, bits)

    def _find_other_types(self, groups: RowGroups, kinds: Column, texts: Sequence[str], bits: Column) -> None:
        kinds = kinds[groups.order]
        before = groups.before(kinds, self._kind)
        changed = np.flatnonzero((kinds != before) & (kinds != NO_KIND) & (before != NO_KIND))
        if len(changed):
            pairs = before[changed].astype(np.uint32) << np.uint32(16) | kinds[changed]
            distinct, which = np.unique(pairs, return_inverse=True)
            found = [
                _FLIP if is_flip(texts[pair >> 16], texts[pair & 0xFFFF]) else _CHANGE for pair in distinct.tolist()
            ]
            bits[groups.order[changed]] |= np.array(found, np.uint32)[which]
        groups.keep(kinds, self._kind)

    def _find_floods(self, groups: RowGroups, times: Column, bits: Column) -> None:
        seconds = times[groups.order] // NANOSECONDS
        goes_on = seconds == groups.before(seconds, self._second)
        before = groups.streaks(goes_on, self._in_second)
        bits[groups.order[before == FLOOD_LIMIT]] |= _FLOOD
        groups.keep(seconds, self._second)
        groups.keep(before, self._in_second)

    def _find_gaps(self, groups: RowGroups, numbers: Column, bits: Column) -> None:
        """Find jumps of what counts: of addresses that have gone up by one COUNTER_STEPS times in a row.

        A jump is one only after a step by one: two in a row, or a step back, and the address has to prove itself again.
        """
        numbers = numbers[groups.order]
        # What wraps around goes on counting, as it does in the sender.
        steps = numbers - groups.before(numbers, self._number)
        is_known = np.ones(len(groups.order), np.bool_)
        is_known[groups.firsts] = self._has_number[groups.owners]
        by_one = is_known & (steps == 1)
        streaks = groups.streaks(by_one, self._steps)
        is_jump = is_known & (steps > 1) & (steps <= GAP_LIMIT) & (groups.before(streaks, self._steps) > 0)
        counts = self._counting(groups, streaks >= COUNTER_STEPS, ~by_one & ~is_jump)
        bits[groups.order[is_jump & groups.before(counts, self._counts)]] |= _GAP
        self._has_number[groups.owners] = True
        groups.keep(numbers, self._number)
        groups.keep(streaks, self._steps)
        groups.keep(counts, self._counts)

    def _counting(self, groups: RowGroups, is_proved: Column, is_over: Column) -> Column:
        """Tell after which rows their address counts as a counter."""
        index, first_of = np.arange(len(groups.order)), groups.first_of
        last_proof = np.maximum.accumulate(np.where(is_proved, index, -1))
        last_end = np.maximum.accumulate(np.where(is_over, index, -1))
        since_then = (last_proof >= first_of) & (last_proof > last_end)
        kept: Column = self._counts[groups.keys] & (last_end < first_of)
        return since_then | kept


def is_flip(tags: str, others: str) -> bool:
    """Tell whether one has an integer where the other has a float, both having the same number of tags."""
    if len(tags) != len(others):
        return False
    classes, other_classes = (
        np.frombuffer(text.encode("latin-1", "replace").translate(_CLASSES), np.uint8) for text in (tags, others)
    )
    differ = classes != other_classes
    found: bool = (differ & (classes != ord("-")) & (other_classes != ord("-"))).any().item()
    return found
