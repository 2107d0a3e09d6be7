"""Packets made to hurt: each is refused, or read, in a stated time and without growing anything."""

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count

import pytest

from osc_workbench.osc import encoder, header, layout, signature
from osc_workbench.osc.arguments import NESTING_LIMIT
from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, examine_packet, scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import KNOWN_LIMIT, KNOWN_SIZE_LIMIT, MessageHeader
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag

# Far above what any of these packets takes (30 to 100 ms at most), far below what somebody would wait for.
STATED_SECONDS = 10.0
BUNDLE = b"#bundle\0" + bytes(7) + b"\1"
DECODERS: list[Callable[[bytes], object]] = [decode_packet, examine_packet, scan_packet]


def size(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)


def nested_bundles(depth: int) -> bytes:
    heads = []
    length = 8
    for _ in range(depth):
        heads.append(BUNDLE + size(length))
        length += 20
    return b"".join(reversed(heads)) + b"/a\0\0,\0\0\0"


def error_of(data: bytes) -> tuple[str, int]:
    """Return code and offset of the error that every decoder reports within the stated time."""
    errors = set()
    for decode in (decode_packet, examine_packet):
        start = time.perf_counter()
        with pytest.raises(OscDecodeError) as caught:
            decode(data)
        assert time.perf_counter() - start < STATED_SECONDS
        errors.add((caught.value.code, caught.value.offset))
    assert len(errors) == 1
    return errors.pop()


def seconds(data: bytes, tries: int = 3) -> float:
    """Return the time of the slowest decoder, of each the best one."""
    return max(min(_time(decode, data) for _ in range(tries)) for decode in DECODERS)


def _time(decode: Callable[[bytes], object], data: bytes) -> float:
    start = time.perf_counter()
    with suppress(OscDecodeError):
        decode(data)
    return time.perf_counter() - start


def test_the_datagram_that_stops_python_osc_is_refused() -> None:
    # python-osc 1.10.2 and oscpack 1.1.0 loop for ever on an element size of -4.
    assert error_of(bytes.fromhex("2362756e646c65000000000000000001fffffffc")) == ("element-size", 16)


@pytest.mark.parametrize("number", [-(2**31), -4, -1, 0, 1, 9, 2**31 - 1])
def test_impossible_element_sizes_are_refused_after_the_elements_before_them(number: int) -> None:
    data = BUNDLE + size(8) + b"/a\0\0,\0\0\0" + size(number) + (b"" if number == 1 else b"/b\0\0,\0\0\0")
    assert error_of(data) == ("element-size", 28)
    scan = scan_packet(data)
    assert isinstance(scan, BundleScan)
    assert [found.address for found, _, _ in scan.messages] == ["/a"]


@pytest.mark.parametrize("number", [6, 7])
def test_unaligned_element_sizes_are_read_as_they_say_and_reported(number: int) -> None:
    data = BUNDLE + size(number) + b"/a\0\0,\0\0\0"[:number]
    packet, issues = examine_packet(data)
    assert packet == decode_packet(data) == OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a")])
    assert ("unaligned-size", 20) in [(issue.code, issue.offset) for issue in issues]


@pytest.mark.parametrize("number", [-(2**31), -1, 13, 2**31 - 1])
def test_impossible_blob_sizes_are_refused_without_allocating(number: int) -> None:
    assert error_of(b"/a\0\0,b\0\0" + size(number) + bytes(12)) == ("blob-size", 8)
    assert error_of(b"/a\0\0,sb\0x\0\0\0" + size(number) + bytes(12)) == ("blob-size", 12)


def test_a_thousand_zero_sizes_are_refused_in_linear_time() -> None:
    assert error_of(BUNDLE + size(0) * 1000) == ("element-size", 16)
    assert seconds(BUNDLE + size(0) * 16_000) < 20 * seconds(BUNDLE + size(0) * 1000) + 0.001


def test_many_small_elements_are_read_in_linear_time() -> None:
    element = size(8) + b"/a\0\0,\0\0\0"
    assert seconds(BUNDLE + element * 5000) < 50 * seconds(BUNDLE + element * 500) + 0.01


def test_bundles_ten_thousand_deep_are_refused_at_the_limit() -> None:
    assert error_of(nested_bundles(10_000)) == ("too-deep", NESTING_LIMIT * 20)


