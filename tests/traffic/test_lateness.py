"""Drift of made-up clocks."""

import random

import numpy as np
import pytest

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.lateness import DRIFT_SAMPLES, LatenessStatistics, LatenessSums, TimedRows
from osc_workbench.traffic.log_histogram import lateness_bins
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.statistics import TrafficStatistics
from tests.doubles.traffic import MILLISECOND, START_NS, HandFedStore

_SECOND_NS = 1_000_000_000


def _sums(times: list[int], late_ns: list[int]) -> LatenessStatistics:
    sums = LatenessSums(3)
    rows = TimedRows(np.arange(len(times)), np.array(times), np.array(late_ns), lateness_bins(np.array(late_ns)))
    sums.add(np.ones(len(times), np.int64), rows)
    assert sums.statistics(np.array([0, 2])) == [None, None]
    (found,) = sums.statistics(np.array([1]))
    assert found is not None
    return found


def test_a_clock_that_runs_50_ppm_fast_is_recovered_from_bundles() -> None:
    store = HandFedStore()
    source = random.Random(1)
    for number in range(300):
        # Sent 20 ms ahead by a clock that is 3 s off, through a network that takes up to 2 ms.
        sent_ns = round(number * 100 * MILLISECOND * (1 + 50e-6)) + 3 * _SECOND_NS
        store.now_ns = START_NS + number * 100 * MILLISECOND + source.randrange(2 * MILLISECOND)
        store.receive(
            OscBundle(TimeTag.from_unix_ns(START_NS + sent_ns + 20 * MILLISECOND), (OscMessage("/a", "", ()),))
        )
    statistics = TrafficStatistics(store)
    for first in range(0, 300, 7):
        for view in views_of(store, first, min(first + 7, 300)):
            statistics.take(view)
    found = statistics.address("/a", store.now_ns)
    assert found is not None
    late = found.flow.lateness
    assert late is not None
    assert late.drift_ppm is not None
    assert late.drift_error_ppm is not None
    assert 1 < late.drift_error_ppm < 10
    assert late.drift_ppm == pytest.approx(50, abs=3 * late.drift_error_ppm)
    assert late.samples == 300
    assert late.span == pytest.approx(29.9, abs=0.01)
    assert late.median == pytest.approx(-3.02, rel=0.19)
    (peer,) = statistics.peers(store.now_ns)
    assert peer.flow.lateness == late


@pytest.mark.parametrize("drift_ppm", [-200.0, -1.0, 0.0, 0.5, 1000.0])
def test_drift_without_jitter_is_exact_for_hours(drift_ppm: float) -> None:
    times = [START_NS + number * 10 * _SECOND_NS for number in range(3600)]
    late_ns = [-round((time - START_NS) * drift_ppm / 1e6) + 40 * MILLISECOND for time in times]
    found = _sums(times, late_ns)
    assert found.drift_ppm == pytest.approx(drift_ppm, abs=0.001)
    assert found.drift_error_ppm == pytest.approx(0, abs=0.001)


def test_drift_needs_ten_seconds_and_ten_samples() -> None:
    few = [START_NS + number * 60 * _SECOND_NS for number in range(DRIFT_SAMPLES - 1)]
    assert _sums(few, [0] * len(few)).drift_ppm is None
    short = [START_NS + number * MILLISECOND for number in range(9_999)]
    assert _sums(short, [0] * len(short)).drift_ppm is None
    enough = [*short, START_NS + 10 * _SECOND_NS]
    assert _sums(enough, [0] * len(enough)).drift_ppm == 0


def test_time_tags_of_another_century_are_no_exception() -> None:
    times = [START_NS + number * 2 * _SECOND_NS for number in range(20)]
    late_ns = [(-1) ** number * 68 * 365 * 86_400 * _SECOND_NS for number in range(20)]
    found = _sums(times, late_ns)
    assert found.worst_late == -found.worst_early > 2e9
    assert abs(found.median) > 1000


def test_samples_at_one_instant_have_no_drift() -> None:
    found = _sums([START_NS] * 50, list(range(50)))
    assert (found.span, found.drift_ppm, found.drift_error_ppm) == (0, None, None)
