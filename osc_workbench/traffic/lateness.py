"""How time tags lie against arrival: late or early, and how fast the sender's clock runs away from ours."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.log_histogram import LATENESS_EDGES, lateness_bins, quantiles, values_or_none
from osc_workbench.traffic.row_view import RowView

Column = npt.NDArray[Any]
# The clocks of computers differ by some 10 ppm, which is 0.1 ms here: as much as arrival times jitter.
DRIFT_SPAN = 10.0
DRIFT_SAMPLES = 10
_SECOND_NS = 1e9
_PPM = 1e6
_SUMS = 5


@dataclass(frozen=True, slots=True)
class LatenessStatistics:
    """How late messages came after their time tags, in seconds, negative if early. Only messages with a real one count.

    samples: how many. span: between the arrival of the first and the last.
    median: less than 19 % or 32 us off. worst_late, worst_early: the greatest and the least lateness, exact.
    drift_ppm: by how much time tags advance faster than arrival, in millionths: positive if the sender's clock is fast
        or its messages come ever earlier. None if there are fewer than DRIFT_SAMPLES over DRIFT_SPAN.
    drift_error_ppm: its standard error; a drift that is no larger says nothing.
    """

    samples: int
    span: float
    median: float
    worst_late: float
    worst_early: float
    drift_ppm: float | None
    drift_error_ppm: float | None


class TimedRows(NamedTuple):
    """Rows with a real time tag.

    places: int64, among all rows. times: int64, ns. late_ns: int64. bins: see `lateness_bins`. All of shape (rows,).
    """

    places: Column
    times: Column
    late_ns: Column
    bins: Column


def timed_rows(view: RowView) -> TimedRows | None:
    """Return the rows that have a real time tag and are not malformed, None if there are none."""
    late_ns, is_timed = view.lateness()
    places = np.flatnonzero(is_timed & ~view.malformed)
    if not len(places):
        return None
    late_ns = late_ns[places]
    return TimedRows(places, view.times[places], late_ns, lateness_bins(late_ns))


class LatenessSums:
    """Histogram, extremes and running sums of each slot.

    bins: uint32, shape (slots, bins); pages of slots without time tags are never touched and cost no memory.
    """

    def __init__(self, slots: int) -> None:
        self.bins: Column = np.zeros((slots, len(LATENESS_EDGES) - 1), np.uint32)
        self._samples: Column = np.zeros(slots, np.int64)
        # What sums are relative to, so that they keep their precision: arrival and lateness of the first sample.
        self._first_ns: Column = np.zeros(slots, np.int64)
        self._first_late_ns: Column = np.zeros(slots, np.int64)
        self._last_ns: Column = np.zeros(slots, np.int64)
        self._most_ns: Column = np.zeros(slots, np.int64)
        self._least_ns: Column = np.zeros(slots, np.int64)
        # Sums of x, y, x * x, x * y and y * y; x is arrival and y lateness, in seconds.
        self._sums: Column = np.zeros((_SUMS, slots))

    def add(self, slots: Column, rows: TimedRows) -> None:
        """Add rows, oldest first. slots: int64, the slot of each row."""
        times, late_ns = rows.times, rows.late_ns
        is_new = self._samples[slots] == 0
        if is_new.any():
            # Of several values for one slot the last stays, which is the first row.
            first = np.flatnonzero(is_new)[::-1]
            new = slots[first]
            self._first_ns[new] = times[first]
            self._first_late_ns[new] = self._most_ns[new] = self._least_ns[new] = late_ns[first]
        self._last_ns[slots] = times
        np.add.at(self._samples, slots, 1)
        np.maximum.at(self._most_ns, slots, late_ns)
        np.minimum.at(self._least_ns, slots, late_ns)
        np.add.at(self.bins.reshape(-1), slots * self.bins.shape[1] + rows.bins, np.uint32(1))
        x = (times - self._first_ns[slots]) / _SECOND_NS
        y = (late_ns - self._first_late_ns[slots]) / _SECOND_NS
        for sums, values in zip(self._sums, (x, y, x * x, x * y, y * y), strict=True):
            np.add.at(sums, slots, values)

    def statistics(self, slots: Column) -> list[LatenessStatistics | None]:
        """Return the statistics of these slots, None for those without time tags."""
        found: list[LatenessStatistics | None] = [None] * len(slots)
        places = np.flatnonzero(self._samples[slots])
        slots = slots[places]
        drifts, errors = _drifts(self._samples[slots], self._sums[:, slots])
        spans = (self._last_ns[slots] - self._first_ns[slots]) / _SECOND_NS
        has_drift = (self._samples[slots] >= DRIFT_SAMPLES) & (spans >= DRIFT_SPAN)
        columns = (
            self._samples[slots],
            spans,
            quantiles(self.bins[slots], LATENESS_EDGES, 0.5),
            self._most_ns[slots] / _SECOND_NS,
            self._least_ns[slots] / _SECOND_NS,
            np.where(has_drift, drifts, np.nan),
            np.where(has_drift, errors, np.nan),
        )
        for place, *parts in zip(places.tolist(), *(values_or_none(column) for column in columns), strict=True):
            found[place] = LatenessStatistics(*parts)
        return found


def _drifts(samples: Column, sums: Column) -> tuple[Column, Column]:
    """Return slope and its standard error in ppm, each of shape (slots,), by a line through the samples."""
    x, y, xx, xy, yy = sums
    spread = np.maximum(xx - x * x / samples, 0)
    shared = xy - x * y / samples
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = shared / spread
        rest = np.maximum(yy - y * y / samples - shared * slopes, 0)
        errors = np.sqrt(rest / np.maximum(samples - 2, 1) / spread)
    # A clock that is fast makes lateness shrink.
    return -slopes * _PPM, errors * _PPM
