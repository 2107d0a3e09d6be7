"""Times as text keep every nanosecond that is shown."""

import time
from collections.abc import Iterator

import pytest

from osc_workbench.traffic.time_text import clock_time, duration, rfc3339


@pytest.fixture
def utc_plus_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", "XXX-2")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("unix_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
        (1_700_000_000_999_999_999, "2023-11-14T22:13:20.999999999Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (4_294_967_296_000_000_000, "2106-02-07T06:28:16.000000000Z"),
    ],
)
def test_rfc3339_shows_nanoseconds_in_utc(unix_ns: int, text: str) -> None:
    assert rfc3339(unix_ns) == text


@pytest.mark.usefixtures("utc_plus_two")
def test_clock_time_is_local_with_microseconds() -> None:
    assert clock_time(1_700_000_000_123_456_789) == "00:13:20.123456"
    assert rfc3339(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456789Z"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "+0.000000"), (1_500_000_999, "+1.500000"), (-250_000_000, "-0.250000"), (3_600_000_000_000, "+3600.000000")],
)
def test_duration_has_a_sign_and_microseconds(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text
