"""Histograms whose bins are equally wide on a logarithmic scale: any distance from microseconds to minutes in a few
hundred counts, with the same relative precision everywhere.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class LogScale(NamedTuple):
    """From where on how many octaves are divided into how many bins each."""

    smallest_ns: int
    octaves: int
    per_octave: int

    @property
    def bins(self) -> int:
        return self.octaves * self.per_octave

    @property
    def edges(self) -> Column:
        """Between which distances the bins lie: float64 seconds, shape (bins + 1,)."""
        octaves = np.arange(self.bins + 1) / self.per_octave
        return np.asarray(self.smallest_ns * 1e-9 * np.exp2(octaves))

    def bins_of(self, distances_ns: Column) -> Column:
        """Return which bin each distance is in, from 1, int64; 0 if it is below the smallest, `bins` + 1 if beyond."""
        # 1 ns is far enough below the smallest for any distance that would have no logarithm.
        scaled = np.log2(np.maximum(distances_ns, 1) * (1 / self.smallest_ns))
        scaled *= self.per_octave
        scaled += 1
        bins = scaled.astype(np.int64)
        # `np.clip` takes twice as long for the rows of a frame.
        np.maximum(bins, 0, out=bins)
        np.minimum(bins, self.bins + 1, out=bins)
        return bins


# 1 us to 1,074 s; a quantile is less than 9.1 % off.
GAP_SCALE = LogScale(1_000, 30, 8)
# 16 us to 1,074 s, late and early; a quantile is less than 19 % or 32 us off. Finer ones would not fit into memory for
# 20,000 addresses and 20,000 peers, and few time tags are kept to 16 us.
LATENESS_SCALE = LogScale(16_000, 26, 4)

GAP_EDGES: Column = np.concatenate(([0.0], GAP_SCALE.edges, [np.inf]))
LATENESS_EDGES: Column = np.concatenate(([-np.inf], -LATENESS_SCALE.edges[::-1], LATENESS_SCALE.edges, [np.inf]))


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many values lie where.

    edges: float64 seconds, shape (bins + 1,), ascending; the outermost may be infinite.
    counts: int64, shape (bins,), of edges[bin] <= value < edges[bin + 1].
    """

    edges: Column
    counts: Column


def gap_bins(gaps_ns: Column) -> Column:
    """Return between which of GAP_EDGES each gap lies; negative ones count as zero."""
    return GAP_SCALE.bins_of(gaps_ns)


def lateness_bins(late_ns: Column) -> Column:
    """Return between which of LATENESS_EDGES each lateness lies, negative if early."""
    return LATENESS_SCALE.bins + 1 + np.sign(late_ns) * LATENESS_SCALE.bins_of(np.abs(late_ns))


def quantiles(counts: Column, edges: Column, fraction: float) -> Column:
    """Return the value below or at which this fraction of the values lies, for each of many histograms at once.

    counts: shape (histograms, bins). Returns float64, shape (histograms,), NaN where a histogram is empty.
    The value stands where in its bin it would if those in the bin were spread evenly, so it is off by less than the
    width of the bin; in an outermost bin that is infinite it is the finite edge.
    """
    running = np.cumsum(counts, axis=1, dtype=np.int64)
    totals = running[:, -1]
    ranks = np.maximum(np.ceil(fraction * totals), 1)
    found = np.argmax(running >= ranks[:, None], axis=1)
    histograms = np.arange(len(counts))
    inside = counts[histograms, found].astype(np.float64)
    lows, highs = edges[found], edges[found + 1]
    lows, highs = np.where(np.isinf(lows), highs, lows), np.where(np.isinf(highs), lows, highs)
    positions = (ranks - 0.5 - (running[histograms, found] - inside)) / np.maximum(inside, 1)
    values: Column = np.where(totals > 0, lows + (highs - lows) * positions, np.nan)
    return values


def values_or_none(column: Column) -> list[Any]:
    """Return a column as Python numbers, None where it is NaN."""
    return [None if value != value else value for value in column.tolist()]
