"""What terms about arguments find: numbers in their own precision, texts in any bytes, words, arrays."""

import math

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.queried_log import QueriedLog
from tests.doubles.traffic import TRUNCATED_FLOAT


def _matching(text: str, *packets: bytes | OscPacket) -> list[int]:
    log = QueriedLog()
    log.receive(*packets)
    return log.matching(text)


def _of(type_tags: str, *values: object) -> OscMessage:
    return OscMessage("/a", type_tags, values)


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("arg[0]>5", [1, 3, 4]),
        ("arg[0]>=5", [0, 1, 3, 4, 5]),
        ("arg[0]=5", [0, 5]),
        ("arg[0]==5.0", [0, 5]),
        ("arg[0]!=5", [1, 2, 3, 4, 7]),
        ("arg[0]<5.5", [0, 2, 5]),
        ("arg[0] < 5.5", [0, 2, 5]),
        ("arg[1]=5", [6]),
        ("any=5", [0, 5, 6]),
        ("arg=5", [0, 5, 6]),
        ("arg[2]=5", []),
        ("any!=5", [1, 2, 3, 4, 7]),
        ("any=inf", [4]),
        ("any<inf", [0, 1, 2, 3, 5, 6]),
        ('any="5"', [6]),
        ("any=0x5", [0, 5, 6]),
    ],
)
def test_numbers_are_compared_and_nothing_else_is(text: str, matching: list[int]) -> None:
    packets = [
        _of("i", 5), _of("i", 6), _of("f", -1.0), _of("h", 2**60), _of("d", math.inf), _of("f", 5.0),
        _of("si", "5", 5), _of("f", math.nan), _of("T", True), _of("c", 5), _of("t", TimeTag(5)), TRUNCATED_FLOAT,
    ]  # fmt: skip
    assert _matching(text, *packets) == matching


def test_whole_numbers_are_exact_beyond_what_floats_hold() -> None:
    packets = [_of("h", 2**53), _of("h", 2**53 + 1), _of("h", 2**63 - 1), _of("h", -(2**63))]
    assert _matching("any=9007199254740993", *packets) == [1]
    assert _matching("any>9007199254740992", *packets) == [1, 2]
    assert _matching("any<=9007199254740992.5", *packets) == [0, 3]
    assert _matching("any>9223372036854775807", *packets) == []
    assert _matching("any<-9223372036854775807", *packets) == [3]
    assert _matching("any<99999999999999999999", *packets) == [0, 1, 2, 3]


def test_floats_are_compared_in_their_own_precision() -> None:
    packets = [_of("f", 0.1), _of("d", 0.1), _of("d", float.fromhex("0x1.99999ap-4"))]
    assert _matching("any=0.1", *packets) == [0, 1]
    assert _matching("any>0.1", *packets) == [2]
    assert _matching("any!=0.1", *packets) == [2]


def test_numbers_beyond_a_type_are_larger_than_all_it_holds_but_infinity() -> None:
    packets = [_of("f", 3e38), _of("f", math.inf), _of("f", -math.inf), _of("f", math.nan), _of("d", 2e39)]
    assert _matching("any>1e39", *packets) == [1, 4]
    assert _matching("any<=1e39", *packets) == [0, 2]
    assert _matching("any>-1e39", *packets) == [0, 1, 4]
    assert _matching("any<-1e39", *packets) == [2]
    assert _matching("any!=1e39", *packets) == [0, 1, 2, 3, 4]
    assert _matching("any<1" + "0" * 350, *packets) == [0, 2, 4]


def test_kinds_of_floats_are_told_apart() -> None:
    packets = [
        _of("f", math.nan),
        _of("d", -math.inf),
        _of("f", 1e-40),
        _of("d", 1e-40),
        _of("d", 5e-324),
        _of("f", 0.0),
    ]
    assert _matching("has:nan", *packets) == [0]
    assert _matching("has:inf", *packets) == [1]
    assert _matching("has:denormal", *packets) == [2, 4]


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ('arg[0]="say \\"x\\""', [0]),
        ('arg[0]!="world"', [0, 1, 3, 4, 6]),
        ("arg~WORLD", [1, 2, 3]),
        ('any~"o w"', [1]),
        ("arg[1]~world", [3]),
        ("any=world", [2, 3]),
        ("any~/^wor/", [2, 3]),
        ("any~/[Hh]ello World$/", [1]),
        ("any~/é$/", [4]),
        ("any~é", [4]),
        ("any~É", []),
        ('any~"a\udcff"', [5]),
        ('any~"wor\0"', []),
        ('any=""', [4, 5]),
        ('any~""', [0, 1, 2, 3, 4, 5, 6]),
        ('any~"a text that is longer than those that are found at once"', [6]),
        ('any~"A text that is longer than those that are found, never"', []),
    ],
)
def test_texts_are_found_whole_in_part_and_by_expression(text: str, matching: list[int]) -> None:
    packets = [
        _of("s", 'say "x"'), _of("s", "Hello World"), _of("S", "world"), _of("ss", "wor", "world"),
        _of("ss", "café", ""), _of("iss", 1, "a\udcff", ""),
        _of("s", "This is a text that is longer than those that are found at once."), _of("b", b"world"),
    ]  # fmt: skip
    assert _matching(text, *packets) == matching


def test_texts_are_found_in_front_of_what_could_not_be_read() -> None:
    cut = encode_packet(OscBundle(TimeTag(1), (_of("s", "hello world"), _of("s", "a text")))) + b"\0\0\0\x09/"
    # Of each bundle two rows are messages, and one stands for the rest.
    assert _matching("any~world", *[cut] * 20) == list(range(0, 60, 3))
    assert _matching("any~text", *[cut] * 20) == list(range(1, 60, 3))
    assert _matching("any=world", *[cut] * 20) == []


def test_words_stand_for_values_without_bytes() -> None:
    packets = [_of("T", True), _of("F", False), _of("iN", 1, None), _of("s", "true"), _of("i", 1)]
    assert _matching("any=true", *packets) == [0]
    assert _matching("any!=true", *packets) == [1, 2]
    assert _matching("arg[1]=nil", *packets) == [2]
    assert _matching('any="true"', *packets) == [3]


def test_arguments_of_an_array_stand_at_the_place_of_the_array() -> None:
    packets = [_of("i[if]s", 1, (2, 3.0), "x"), _of("iif", 1, 2, 3.0)]
    assert _matching("arg[1]=3", *packets) == [0]
    assert _matching("arg[2]=3", *packets) == [1]
    assert _matching("arg[2]=x", *packets) == [0]


def test_arguments_stop_at_an_unknown_type() -> None:
    unknown = b"/a\0\0,iXf\0\0\0\0\0\0\0\5\x40\xa0\0\0"
    assert _matching("arg[0]=5", unknown) == [0]
    assert _matching("arg[2]=5", unknown) == []


def test_messages_of_odd_sizes_are_read_as_the_decoder_reads_them() -> None:
    odd = b"/odd\0\0\0\0,s\0\0x\0"
    # All that come behind it lie off the word in memory.
    packets = [odd, _of("if", 5, 0.5), _of("s", "world"), _of("i", 5)]
    assert _matching("arg[0]=x", *packets) == [0]
    assert _matching("any=5", *packets) == [1, 3]
    assert _matching("any~orl", *packets) == [2]
    assert _matching("size=14", *packets) == [0]
