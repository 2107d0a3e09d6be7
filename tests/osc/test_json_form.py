import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.json_form import packet_from_json, packet_to_json
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.osc.samples import as_float32, has_nan, packets

FORMS: list[tuple[OscPacket, dict[str, Any]]] = [
    (OscMessage("/a", "if", (1, 2.0)), {"address": "/a", "tags": "if", "args": [1, 2.0]}),
    (OscMessage(9, "s", ("def",)), {"address": 9, "tags": "s", "args": ["def"]}),
    (OscMessage("/a", "ff", (math.inf, -math.inf)), {"address": "/a", "tags": "ff", "args": ["inf", "-inf"]}),
    (OscMessage("/a", "b", (b"\0\xff",)), {"address": "/a", "tags": "b", "args": [{"blob": "00ff"}]}),
    (OscMessage("/a", "t", (TimeTag(5),)), {"address": "/a", "tags": "t", "args": [{"time": "0x0000000000000005"}]}),
    (OscMessage("/a", "r", (Rgba(255, 128, 0, 1),)), {"address": "/a", "tags": "r", "args": [{"rgba": "ff800001"}]}),
    (
        OscMessage("/a", "m", (MidiMessage(0, 144, 60, 100),)),
        {"address": "/a", "tags": "m", "args": [{"midi": "00903c64"}]},
    ),
    (OscMessage("/a", "c", (97,)), {"address": "/a", "tags": "c", "args": [{"char": 97}]}),
    (
        OscMessage("/a", "TFNI", (True, False, None, INFINITUM)),
        {"address": "/a", "tags": "TFNI", "args": [True, False, None, {"infinitum": True}]},
    ),
    (OscMessage("/a", "[i[s]]d", ((1, ("x",)), 0.1)), {"address": "/a", "tags": "[i[s]]d", "args": [[1, ["x"]], 0.1]}),
    (OscMessage("/a", "s", ("\udcff",)), {"address": "/a", "tags": "s", "args": ["\udcff"]}),
    (OscMessage("/a", None, (), b"\0\1"), {"address": "/a", "tags": None, "args": [], "raw": "0001"}),
    (OscMessage("/a", "i", (1,), b"\xfe"), {"address": "/a", "tags": "i", "args": [1], "excess": "fe"}),
    (OscMessage("/a", "[i?]", ((1,),), b"\xfe"), {"address": "/a", "tags": "[i?]", "args": [[1]], "excess": "fe"}),
    (
        OscBundle(TimeTag(1), [OscMessage("/a"), OscBundle(TimeTag(2))]),
        {
            "time": "0x0000000000000001",
            "elements": [
                {"address": "/a", "tags": "", "args": []},
                {"time": "0x0000000000000002", "elements": []},
            ],
        },
    ),
]


@pytest.mark.parametrize(("packet", "value"), FORMS)
def test_every_form_is_written_and_read(packet: OscPacket, value: dict[str, Any]) -> None:
    assert packet_to_json(packet) == value
    assert packet_from_json(json.loads(json.dumps(value))) == packet


def test_nan_is_a_word_and_one_nan_only() -> None:
    message = OscMessage("/a", "fd", struct.unpack(">fd", bytes.fromhex("7fc00001ffffffffffffffff")))
    value = packet_to_json(message)
    assert value["args"] == ["nan", "nan"]
    assert encode_packet(packet_from_json(value))[-12:].hex() == "7fc000007ff8000000000000"


def test_words_for_floats_are_text_where_the_tag_says_text() -> None:
    assert packet_from_json({"address": "/a", "tags": "s", "args": ["nan"]}) == OscMessage("/a", "s", ("nan",))


def test_type_tags_are_inferred_where_they_are_missing() -> None:
    value = {"address": "/a", "args": [1, 2**31, 0.1, "x", True, None, [1], {"blob": "00"}, {"infinitum": True}]}
    expected = (1, 2**31, as_float32(0.1), "x", True, None, (1,), b"\0", INFINITUM)
    assert packet_from_json(value) == OscMessage("/a", "ihfsTN[i]bI", expected)


