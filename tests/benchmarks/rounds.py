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


def compare(
    contestants: Mapping[str, tuple[Callable[[Any], object], Sequence[Any]]],
    rounds: int = 21,
    round_seconds: float = 0.02,
) -> dict[str, Timing]:
    """Time each function over its items in turn, `rounds` times over; the first is the peer that ratios refer to."""
    work = {name: _fill(function, items, round_seconds) for name, (function, items) in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, (function, _) in contestants.items():
                items = work[name]
                start = time.perf_counter_ns()
                for item in items:
                    function(item)
                times[name].append((time.perf_counter_ns() - start) / len(items))
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


def _fill(function: Callable[[Any], object], items: Sequence[Any], seconds: float) -> list[Any]:
    """Return the items repeated or cut so that one round takes about `seconds`."""
    start = time.perf_counter()
    for item in items[:64]:
        function(item)
    each = (time.perf_counter() - start) / len(items[:64])
    return list(itertools.islice(itertools.cycle(items), max(1, round(seconds / each))))


def print_table(title: str, rows: list[tuple[str, ...]], header: tuple[str, ...]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    print(title)
    for row in [header, tuple("-" * width for width in widths), *rows]:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    print()
