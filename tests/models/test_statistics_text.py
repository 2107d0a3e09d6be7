from collections.abc import Sequence

import pytest

from osc_workbench.models.statistics_text import (
    address_lines,
    counted_text,
    drift_text,
    first_range_text,
    has_nan,
    has_type_change,
    name_text,
    peer_lines,
    peer_text,
    rest_text,
    types_text,
)
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.lateness import LatenessStatistics
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.statistics import AddressStatistics, OtherStatistics
from osc_workbench.traffic.tables import Link
from tests.doubles.counted import CountedLog
from tests.doubles.traffic import PEER, TRUNCATED_FLOAT, url_of


def of_messages(*messages: OscMessage | bytes) -> AddressStatistics:
    """Return the statistics of the address of these messages."""
    log = CountedLog()
    log.receive(*messages)
    (found,) = log.feed.statistics.addresses(log.now_ns)
    return found


def tagged(*type_tags: str) -> list[OscMessage]:
    values = {"i": 1, "f": 1.0, "s": "x", "T": True, "F": False}
    return [OscMessage("/a", tags, tuple(values[tag] for tag in tags)) for tags in type_tags]


def numbers(*values: float) -> list[OscMessage]:
    return [OscMessage("/a", "sf", ("x", value)) for value in values]


@pytest.mark.parametrize(
    ("tags", "text", "is_change"),
    [
        (["f", "f"], ",f", False),
        ([""], ",", False),
        (["T", "F"], ",T ,F", False),
        (["i", "f", "i"], "⚠ ,i ,f", True),
        (["i", "f", "s", "fs"], "⚠ ,i ,f ,s …", True),
        (["i" * 40], f",{'i' * 32}…", False),
    ],
)
def test_a_change_of_types_is_marked(tags: Sequence[str], text: str, is_change: bool) -> None:
    found = of_messages(*tagged(*tags))
    assert (types_text(found), has_type_change(found)) == (text, is_change)


def test_types_that_cannot_be_read_are_replaced() -> None:
    assert types_text(of_messages(b"/a\0\0,\n\0\0")) == ",�"
    assert types_text(of_messages(b"/a\0\0")) == "none"
    assert types_text(of_messages(b"/a\0\0", *tagged("i"))).startswith("⚠ ")


@pytest.mark.parametrize(
    ("values", "text"),
    [([0.5], "0.5"), ([0.0, 1.0], "0 to 1"), ([float("nan")], "⚠ NaN"), ([float("nan"), -1.0, 2.0], "⚠ -1 to 2")],
)
def test_the_first_number_goes_from_least_to_greatest(values: list[float], text: str) -> None:
    found = of_messages(*numbers(*values))
    assert first_range_text(found) == text
    assert has_nan(found) == text.startswith("⚠")


def test_without_numbers_there_is_no_range() -> None:
    assert first_range_text(of_messages(*tagged("s"))) == ""


def test_addresses_and_peers_have_names_on_one_line() -> None:
    assert [name_text(address) for address in (None, "/a\nb", 9)] == ["(no address)", '"/a\\nb"', "9 (/s_new)"]
    assert peer_text(Link(1, PEER, Direction.IN)) == "← 127.0.0.1:50000"
    assert peer_text(Link(1, None, Direction.OUT)) == "→ (not kept)"


def drifting(ppm: float | None, error: float | None) -> LatenessStatistics:
    return LatenessStatistics(100, 20.0, 0.001, 0.01, -0.001, ppm, error)


@pytest.mark.parametrize(
    ("ppm", "error", "text"),
    [(None, None, ""), (50.04, 1.0, "+50.0"), (-24.9, 1.0, "-24.9"), (3.0, 4.0, "≈ 0"), (12_345.6, 1.0, "+12,346")],
)
def test_a_drift_is_told_if_it_is_larger_than_its_error(ppm: float | None, error: float | None, text: str) -> None:
    assert drift_text(drifting(ppm, error)) == text
    assert drift_text(None) == ""


