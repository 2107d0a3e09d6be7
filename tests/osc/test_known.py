"""What header, signature and layout remember: it never changes what a packet means."""

import pytest

from osc_workbench.osc import layout
from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, scan_packet
from osc_workbench.osc.header import MessageHeader, header_slices, known_headers, known_messages
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.signature import MISFIT, signature_of
from osc_workbench.osc.timetag import TimeTag

SIGHTS = 8


def frame(number: int, *addresses: str) -> OscBundle:
    return OscBundle(TimeTag(number), [OscMessage(address, "fi", (0.5, number)) for address in addresses])


def test_a_header_that_recurs_is_remembered() -> None:
    data = encode_packet(OscMessage("/remembered/header", "i", (1,)))
    for _ in range(SIGHTS):
        decode_packet(data)
        scan_packet(data)
    assert known_messages.get(data[:24]) is not None
    assert known_headers.get(data[:24]) is scan_packet(data)


def test_headers_of_different_length_in_datagrams_of_one_size_do_not_disturb_each_other() -> None:
    # The size remembers one header length only, so here it is wrong every other time.
    messages = [
        OscMessage("/a", "hi", (1, 2)),
        OscMessage("/a/longer", "i", (1,)),
        OscMessage("/abc", "ff", (1.0, 2.0)),
    ]
    datagrams = [encode_packet(message) for message in messages]
    assert {len(data) for data in datagrams} == {20}
    for _ in range(SIGHTS):
        assert [decode_packet(data) for data in datagrams] == messages
        assert [scan_packet(data).address for data in datagrams] == ["/a", "/a/longer", "/abc"]  # type: ignore[union-attr]  # headers


def test_a_header_that_contains_another_is_not_taken_for_it() -> None:
    short, longer = OscMessage("/x", "i", (0x2F780000,)), OscMessage("/x", "ii", (0x2F780000, 0))
    for _ in range(SIGHTS):
        assert decode_packet(encode_packet(short)) == short
        assert decode_packet(encode_packet(longer)) == longer


def test_a_bundle_whose_bytes_look_like_a_header_stays_a_bundle() -> None:
    # As text this is the address "#bundle" with the type tags ",f".
    odd = OscBundle(TimeTag(int.from_bytes(b",f\0\0\0\0\0\0", "big")))
    plain = OscMessage("/1234567", "", (), b"")
    for _ in range(SIGHTS):
        assert decode_packet(encode_packet(plain)) == plain
        assert decode_packet(encode_packet(odd)) == odd
        assert isinstance(scan_packet(encode_packet(odd)), BundleScan)


def test_sizes_have_one_slice_each() -> None:
    data = encode_packet(OscMessage("/slice/of/size", "i", (1,)))
    decode_packet(data)
    assert header_slices[len(data)] == slice(20)


@pytest.mark.parametrize("tags", ["i", "f" * 64, "ifsb", "sT[i]", "sb" * 40, "TNFI"])
def test_measuring_agrees_with_reading(tags: str) -> None:
    values = {"i": 1, "f": 0.5, "s": "text", "b": b"12345", "T": True, "F": False, "N": None}
    arguments = [values[tag] for tag in tags if tag in values]
    if tags == "sT[i]":
        arguments = ["text", True, (1,)]
    if tags == "TNFI":
        arguments.append(decode_packet(b"/a\0\0,I\0\0").arguments[0])  # type: ignore[union-attr]  # a message
    data = encode_packet(OscMessage("/a", tags, arguments))
    header = scan_packet(data)
    assert isinstance(header, MessageHeader)
    signature = signature_of(tags)
    position = len(header.raw)
    assert signature.measurer(position)(data) == len(data)
    assert signature.reader(position)(data) == decode_packet(data).arguments  # type: ignore[union-attr]  # a message
    assert signature.pack(tuple(arguments)) == data[position:]


@pytest.mark.parametrize("tags", ["i", "ifsb", "s" * 40])
def test_readers_refuse_what_does_not_fit(tags: str) -> None:
    for raw in (b"", b"\xff" * 5, b"\xff" * 400):
        with pytest.raises(MISFIT):
            signature_of(tags).reader(8)(bytes(8) + raw)


@pytest.mark.parametrize("tags", ["?", "i?", "[", "]", "i]", "[i"])
def test_there_is_no_signature_for_tags_that_make_no_sense(tags: str) -> None:
    with pytest.raises(ValueError):
        signature_of(tags)


def test_bundles_of_one_layout_are_read_in_one_step_and_mean_the_same() -> None:
    for number in range(SIGHTS):
        bundle = frame(number, "/fader/1", "/fader/2", "/fader/3")
        data = encode_packet(bundle)
        assert decode_packet(data) == bundle
        scan = scan_packet(data)
        assert isinstance(scan, BundleScan)
        assert [(found.address, offset) for found, offset, _ in scan.messages] == [
            ("/fader/1", 20),
            ("/fader/2", 48),
            ("/fader/3", 76),
        ]
    assert layout.layout_of(len(data)) is not None


def test_bundles_of_one_size_and_two_layouts_are_told_apart() -> None:
    one, other = frame(1, "/fader/1", "/fader/2"), frame(2, "/fader/1", "/fader/3")
    for _ in range(40):
        assert decode_packet(encode_packet(one)) == one
        assert decode_packet(encode_packet(other)) == other


def test_a_bundle_that_differs_from_its_layout_in_a_size_is_refused_all_the_same() -> None:
    bundle = frame(1, "/fader/1", "/fader/2")
    data = encode_packet(bundle)
    for _ in range(SIGHTS):
        decode_packet(data)
    broken = data[:48] + b"\0\0\0\x04" + data[52:]
    scan = scan_packet(broken[:-4])
    assert isinstance(scan, BundleScan)
    assert scan.error is not None


def test_an_empty_bundle_and_one_of_texts_have_no_layout() -> None:
    for bundle in (OscBundle(TimeTag(1)), OscBundle(TimeTag(1), [OscMessage("/only/text", "s", ("x",))])):
        data = encode_packet(bundle)
        for _ in range(SIGHTS):
            assert decode_packet(data) == bundle
            scan_packet(data)
        assert layout.layout_of(len(data)) is None or len(data) != 16
