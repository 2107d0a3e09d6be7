import pytest

from osc_workbench.models.time_tag_text import time_tag_text
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.traffic import START_NS, TRUNCATED_FLOAT, HandFedStore, record_of

_A = OscMessage("/a")


def at(offset_ns: int) -> TimeTag:
    return TimeTag.from_unix_ns(START_NS + offset_ns)


@pytest.mark.parametrize(
    ("offset_ns", "text"),
    [
        (200_000_000, "+0.200000 s"),
        (0, "+0.000000 s"),
        (3_600_000_000_000, "+3600.000000 s"),
        (-5_123_000, "late 5.12 ms"),
        (-999_600_000, "late 1 s"),
        (-86_399_000_000_000, "late 86400 s"),
        (-31_536_000_000_000_000, "late 365 d"),
        (864_000_000_000_000, "+10 d"),
        (-250, "late 250 ns"),
    ],
)
def test_a_time_tag_is_compared_with_the_time_of_arrival(offset_ns: int, text: str) -> None:
    assert time_tag_text(record_of(OscBundle(at(offset_ns), (_A,)))) == text


def test_special_time_tags_are_named() -> None:
    assert time_tag_text(record_of(OscBundle(TimeTag.IMMEDIATELY, (_A,)))) == "immediately"
    assert time_tag_text(record_of(OscBundle(TimeTag(0), (_A,)))) == "zero"


@pytest.mark.parametrize("packet", [_A, TRUNCATED_FLOAT, b"", b"#bundle\0" + bytes(7)])
def test_outside_of_bundles_there_is_none(packet: bytes | OscMessage) -> None:
    assert time_tag_text(record_of(packet)) == ""


def test_an_empty_bundle_has_one() -> None:
    assert time_tag_text(record_of(OscBundle(at(200_000_000)))) == "+0.200000 s"


def test_that_of_the_innermost_bundle_counts() -> None:
    inner = OscBundle(at(300_000_000), (_A, OscMessage("/blob", "b", (b"#bundle\0" * 4,))))
    store = HandFedStore()
    store.receive(OscBundle(at(100_000_000), (_A, inner, _A)))
    texts = [time_tag_text(store.record(row)) for row in range(4)]
    assert texts == ["+0.100000 s", "+0.300000 s", "+0.300000 s", "+0.100000 s"]
