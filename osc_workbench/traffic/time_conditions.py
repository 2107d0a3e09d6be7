"""Conditions on the time of a row, relative or by the clock."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

import numpy as np

from osc_workbench.traffic.number_comparison import Mask
from osc_workbench.traffic.query_context import QueryContext, Test
from osc_workbench.traffic.row_view import RowView

_SECOND = 1_000_000_000
# Nine digits are thirty years; more would not fit into 64 bits of nanoseconds.
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_CLOCK = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)[T_])?(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d{1,9}))?)?"
    r"(?P<utc>Z)?"
)
# RFC 3339's own years; datetime would raise beyond them.
_YEARS = range(1971, 2200)


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time as it was written, with the span its digits leave open.

    seconds_ns: relative, in ns; None for one by the clock. day: None for the day of the log's beginning.
    of_day_ns: ns since midnight. step_ns: what the last digit written stands for.
    """

    text: str
    step_ns: int
    seconds_ns: int | None = None
    day: date | None = None
    of_day_ns: int = 0
    is_utc: bool = False

    def unix_ns(self, origin_ns: int) -> int:
        """Return nanoseconds since the Unix epoch. origin_ns: what relative times count from."""
        if self.seconds_ns is not None:
            return origin_ns + self.seconds_ns
        zone = UTC if self.is_utc else None
        start = datetime.fromtimestamp(origin_ns // _SECOND, zone)
        if self.day is not None:
            return self._on(self.day, zone)
        at = self._on(start.date(), zone)
        # A log that runs past midnight has the early hours on its second day; what was written may end within a step.
        return at if at + self.step_ns > origin_ns else self._on(start.date() + timedelta(days=1), zone)

    def _on(self, day: date, zone: tzinfo | None) -> int:
        seconds, rest = divmod(self.of_day_ns, _SECOND)
        moment = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=seconds)
        return int(moment.timestamp()) * _SECOND + rest


def parse_instant(text: str) -> Instant | None:
    """Return the point in time, None for a text that is none."""
    number = _NUMBER.fullmatch(text)
    if number:
        whole, _, digits = text.lstrip("-").partition(".")
        value = int(whole) * _SECOND + int((digits + "0" * 9)[:9])
        return Instant(text, 10 ** (9 - len(digits)), -value if text.startswith("-") else value)
    clock = _CLOCK.fullmatch(text)
    return _clock_instant(text, clock) if clock else None


def _clock_instant(text: str, clock: re.Match[str]) -> Instant | None:
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    part = clock["part"] or ""
    try:
        day = date.fromisoformat(clock["date"]) if clock["date"] else None
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 59 or (day and day.year not in _YEARS):
        return None
    of_day = ((hour * 60 + minute) * 60 + second) * _SECOND + int((part + "0" * 9)[:9])
    step = 60 * _SECOND if clock["second"] is None else 10 ** (9 - len(part))
    return Instant(text, step, None, day, of_day, bool(clock["utc"]))


@dataclass(frozen=True, slots=True)
class TimeIsIn:
    """From `first` up to and including `last`, with what its last digit leaves open; None for no bound.

    is_strict: after `first` instead, or before `last`.
    """

    first: Instant | None
    last: Instant | None
    is_strict: bool = False
    needs_history = False

    def explain(self) -> str:
        if self.is_strict:
            return f"it came after {_words(self.first)}" if self.first else f"it came before {_words(self.last)}"
        first = f"from {_words(self.first)}" if self.first else ""
        last = f"to {_words(self.last)}" if self.last else ""
        if self.first and self.first == self.last:
            return f"it came at {_words(self.first)}"
        return f"it came {' '.join(part for part in (first, last) if part)}"

    def bind(self, context: QueryContext) -> Test:
        return _InTime(self, context)


def _words(instant: Instant | None) -> str:
    if instant is None:
        return "any time"
    return f"{instant.text} s" if instant.seconds_ns is not None else instant.text


class _InTime:
    """What relative times count from may be known only when the first row has come."""

    def __init__(self, condition: TimeIsIn, context: QueryContext) -> None:
        self._condition = condition
        self._context = context
        self._origin_ns = context.start_ns

    def mask(self, view: RowView) -> Mask:
        if self._origin_ns is None:
            self._origin_ns = self._context.origin_ns
        mask = np.ones(len(view), np.bool_)
        first, last, is_strict = self._condition.first, self._condition.last, self._condition.is_strict
        if first is not None:
            mask &= view.times >= first.unix_ns(self._origin_ns) + is_strict
        if last is not None:
            mask &= view.times < last.unix_ns(self._origin_ns) + (0 if is_strict else last.step_ns)
        return mask
