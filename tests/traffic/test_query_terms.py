"""What each term finds and what it only just does not."""

import math

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_terms import TERMS
from tests.doubles.queried_log import QueriedLog
from tests.doubles.traffic import START_NS, TRUNCATED_FLOAT

_MS = 1_000_000


def _matching(text: str, *packets: bytes | OscPacket, headers: int = 1000) -> list[int]:
    log = QueriedLog(headers=headers)
    log.receive(*packets)
    return log.matching(text)


def _of(*type_tags_and_values: object, address: str | int = "/a") -> OscMessage:
    type_tags, *values = type_tags_and_values
    return OscMessage(address, str(type_tags), values)


def _at(*addresses: str | int) -> list[OscMessage]:
    return [OscMessage(address) for address in addresses]


def _late(late_ns: int, *elements: OscPacket) -> OscBundle:
    """Return a bundle that is so late if it is the first of a log."""
    return OscBundle(TimeTag.from_unix_ns(START_NS - late_ns), elements)


# Addresses.


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("/synth", [0, 1, 3]),
        ("FREQ", [0, 3, 4]),
        ('"/synth/*"', []),
        ("/synth/*/freq", [0, 3]),
        ("/synth/*", []),
        ("/synth/**", [0, 1, 3]),
        ("//freq", [0, 3]),
        ("/synth/[12]/freq", [0]),
        ("/synth/[!2-9]0/freq", [3]),
        ("/synth/?/{freq,amp}", [0, 1]),
        ("address:/synth/1/freq", [0]),
        ("address=/synth/1", []),
        ("address:freq", []),
        ("address~freq", [0, 3, 4]),
        ("address~/[0-9]+.freq$/", [0, 3]),
        ("address~/^.synth/", [0, 1, 3]),
        ('""', [0, 1, 2, 3, 4]),
    ],
)
def test_addresses_are_found_by_part_pattern_and_expression(text: str, matching: list[int]) -> None:
    packets = _at("/synth/1/freq", "/synth/2/amp", "/bus/1", "/synth/10/freq", "/other/Freq")
    assert _matching(text, *packets, TRUNCATED_FLOAT[:5]) == matching


def test_command_number_is_found_by_number_and_name() -> None:
    packets = _at(9, "/s_new", 15)
    assert _matching("address:/s_new", *packets) == [0, 1]
    assert _matching("/s_*", *packets) == [0, 1]
    assert _matching("address:9", *packets) == [0]
    assert _matching("s_n", *packets) == [0, 1]


def test_malformed_message_has_an_address_if_that_could_be_read() -> None:
    assert _matching("address:/a", b"/a\0\0,s\0\0open", b"/a", OscMessage("/a")) == [0, 2]


# Types.


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("type:if", [0]),
        ("type:,if", [0]),
        ("type:i?", [0, 1]),
        ("type:*f", [0, 2]),
        ("type:F", [3]),
        ("type:", [4]),
        ("type:,", [4]),
        ("type:none", [5]),
        ("type:[i[s]]", [6]),
        ("type:[*", [6]),
        ("type:*", [0, 1, 2, 3, 4, 6, 7]),
        ("type:?", [2, 3, 7]),
        ("has:bool", [3]),
        ("has:array", [6]),
        ("has:text", [1, 6]),
        ("has:float", [0, 2]),
    ],
)
def test_types_are_found_by_their_tags(text: str, matching: list[int]) -> None:
    packets = [
        _of("if", 1, 0.5), _of("is", 1, "f"), _of("f", 0.5), _of("F", False), _of(""),
        b"/old\0\0\0\0\0\0\0\1", _of("[i[s]]", (1, ("f",))), b"/odd\0\0\0\0,\xff\0\0",
    ]  # fmt: skip
    assert _matching(text, *packets) == matching


# Circumstances.


