from array import array
from decimal import Decimal
from typing import Any

import pytest

from osc_workbench.osc.arguments import NESTING_LIMIT, Rgba
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.encoder import _writers
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.header import KNOWN_LIMIT
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

WRONG = [
    ("i", 2**31),
    ("i", -(2**31) - 1),
    ("i", 1.5),
    ("i", "1"),
    ("i", None),
    ("h", 2**63),
    ("h", 1.0),
    ("f", 1e39),
    ("f", "1.0"),
    ("f", 10**400),
    ("f", None),
    ("f", 1j),
    ("d", 10**400),
    ("d", b"1"),
    ("s", "a\0b"),
    ("s", "\ud800"),
    ("S", "a\0b"),
    ("c", "ab"),
    ("c", ""),
    ("c", 2**31),
    ("c", 1.0),
    ("c", None),
    ("r", (1, 2, 3)),
    ("r", (1, 2, 3, 256)),
    ("r", Rgba(-1, 0, 0, 0)),
    ("r", "abcd"),
    ("r", 5),
    ("m", (1, 2, 3, 4, 5)),
    ("m", ("a", "b", "c", "d")),
    ("m", None),
]


def encode_with(tags: str, value: Any) -> bytes:
    return encode_packet(OscMessage("/a", tags, (value,)))


@pytest.mark.parametrize(("tag", "value"), WRONG)
def test_a_value_that_cannot_be_written_is_named(tag: str, value: Any) -> None:
    for before, after in (("", ""), ("i", ""), ("", "s"), ("sT", "[i]")):
        following: dict[str, list[Any]] = {"s": ["x"], "[i]": [(1,)], "": []}
        arguments = [*({"i": 1, "s": "x", "T": True}[tag] for tag in before), value, *following[after]]
        message = OscMessage("/a", before + tag + after, arguments)
        for _ in range(2):
            with pytest.raises(OscEncodeError, match=f"argument {len(before) + 1} of type"):
                encode_packet(message)


@pytest.mark.parametrize(("tag", "value"), WRONG)
def test_a_wrong_value_in_a_long_message_is_named(tag: str, value: Any) -> None:
    message = OscMessage("/a", "sib" * 20 + tag, (*("x", 1, b"y") * 20, value))
    with pytest.raises(OscEncodeError, match="argument 61 of type"):
        encode_packet(message)


def test_arguments_inside_arrays_are_counted() -> None:
    with pytest.raises(OscEncodeError, match="argument 4 of type int32"):
        encode_packet(OscMessage("/a", "[r[i]]ii", (((1, 2, 3, 4), (1,)), 2, "x")))


def test_numbers_of_other_types_are_taken_where_they_are_exact() -> None:
    assert encode_with("f", 1) == encode_with("f", 1.0)
    assert encode_with("d", Decimal("0.5")) == encode_with("d", 0.5)
    assert encode_with("i", True) == encode_with("i", 1)


@pytest.mark.parametrize("packet", [None, 5, "/a", b"/a\0\0", (), ["/a"], object(), {}])
def test_what_is_no_packet_is_refused(packet: Any) -> None:
    with pytest.raises(OscEncodeError, match="a packet is"):
        encode_packet(packet)


@pytest.mark.parametrize("address", ["/\ud800", "\ud800"])
def test_an_address_that_has_no_bytes_is_refused(address: str) -> None:
    with pytest.raises(OscEncodeError, match="cannot be written"):
        encode_packet(OscMessage(address))


@pytest.mark.parametrize(
    "changes",
    [
        {"address": None},
        {"address": []},
        {"address": b"/a"},
        {"type_tags": 5},
        {"type_tags": "[i"},
        {"type_tags": "[i]"},
        {"type_tags": "ii"},
        {"arguments": 5},
        {"arguments": ("x",)},
        {"arguments": (1, 2)},
        {"arguments": ([1],)},
        {"excess": "text"},
        {"excess": 5},
    ],
)
def test_a_message_made_behind_the_constructor_is_refused_all_the_same(changes: dict[str, Any]) -> None:
    message = OscMessage("/a", "i", (1,))
    encode_packet(message)
    with pytest.raises(OscEncodeError):
        encode_packet(message._replace(**changes))


def test_blobs_are_measured_in_bytes() -> None:
    with pytest.raises(OscEncodeError):
        OscMessage("/a", "b", (array("i", [1, 2]),))
    assert encode_with("b", memoryview(array("i", [1, 2]))) == encode_with("b", array("i", [1, 2]).tobytes())


def nested(depth: int) -> OscPacket:
    packet: OscPacket = OscMessage("/a")
    for _ in range(depth):
        packet = OscBundle(TimeTag(5), [packet])
    return packet


def test_bundles_are_nested_up_to_the_limit_in_both_directions() -> None:
    deepest = nested(NESTING_LIMIT)
    assert decode_packet(encode_packet(deepest)) == deepest
    with pytest.raises(OscEncodeError, match="nested deeper"):
        encode_packet(nested(NESTING_LIMIT + 1))
    with pytest.raises(OscEncodeError, match="nested deeper"):
        encode_packet(nested(5000))


def test_arrays_are_nested_up_to_the_limit_in_both_directions() -> None:
    value: Any = ()
    for _ in range(NESTING_LIMIT - 1):
        value = (value,)
    message = OscMessage("/a", "[" * NESTING_LIMIT + "]" * NESTING_LIMIT, (value,))
    assert decode_packet(encode_packet(message)) == message


def test_an_error_inside_a_bundle_is_reported_like_any_other() -> None:
    with pytest.raises(OscEncodeError, match="argument 1 of type int32"):
        encode_packet(OscBundle(TimeTag(5), [OscMessage("/a", "i", (2**31,))]))


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    for number in range(KNOWN_LIMIT + 1000):
        encode_packet(OscMessage(f"/number/{number}"))
    assert len(_writers) <= KNOWN_LIMIT
    before = len(_writers)
    encode_packet(OscMessage("/" + "x" * 60_000))
    assert len(_writers) == before
