"""OSC time tags: the exact 64-bit NTP value, in integer arithmetic.

Nothing here reads a clock. Conversions that must know the era take the present time as a parameter.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self, overload

# Seconds from 1900-01-01 to 1970-01-01. Source: RFC 5905, figure 4.
UNIX_EPOCH_SECONDS = 2_208_988_800
NANOSECONDS = 1_000_000_000
_ERA = 1 << 64
_HALF_ERA = 1 << 63
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class TimeTag:
    """A point in time as 32 bits of seconds since 1900 and 32 bits of fraction.

    value: 0 to 2**64 - 1, bit for bit what is on the wire.
    Ordered by value, so IMMEDIATELY sorts before every real time; order across eras needs `to_unix_ns`.
    Source: OSC 1.0 specification, "Temporal Semantics and OSC Time Tags".
    """

    value: int

    IMMEDIATELY: ClassVar["TimeTag"]

    def __post_init__(self) -> None:
        if type(self.value) is not int or not 0 <= self.value < _ERA:
            raise ValueError(f"a time tag is a number of 64 bits, not {self.value!r:.80}")

    @classmethod
    def from_wire(cls, raw: bytes) -> Self:
        """Return the time tag of these eight bytes."""
        return cls(int.from_bytes(raw, "big"))

    @property
    def seconds(self) -> int:
        return self.value >> 32

    @property
    def fraction(self) -> int:
        return self.value & 0xFFFFFFFF

    @property
    def is_immediate(self) -> bool:
        return self.value == 1

    @classmethod
    def from_unix_ns(cls, unix_ns: int) -> Self:
        """Return the time tag nearest to this time, modulo the era of 2**32 seconds."""
        value = _ntp_from_unix_ns(unix_ns) % _ERA
        # 0 and 1 do not mean a time; at the turn of an era a quarter of a nanosecond is given up.
        return cls(max(value, 2))

    def to_unix_ns(self, near_unix_ns: int) -> int:
        """Return nanoseconds since the Unix epoch, in the era that puts this time nearest to `near_unix_ns`."""
        near = _ntp_from_unix_ns(near_unix_ns)
        difference = (self.value - near + _HALF_ERA) % _ERA - _HALF_ERA
        return _unix_ns_from_ntp(near + difference)

    def __add__(self, delay: timedelta | float) -> "TimeTag":
        """Return the time tag `delay` later; a bare number is in seconds."""
        if isinstance(delay, timedelta):
            units = ((delay // _MICROSECOND) << 32) // 1_000_000
        else:
            units = round(delay * (1 << 32))
        return TimeTag(max((self.value + units) % _ERA, 2))

    @overload
    def __sub__(self, other: "TimeTag") -> timedelta: ...
    @overload
    def __sub__(self, other: timedelta | float) -> "TimeTag": ...
    def __sub__(self, other: "TimeTag | timedelta | float") -> "timedelta | TimeTag":
        """Return the time between two time tags, the shorter way round the era, or the time tag `other` earlier."""
        if isinstance(other, TimeTag):
            units = (self.value - other.value + _HALF_ERA) % _ERA - _HALF_ERA
            return timedelta(microseconds=(units * 1_000_000 + (1 << 31)) >> 32)
        return self + -other

    def __str__(self) -> str:
        return f"0x{self.value:016x}"


TimeTag.IMMEDIATELY = TimeTag(1)


def _ntp_from_unix_ns(unix_ns: int) -> int:
    return ((unix_ns << 32) + NANOSECONDS // 2) // NANOSECONDS + (UNIX_EPOCH_SECONDS << 32)


def _unix_ns_from_ntp(units: int) -> int:
    return ((units - (UNIX_EPOCH_SECONDS << 32)) * NANOSECONDS + (1 << 31)) >> 32