def test_direction_sides_and_endpoint_come_from_the_link() -> None:
    log = QueriedLog()
    # In from 127.0.0.1:50000, out to 192.168.1.20:9000, and in from a peer that found no place.
    for link in (0, 3, 6):
        log.receive(OscMessage("/a"), link=link)
    # In from fe80::1 port 57120 to [::1]:57120, by TCP.
    log.receive(OscMessage("/a"), link=12)
    expected = {
        "dir:in": [0, 2, 3],
        "dir:OUT": [1],
        "src:127.0.0.1:50000": [0],
        "src:50000": [0],
        "src:127.0.0.1": [0, 1],
        "src:127.0.0.1:9000": [1],
        "dst:9000": [0, 1, 2],
        "dst:192.168.*": [1],
        "dst:192.168.?.20:9000": [1],
        "dst:192.168.1.2": [],
        "peer:192.168.*:9000": [1],
        "peer:*": [0, 1, 3],
        "peer:fe80::1": [3],
        "peer:[fe80::1]": [3],
        "peer:[FE80::1]:57120": [3],
        "peer:fe80::2": [],
        "dst:[::1]:57120": [3],
        "endpoint:tcp": [3],
        "endpoint:UDP": [0, 1, 2],
        "endpoint:5712?": [3],
        "endpoint:udp*57120": [],
    }
    assert {text: log.matching(text) for text in expected} == expected


def test_sizes_are_those_of_message_and_packet() -> None:
    # 12 bytes alone; twice 12 + 4 in a bundle of 16 + 32.
    packets = [_of("i", 1), OscBundle(TimeTag(1), (_of("i", 1), _of("i", 1))), OscBundle(TimeTag(1))]
    assert _matching("size=12", *packets) == [0, 1, 2]
    assert _matching("size<12", *packets) == [3]
    assert _matching("packet=12", *packets) == [0]
    assert _matching("packet>=48", *packets) == [1, 2]
    assert _matching("packet=0x10", *packets) == [3]


def test_faults_bundles_and_marks_are_flags() -> None:
    log = QueriedLog()
    log.receive(TRUNCATED_FLOAT, OscBundle(TimeTag(1), (_of(""),)), _of(""), b"/bundle\0,\0\0\0")
    log.marks.set(2, "A Glitch")
    log.marks.set(3)
    expected = {
        "error": [0],
        "in:bundle": [1],
        "marked": [2, 3],
        "comment~glitch": [2],
        "comment:glitches": [],
        "lint": [0, 3],
        "lint:malformed": [0],
        "lint:type-flip": [3],
        "lint:error": [0],
        "lint:warning": [3],
        "lint:info": [],
        "number:2..3": [1, 2],
        "number>3": [3],
        "number<2": [0],
        "number:4": [3],
    }
    assert {text: log.matching(text) for text in expected} == expected


# Time.


def test_lateness_is_that_of_the_innermost_bundle() -> None:
    inner = _late(2 * _MS, _of("i", 1), _of("i", 2))
    packets = [_late(50 * _MS, _of("i", 0), inner, _of("i", 3)), _of("i", 4)]
    assert _matching("late>5ms", *packets) == [0, 3]
    assert _matching("late<5ms", *packets) == [1, 2]
    assert _matching("late=2ms", *packets) == [1, 2]
    assert _matching("late==50000us", *packets) == [0, 3]


def test_times_that_mean_no_time_are_neither_late_nor_early() -> None:
    packets = [OscBundle(TimeTag(0), (_of(""),)), OscBundle(TimeTag(1), (_of(""),)), _late(-3000 * _MS, _of(""))]
    assert _matching("late<1h", *packets) == [2]
    assert _matching("early>1s", *packets) == [2]
    assert _matching("early>3.5s", *packets) == []


def test_lateness_of_what_could_not_be_read_is_that_of_the_whole_bundle() -> None:
    inner = OscBundle(TimeTag.from_unix_ns(START_NS - 2 * _MS), (_of("i", 1),))
    cut = encode_packet(inner) + b"\0\0\0\x08/a\0\0,i\0\0"
    size = len(cut).to_bytes(4, "big")
    outer = encode_packet(_late(50 * _MS, _of("i", 0))) + size + cut
    log = QueriedLog()
    log.receive(outer)
    assert [record.is_malformed for record in log.records] == [False, False, True]
    assert log.matching("late=2ms") == [1]
    assert log.matching("late=50ms") == [0, 2]


def test_durations_are_exact_to_the_nanosecond() -> None:
    tag = TimeTag.from_unix_ns(START_NS - 1_001_000)
    late_ns = START_NS - tag.to_unix_ns(START_NS)
    assert late_ns == 1_001_000
    assert _matching("late=1.001ms", OscBundle(tag, (_of(""),))) == [0]
    assert _matching("late=1001us", OscBundle(tag, (_of(""),))) == [0]


# What came before.