def test_the_deepest_bundle_allowed_is_read() -> None:
    assert decode_packet(nested_bundles(NESTING_LIMIT)) == examine_packet(nested_bundles(NESTING_LIMIT))[0]
    assert error_of(nested_bundles(NESTING_LIMIT + 1)) == ("too-deep", NESTING_LIMIT * 20)


def test_arrays_thirty_thousand_deep_are_refused_at_the_limit() -> None:
    data = b"/a\0\0," + b"[" * 30_000 + b"]" * 30_000 + b"\0\0\0\0"
    assert error_of(data) == ("too-deep", 5 + NESTING_LIMIT)


@pytest.mark.parametrize(
    ("tags", "code"), [(b"]", "array"), (b"[", "array"), (b"[i", "array"), (b"]" * 30_000, "array")]
)
def test_brackets_that_do_not_match_are_refused(tags: bytes, code: str) -> None:
    assert error_of(b"/a\0\0," + tags + bytes(8))[0] == code


@pytest.mark.parametrize("tag", ["T", "N", "I", "[]"])
def test_sixty_thousand_bytes_of_type_tags_without_data_are_one_message(tag: str) -> None:
    tags = tag * (60_000 // len(tag))
    data = b"/a\0\0," + tags.encode() + bytes(4 - (1 + len(tags)) % 4)
    packet = decode_packet(data)
    assert isinstance(packet, OscMessage)
    assert len(packet.arguments) == 60_000 // len(tag)
    assert seconds(data, tries=1) < STATED_SECONDS


def test_an_address_of_sixty_thousand_bytes_is_read_and_not_remembered() -> None:
    before = len(header.known_messages), len(header.known_headers)
    for text in ("/" + "x" * 60_000, "/a" * 20_000):
        data = encode_packet(OscMessage(text, "i", (1,)))
        for _ in range(10):
            packet, scan = decode_packet(data), scan_packet(data)
            assert isinstance(packet, OscMessage)
            assert isinstance(scan, MessageHeader)
            assert packet.address == scan.address == text
    assert (len(header.known_messages), len(header.known_headers)) == before


def test_packets_beyond_the_size_of_a_datagram_are_read() -> None:
    message = OscMessage("/big", "bi", (bytes(200_000), 1))
    bundle = OscBundle(TimeTag(5), [message, OscMessage("/a", "i", (1,)), message])
    for packet in (message, bundle):
        data = encode_packet(packet)
        for _ in range(5):
            assert decode_packet(data) == packet
            scan_packet(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"#",
        b"#bundle",
        b"#bundle\0",
        b"#bundlX\0" + bytes(8),
        b"GET / HTTP/1.1\r\n\r\n",
        b"Art-Net\0\0\x50\0\x0e",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        bytes(range(256)),
        b",i\0\0\0\0\0\1",
        b"\xff" * 64,
    ],
)
def test_other_protocols_are_refused_with_a_reason(data: bytes) -> None:
    code, offset = error_of(data)
    assert code in ("empty", "not-osc", "truncated", "unterminated")
    assert 0 <= offset <= len(data)


# What is remembered stays bounded, and nothing that is known is forgotten for an address seen once.


def remembered() -> dict[str, int]:
    return {
        "messages": len(header.known_messages),
        "headers": len(header.known_headers),
        "writers": len(encoder._writers),
        "type tags": len(header._signatures),
        "signatures": len(signature._signatures),
        "kept tags": sum(map(len, signature._signatures)),
        "texts": len(signature._texts),
        "layouts": len(layout._layouts),
        "layout messages": sum(len(found[0].messages) for found in layout._layouts.values() if found[0]),
    }


def limits() -> dict[str, int]:
    return {
        "messages": KNOWN_LIMIT,
        "headers": KNOWN_LIMIT,
        "writers": KNOWN_LIMIT,
        "type tags": signature.KEPT_SIGNATURES,
        "signatures": signature.KEPT_SIGNATURES,
        "kept tags": signature._KEPT_TAGS,
        "texts": signature._KEPT_TEXTS,
        "layouts": layout._LAYOUTS_LIMIT,
        "layout messages": layout._MESSAGES_LIMIT,
    }


