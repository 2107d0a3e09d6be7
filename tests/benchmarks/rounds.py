"""Interleaved timing: every contestant runs once a round, and ratios are taken round by round.

These machines are shared and noisy; a ratio of two times from the same half second is worth more than either time.
"""

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Timing(NamedTuple):
    """nanoseconds: median per call. ratio: median over the rounds of (first contestant / this one)."""

    nanoseconds: float
    ratio: float


Contestants = Mapping[str, tuple[Callable[[Any], object], Callable[[], Sequence[Any]]]]


def compare(contestants: Contestants, rounds: int = 21, round_seconds: float = 0.02) -> dict[str, Timing]:
    """Time each function over its items in turn, `rounds` times over; the first is the peer that ratios refer to.

    The items are made anew for each round, outside the timed part, and are walked through once or, if there are few,
    repeatedly.
    """
    counts = {name: _count(function, make(), round_seconds) for name, (function, make) in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, (function, make) in contestants.items():
                items = list(itertools.islice(itertools.cycle(make()), counts[name]))
                start = time.perf_counter_ns()
                for item in items:
                    function(item)
                times[name].append((time.perf_counter_ns() - start) / len(items))
                del items
            gc.collect()
    finally:
        gc.enable()
    first = next(iter(times.values()))
    return {
        name: Timing(
            statistics.median(own), statistics.median(peer / mine for peer, mine in zip(first, own, strict=True))
        )
        for name, own in times.items()
    }


def _count(function: Callable[[Any], object], items: Sequence[Any], seconds: float) -> int:
    """Return how many items take about `seconds`."""
    probe = items[:64]
    start = time.perf_counter()
    for item in probe:
        function(item)
    each = (time.perf_counter() - start) / len(probe)
    return max(1, round(seconds / each))


def print_table(title: str, rows: list[tuple[str, ...]], header: tuple[str, ...]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    print(title)
    for row in [header, tuple("-" * width for width in widths), *rows]:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    print()
