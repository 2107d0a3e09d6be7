"""What statistics have to say about some records, worked out the slow and obvious way."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.argument_ranges import ArgumentRange
from osc_workbench.traffic.flow_counts import FlowStatistics
from osc_workbench.traffic.lateness import LatenessStatistics
from osc_workbench.traffic.record import PacketRecord
from osc_workbench.traffic.time_tags import message_time_tags

Records = Sequence[PacketRecord]
_WINDOW_NS = 100_000_000
_SECOND_NS = 1_000_000_000
# How far apart the edges of a bin are.
_GAP_PRECISION = 2 ** (1 / 8) - 1
_LATENESS_PRECISION = 2 ** (1 / 4) - 1


def address_of(record: PacketRecord) -> str | int | None:
    return None if record.is_malformed else record.address


def grouped(records: Records, key: Callable[[PacketRecord], Any]) -> dict[Any, list[PacketRecord]]:
    groups: dict[Any, list[PacketRecord]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def numbers_by_place(records: Records) -> dict[int, list[int | float]]:
    """Return the numbers at the first eight argument places of messages."""
    found: dict[int, list[int | float]] = {}
    for record in records:
        message = decode_packet(record.message)
        assert isinstance(message, OscMessage)
        for place, (tag, value) in enumerate(zip(_top_level(message.type_tags or ""), message.arguments, strict=False)):
            if tag in "ihfd" and place < 8:
                found.setdefault(place, []).append(value)
    return found


def _top_level(type_tags: str) -> Iterator[str]:
    depth = 0
    for tag in type_tags:
        if tag == "]":
            depth -= 1
        elif depth == 0:
            yield tag
        if tag == "[":
            depth += 1


def argument_ranges(records: Records) -> tuple[ArgumentRange, ...]:
    ranges = []
    for place, numbers in sorted(numbers_by_place(records).items()):
        real = [number for number in numbers if number == number]
        nan_count = len(numbers) - len(real)
        least, most = min(real, default=None), max(real, default=None)
        ranges.append(ArgumentRange(place, len(numbers), nan_count, least, most))
    return tuple(ranges)


def type_tag_counts(records: Records) -> Counter[str | None]:
    return Counter(record.type_tags for record in records)


def lateness_ns(records: Records) -> list[int]:
    """Return how late messages and empty bundles with a real time tag came."""
    late = []
    for record in records:
        if not record.is_bundle or record.is_malformed:
            continue
        # An empty bundle has no message, but a time tag.
        tags = [*message_time_tags(record.packet), int.from_bytes(record.packet[8:16], "big")]
        if tags[record.position] > 1:
            late.append(record.unix_ns - TimeTag(tags[record.position]).to_unix_ns(record.unix_ns))
    return late


@dataclass(frozen=True)
class Windows:
    """Runs of messages in the same 100 ms: (window, messages, messages of the flow up to its end)."""

    runs: list[tuple[int, int, int]]

    @classmethod
    def of(cls, windows: Sequence[int]) -> "Windows":
        """Return the runs of a flow, given the window of each message."""
        runs: list[tuple[int, int, int]] = []
        for number, window in enumerate(windows, 1):
            count = runs.pop()[1] if runs and runs[-1][0] == window else 0
            runs.append((window, count + 1, number))
        return cls(runs)

    @property
    def bursts(self) -> int:
        first = self.runs[0][0]
        return sum(count >= 10 and count * (window - first + 1) > 4 * so_far for window, count, so_far in self.runs)

    @property
    def largest(self) -> int:
        return max(count for _, count, _ in self.runs)


def check_flow(flow: FlowStatistics, records: Records, total: int) -> None:
    """Assert that the statistics of a flow are those of its records."""
    times = [record.unix_ns for record in records]
    assert flow.count == len(records)
    assert flow.malformed == sum(record.is_malformed for record in records)
    assert flow.size_bytes == sum(record.size for record in records)
    assert flow.share == len(records) / total
    assert (flow.first_ns, flow.last_ns) == (times[0], times[-1])
    span = (times[-1] - times[0]) / _SECOND_NS
    assert math.isclose(flow.mean_rate_hz, (len(times) - 1) / span if span > 0 else 0)
    gaps = [max(0, later - earlier) for earlier, later in pairwise(times)]
    check_gap(flow.median_gap, gaps, 0.5)
    check_gap(flow.gap_percentile_99, gaps, 0.99)
    windows = Windows.of([time // _WINDOW_NS for time in times])
    assert flow.largest_window == windows.largest
    assert flow.bursts == windows.bursts
    check_lateness(flow.lateness, lateness_ns(records))


def quantile(values: Sequence[int], fraction: float) -> int:
    return sorted(values)[max(math.ceil(fraction * len(values)), 1) - 1]


def check_gap(found: float | None, gaps_ns: Sequence[int], fraction: float) -> None:
    """Assert that a quantile of gaps is as precise as promised between 1 us and 1,000 s."""
    if not gaps_ns:
        assert found is None
        return
    assert found is not None
    wanted = quantile(gaps_ns, fraction) / _SECOND_NS
    if wanted > 1000:
        assert found > 1000
    else:
        assert abs(found - wanted) <= max(wanted * _GAP_PRECISION, 1e-6) + 1e-12


def check_lateness(found: LatenessStatistics | None, late_ns: Sequence[int]) -> None:
    if not late_ns:
        assert found is None
        return
    assert found is not None
    assert found.samples == len(late_ns)
    assert found.worst_late == max(late_ns) / _SECOND_NS
    assert found.worst_early == min(late_ns) / _SECOND_NS
    wanted = quantile(late_ns, 0.5) / _SECOND_NS
    if abs(wanted) > 1000:
        assert abs(found.median) > 1000
    else:
        assert abs(found.median - wanted) <= max(abs(wanted) * _LATENESS_PRECISION, 32e-6)
