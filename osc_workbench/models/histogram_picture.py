"""A histogram as bars and ticks on one axis, ready to be drawn in any width.

All bins are drawn equally wide: on a logarithmic scale they are, and so those that hold zero or go on for ever get a
place as well. Positions count in bins.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from osc_workbench.models.figure_text import late_text, percent_text, seconds_text
from osc_workbench.traffic.log_histogram import Histogram

# What is always shown, in seconds; values beyond make the axis longer.
_ALWAYS = 1.0
_DECADES = range(-6, 4)
# By the power of 1,000.
_UNITS = {-2: "us", -1: "ms", 0: "s", 1: "ks"}


@dataclass(frozen=True, slots=True)
class Bar:
    """start, stop: positions. low, high: seconds, infinite where there is no end. count: values, 0 for an empty one."""

    start: int
    stop: int
    low: float
    high: float
    count: int


class Tick(NamedTuple):
    """is_major: whether its label is the last to be left out."""

    position: float
    label: str
    is_major: bool


@dataclass(frozen=True, slots=True)
class HistogramPicture:
    """length: of the axis, in bins. bars: side by side, the last one may be narrower. total: values."""

    length: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    total: int

    @property
    def highest(self) -> int:
        return max((bar.count for bar in self.bars), default=0)

    def bar_at(self, position: float) -> Bar | None:
        """Return the bar at a position of the axis, None beyond its ends."""
        return next((bar for bar in self.bars if bar.start <= position < bar.stop), None)


def make_picture(histogram: Histogram, most_bars: int) -> HistogramPicture:
    """most_bars: how many there is room for; bins are put together so that there are no more."""
    edges: list[float] = histogram.edges.tolist()
    first, end = _shown_bins(edges, histogram.counts)
    width = -(-(end - first) // max(1, most_bars))
    starts = range(first, end, width)
    counts = np.add.reduceat(histogram.counts[first:end], np.arange(0, end - first, width)).tolist()
    bars = (
        Bar(start - first, min(start + width, end) - first, edges[start], edges[min(start + width, end)], count)
        for start, count in zip(starts, counts, strict=True)
    )
    return HistogramPicture(end - first, tuple(bars), tuple(_ticks(edges, first, end)), sum(counts))


def _shown_bins(edges: Sequence[float], counts: np.ndarray) -> tuple[int, int]:
    first, end = max(0, bisect_left(edges, -_ALWAYS) - 1), bisect_left(edges, _ALWAYS)
    filled = np.flatnonzero(counts)
    if len(filled):
        first, end = min(first, int(filled[0])), max(end, int(filled[-1]) + 1)
    return first, end


def _ticks(edges: Sequence[float], first: int, end: int) -> Iterator[Tick]:
    sizes = [10.0**decade for decade in _DECADES]
    values = [-size for size in reversed(sizes)] + [0.0] + sizes
    is_signed = edges[0] < 0
    for value in values:
        # Between the bins that are as good as zero there is room for that alone.
        if value and (abs(value) < _smallest(edges) * 0.999 or (value < 0 and not is_signed)):
            continue
        position = _position(edges, value) - first
        if 0 <= position <= end - first and (value or is_signed):
            decade = round(math.log10(abs(value))) if value else 0
            yield Tick(position, _tick_label(value, decade), decade % 3 == 0)


def _tick_label(value: float, decade: int) -> str:
    if not value:
        return "0"
    group = decade // 3
    sign = "-" if value < 0 else ""
    return f"{sign}{10 ** (decade - 3 * group)} {_UNITS[group]}"


def _smallest(edges: Sequence[float]) -> float:
    return next(edge for edge in edges if edge > 0)


def _position(edges: Sequence[float], value: float) -> float:
    """Return where in the bins a value lies."""
    number = max(0, min(bisect_right(edges, value), len(edges) - 1) - 1)
    low, high = edges[number], edges[number + 1]
    if math.isinf(low) or math.isinf(high):
        # There is no telling where in it; what equals its end stands there.
        return float(number if value == low else number + 1)
    if low * high > 0:
        return number + math.log(value / low) / math.log(high / low)
    return number + (value - low) / (high - low)


def bar_text(bar: Bar, total: int) -> str:
    """Say what a bar stands for."""
    share = f" ({percent_text(bar.count / total)} %)" if total else ""
    return f"{_span_text(bar)}: {bar.count:,}{share}"


def _span_text(bar: Bar) -> str:
    if bar.low < 0 or math.isinf(bar.low):
        if math.isinf(bar.low):
            return f"more than {late_text(bar.high)}"
        return f"{late_text(bar.low)} to {late_text(bar.high)}"
    if math.isinf(bar.high):
        return f"{seconds_text(bar.low)} or more"
    return f"{seconds_text(bar.low)} to {seconds_text(bar.high)}" if bar.low else f"under {seconds_text(bar.high)}"


def picture_text(picture: HistogramPicture) -> str:
    """Say where the values lie, for those who cannot see the picture."""
    filled = [bar for bar in picture.bars if bar.count]
    if not filled:
        return "No values."
    tallest = max(filled, key=lambda bar: bar.count)
    text = f"{picture.total:,} values. Most: {bar_text(tallest, picture.total)}."
    if len(filled) > 1:
        text += f" First: {bar_text(filled[0], picture.total)}. Last: {bar_text(filled[-1], picture.total)}."
    return text
