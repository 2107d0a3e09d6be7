import struct
from typing import Any

import pytest

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, examine_packet, scan_packet
from osc_workbench.osc.dissection import dissect_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.osc.samples import EVERY_TAG, LONG_REPLY, NESTED_BUNDLE, REAL_PACKETS, SPECIFICATION_EXAMPLES


def decoded_message(data: bytes) -> OscMessage:
    packet = decode_packet(data)
    assert isinstance(packet, OscMessage)
    return packet


def outcome(data: bytes) -> tuple[str, int] | OscPacket:
    """Return the packet, or code and offset of the error."""
    try:
        return decode_packet(data)
    except OscDecodeError as error:
        return error.code, error.offset


def issues(data: bytes) -> list[tuple[str, int]]:
    return [(issue.code, issue.offset) for issue in examine_packet(data)[1]]


# What the specification says.


@pytest.mark.parametrize(("message", "data"), SPECIFICATION_EXAMPLES)
def test_examples_of_the_specification(message: OscMessage, data: str) -> None:
    assert encode_packet(message).hex() == data
    assert decode_packet(bytes.fromhex(data)) == message
    assert issues(bytes.fromhex(data)) == []


@pytest.mark.parametrize(
    ("tag", "value", "data"),
    [
        ("i", -2, "fffffffe"),
        ("f", 0.5, "3f000000"),
        ("s", "OSC", "4f534300"),
        ("s", "data", "6461746100000000"),
        ("s", "", "00000000"),
        ("b", b"abcde", "000000056162636465000000"),
        ("b", b"abcd", "0000000461626364"),
        ("b", b"", "00000000"),
        ("h", -2, "fffffffffffffffe"),
        ("t", TimeTag(0x0123456789ABCDEF), "0123456789abcdef"),
        ("d", 0.5, "3fe0000000000000"),
        ("S", "sym", "73796d00"),
        ("c", 97, "00000061"),
        ("c", -1, "ffffffff"),
        ("r", Rgba(1, 2, 3, 4), "01020304"),
        ("m", MidiMessage(0, 0x90, 60, 100), "00903c64"),
        ("T", True, ""),
        ("F", False, ""),
        ("N", None, ""),
        ("I", INFINITUM, ""),
    ],
)
def test_every_type_tag_is_laid_out_as_specified(tag: str, value: Any, data: str) -> None:
    wire = b"/a\0\0," + tag.encode() + b"\0\0" + bytes.fromhex(data)
    message = OscMessage("/a", tag, (value,))
    assert encode_packet(message) == wire
    assert decode_packet(wire) == message
    assert type(decoded_message(wire).arguments[0]) is type(value)


def test_arrays_nest() -> None:
    message = OscMessage("/a", "[[i]s[]]f[T]", (((1,), "x", ()), 0.5, (True,)))
    wire = bytes.fromhex("2f6100002c5b5b695d735b5d5d665b545d00000000000001780000003f000000")
    assert encode_packet(message) == wire
    assert decode_packet(wire) == message


def test_bundles_nest() -> None:
    inner = OscBundle(TimeTag(2), [OscMessage("/b", "i", (1,))])
    bundle = OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a"), inner])
    wire = bytes.fromhex(
        "2362756e646c650000000000000000010000000" + "82f6100002c000000"
        "000000202362756e646c65000000000000000002" + "0000000c2f6200002c69000000000001"
    )
    assert encode_packet(bundle) == wire
    assert decode_packet(wire) == bundle


def test_empty_bundle_is_sixteen_bytes() -> None:
    bundle = OscBundle(TimeTag(0xE1F2A3B400000000))
    assert encode_packet(bundle).hex() == "2362756e646c6500e1f2a3b400000000"
    assert decode_packet(encode_packet(bundle)) == bundle


def test_a_message_without_arguments_still_has_a_type_tag_string() -> None:
    assert encode_packet(OscMessage("/a")) == b"/a\0\0,\0\0\0"


def test_a_character_may_be_given_as_text() -> None:
    assert encode_packet(OscMessage("/a", "c", ("a",))) == encode_packet(OscMessage("/a", "c", (97,)))
    assert encode_packet(OscMessage("/a", "c", ("\U0001f3b5",)))[-4:].hex() == "0001f3b5"


# The semantics that DESIGN settles.