def test_first_and_other_messages_of_an_address_are_changed() -> None:
    packets = [_of("i", 1), _of("i", 1), _of("f", 1.0), _of("i", 1, address="/b"), _of("f", 1.0), b"/a", _of("i", 2)]
    assert _matching("changed", *packets) == [0, 2, 3, 6]
    assert _matching("changed arg[0]=2", *packets) == [6]
    assert _matching("-changed", *packets) == [1, 4, 5]


def test_rate_counts_the_second_up_to_a_message() -> None:
    log = QueriedLog()
    log.receive(*[_of("i", number) for number in range(25)], step_ns=100 * _MS)
    assert log.matching("rate>=10") == list(range(9, 25))
    assert log.matching("rate>10") == []
    log.receive(_of("i", 1, address="/b"))
    assert log.matching("rate=1") == [0, 25]


# Rows whose header found no place.


def test_messages_without_a_place_in_the_table_are_found_by_all_that_concerns_them_alone() -> None:
    packets = [_of("i", number, address=f"/n/{number}") for number in range(9)]
    bundle = _late(50 * _MS, _of("sf", "world", 0.5, address="/n/9"))
    for text, matching in {
        "/n/*": list(range(10)),
        "address:/n/8": [8],
        "type:i": list(range(9)),
        "any>=7": [7, 8],
        "arg[0]~orl": [9],
        "late>5ms": [9],
        "size=16": list(range(9)),
        'bytes:"2f 38 00 00"': [8],
        "has:float": [9],
        "-/n/3 -in:bundle": [0, 1, 2, 4, 5, 6, 7, 8],
        "(/n/1 or any=8) dir:in": [1, 8],
    }.items():
        assert _matching(text, *packets, bundle, headers=3) == matching, text


# The table.

_EXAMPLES: dict[str, tuple[list[bytes | OscPacket], list[int]]] = {
    "address:/synth/*/freq": ([*_at("/synth/1/freq", "/synth/1")], [0]),
    "type:if": ([_of("if", 1, 0.5), _of("fi", 0.5, 1)], [0]),
    "dir:out": ([_of("")], []),
    "src:127.0.0.1:57120": ([_of("")], []),
    "dst:9000": ([_of("")], [0]),
    "peer:192.168.*": ([_of("")], []),
    "endpoint:tcp": ([_of("")], []),
    "arg[0]>0.5": ([_of("f", 0.6), _of("f", 0.5)], [0]),
    "any>1e6": ([_of("si", "x", 1_000_001), _of("i", 1_000_000)], [0]),
    "has:nan": ([_of("f", math.nan), _of("f", 0.0)], [0]),
    "late>5ms": ([_late(6 * _MS, _of("")), _late(4 * _MS, _of(""))], [0]),
    "early>1s": ([_late(-1001 * _MS, _of("")), _late(-1000 * _MS, _of(""))], [0]),
    "size>1000": ([_of("b", bytes(1000)), _of("b", bytes(980))], [0]),
    "packet>1240": ([OscBundle(TimeTag(1), [_of("b", bytes(700))] * 2), _of("b", bytes(1200))], [0, 1]),
    "rate>100": ([_of("")] * 102, [100, 101]),
    "/fader changed": ([_of("f", 0.5, address="/fader")] * 2, [0]),
    "error": ([TRUNCATED_FLOAT, _of("")], [0]),
    "lint:nan": ([_of("")] * 30, [9]),
    "in:bundle": ([OscBundle(TimeTag(1), (_of(""),)), _of("")], [0]),
    "marked": ([_of(""), _of("")], [1]),
    "comment~glitch": ([_of(""), _of("")], [1]),
    "t:12.5..14": ([_of("")], []),
    "number:100..200": ([_of("")] * 101, [99, 100]),
    'bytes:"2f 66"': ([_of("", address="/f"), _of("")], [0]),
}


def test_every_term_of_the_table_has_an_example_that_is_tested_here() -> None:
    assert [term.example for term in TERMS] == list(_EXAMPLES)


@pytest.mark.parametrize("text", _EXAMPLES)
def test_example_finds_what_the_help_says(text: str) -> None:
    packets, matching = _EXAMPLES[text]
    log = QueriedLog()
    log.receive(*packets)
    log.marks.set(1, "a glitch")
    assert log.matching(text) == matching


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.code)
def test_every_value_that_is_offered_can_be_asked(term: object) -> None:
    for value in term.values:  # type: ignore[attr-defined]  # a Term
        text = f"{term.code}:{value}"  # type: ignore[attr-defined]  # a Term
        assert parse_query(text).explain().startswith("Messages where ")
