import math

import numpy as np
import pytest

from osc_workbench.models.histogram_picture import Bar, HistogramPicture, bar_text, make_picture, picture_text
from osc_workbench.traffic.log_histogram import GAP_EDGES, LATENESS_EDGES, Histogram, gap_bins, lateness_bins

NS = 1_000_000_000


def gaps(*seconds: float) -> Histogram:
    counts = np.bincount(gap_bins(np.array(seconds) * NS), minlength=len(GAP_EDGES) - 1)
    return Histogram(GAP_EDGES, counts)


def lateness(*seconds: float) -> Histogram:
    bins = lateness_bins((np.array(seconds) * NS).astype(np.int64))
    return Histogram(LATENESS_EDGES, np.bincount(bins, minlength=len(LATENESS_EDGES) - 1))


def ticks(picture: HistogramPicture) -> list[str]:
    return [tick.label for tick in picture.ticks]


def filled(picture: HistogramPicture) -> list[Bar]:
    return [bar for bar in picture.bars if bar.count]


@pytest.mark.parametrize("most_bars", [1, 7, 60, 1000])
def test_bars_stand_side_by_side_and_lose_nothing(most_bars: int) -> None:
    for histogram in (gaps(0, 1e-6, 0.04, 0.041, 500, 5000), lateness(-5000, -0.05, 0, 0.002, 5000)):
        picture = make_picture(histogram, most_bars)
        assert len(picture.bars) <= most_bars
        assert sum(bar.count for bar in picture.bars) == picture.total == histogram.counts.sum()
        assert [bar.start for bar in picture.bars[1:]] == [bar.stop for bar in picture.bars[:-1]]
        assert (picture.bars[0].start, picture.bars[-1].stop) == (0, picture.length)
        assert all(bar.low < bar.high for bar in picture.bars)


def test_the_axis_of_gaps_goes_from_a_microsecond_to_a_second() -> None:
    picture = make_picture(gaps(0.04), 1000)
    assert ticks(picture) == ["1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s"]
    assert [tick.label for tick in picture.ticks if tick.is_major] == ["1 us", "1 ms", "1 s"]
    assert picture.ticks[0].position == pytest.approx(1.0)
    assert picture.length - 1 < picture.ticks[-1].position <= picture.length


def test_the_axis_of_lateness_goes_both_ways() -> None:
    picture = make_picture(lateness(0.002), 1000)
    late = ["100 us", "1 ms", "10 ms", "100 ms", "1 s"]
    assert ticks(picture) == [*(f"-{label}" for label in reversed(late)), "0", *late]
    positions = [tick.position for tick in picture.ticks]
    assert positions == sorted(positions)
    middle = positions[len(late)]
    assert [middle - position for position in positions] == pytest.approx(
        [position - middle for position in reversed(positions)]
    )


@pytest.mark.parametrize(
    ("histogram", "label"), [(gaps(200.0), "100 s"), (lateness(20.0), "10 s"), (lateness(-20.0), "-10 s")]
)
def test_the_axis_gets_longer_where_there_are_values(histogram: Histogram, label: str) -> None:
    assert label in ticks(make_picture(histogram, 1000))


@pytest.mark.parametrize("seconds", [2e-6, 1e-4, 0.0123, 0.9])
def test_a_tick_stands_where_its_value_is_counted(seconds: float) -> None:
    for histogram in (gaps(seconds), lateness(max(seconds, 2e-5)), lateness(-max(seconds, 2e-5))):
        picture = make_picture(histogram, 1000)
        (bar,) = filled(picture)
        for tick in picture.ticks:
            value = _seconds(tick.label)
            assert (tick.position <= bar.start + 1e-6) == (value <= bar.low * (1 + math.copysign(1e-6, bar.low)))


def _seconds(label: str) -> float:
    number, _, unit = label.partition(" ")
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "ks": 1e3, "": 1.0}[unit]


def test_a_bar_is_found_by_its_position() -> None:
    picture = make_picture(gaps(0.04), 1000)
    (bar,) = filled(picture)
    assert picture.bar_at(bar.start) is bar
    assert picture.bar_at(bar.stop - 0.01) is bar
    assert (picture.bar_at(-0.1), picture.bar_at(picture.length)) == (None, None)


@pytest.mark.parametrize(
    ("bar", "text"),
    [
        (Bar(0, 1, 0.0, 1e-6, 5), "under 1.00 us: 5 (50.0 %)"),
        (Bar(0, 1, 0.04, 0.05, 1), "40.0 ms to 50.0 ms: 1 (10.0 %)"),
        (Bar(0, 1, 1074.0, math.inf, 0), "1,074 s or more: 0 (0.0 %)"),
        (Bar(0, 1, -math.inf, -1074.0, 2), "more than 1,074 s early: 2 (20.0 %)"),
        (Bar(0, 1, -0.05, -0.04, 2), "50.0 ms early to 40.0 ms early: 2 (20.0 %)"),
        (Bar(0, 1, -1.6e-5, 1.6e-5, 2), "16.0 us early to 16.0 us late: 2 (20.0 %)"),
    ],
)
def test_a_bar_says_what_it_stands_for(bar: Bar, text: str) -> None:
    assert bar_text(bar, 10) == text


def test_a_picture_can_be_read_aloud() -> None:
    text = picture_text(make_picture(gaps(1e-6, *[0.04] * 8, 0.9), 1000))
    assert text.startswith("10 values. Most: ")
    assert "8 (80.0 %). First: 1.00 us to " in text
    assert ". Last: " in text
    assert picture_text(make_picture(gaps(0.04), 10)).count("First") == 0
    assert picture_text(make_picture(gaps(), 10)) == "No values."
    assert make_picture(gaps(), 10).highest == 0
