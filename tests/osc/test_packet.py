import copy
import pickle
from array import array
from typing import Any

import pytest
from hypothesis import given

from osc_workbench.osc.arguments import INFINITUM, NESTING_LIMIT, MidiMessage, Rgba
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, walk
from osc_workbench.osc.timetag import TimeTag
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE, has_nan, packets


def nested_list(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_of_infers_the_type_tags() -> None:
    message = OscMessage.of("/a", 1, 2.0, "x", [True, None], Rgba(1, 2, 3))
    assert message.type_tags == "ifs[TN]r"
    assert message.arguments == (1, 2.0, "x", (True, None), Rgba(1, 2, 3, 255))


def test_mutable_arguments_are_frozen() -> None:
    raw, items = bytearray(b"abc"), [1, [2]]
    message = OscMessage("/a", "b[i[i]]b", [raw, items, memoryview(b"x")])
    raw[0] = 0
    items.append(3)
    assert message.arguments == (b"abc", (1, (2,)), b"x")
    assert hash(message) == hash(OscMessage("/a", "b[i[i]]b", (b"abc", (1, (2,)), b"x")))


def test_any_iterable_serves_as_arguments_and_elements() -> None:
    assert OscMessage("/a", "ii", iter([1, 2])).arguments == (1, 2)
    assert OscBundle(TimeTag(5), (OscMessage(f"/{n}") for n in range(2))).elements == (
        OscMessage("/0"),
        OscMessage("/1"),
    )


@pytest.mark.parametrize(
    ("tags", "value"),
    [
        ("T", False),
        ("T", 1),
        ("F", True),
        ("F", 0),
        ("N", False),
        ("I", None),
        ("I", True),
        ("s", b"bytes"),
        ("s", 1),
        ("s", None),
        ("S", b"bytes"),
        ("b", "text"),
        ("b", array("i", [1, 2])),
        ("b", [1, 2]),
        ("t", 5),
        ("t", INFINITUM),
        ("[i]", 1),
        ("[i]", "x"),
        ("[iiii]", Rgba(1, 2, 3, 4)),
    ],
)
def test_a_value_that_contradicts_its_tag_is_refused_at_once(tags: str, value: object) -> None:
    with pytest.raises(OscEncodeError):
        OscMessage("/a", tags, (value,))


@pytest.mark.parametrize(
    "address", ["", "/a\0b", "#bundle", ",i", None, b"/a", 1.5, True, -1, 256, 1 << 40, [], object()]
)
def test_what_is_no_address_is_refused(address: Any) -> None:
    with pytest.raises(OscEncodeError):
        OscMessage(address)


@pytest.mark.parametrize(
    ("tags", "arguments"),
    [
        ("i", ()),
        ("", (1,)),
        ("ii", (1,)),
        ("i", (1, 2)),
        ("[i", ((1,),)),
        ("i]", (1,)),
        ("[i]", ((1, 2),)),
        ("[ii]", ((1,),)),
        ("é", (1,)),
        ("i\0", (1,)),
        (5, (1,)),
        (b"i", (1,)),
        (None, (1,)),
        ("?", (1,)),
        ("?i", (1,)),
        ("[i?]i", ((1,), 2)),
        ("i", 5),
        ("s", "x"),
        ("i", None),
        ("[" * (NESTING_LIMIT + 1) + "]" * (NESTING_LIMIT + 1), nested_list(NESTING_LIMIT + 1)),
        ("[]", (nested_list(100_000),)),
    ],
)
def test_type_tags_and_arguments_must_fit(tags: Any, arguments: Any) -> None:
    with pytest.raises(OscEncodeError):
        OscMessage("/a", tags, arguments)


@pytest.mark.parametrize("excess", [5, "text", None, [1]])
def test_excess_is_bytes(excess: Any) -> None:
    with pytest.raises(OscEncodeError):
        OscMessage("/a", "", (), excess)


@pytest.mark.parametrize("time_tag", [0, 1, None, "immediately", 1.5])
def test_the_time_of_a_bundle_is_a_time_tag(time_tag: Any) -> None:
    with pytest.raises(OscEncodeError):
        OscBundle(time_tag)


@pytest.mark.parametrize("elements", [5, None, [1], ["/a"], [("/a", "", (), b"")], OscMessage("/a")])
def test_a_bundle_holds_packets_only(elements: Any) -> None:
    with pytest.raises(OscEncodeError):
        OscBundle(TimeTag(5), elements)


def test_arguments_end_at_an_unknown_type_tag() -> None:
    message = OscMessage("/a", "i[i?]f", (1, (2,)), b"\0\0\0\7")
    assert decode_packet(encode_packet(message)) == message


def test_walk_yields_messages_in_order_with_the_time_of_their_bundle() -> None:
    inner = OscBundle(TimeTag(9), [OscMessage("/b")])
    bundle = OscBundle(TimeTag(5), [OscMessage("/a"), inner, OscMessage("/c")])
    assert [(message.address, tag.value) for message, tag in walk(bundle)] == [("/a", 5), ("/b", 9), ("/c", 5)]
    assert list(walk(OscMessage("/d"))) == [(OscMessage("/d"), TimeTag.IMMEDIATELY)]


def test_decoded_packets_are_equal_to_composed_ones_and_of_their_class() -> None:
    for packet in (EVERY_TAG, NESTED_BUNDLE):
        decoded = decode_packet(encode_packet(packet))
        assert decoded == packet
        assert hash(decoded) == hash(packet)
        assert isinstance(decoded, type(packet))
        assert repr(decoded) == repr(packet)


def test_packets_are_immutable() -> None:
    with pytest.raises(AttributeError):
        EVERY_TAG.address = "/b"  # type: ignore[misc]  # the point of the test
    with pytest.raises(AttributeError):
        decode_packet(b"/a\0\0,\0\0\0").extra = 1  # type: ignore[union-attr]  # as above


@given(packets)
def test_packets_survive_pickle_and_copy(packet: OscMessage | OscBundle) -> None:
    decoded = decode_packet(encode_packet(packet))
    for twin in (pickle.loads(pickle.dumps(decoded)), copy.deepcopy(decoded)):
        assert encode_packet(twin) == encode_packet(packet)
        assert twin == packet or has_nan(packet)


def test_rgba_and_midi_are_values_and_not_arrays() -> None:
    message = OscMessage("/a", "rm", (Rgba(1, 2, 3, 4), MidiMessage(1, 2, 3, 4)))
    assert decode_packet(encode_packet(message)).arguments == ((1, 2, 3, 4), (1, 2, 3, 4))  # type: ignore[union-attr]  # a message