def test_numbers_are_rounded_to_what_the_tag_can_hold() -> None:
    assert packet_from_json({"address": "/a", "tags": "f", "args": [0.1]}) == OscMessage("/a", "f", (as_float32(0.1),))
    assert packet_from_json({"address": "/a", "tags": "f", "args": [1]}) == OscMessage("/a", "f", (1.0,))


def deep(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def deep_bundle(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"elements": []}
    for _ in range(depth):
        value = {"elements": [value]}
    return value


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "x",
        [],
        {},
        {"address": None},
        {"address": True},
        {"address": 1.5},
        {"address": 256},
        {"address": ""},
        {"address": "/a\0"},
        {"address": "/a", "args": 5},
        {"address": "/a", "args": {"blob": "00"}},
        {"address": "/a", "tags": 5},
        {"address": "/a", "tags": ["i"]},
        {"address": "/a", "tags": "i", "args": []},
        {"address": "/a", "tags": "", "args": [1]},
        {"address": "/a", "tags": "T", "args": [False]},
        {"address": "/a", "tags": "s", "args": [1]},
        {"address": "/a", "tags": "b", "args": ["00"]},
        {"address": "/a", "tags": "t", "args": [1]},
        {"address": "/a", "tags": "f", "args": [1e39]},
        {"address": "/a", "tags": "f", "args": [10**400]},
        {"address": "/a", "tags": "[i]", "args": [1]},
        {"address": "/a", "tags": None, "args": [1]},
        {"address": "/a", "args": [{"blob": "0"}]},
        {"address": "/a", "args": [{"blob": 5}]},
        {"address": "/a", "args": [{"rgba": "00"}]},
        {"address": "/a", "args": [{"midi": "xx"}]},
        {"address": "/a", "args": [{"time": "soon"}]},
        {"address": "/a", "args": [{"time": 5}]},
        {"address": "/a", "args": [{"time": "0x10000000000000000"}]},
        {"address": "/a", "args": [{"char": "a"}]},
        {"address": "/a", "args": [{"unknown": 1}]},
        {"address": "/a", "args": [{}]},
        {"address": "/a", "args": [{"blob": "00", "char": 1}]},
        {"address": "/a", "excess": "x"},
        {"address": "/a", "excess": 5},
        {"address": "/a", "tags": None, "raw": 5},
        {"elements": 5},
        {"elements": [5]},
        {"time": 5, "elements": []},
        {"address": "/a", "args": deep(200)},
        {"address": "/a", "tags": "[" * 201 + "]" * 201, "args": [deep(200)]},
        deep_bundle(200),
    ],
)
def test_what_is_no_packet_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(OscEncodeError) as caught:
        encode_packet(packet_from_json(value))
    assert str(caught.value)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["0x5", "00ff", "i"]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "address",
                    "tags",
                    "args",
                    "raw",
                    "excess",
                    "time",
                    "elements",
                    "blob",
                    "rgba",
                    "midi",
                    "char",
                    "infinitum",
                ]
            ),
            children,
            max_size=4,
        )
    ),
)


@given(_json, _json, st.text("ifsb[]TNc?", max_size=6) | st.none())
def test_nothing_but_an_encode_error_escapes_for_any_json(value: Any, arguments: Any, tags: str | None) -> None:
    for candidate in (value, {"address": "/a", "tags": tags, "args": arguments}, {"elements": [value]}):
        try:
            packet = packet_from_json(candidate)
            data = encode_packet(packet)
        except OscEncodeError:
            continue
        assert data


@given(packets)
def test_every_packet_survives_its_json_form(packet: OscPacket) -> None:
    again = packet_from_json(json.loads(json.dumps(packet_to_json(packet), allow_nan=False)))
    assert again == packet or has_nan(packet)
