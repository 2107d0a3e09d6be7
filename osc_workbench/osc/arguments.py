"""The argument types of OSC: one row for each type tag.

A row says what the tag is called, which Python value stands for it and how it lies on the wire. Everything that
handles arguments (codec, dissection, notation, JSON form, editors) reads this table instead of a ladder of its own.
"""

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.timetag import TimeTag

# Nesting of bundles and of arrays. Real senders use two or three levels; the limit keeps recursion bounded.
NESTING_LIMIT = 64


class Rgba(NamedTuple):
    """A 32-bit colour, each part 0 to 255."""

    red: int
    green: int
    blue: int
    alpha: int = 255


class MidiMessage(NamedTuple):
    """A four-byte MIDI message, each part 0 to 255."""

    port: int
    status: int
    data1: int
    data2: int


class Infinitum(enum.Enum):
    """The value of type tag `I`, also called impulse or bang."""

    INFINITUM = "infinitum"


INFINITUM = Infinitum.INFINITUM


class Layout(enum.Enum):
    """How an argument lies on the wire."""

    FIXED = "fixed size"
    STRING = "NUL-terminated, padded to four bytes"
    BLOB = "size, bytes, padding to four bytes"
    CONSTANT = "no bytes, the tag is the value"
    ARRAY = "bracket"


class ArgumentType(NamedTuple):
    """One row of the table.

    struct_code: the code of `struct` for FIXED layouts, else "".
    from_wire, to_wire: between the value `struct` gives and ours; None where they are the same.
    constant: the value of a CONSTANT layout.
    expected: what an encoder takes, for error messages; kind: its class where there is one.
    """

    tag: str
    label: str
    layout: Layout
    struct_code: str = ""
    from_wire: Callable[[Any], Any] | None = None
    to_wire: Callable[[Any], Any] | None = None
    constant: Any = None
    expected: str = ""
    kind: type | None = None

    def takes(self, value: Any) -> bool:
        """Tell whether a value is of the right kind; whether a number is in range only the packing tells."""
        if self.layout is Layout.CONSTANT:
            return value is self.constant
        return self.kind is None or isinstance(value, self.kind)

    @property
    def size(self) -> int:
        """Bytes on the wire of a FIXED argument."""
        return _STRUCT_SIZES.get(self.struct_code, 0)


_STRUCT_SIZES = {"i": 4, "f": 4, "I": 4, "q": 8, "d": 8, "Q": 8}


def _rgba_from_wire(word: int) -> Rgba:
    return Rgba(*word.to_bytes(4, "big"))


def _midi_from_wire(word: int) -> MidiMessage:
    return MidiMessage(*word.to_bytes(4, "big"))


def _word_from_parts(parts: Sequence[int]) -> int:
    if len(parts) != 4:
        raise ValueError("four bytes are needed")
    return int.from_bytes(bytes(parts), "big")


def _character_to_wire(value: int | str) -> int:
    return ord(value) if isinstance(value, str) else value


def _time_tag_to_wire(value: TimeTag) -> int:
    return value.value


_FIXED, _CONSTANT = Layout.FIXED, Layout.CONSTANT

# Source: OSC 1.0 specification, tables "OSC Type Tags" and "Additional"; OSC 1.1 names I "Impulse".
ARGUMENT_TYPES: dict[str, ArgumentType] = {
    row.tag: row
    for row in (
        ArgumentType("i", "int32", _FIXED, "i", expected="an integer of 32 bits"),
        ArgumentType("f", "float32", _FIXED, "f", expected="a number in the range of float32"),
        ArgumentType("s", "string", Layout.STRING, expected="text without NUL", kind=str),
        ArgumentType("b", "blob", Layout.BLOB, expected="bytes", kind=bytes),
        ArgumentType("h", "int64", _FIXED, "q", expected="an integer of 64 bits"),
        ArgumentType("t", "time tag", _FIXED, "Q", TimeTag, _time_tag_to_wire, expected="a TimeTag", kind=TimeTag),
        ArgumentType("d", "float64", _FIXED, "d", expected="a number"),
        ArgumentType("S", "symbol", Layout.STRING, expected="text without NUL", kind=str),
        ArgumentType("c", "char", _FIXED, "i", None, _character_to_wire, expected="one character or its number"),
        ArgumentType("r", "rgba", _FIXED, "I", _rgba_from_wire, _word_from_parts, expected="four bytes, as Rgba"),
        ArgumentType(
            "m", "midi", _FIXED, "I", _midi_from_wire, _word_from_parts, expected="four bytes, as MidiMessage"
        ),
        ArgumentType("T", "true", _CONSTANT, constant=True, expected="True"),
        ArgumentType("F", "false", _CONSTANT, constant=False, expected="False"),
        ArgumentType("N", "nil", _CONSTANT, constant=None, expected="None"),
        ArgumentType("I", "infinitum", _CONSTANT, constant=INFINITUM, expected="INFINITUM"),
        ArgumentType("[", "array", Layout.ARRAY),
        ArgumentType("]", "array end", Layout.ARRAY),
    )
}

_INFERRED: dict[type, str] = {
    float: "f",
    str: "s",
    bytes: "b",
    bytearray: "b",
    memoryview: "b",
    TimeTag: "t",
    Rgba: "r",
    MidiMessage: "m",
    Infinitum: "I",
    type(None): "N",
}


def infer_type_tags(values: Iterable[Any]) -> str:
    """Return the type tags that stand for these Python values.

    bool T or F, None N, int i or (beyond 32 bits) h, float f, str s, bytes b, TimeTag t, Rgba r, MidiMessage m,
    INFINITUM I, list or tuple an array. Raises OscEncodeError for any other type.
    """
    return "".join(_infer_one(value, 0) for value in values)


def _infer_one(value: Any, depth: int) -> str:
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        return "i" if -(1 << 31) <= value < 1 << 31 else "h"
    for kind, tag in _INFERRED.items():
        if isinstance(value, kind):
            return tag
    if isinstance(value, list | tuple):
        if depth >= NESTING_LIMIT:
            raise OscEncodeError(f"arrays are nested deeper than the limit of {NESTING_LIMIT}")
        return f"[{''.join(_infer_one(item, depth + 1) for item in value)}]"
    raise OscEncodeError(
        f"{value!r:.80} has no OSC type; give a number, text, bytes, TimeTag, Rgba, MidiMessage or list"
    )


def check_brackets(type_tags: str) -> int | None:
    """Return the index of the first bracket that does not match or nests too deep, None if all is well."""
    if "[" not in type_tags and "]" not in type_tags:
        return None
    depth = 0
    for index, tag in enumerate(type_tags):
        if tag == "[":
            depth += 1
        elif tag == "]":
            depth -= 1
        if not 0 <= depth <= NESTING_LIMIT:
            return index
    return len(type_tags) if depth else None
