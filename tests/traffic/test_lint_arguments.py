"""Rules about arguments: odd numbers, padding and excess, of one message and of many of its kind."""

import struct

import pytest

from osc_workbench.osc.packet import OscMessage
from tests.doubles.linted_store import LintedStore
from tests.doubles.traffic import TRUNCATED_FLOAT

SINGLE = {
    "nan": [b"\x7f\xc0\0\0", b"\x7f\x80\0\1", b"\xff\xff\xff\xff"],
    "infinity": [b"\x7f\x80\0\0", b"\xff\x80\0\0"],
    "denormal": [b"\0\0\0\1", b"\x80\0\0\1", b"\0\x7f\xff\xff"],
    "": [b"\0\0\0\0", b"\x80\0\0\0", b"\0\x80\0\0", b"\x7f\x7f\xff\xff", b"\xff\x7f\xff\xff"],
}
DOUBLE = {
    "nan": [b"\x7f\xf8" + bytes(6), b"\xff\xf0" + bytes(5) + b"\1"],
    "infinity": [b"\x7f\xf0" + bytes(6), b"\xff\xf0" + bytes(6)],
    "denormal": [bytes(7) + b"\1", b"\x80\x0f" + b"\xff" * 6],
    "": [bytes(8), b"\0\x10" + bytes(6), b"\x7f\xef" + b"\xff" * 6],
}
# Enough rows to be looked at together.
MANY = 80


@pytest.mark.parametrize("rows", [1, MANY])
@pytest.mark.parametrize(
    ("rule", "tag", "number"),
    [(rule, tag, number) for tag, table in (("f", SINGLE), ("d", DOUBLE)) for rule in table for number in table[rule]],
)
def test_odd_numbers_are_found_and_their_neighbours_are_not(rule: str, tag: str, number: bytes, rows: int) -> None:
    one = struct.pack(">f" if tag == "f" else ">d", 1.0)
    message = b"/level\0\0,s" + tag.encode() + tag.encode() + bytes(4) + b"abc\0" + one + number
    store = LintedStore()
    good = message[: -len(number)] + one
    assert store.look(*[good] * rows, message, *[good] * rows) == [set()] * rows + [{rule} - {""}] + [set()] * rows


def test_odd_numbers_in_arrays_and_several_in_one_message_are_found() -> None:
    message = OscMessage("/a", "i[f[d]]f", (2143289344, (1e-40, (float("-inf"),)), float("nan")))
    assert LintedStore().look(message, *[message] * MANY) == [{"denormal", "infinity", "nan"}] * (MANY + 1)


def test_other_types_with_the_same_bits_are_no_odd_numbers() -> None:
    store = LintedStore()
    odd = b"\x7f\xc0\0\0"
    packets = [b"/a\0\0,i\0\0" + odd, b"/b\0\0,h\0\0" + odd * 2, b"/c\0\0,t\0\0" + odd * 2, b"/d\0\0,r\0\0" + odd]
    assert store.look(*packets) == [set()] * 4


@pytest.mark.parametrize("rows", [1, MANY])
@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (b",s\0\0abc\0", set()),
        (b",s\0\0abcd\0\0\0\0", set()),
        (b",s\0\0a\0\0x", {"bad-padding"}),
        (b",s\0\0abcd\0\0x\0", {"bad-padding"}),
        (b",s\0\0abcd\0", {"bad-padding"}),
        (b",b\0\0\0\0\0\4abcd", set()),
        (b",b\0\0\0\0\0\0", set()),
        (b",b\0\0\0\0\0\1a\0\0\0", set()),
        (b",b\0\0\0\0\0\1a\0\0x", {"bad-padding"}),
        (b",b\0\0\0\0\0\1a", {"bad-padding"}),
        (b",s\0\0abc\0more", {"excess-bytes"}),
        (b",b\0\0\0\0\0\1a\0\0x\0\0\0\0", {"bad-padding", "excess-bytes"}),
        (b",sT\0abc\0", set()),
        (b",i\0\0\0\0\0\1", set()),
        (b",i\0\0\0\0\0\1\0\0\0\0", {"excess-bytes"}),
        (b",i\0\0\0\0\0\1x", {"excess-bytes"}),
        (b",\0\0\0\0\0\0\0", {"excess-bytes"}),
        (b",T\0\0\0", {"excess-bytes"}),
        (b",sX\0a\0\0xmore", {"unknown-type-tag", "bad-padding"}),
    ],
)
def test_padding_must_be_there_and_zero_and_nothing_may_follow(arguments: bytes, rules: set[str], rows: int) -> None:
    assert LintedStore().look(*[b"/a\0\0" + arguments] * rows) == [rules] * rows


@pytest.mark.parametrize("packet", [TRUNCATED_FLOAT, b"", b"/a\0\0,s\0\0abcd", b"Art-Net\0\0\x50", b"#bundle\0\0\0"])
def test_what_cannot_be_decoded_is_malformed_and_nothing_else(packet: bytes) -> None:
    assert LintedStore().look(packet) == [{"malformed"}]


def test_long_reply_is_looked_at_as_a_whole() -> None:
    arguments = ["name", 1, 0.5] * 2000
    good = OscMessage("/g_queryTree.reply", "sif" * 2000, arguments)
    bad = OscMessage("/g_queryTree.reply", "sif" * 2000, [*arguments[:-1], float("nan")])
    found = LintedStore().look(good, bad)
    assert found == [{"oversize-8192"}, {"oversize-8192", "nan"}]
