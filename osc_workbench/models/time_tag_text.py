"""What the time tag of a bundle says against the time at which it came or went."""

from functools import lru_cache

from osc_workbench.osc.dissection import BUNDLE_MARK
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import PacketRecord
from osc_workbench.traffic.time_tags import message_time_tags
from osc_workbench.traffic.time_text import duration, duration_words

_DIGITS = 3
# Time tags that are no time, by value.
_SPECIAL = ("zero", "immediately")
_DAY_NS = 86_400 * 1_000_000_000


def time_tag_text(record: PacketRecord) -> str:
    """Return how far ahead the innermost bundle of a message lies, or how late it came; "" outside of bundles."""
    if not record.is_bundle:
        return ""
    return _text_of(_innermost(record), record.unix_ns)


@lru_cache(64)
def _text_of(value: int, unix_ns: int) -> str:
    # The messages of a bundle stand together.
    if value < len(_SPECIAL):
        return _SPECIAL[value]
    ahead = TimeTag(value).to_unix_ns(unix_ns) - unix_ns
    if abs(ahead) >= _DAY_NS:
        # A clock that was never set: of such a time nobody needs the seconds.
        return f"{'+' if ahead > 0 else 'late '}{abs(ahead) // _DAY_NS:,} d"
    return f"{duration(ahead)} s" if ahead >= 0 else f"late {_rounded(-ahead)}"


def _innermost(record: PacketRecord) -> int:
    if record.packet.find(BUNDLE_MARK, len(BUNDLE_MARK)) >= 0:
        found = _time_tags(record.packet)
        if record.position < len(found):
            return found[record.position]
    return int.from_bytes(record.packet[8:16], "big")


@lru_cache(8)
def _time_tags(packet: bytes) -> tuple[int, ...]:
    # Each row of a large bundle asks for all of it again.
    return tuple(message_time_tags(packet))


def _rounded(nanoseconds: int) -> str:
    step = 10 ** max(0, len(str(nanoseconds)) - _DIGITS)
    return duration_words((nanoseconds + step // 2) // step * step)
