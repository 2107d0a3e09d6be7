"""python-osc as an oracle: byte for byte what both can express, and one test for each known difference.

The differences are those of python-osc 1.10.2; a test that fails with a newer one may be good news.
"""

import logging
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle as PeerBundle
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage as PeerMessage
from pythonosc.osc_message import ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing import osc_types

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import decode_packet, encode_packet, examine_packet
from osc_workbench.osc.errors import OscDecodeError, OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_single = st.floats(width=32, allow_nan=False)
_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_byte = st.integers(0, 255)
_shared: dict[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "h": st.integers(-(2**63), 2**63 - 1),
    "f": _single,
    "d": st.floats(allow_nan=False),
    "s": _text,
    "b": st.binary(min_size=1, max_size=9),
    "r": st.builds(Rgba, _byte, _byte, _byte, _byte),
    "m": st.builds(MidiMessage, _byte, _byte, _byte, _byte),
    "T": st.just(True),
    "F": st.just(False),
    "N": st.none(),
}
_items = st.recursive(
    st.one_of(*(st.tuples(st.just(tag), values) for tag, values in _shared.items())),
    lambda children: st.lists(children, min_size=1, max_size=4).map(
        lambda items: (f"[{''.join(tags for tags, _ in items)}]", tuple(value for _, value in items))
    ),
    max_leaves=6,
)
_messages = st.builds(
    lambda path, items: OscMessage("/" + path, "".join(t for t, _ in items), tuple(value for _, value in items)),
    _text,
    st.lists(_items, max_size=6),
)
_bundles = st.builds(OscBundle, st.just(TimeTag.IMMEDIATELY), st.lists(_messages, max_size=4))


def add_arguments(builder: OscMessageBuilder, tags: Any, values: tuple[Any, ...]) -> None:
    for value in values:
        tag = next(tags)
        if tag == "[":
            builder._args.append(("[", None))
            add_arguments(builder, tags, value)
            assert next(tags) == "]"
            builder._args.append(("]", None))
        else:
            builder._args.append((tag, _as_peer(tag, value)))


def _as_peer(tag: str, value: Any) -> Any:
    return int.from_bytes(bytes(value), "big") if tag == "r" else value


def peer_build(packet: OscPacket) -> PeerMessage | PeerBundle:
    if isinstance(packet, OscBundle):
        bundle = OscBundleBuilder(0)
        for element in packet.elements:
            bundle.add_content(peer_build(element))
        return bundle.build()
    assert isinstance(packet.address, str)
    message = OscMessageBuilder(packet.address)
    add_arguments(message, iter(packet.type_tags or ""), packet.arguments)
    return message.build()


def as_peer_values(tags: Any, values: tuple[Any, ...]) -> list[Any]:
    """Return our arguments as python-osc reports them."""
    result: list[Any] = []
    for value in values:
        tag = next(tags)
        if tag == "[":
            result.append(as_peer_values(tags, value))
            next(tags)
        else:
            result.append(tuple(value) if tag == "m" else _as_peer(tag, value))
    return result


@given(_messages | _bundles)
def test_both_encoders_write_the_same_bytes(packet: OscPacket) -> None:
    assert encode_packet(packet) == peer_build(packet).dgram


@given(_messages)
def test_both_decoders_read_the_same_arguments(packet: OscMessage) -> None:
    data = encode_packet(packet)
    ours, theirs = decode_packet(data), PeerMessage(data)
    assert isinstance(ours, OscMessage)
    assert ours.address == theirs.address
    assert as_peer_values(iter(ours.type_tags or ""), ours.arguments) == theirs.params


@given(_bundles)
def test_both_decoders_read_the_same_elements(packet: OscBundle) -> None:
    theirs = PeerBundle(encode_packet(packet))
    assert theirs.num_contents == len(packet.elements)
    assert [theirs.content(index).address for index in range(theirs.num_contents)] == [
        element.address for element in packet.elements if isinstance(element, OscMessage)
    ]


# Known differences.


@pytest.fixture
def quiet_peer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_smallest_int32_is_an_h_to_python_osc() -> None:
    # It asks for bit_length() > 31, which -2**31 fulfils although 32 bits hold it.
    builder = OscMessageBuilder("/a")
    builder.add_arg(-(2**31))
    assert builder.args == [("h", -(2**31))]
    assert OscMessage.of("/a", -(2**31)).type_tags == "i"


@pytest.mark.usefixtures("quiet_peer")
@pytest.mark.parametrize(("tag", "value"), [("c", 97), ("S", "sym")])
def test_python_osc_skips_tags_it_does_not_know_and_reads_what_follows_wrongly(tag: str, value: Any) -> None:
    data = encode_packet(OscMessage("/a", tag + "i", (value, 7)))
    assert PeerMessage(data).params != [value, 7]
    assert decode_packet(data) == OscMessage("/a", tag + "i", (value, 7))