def flood(datagrams: Iterable[bytes]) -> None:
    for data in datagrams:
        decode_packet(data)
        scan_packet(data)
    limit = limits()
    assert {name: (number, limit[name]) for name, number in remembered().items() if number > limit[name]} == {}


def test_ever_new_addresses_do_not_grow_what_is_remembered() -> None:
    flood(b"/%010d\0,i\0\0\0\0\0\1" % number for number in range(140_000))
    assert len(header.known_messages) > 0
    assert len(header.known_headers) > 0


def test_ever_new_long_addresses_do_not_grow_what_is_remembered() -> None:
    flood(b"/%0*d\0,i\0\0\0\0\0\1" % (KNOWN_SIZE_LIMIT - 6, number) for number in range(4000))
    before = len(header.known_messages)
    assert before > 0
    flood(b"/%0*d\0,i\0\0\0\0\0\1" % (59_998, number) for number in range(400))
    assert len(header.known_messages) == before


def test_ever_new_address_lengths_do_not_grow_what_is_remembered() -> None:
    flood(b"/" + b"x" * (4 * number + 2) + b"\0,isT\0\0\0\0\0\0\1x\0\0\0" for number in range(4000))
    kept = signature._signatures["isT"]
    assert len(kept.readers) <= signature._KEPT_POSITIONS
    assert len(kept._measurers) <= signature._KEPT_POSITIONS


def type_tags(length: int, letters: str) -> Iterable[str]:
    """Yield ever new type tags."""
    for number in count():
        digits = ""
        while number:
            number, digit = divmod(number, len(letters))
            digits += letters[digit]
        yield digits.ljust(length, letters[0])


@pytest.mark.parametrize(
    ("length", "letters", "number"), [(12, "iT", 4000), (40, "is", 4000), (1000, "sb", 150), (16_000, "si", 12)]
)
def test_ever_new_type_tags_do_not_grow_what_is_remembered(length: int, letters: str, number: int) -> None:
    def datagrams() -> Iterable[bytes]:
        for _, tags in zip(range(number), type_tags(length, letters), strict=False):
            yield b"/a\0\0," + tags.encode() + bytes(4 - (1 + len(tags)) % 4) + bytes(4 * len(tags.replace("T", "")))

    flood(datagrams())


def test_ever_new_texts_do_not_grow_what_is_remembered() -> None:
    flood(encode_packet(OscMessage("/a", "s" * 50, [f"{number}.{n}" for n in range(50)])) for number in range(400))
    flood(encode_packet(OscMessage("/a", "s" * 50, [f"{number:900}"] * 50)) for number in range(50))
    assert max(map(len, signature._texts)) <= signature._KEPT_TEXT_SIZE


def test_ever_new_bundle_layouts_do_not_grow_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    # An eighth of the limits, because filling them takes ten seconds.
    monkeypatch.setattr(layout, "_LAYOUTS_LIMIT", layout._LAYOUTS_LIMIT // 8)
    monkeypatch.setattr(layout, "_MESSAGES_LIMIT", layout._MESSAGES_LIMIT // 8)
    element = size(12) + b"/a\0\0,i\0\0\0\0\0\1"
    largest = layout._MESSAGES_LIMIT // 8
    # Many small ones, some of every size, and as large ones as are remembered and larger.
    for sizes in (range(1, 100), range(1, 200), range(largest - 10, largest + 10)):
        for _ in range(2):
            flood(BUNDLE + element * number for number in sizes)
    assert max(len(found[0].messages) for found in layout._layouts.values() if found[0]) <= largest


def test_what_is_remembered_takes_the_memory_it_is_said_to_take() -> None:
    for number in range(140_000):
        scan_packet(b"/%010d\0,i\0\0\0\0\0\1" % number)
    raw = sum(sys.getsizeof(key) for key in header.known_headers._values)
    assert raw <= KNOWN_LIMIT * (KNOWN_SIZE_LIMIT + 40)


def test_code_is_generated_again_once_everything_was_forgotten() -> None:
    flood(b"/a\0\0,%s\0\0\0\0" % tags.encode() for _, tags in zip(range(5000), type_tags(15, "TFN"), strict=False))
    assert signature._generated <= signature._GENERATED_LIMIT
