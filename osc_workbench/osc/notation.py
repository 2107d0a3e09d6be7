r"""The text form of packets that composer, log, command line and clipboard share.

    /synth/1/freq ,fis 440.0 7 "hello world"
    #bundle immediately { /a ,i 1 ; /b , ; #bundle 0xe1f2a3b400000000 { } }

A message is its address, its type tags and one literal for each argument. Without type tags they are inferred from the
literals: `1` is int32 (int64 beyond its range), `1.0` float32, `"text"` string.

    i h        7  -7  0x1f          f d       440.0  1e-7  nan  inf  -inf  nan:0x7fc00001 (a NaN of other bits)
    s S        "text"               escapes \" \\ \n \r \t \xNN (a byte) \uNNNN \UNNNNNNNN; a bare word if a tag says s
    b          x"00ff 10"           c         'a'  or its number
    t          @0xe1f2a3b400000000  @immediately
    r          #ff8000ff            m         m"00903c64"
    T F N I    true false nil infinitum       arrays  [1 2 [3]]

An address that is not plain text is quoted; a command number of scsynth stands as a number. `no-type-tags x"00"`
follows an address that came without type tags, `excess x"00"` the last argument where bytes were left over.
"""

import math
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_BARE_ADDRESS = re.compile(r"""[^\s"';,#@][^\s"';]*\Z""")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CANONICAL_NAN = {"f": struct.pack(">f", math.nan), "d": struct.pack(">d", math.nan)}


def format_packet(packet: OscPacket) -> str:
    """Return the text of a packet; `parse_packet` gives the same packet back."""
    if isinstance(packet, OscBundle):
        elements = " ; ".join(format_packet(element) for element in packet.elements)
        return f"#bundle {format_time_tag(packet.time_tag)} {{ {elements} }}"
    parts = [format_address(packet.address)]
    if packet.type_tags is None:
        parts.append("no-type-tags")
        parts += [_format_blob(packet.excess)] if packet.excess else []
        return " ".join(parts)
    plain = all("!" <= tag <= "~" and tag not in '";' for tag in packet.type_tags)
    parts.append("," + (packet.type_tags if plain else format_string(packet.type_tags)))
    if packet.arguments:
        parts.append(format_arguments(packet))
    if packet.excess:
        parts.append("excess " + _format_blob(packet.excess))
    return " ".join(parts)


def format_address(address: str | int) -> str:
    if isinstance(address, int):
        return str(address)
    # Digits alone are a command number.
    bare = address.isprintable() and _BARE_ADDRESS.match(address) and not address.isdigit()
    return address if bare else format_string(address)


def format_arguments(message: OscMessage, limit: int | None = None) -> str:
    """Return the arguments as text; stops with an ellipsis after about `limit` characters."""
    text = ""
    for part in _argument_texts(message.type_tags or "", message.arguments):
        # Brackets stand close to what they hold.
        text += part if not text or part == "]" or text.endswith("[") else " " + part
        if limit is not None and len(text) > limit:
            return text[:limit] + "…"
    return text


def format_argument(type_tag: str, value: Any) -> str:
    """Return the literal of one argument that is no array."""
    return _FORMATS[type_tag](value)


def format_time_tag(time_tag: TimeTag) -> str:
    return "immediately" if time_tag.is_immediate else f"0x{time_tag.value:016x}"


def format_string(text: str) -> str:
    """Return text in quotes, with everything escaped that is not printable or could fool a terminal."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escape(character) for character in text) + '"'


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _argument_texts(type_tags: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    stack: list[Iterator[Any]] = []
    values = iter(arguments)
    for tag in type_tags:
        if tag == "[":
            stack.append(values)
            values = iter(next(values))
            yield "["
        elif tag == "]":
            values = stack.pop()
            yield "]"
        elif tag in _FORMATS:
            yield _FORMATS[tag](next(values))
        else:
            yield from ["]"] * len(stack)
            return


def _format_float(code: str) -> Callable[[float], str]:
    def text(value: float) -> str:
        if value != value:
            raw = struct.pack(">" + code, value)
            return "nan" if raw == _CANONICAL_NAN[code] else f"nan:0x{raw.hex()}"
        return repr(value) if code == "d" else shortest_float32(value)

    return text


def shortest_float32(value: float) -> str:
    """Return the shortest decimal that is this value once it is a float32."""
    if value in (math.inf, -math.inf):
        return repr(value)
    for digits in (6, 7, 8, 9):
        text = f"{value:.{digits}g}"
        try:
            if struct.unpack(">f", struct.pack(">f", float(text)))[0] == value:
                break
        except OverflowError:
            continue
    return repr(float(text))


def _format_character(value: int) -> str:
    return f"'{chr(value)}'" if 0x20 < value < 0x7F and value not in (0x27, 0x5C) else str(value)


def _format_blob(value: bytes) -> str:
    return f'x"{value.hex()}"'


_FORMATS: dict[str, Callable[[Any], str]] = {
    "i": str,
    "h": str,
    "f": _format_float("f"),
    "d": _format_float("d"),
    "s": format_string,
    "S": format_string,
    "b": _format_blob,
    "t": lambda value: "@" + format_time_tag(value),
    "c": lambda value: _format_character(value if isinstance(value, int) else ord(value)),
    "r": lambda value: f"#{bytes(value).hex()}",
    "m": lambda value: f'm"{bytes(value).hex()}"',
    "T": lambda _: "true",
    "F": lambda _: "false",
    "N": lambda _: "nil",
    "I": lambda _: "infinitum",
}