def test_missing_type_tags_are_accepted_and_reported() -> None:
    assert decode_packet(b"/status\0") == OscMessage("/status", None)
    assert issues(b"/status\0") == [("missing-type-tags", 8)]
    with_data = b"/old\0\0\0\0\0\0\0\7"
    assert decode_packet(with_data) == OscMessage("/old", None, (), b"\0\0\0\7")
    assert encode_packet(decode_packet(with_data)) == with_data


def test_time_tag_zero_decodes_as_itself_and_is_reported() -> None:
    wire = b"#bundle\0" + bytes(8)
    assert decode_packet(wire) == OscBundle(TimeTag(0))
    assert issues(wire) == [("zero-time-tag", 8)]


@pytest.mark.parametrize("value", [0, 1, 2, 0x7FFFFFFF_FFFFFFFF, 0x80000000_00000000, 0xFFFFFFFF_FFFFFFFF])
def test_time_tags_are_bit_exact(value: int) -> None:
    bundle = OscBundle(TimeTag(value), [OscMessage("/a", "t", (TimeTag(value),))])
    assert decode_packet(encode_packet(bundle)) == bundle


def test_smallest_int32_is_an_i() -> None:
    assert OscMessage.of("/a", -(2**31)).type_tags == "i"
    assert encode_packet(OscMessage.of("/a", -(2**31)))[-4:].hex() == "80000000"


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1])
def test_64_bit_integers_are_exact(value: int) -> None:
    message = OscMessage("/a", "h", (value,))
    assert decode_packet(encode_packet(message)) == message


def test_bytes_that_are_not_utf8_are_kept_and_reported() -> None:
    wire = b"/a\xff\0,s\0\0ab\xc3\0"
    message = decoded_message(wire)
    assert message == OscMessage("/a\udcff", "s", ("ab\udcc3",))
    assert encode_packet(message) == wire
    assert issues(wire) == [("invalid-utf8", 2), ("invalid-utf8", 10)]


def test_a_blob_that_is_itself_osc_stays_bytes() -> None:
    inner = encode_packet(OscMessage("/s_new", "s", ("default",)))
    assert decoded_message(encode_packet(OscMessage("/d_recv", "b", (inner,)))).arguments == (inner,)


def test_an_unknown_type_tag_ends_the_arguments() -> None:
    wire = b"/a\0\0,i?f\0\0\0\0" + b"\0\0\0\1" + b"\0\0\0\2" + b"\x3f\0\0\0"
    assert decode_packet(wire) == OscMessage("/a", "i?f", (1,), b"\0\0\0\2\x3f\0\0\0")
    assert issues(wire) == [("unknown-type-tag", 6)]
    assert encode_packet(decode_packet(wire)) == wire


def test_an_unknown_type_tag_inside_an_array_closes_the_array() -> None:
    wire = b"/a\0\0,[i?]i\0\0" + b"\0\0\0\1" + b"\0\0\0\2"
    assert decode_packet(wire) == OscMessage("/a", "[i?]i", ((1,),), b"\0\0\0\2")
    assert encode_packet(decode_packet(wire)) == wire


def test_a_type_tag_above_127_is_unknown_and_kept() -> None:
    wire = b"/a\0\0,\xff\0\0" + b"\0\0\0\1"
    assert decode_packet(wire) == OscMessage("/a", "\udcff", (), b"\0\0\0\1")
    assert encode_packet(decode_packet(wire)) == wire


@pytest.mark.parametrize("number", [0, 9, 66, 255])
def test_integer_addresses_of_scsynth_are_kept(number: int) -> None:
    message = OscMessage(number, "s", ("def",))
    wire = number.to_bytes(4, "big") + b",s\0\0def\0"
    assert encode_packet(message) == wire
    assert decode_packet(wire) == decode_packet(wire) == message
    assert issues(wire) == []


def test_a_number_beyond_the_commands_of_scsynth_is_not_osc() -> None:
    assert outcome(b"\0\0\1\0,i\0\0\0\0\0\1") == ("not-osc", 0)


def test_excess_bytes_are_kept_and_reported() -> None:
    wire = b"/a\0\0,i\0\0\0\0\0\1rest"
    assert decode_packet(wire) == OscMessage("/a", "i", (1,), b"rest")
    assert issues(wire) == [("excess-bytes", 12)]
    assert encode_packet(decode_packet(wire)) == wire


def test_padding_that_is_not_zero_is_reported_and_the_value_is_right() -> None:
    wire = b"/a\0x,s\0\0b\0yz"
    assert decode_packet(wire) == decode_packet(wire) == OscMessage("/a", "s", ("b",))
    assert issues(wire) == [("padding", 3), ("padding", 10)]


