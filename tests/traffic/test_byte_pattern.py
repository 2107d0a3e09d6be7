import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.errors import NotationError
from osc_workbench.traffic.byte_pattern import _BLOCK, HITS_LIMIT, LENGTH_LIMIT, BytePattern, parse_byte_pattern


def pattern_of(data: bytes) -> BytePattern:
    return BytePattern(tuple(data))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2f 66", b"/f"),
        ("2f66", b"/f"),
        ("0x2f66", b"/f"),
        ("0X2F 0x66", b"/f"),
        (" 2f\t66\n", b"/f"),
        ('"/freq"', b"/freq"),
        ('"ä"', b"\xc3\xa4"),
        (r'"a\"b\x00\xff"', b'a"b\0\xff'),
        ('2f"ab"00', b"/ab\0"),
        ("i:440", bytes.fromhex("000001b8")),
        ("i:-1", b"\xff" * 4),
        ("i:0x7fffffff", bytes.fromhex("7fffffff")),
        ("h:-2", bytes.fromhex("fffffffffffffffe")),
        ("f:0.5", bytes.fromhex("3f000000")),
        ("f:1", bytes.fromhex("3f800000")),
        ("f:nan:0x7fc00001", bytes.fromhex("7fc00001")),
        ("f:-inf", bytes.fromhex("ff800000")),
        ("d:1e-7", struct.pack(">d", 1e-7)),
        ('i:1"a"', b"\0\0\0\1a"),
    ],
)
def test_each_form_stands_for_its_bytes(text: str, expected: bytes) -> None:
    assert parse_byte_pattern(text) == pattern_of(expected)


def test_question_marks_are_any_byte() -> None:
    assert parse_byte_pattern("2f????66 ??").octets == (0x2F, None, None, 0x66, None)


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("", 1, "nothing to search for"),
        ("  ", 1, "nothing to search for"),
        ('""', 1, "nothing to search for"),
        ("2f 6", 4, "half a byte"),
        ("2f6", 3, "half a byte"),
        ("2f ?", 4, "half a byte"),
        ("2?", 1, "'2?' cannot be read"),
        ("2f 66 /f", 7, "'/f' cannot be read"),
        ("2f٣٣", 3, "cannot be read"),
        ("0x", 1, "hex digits must follow 0x"),
        ("0x2g", 3, "'2g' cannot be read"),
        ('2f "abc', 4, "the quote is not closed"),
        (r'"a\qb"', 3, r"\q is no escape"),
        (r'"\ud800"', 1, "surrogate"),
        ("i:", 3, "i: needs an integer of 32 bits, for instance i:440"),
        ("2f i:0.5", 6, "i: needs an integer of 32 bits, for instance i:440, not '0.5'"),
        ("i:2147483648", 3, "does not fit into 32 bits"),
        ("h:9223372036854775808", 3, "does not fit into 64 bits"),
        ("f:1e39", 3, "out of the range of float32"),
        ("f:abc", 3, "f: needs a number"),
        # A number of hundreds of hex digits is too large for any float.
        ("d:0x" + "f" * 400, 3, "d: needs a number"),
        ("s:abc", 1, "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int, part: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_byte_pattern(text)
    assert isinstance(raised.value, NotationError)
    assert raised.value.column == column
    assert part in str(raised.value)
    assert len(str(raised.value)) < 120


@settings(deadline=None, database=None)
@given(st.text('0123456789abfx?"\\ ihfd:.-+en/\ud800\u00e4', max_size=30))
def test_any_text_is_a_pattern_or_a_mistake_within_it(text: str) -> None:
    try:
        length, column = parse_byte_pattern(text).length, 1
    except NotationError as error:
        length, column = 1, error.column
    assert 1 <= length <= LENGTH_LIMIT
    assert 1 <= column <= len(text) + 1


def test_a_pattern_has_a_longest_length() -> None:
    assert parse_byte_pattern("2f" * LENGTH_LIMIT).length == LENGTH_LIMIT
    with pytest.raises(NotationError, match="column 1026: here the pattern becomes longer than 1,024 bytes"):
        parse_byte_pattern('"' + "a" * (LENGTH_LIMIT - 1) + '"0000')
    for octets in ((), (0,) * (LENGTH_LIMIT + 1)):
        with pytest.raises(ValueError):
            BytePattern(octets)


def test_hits_may_overlap() -> None:
    assert pattern_of(b"aa").find_all(b"aaaa") == [0, 1, 2]
    assert parse_byte_pattern('"a"??"a"').find_all(b"abaca") == [0, 2]


def test_hits_at_both_ends_are_found() -> None:
    assert pattern_of(b"ab").find_all(b"ab..ab") == [0, 4]
    assert parse_byte_pattern("?? 62 ??").find_all(b"ab") == []
    assert parse_byte_pattern("?? 62 ??").find_all(b"abc") == [0]


def test_any_bytes_alone_are_everywhere() -> None:
    assert parse_byte_pattern("?? ??").find_all(b"abcd") == [0, 1, 2]
    assert parse_byte_pattern("?? ??").find_all(b"a") == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, 50, 400])
def test_the_same_is_found_as_by_comparing_at_every_offset(size: int) -> None:
    rng = random.Random(size)
    for _ in range(40):
        data = bytes(rng.choices(b"ab\0", k=size))
        octets = tuple(rng.choices((0x61, 0x62, 0, None), k=rng.randint(1, 5)))
        expected = [
            start
            for start in range(size - len(octets) + 1)
            if all(octet in (None, data[start + place]) for place, octet in enumerate(octets))
        ]
        assert BytePattern(octets).find_all(data) == expected


def test_hits_are_found_across_the_blocks_that_are_searched_at_once() -> None:
    data = bytearray(2 * _BLOCK + 10)
    places = [0, _BLOCK - 2, _BLOCK + 1, 2 * _BLOCK - 1, 2 * _BLOCK + 6]
    for place in places:
        data[place : place + 4] = b"abcd"
    places.remove(_BLOCK - 2)
    data[_BLOCK - 2 : _BLOCK + 1] = b"abc"
    assert parse_byte_pattern("61 ?? 63 64").find_all(bytes(data)) == places
    assert pattern_of(b"abc").find_all(bytes(data)) == sorted([*places, _BLOCK - 2])


def test_only_so_many_hits_are_returned() -> None:
    data = bytes(3 * _BLOCK)
    assert pattern_of(b"\0").find_all(data) == list(range(HITS_LIMIT))
    assert pattern_of(b"\0").find_all(data, 3) == [0, 1, 2]


def test_a_search_that_almost_succeeds_everywhere_ends_soon() -> None:
    # Both stretches occur, but never side by side; a search that starts over at each byte would take minutes.
    almost = (0,) * (LENGTH_LIMIT // 2) + (None,) + (0,) * (LENGTH_LIMIT // 2 - 2) + (1,)
    data = bytes(400_000) + b"\1" + bytes(LENGTH_LIMIT)
    assert BytePattern(almost).find_all(data) == [400_001 - LENGTH_LIMIT]