def test_all_figures_of_an_address_are_said_in_words() -> None:
    log = CountedLog()
    log.receive(*numbers(0.0, 1.0, float("nan")), OscMessage("/a", "", ()), *numbers(2.0))
    log.receive(OscMessage("/b", "", ()))
    found = log.feed.statistics.address("/a", log.now_ns)
    assert found is not None
    lines = address_lines(found)
    assert lines[:2] == ("/a", "5 messages, 83.3 % of all")
    assert "Bursts: 0; at most 5 messages in 0.1 s" in lines
    assert any(line.startswith("Time between messages: median about ") for line in lines)
    types = lines.index("⚠ Types differ:")
    assert lines[types + 1 : types + 3] == ("  ,sf  4", "  ,  1")
    assert lines[-2:] == ("Numbers by argument, counted from 0:", "  arg[1]  0 to 2, ⚠ 1 times NaN")
    assert not any("Time tags" in line or "Malformed" in line for line in lines)


def test_types_are_listed_up_to_a_limit() -> None:
    lines = address_lines(of_messages(*tagged(*("i" * count for count in range(1, 26)))))
    assert "  others  5" in lines


def test_what_has_no_address_is_said_in_words() -> None:
    assert "Malformed: 1" in address_lines(of_messages(TRUNCATED_FLOAT))


def test_lateness_is_said_in_words() -> None:
    log = CountedLog()
    for late_ms in (5.0, -3.0, 5.0):
        log.receive(log.timed("/a", late_ms))
    (found,) = log.feed.statistics.addresses(log.now_ns)
    lines = address_lines(found)
    assert any(line.startswith("Time tags: 3 messages, median ") and line.endswith(" late") for line in lines)
    assert "From 3.00 ms early to 5.00 ms late" in lines
    assert "Drift of the sender's clock: not known before 10 messages and 10 s" in lines


def test_a_fast_clock_is_said_in_words() -> None:
    log = CountedLog()
    for number in range(20):
        log.receive(log.timed("/a", -number * 0.05))
        log.wait(0.999)
    (found,) = log.feed.statistics.addresses(log.now_ns)
    assert any(line.startswith("Drift of the sender's clock: 50.0 ppm fast, ± ") for line in address_lines(found))


def test_all_figures_of_a_peer_are_said_in_words() -> None:
    log = CountedLog()
    log.receive(OscMessage("/a", "", ()), direction=Direction.OUT, peer=Peer("::1", 9))
    (found,) = log.feed.statistics.peers(log.now_ns)
    lines = peer_lines(found, url_of)
    assert lines[:3] == ("→ [::1]:9", "Sent from udp://127.0.0.1:9000", "1 message, 100.0 % of all")


def test_it_is_said_what_is_counted() -> None:
    log = CountedLog()
    assert counted_text(log.feed) == "0 messages"
    log.receive(*tagged("i", "f"))
    assert counted_text(log.feed) == "2 messages"
    log.feed.restart(parse_query("type:f").bind(QueryContext(log.store)), 0, None)
    log.receive(*tagged("i"))
    assert counted_text(log.feed) == "1 message of 3 matches the filter"
    log.feed.missed = 1234
    assert counted_text(log.feed).endswith(", 1,234 were gone before they were counted")


def test_it_is_said_what_is_not_shown() -> None:
    what, none = ("address", "addresses"), OtherStatistics(0, 0, 0)
    assert rest_text(what, None, none) == ""
    assert rest_text(what, 500, none) == "only the 500 addresses with the most messages are shown"
    assert rest_text(what, None, OtherStatistics(1, 8, 1)) == "1 message of 1 address beyond the limit"
    assert rest_text(("peer", "peers"), 500, OtherStatistics(5, 8, 2)) == (
        "only the 500 peers with the most messages are shown, 5 messages of 2 peers beyond the limit"
    )