def test_missing_padding_at_the_end_is_reported() -> None:
    wire = b"/a\0\0,s\0\0b\0"
    assert decode_packet(wire) == OscMessage("/a", "s", ("b",))
    assert issues(wire) == [("unaligned-size", 0), ("short-padding", 10)]


def test_an_address_without_slash_is_accepted_and_reported() -> None:
    assert decode_packet(b"foo\0,\0\0\0") == OscMessage("foo")
    assert issues(b"foo\0,\0\0\0") == [("no-slash", 0)]


def test_an_inner_time_tag_before_the_outer_one_is_reported() -> None:
    wire = encode_packet(OscBundle(TimeTag(9), [OscBundle(TimeTag(8))]))
    assert issues(wire) == [("time-tag-order", 28)]


# Every truncation.


@pytest.mark.parametrize("packet", REAL_PACKETS, ids=lambda packet: type(packet).__name__)
def test_every_truncation_is_an_error_with_an_offset_or_a_reported_packet(packet: OscPacket) -> None:
    data = encode_packet(packet)
    for end in range(len(data)):
        cut = data[:end]
        dissection = dissect_packet(cut)
        if dissection.error is not None:
            assert 0 <= dissection.error.offset <= end
            assert dissection.error.reason
            assert outcome(cut) == (dissection.error.code, dissection.error.offset)
        else:
            # What still decodes lost padding, or its arguments with an unknown tag, or whole elements of a bundle.
            assert decode_packet(cut) == dissection.packet
            assert dissection.issues or isinstance(dissection.packet, OscBundle)


def test_truncated_blob_reports_offset() -> None:
    data = encode_packet(OscMessage("/a", "ib", (1, bytes(8))))
    assert outcome(data[:-4]) == ("blob-size", 12)


def test_truncated_number_reports_offset() -> None:
    data = encode_packet(OscMessage("/a", "ii", (1, 2)))
    assert outcome(data[:-1]) == ("truncated", 12)


def test_unterminated_string_reports_offset() -> None:
    assert outcome(b"/a\0\0,s\0\0abcd") == ("unterminated", 8)


# Other kinds of bytes.


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@pytest.mark.parametrize("packet", [EVERY_TAG, NESTED_BUNDLE, OscMessage("/plain", "if", (1, 0.5))])
def test_any_bytes_like_object_can_be_decoded(kind: type, packet: OscPacket) -> None:
    data = encode_packet(packet)
    for _ in range(6):
        assert decode_packet(kind(data)) == packet
        assert examine_packet(kind(data))[0] == packet
        assert type(scan_packet(kind(data))) is type(scan_packet(data))


# Scanning.


def test_scan_of_a_message_gives_its_header() -> None:
    data = encode_packet(OscMessage("/a/b", "if", (1, 0.5)))
    header = scan_packet(data)
    assert isinstance(header, MessageHeader)
    assert (header.address, header.type_tags, header.end) == ("/a/b", "if", len(data))
    assert data[len(header.raw) :] == struct.pack(">if", 1, 0.5)


def test_scan_of_a_message_of_varying_size_tells_whether_it_fits() -> None:
    data = encode_packet(LONG_REPLY)
    header = scan_packet(data)
    assert isinstance(header, MessageHeader)
    assert header.end == -1
    assert header.fits(data)
    assert not header.fits(data[:-4])


def test_scan_of_a_bundle_gives_all_messages_with_their_places() -> None:
    data = encode_packet(NESTED_BUNDLE)
    scan = scan_packet(data)
    assert isinstance(scan, BundleScan)
    assert scan.error is None
    assert [header.address for header, _, _ in scan.messages] == ["/every/tag", "/x", 9, "/old", "/unknown"]
    for header, offset, size in scan.messages:
        assert decoded_message(data[offset : offset + size]).address == header.address


def test_scan_of_a_broken_bundle_gives_what_came_before_the_break() -> None:
    data = encode_packet(OscBundle(TimeTag(5), [OscMessage("/a"), OscMessage("/b")]))[:-2]
    scan = scan_packet(data)
    assert isinstance(scan, BundleScan)
    assert [header.address for header, _, _ in scan.messages] == ["/a"]
    assert scan.error is not None
    assert (scan.error.code, scan.error.offset) == ("element-size", 28)
