"""Rates follow the last second."""

import pytest

from osc_workbench.traffic.tally import Tally


def test_steady_traffic_shows_its_rate() -> None:
    tally = Tally()
    for step in range(100):
        packets, octets = tally.rates(step * 0.05)
        tally.packets += 5
        tally.octets += 100
    assert packets == pytest.approx(100, rel=0.1)
    assert octets == pytest.approx(2000, rel=0.1)


def test_rate_falls_to_zero_when_traffic_ends() -> None:
    tally = Tally(packets=1000, octets=9)
    tally.rates(0.0)
    tally.packets += 1000
    rates = [tally.rates(step * 0.1)[0] for step in range(1, 30)]
    assert rates[0] > 0
    assert rates[-1] == 0


def test_first_rate_is_zero_and_packets_before_it_do_not_count() -> None:
    assert Tally(packets=500, octets=500).rates(12.0) == (0, 0)


def test_frequent_questions_keep_few_samples() -> None:
    tally = Tally()
    for step in range(10_000):
        tally.rates(step * 0.001)
    assert len(tally._samples) < 20
