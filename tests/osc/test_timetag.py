import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.timetag import NANOSECONDS, UNIX_EPOCH_SECONDS, TimeTag

ERA_SECONDS = 1 << 32
# 2036-02-07 06:28:16 UTC, where the seconds since 1900 start again at zero.
ERA_TURN_NS = (ERA_SECONDS - UNIX_EPOCH_SECONDS) * NANOSECONDS
HOUR_NS = 3600 * NANOSECONDS


def unix_ns(year: int, month: int = 1, day: int = 1) -> int:
    moment = datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    return int(moment.timestamp()) * NANOSECONDS


def test_immediately_is_one_and_zero_is_not_immediate() -> None:
    assert TimeTag(1) == TimeTag.IMMEDIATELY
    assert TimeTag.IMMEDIATELY.is_immediate
    assert not TimeTag(0).is_immediate


def test_wire_form_is_seconds_and_fraction_big_endian() -> None:
    time_tag = TimeTag.from_wire(bytes.fromhex("e1f2a3b480000000"))
    assert (time_tag.seconds, time_tag.fraction) == (0xE1F2A3B4, 0x80000000)
    assert str(time_tag) == "0xe1f2a3b480000000"


@pytest.mark.parametrize("value", [-1, 1 << 64, 1.5, "1", None, True])
def test_values_that_are_no_64_bit_number_are_refused(value: object) -> None:
    with pytest.raises(ValueError):
        TimeTag(value)  # type: ignore[arg-type]  # the point of the test


def test_unix_epoch_is_the_seconds_of_rfc_5905() -> None:
    assert TimeTag.from_unix_ns(0) == TimeTag(UNIX_EPOCH_SECONDS << 32)
    assert TimeTag(UNIX_EPOCH_SECONDS << 32).to_unix_ns(0) == 0


@given(st.integers(unix_ns(1971), unix_ns(2106)), st.integers(-60 * 365 * 24 * HOUR_NS, 60 * 365 * 24 * HOUR_NS))
def test_nanoseconds_survive_the_round_trip_near_any_present(time: int, distance: int) -> None:
    assert TimeTag.from_unix_ns(time).to_unix_ns(time + distance) == time


@given(st.integers(0, 2**64 - 1), st.integers(unix_ns(1971), unix_ns(2200)))
def test_every_value_means_the_time_nearest_to_now(value: int, now: int) -> None:
    assert abs(TimeTag(value).to_unix_ns(now) - now) <= ERA_SECONDS * NANOSECONDS // 2 + 1


def test_seconds_wrap_in_2036() -> None:
    before, after = TimeTag.from_unix_ns(ERA_TURN_NS - NANOSECONDS), TimeTag.from_unix_ns(ERA_TURN_NS + NANOSECONDS)
    assert before.seconds == ERA_SECONDS - 1
    assert after.seconds == 1
    assert before.to_unix_ns(ERA_TURN_NS) == ERA_TURN_NS - NANOSECONDS
    assert after.to_unix_ns(ERA_TURN_NS) == ERA_TURN_NS + NANOSECONDS


def test_the_turn_of_the_era_itself_is_neither_zero_nor_immediately() -> None:
    time_tag = TimeTag.from_unix_ns(ERA_TURN_NS)
    assert time_tag.value == 2
    assert abs(time_tag.to_unix_ns(ERA_TURN_NS) - ERA_TURN_NS) <= 1


def test_a_time_tag_of_today_is_read_as_today_and_not_as_2160() -> None:
    today = unix_ns(2026, 7, 1)
    assert TimeTag.from_unix_ns(today).to_unix_ns(today + HOUR_NS) == today
    assert TimeTag.from_unix_ns(today).to_unix_ns(unix_ns(2162)) == today + ERA_SECONDS * NANOSECONDS


def test_difference_goes_the_short_way_across_the_era() -> None:
    before, after = TimeTag.from_unix_ns(ERA_TURN_NS - HOUR_NS), TimeTag.from_unix_ns(ERA_TURN_NS + HOUR_NS)
    assert after - before == datetime.timedelta(hours=2)
    assert before - after == datetime.timedelta(hours=-2)


def test_addition_takes_seconds_and_timedeltas_and_wraps() -> None:
    time_tag = TimeTag(5 << 32)
    assert time_tag + 1.5 == TimeTag((6 << 32) + (1 << 31))
    assert time_tag + datetime.timedelta(milliseconds=500) == TimeTag((5 << 32) + (1 << 31))
    assert time_tag - 1 == TimeTag(4 << 32)
    assert time_tag - datetime.timedelta(seconds=2) == TimeTag(3 << 32)
    assert TimeTag(2**64 - (1 << 32)) + 2 == TimeTag(1 << 32)


def test_arithmetic_never_ends_on_zero_or_immediately() -> None:
    assert TimeTag(1 << 32) - 1 == TimeTag(2)
    assert TimeTag(2**64 - (1 << 32)) + 1 == TimeTag(2)


@given(st.integers(2, 2**64 - 1), st.integers(-(10**9), 10**9))
def test_adding_whole_microseconds_and_subtracting_gives_the_delay(value: int, microseconds: int) -> None:
    delay = datetime.timedelta(microseconds=microseconds)
    difference = (TimeTag(value) + delay) - TimeTag(value)
    assert abs(difference - delay) <= datetime.timedelta(microseconds=1)


def test_order_is_by_value_so_that_immediately_comes_first() -> None:
    assert TimeTag.IMMEDIATELY < TimeTag(2) < TimeTag(2**64 - 1)


@pytest.mark.parametrize("delay", [float("nan"), float("inf")])
def test_a_delay_that_is_no_number_is_refused(delay: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        TimeTag(5) + delay
