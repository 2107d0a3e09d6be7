"""Packets for the tests of the protocol: one of every kind, and hypothesis strategies for all that can be expressed."""

import math
import struct
from typing import Any

from hypothesis import strategies as st

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag


def as_float32(value: float) -> float:
    rounded: float = struct.unpack(">f", struct.pack(">f", value))[0]
    return rounded


# Source: OSC 1.0 specification, "OSC Type Tag String" examples at the end of "Atomic Data Types" and of "Examples".
SPECIFICATION_EXAMPLES = [
    (
        OscMessage("/oscillator/4/frequency", "f", (440.0,)),
        "2f6f7363696c6c61746f722f342f6672657175656e6379002c66000043dc0000",
    ),
    (
        OscMessage("/foo", "iisff", (1000, -1, "hello", as_float32(1.234), as_float32(5.678))),
        "2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d",
    ),
]

EVERY_TAG = OscMessage(
    "/every/tag",
    "ifsbhtdScrmTFNI[i[sT]]",
    (
        1,
        2.5,
        "hé",
        b"abc",
        1 << 40,
        TimeTag(5),
        1e300,
        "sym",
        97,
        Rgba(1, 2, 3, 4),
        MidiMessage(0, 144, 60, 100),
        True,
        False,
        None,
        INFINITUM,
        [3, ["x", True]],
    ),
)
NESTED_BUNDLE = OscBundle(
    TimeTag.IMMEDIATELY,
    [
        EVERY_TAG,
        OscBundle(TimeTag(1 << 63), [OscMessage("/x"), OscMessage(9, "s", ("def",)), OscBundle(TimeTag(2**64 - 1))]),
        OscMessage("/old", None, (), b"\0\1\2\3"),
        OscMessage("/unknown", "i?f", (1,), b"\0\0\0\1"),
    ],
)
FLAT_BUNDLE = OscBundle(TimeTag(77), [OscMessage(f"/fader/{n}", "fi", (0.5, n)) for n in range(4)])
LONG_REPLY = OscMessage("/reply", "i" + "sfib" * 20, (1, *("freq", 440.0, -1, b"12345") * 20))
REAL_PACKETS: list[OscPacket] = [
    *(message for message, _ in SPECIFICATION_EXAMPLES),
    EVERY_TAG,
    NESTED_BUNDLE,
    FLAT_BUNDLE,
    LONG_REPLY,
    OscBundle(TimeTag.IMMEDIATELY),
]

_WORD = st.integers(0, 255)
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
# Bytes that are no UTF-8 stand as surrogates.
_raw_texts = st.binary(max_size=9).map(lambda raw: raw.replace(b"\0", b"x").decode("utf-8", "surrogateescape"))
_single_floats = st.floats(width=32)

_ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "f": _single_floats,
    "s": _texts | _raw_texts,
    "b": st.binary(max_size=10),
    "h": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1).map(TimeTag),
    "d": st.floats(),
    "S": _texts,
    "c": st.integers(-(2**31), 2**31 - 1),
    "r": st.builds(Rgba, _WORD, _WORD, _WORD, _WORD),
    "m": st.builds(MidiMessage, _WORD, _WORD, _WORD, _WORD),
    "T": st.just(True),
    "F": st.just(False),
    "N": st.none(),
    "I": st.just(INFINITUM),
}


def _tagged(tag: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    return values.map(lambda value: (tag, value))


def _array(items: list[tuple[str, Any]]) -> tuple[str, Any]:
    return f"[{''.join(tags for tags, _ in items)}]", tuple(value for _, value in items)


def _message(address: str | int, items: list[tuple[str, Any]]) -> OscMessage:
    return OscMessage(address, "".join(tags for tags, _ in items), tuple(value for _, value in items))


_leaves = st.one_of(*(_tagged(tag, values) for tag, values in _ARGUMENTS.items()))
# Three levels by hand take a third of the time of `st.recursive`. Whatever is mentioned six times is drawn six times as
# often as one type tag, and is deferred because hypothesis would write it out six times where it describes this.
_few_leaves = st.lists(_leaves, max_size=4)
_flat_arrays = st.deferred(lambda: _few_leaves.map(_array))
_few_items = st.lists(st.one_of(_leaves, *[_flat_arrays] * 6), max_size=4)
_arrays = st.deferred(lambda: _few_items.map(_array))
_items = st.one_of(_leaves, *[_arrays] * 6)
addresses = st.one_of(
    st.sampled_from(["/a", "/synth/1/freq", "/ab c", "/ünï", "/x*{1,2}"]),
    _texts.map(lambda text: "/" + text),
    _raw_texts.map(lambda text: "/" + text),
    st.integers(0, 255),
)
messages = st.builds(_message, addresses, st.lists(_items, max_size=8))
time_tags = st.integers(0, 2**64 - 1).map(TimeTag)
packets: st.SearchStrategy[OscPacket] = st.recursive(
    messages, lambda children: st.builds(OscBundle, time_tags, st.lists(children, max_size=4)), max_leaves=8
)


def has_nan(packet: OscPacket) -> bool:
    """Tell whether packets like this one can differ from themselves in a comparison."""
    if isinstance(packet, OscBundle):
        return any(has_nan(element) for element in packet.elements)
    return _holds_nan(packet.arguments)


def _holds_nan(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_holds_nan(item) for item in value)
    return isinstance(value, float) and math.isnan(value)