@pytest.mark.usefixtures("quiet_peer")
def test_python_osc_drops_infinitum() -> None:
    data = encode_packet(OscMessage("/a", "Ii", (INFINITUM, 7)))
    assert PeerMessage(data).params == [7]
    assert decode_packet(data) == OscMessage("/a", "Ii", (INFINITUM, 7))


def test_python_osc_refuses_to_write_an_empty_blob() -> None:
    builder = OscMessageBuilder("/a")
    builder.add_arg(b"", "b")
    with pytest.raises(BuildError):
        builder.build()
    message = OscMessage("/a", "b", (b"",))
    assert decode_packet(encode_packet(message)) == message


def test_python_osc_takes_a_negative_blob_size_for_an_empty_blob() -> None:
    data = b"/a\0\0,b\0\0\xff\xff\xff\xff"
    assert PeerMessage(data).params == [b""]
    with pytest.raises(OscDecodeError, match="blob has the size -1"):
        decode_packet(data)


def test_python_osc_writes_nul_inside_a_string_and_so_another_message() -> None:
    builder = OscMessageBuilder("/a")
    builder.add_arg("a\0b", "s")
    assert b"a\0b" in builder.build().dgram
    with pytest.raises(OscEncodeError):
        encode_packet(OscMessage("/a", "s", ("a\0b",)))


def test_python_osc_lets_an_overflow_escape() -> None:
    builder = OscMessageBuilder("/a")
    builder.add_arg(1e300, "f")
    with pytest.raises(OverflowError):
        builder.build()
    with pytest.raises(OscEncodeError):
        encode_packet(OscMessage("/a", "f", (1e300,)))


def test_python_osc_takes_four_numbers_for_midi_and_we_for_an_array() -> None:
    builder = OscMessageBuilder("/a")
    builder.add_arg((1, 2, 3, 4))
    assert builder.args == [("m", (1, 2, 3, 4))]
    assert OscMessage.of("/a", (1, 2, 3, 4)).type_tags == "[iiii]"
    assert OscMessage.of("/a", MidiMessage(1, 2, 3, 4)).type_tags == "m"


def test_python_osc_gives_a_time_tag_as_a_date_and_loses_its_fraction() -> None:
    value = 0xE1F2A3B4_00000001
    data = encode_packet(OscMessage("/a", "t", (TimeTag(value),)))
    ((_, fraction),) = PeerMessage(data).params
    assert fraction == 1
    assert decode_packet(data) == OscMessage("/a", "t", (TimeTag(value),))
    assert encode_packet(decode_packet(data)) == data


def test_python_osc_rounds_the_time_of_a_bundle_to_a_float() -> None:
    value = 0xE1F2A3B4_00000003
    data = encode_packet(OscBundle(TimeTag(value)))
    assert osc_types.write_date(PeerBundle(data).timestamp) != data[8:]
    assert encode_packet(decode_packet(data)) == data


def test_python_osc_ignores_bytes_after_the_arguments() -> None:
    data = b"/a\0\0,i\0\0\0\0\0\1rest"
    assert PeerMessage(data).params == [1]
    assert [issue.code for issue in examine_packet(data)[1]] == ["excess-bytes"]


def test_python_osc_fills_up_a_short_float_with_zeros() -> None:
    data = b"/a\0\0,f\0\0\x3f\x80"
    assert PeerMessage(data).params == [1.0]
    with pytest.raises(OscDecodeError, match="needs 4 bytes, 2 are left"):
        decode_packet(data)


@pytest.mark.usefixtures("quiet_peer")
def test_python_osc_skips_elements_it_cannot_read() -> None:
    data = b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", 4) + b"\xff\xff\xff\0"
    assert PeerBundle(data).num_contents == 0
    with pytest.raises(OscDecodeError) as caught:
        decode_packet(data)
    assert (caught.value.code, caught.value.offset) == ("not-osc", 20)


def test_python_osc_cuts_an_element_that_is_too_long() -> None:
    data = b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", 400) + b"/a\0\0,\0\0\0"
    assert PeerBundle(data).num_contents == 1
    with pytest.raises(OscDecodeError) as caught:
        decode_packet(data)
    assert (caught.value.code, caught.value.offset) == ("element-size", 16)


def test_python_osc_lets_bad_utf8_escape() -> None:
    data = b"/a\0\0,s\0\0\xff\0\0\0"
    with pytest.raises(UnicodeDecodeError):
        PeerMessage(data)
    assert decode_packet(data) == OscMessage("/a", "s", ("\udcff",))


def test_python_osc_refuses_arguments_without_type_tags() -> None:
    assert PeerMessage(b"/status\0").params == []
    data = b"/old\0\0\0\0\0\0\0\7"
    with pytest.raises(ParseError):
        PeerMessage(data)
    assert decode_packet(data) == OscMessage("/old", None, (), b"\0\0\0\7")


def test_the_datagram_that_stops_python_osc_is_not_given_to_it() -> None:
    # A bundle whose element has the size -4 makes its parser loop for ever, so there is nothing to compare.
    with pytest.raises(OscDecodeError):
        decode_packet(bytes.fromhex("2362756e646c65000000000000000001fffffffc"))
