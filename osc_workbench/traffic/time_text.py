"""Times as text."""

import time
from datetime import UTC, datetime
from functools import lru_cache

_SECOND = 1_000_000_000
_UNITS = (("s", _SECOND), ("ms", 1_000_000), ("us", 1_000))


def rfc3339(unix_ns: int) -> str:
    """Return a time in UTC with nanoseconds. Source: RFC 3339, section 5.6."""
    seconds, fraction = divmod(unix_ns, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def clock_time(unix_ns: int) -> str:
    """Return the local time of day with microseconds."""
    seconds, fraction = divmod(unix_ns, _SECOND)
    return f"{_time_of_day(seconds, time.tzname)}.{fraction // 1000:06d}"


@lru_cache(256)
def _time_of_day(seconds: int, _zone: tuple[str, str]) -> str:
    # Formatting a date takes 20 us, and the rows of one screen share a few seconds. The zone can change meanwhile.
    return f"{datetime.fromtimestamp(seconds):%H:%M:%S}"


def duration(nanoseconds: int) -> str:
    """Return seconds with microseconds and a sign."""
    sign = "-" if nanoseconds < 0 else "+"
    seconds, fraction = divmod(abs(nanoseconds), _SECOND)
    return f"{sign}{seconds}.{fraction // 1000:06d}"


def duration_words(nanoseconds: int) -> str:
    """Return a duration in the largest unit that leaves a number of 1 or more, such as "5 ms" or "1.5 s"."""
    size = abs(nanoseconds)
    unit, factor = next(((unit, factor) for unit, factor in _UNITS if size >= factor), ("ns", 1))
    return f"{nanoseconds / factor:.6g} {unit}"
