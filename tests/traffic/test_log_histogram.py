"""Quantiles are as precise as the scale says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.traffic.log_histogram import (
    GAP_EDGES,
    GAP_SCALE,
    LATENESS_EDGES,
    LATENESS_SCALE,
    gap_bins,
    lateness_bins,
    quantiles,
    values_or_none,
)
from tests.doubles.slow_statistics import quantile

_US = 1_000
_SECOND_NS = 1_000_000_000
_distances = st.integers(_US, 1000 * _SECOND_NS) | st.floats(3, 12).map(lambda power: round(10**power))
_fractions = st.sampled_from([0.0, 0.1, 0.5, 0.99, 1.0])


def _quantile(bins: np.ndarray, edges: np.ndarray, fraction: float) -> float:
    counts = np.bincount(bins, minlength=len(edges) - 1)
    (found,) = quantiles(counts[None], edges, fraction)
    return float(found)


@given(st.lists(_distances, min_size=1, max_size=60), _fractions)
@settings(max_examples=50, deadline=None)
def test_quantiles_of_gaps_are_less_than_a_bin_off(gaps: list[int], fraction: float) -> None:
    wanted = quantile(gaps, fraction) / _SECOND_NS
    assert _quantile(gap_bins(np.array(gaps)), GAP_EDGES, fraction) == pytest.approx(wanted, rel=0.0906)


@given(st.lists(_distances | _distances.map(lambda value: -value), min_size=1, max_size=60), _fractions)
@settings(max_examples=50, deadline=None)
def test_quantiles_of_lateness_are_less_than_a_bin_off(late: list[int], fraction: float) -> None:
    wanted = quantile(late, fraction) / _SECOND_NS
    found = _quantile(lateness_bins(np.array(late)), LATENESS_EDGES, fraction)
    assert found == pytest.approx(wanted, rel=0.19, abs=32e-6)


def test_bins_lie_between_their_edges() -> None:
    for edges, bins_of in ((GAP_EDGES, gap_bins), (LATENESS_EDGES, lateness_bins)):
        middles = (edges[1:-2] + edges[2:-1]) / 2 * 1e9
        assert bins_of(np.round(middles).astype(np.int64)).tolist() == list(range(1, len(edges) - 2))


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 1, 2**63 - 1])
def test_any_number_has_a_bin(value: int) -> None:
    column = np.array([value])
    assert 0 <= gap_bins(column)[0] <= GAP_SCALE.bins + 1
    assert 0 <= lateness_bins(column)[0] <= 2 * LATENESS_SCALE.bins + 2


def test_what_is_beyond_the_scale_is_at_its_edge() -> None:
    assert _quantile(gap_bins(np.array([10**15])), GAP_EDGES, 0.5) == GAP_EDGES[-2] > 1000
    assert _quantile(lateness_bins(np.array([-(10**15)])), LATENESS_EDGES, 0.5) == LATENESS_EDGES[1] < -1000
    assert 0 <= _quantile(gap_bins(np.array([0])), GAP_EDGES, 0.5) < 1e-6


def test_an_empty_histogram_has_no_quantiles() -> None:
    assert values_or_none(quantiles(np.zeros((2, len(GAP_EDGES) - 1)), GAP_EDGES, 0.5)) == [None, None]
