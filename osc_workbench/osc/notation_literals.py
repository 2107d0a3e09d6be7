"""The words of the notation and the values of its literals, each read from one token; `notation` describes them."""

import math
import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from osc_workbench.osc.arguments import MidiMessage, Rgba
from osc_workbench.osc.errors import NotationError
from osc_workbench.osc.timetag import TimeTag

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<blob>x"[^"]*") | (?P<midi>m"[^"]*")
      | (?P<character>'[^'\\]')
      | (?P<open>\[) | (?P<close>\])
      | (?P<end>;) | (?P<left>\{) | (?P<right>\})
      | (?P<time>@[^\s;\]}]+)
      | (?P<colour>\#[0-9a-fA-F]{8}(?![^\s;\]}]))
      | (?P<integer>[-+]?(?:0[xX][0-9a-fA-F]+|\d+)(?![^\s;\]}]))
      | (?P<float>[-+]?(?:nan(?::0x[0-9a-fA-F]+)?|inf|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)(?![^\s;\]}]))
      | (?P<word>[^\s"';\[\]{}]+)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\"\\nrt])|\\(.?)|([\x80-\U0010ffff])", re.DOTALL
)
_SIMPLE_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


class Token(NamedTuple):
    """A stretch of the text; column counts from 0."""

    column: int
    kind: str
    text: str


def fail(token: Token, reason: str) -> NoReturn:
    raise NotationError(token.column + 1, reason)


def read_integer(token: Token, tag: str) -> int:
    # Python refuses to convert thousands of digits; nothing that long fits anyway.
    value = int(token.text, 16 if "x" in token.text.lower() else 10) if len(token.text) < 40 else 1 << 70
    bits = 64 if tag == "h" else 32
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        fail(token, f"{token.text:.40} does not fit into {bits} bits")
    return value


def read_float(token: Token, code: str) -> float:
    text = token.text
    if ":" in text:
        raw = read_hex(token, text.partition(":0x")[2])
        if len(raw) != struct.calcsize(code):
            fail(token, f"this NaN needs {2 * struct.calcsize(code)} hex digits")
        value: float = struct.unpack(">" + code, raw)[0]
        if not math.isnan(value):
            fail(token, f"{text:.40} is not a NaN")
        return value
    try:
        number = float(int(text, 16)) if "x" in text else float(text)
        value = struct.unpack(">" + code, struct.pack(">" + code, number))[0]
    except OverflowError:
        fail(token, f"{text:.40} is out of the range of float{8 * struct.calcsize(code)}")
    if math.isinf(value) and "inf" not in text:
        fail(token, f"{text:.40} is out of the range of a float")
    return value


def read_character(token: Token) -> int:
    return ord(token.text[1]) if token.kind == "character" else read_integer(token, "i")


def read_time_tag(token: Token, text: str) -> TimeTag:
    if text == "immediately":
        return TimeTag.IMMEDIATELY
    if not re.fullmatch(r"0x[0-9a-fA-F]{16}", text):
        fail(token, f"a time tag is 'immediately' or 0x and 16 hex digits, not {text!r:.40}")
    return TimeTag(int(text, 16))


def _four_bytes(token: Token, digits: str) -> bytes:
    raw = read_hex(token, digits)
    if len(raw) != 4:
        fail(token, "four bytes are needed: eight hex digits")
    return raw


def read_hex(token: Token, digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        fail(token, f"{digits!r:.40} is not a whole number of bytes in hex")


def read_string(token: Token) -> str:
    def replace(match: re.Match[str]) -> str:
        code, wrong, _ = match.groups()
        if wrong is not None:
            raise NotationError(token.column + 2 + match.start(), f"\\{wrong} is no escape; a backslash is \\\\")
        if code is None:
            return match.group()
        if code in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[code]
        number = int(code[1:], 16)
        if number > 0x10FFFF:
            raise NotationError(token.column + 2 + match.start(), "this is no character of Unicode")
        # \x names a byte of the wire: above 127 one that was no UTF-8.
        return chr(number + 0xDC00 if code[0] == "x" and number >= 0x80 else number)

    text = token.text
    if len(text) < 2 or text[-1] != '"':
        fail(token, "the quote is not closed")
    return _ESCAPE.sub(replace, text[1:-1])


_Reader = Callable[[Token], Any]

LITERALS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "i": (("integer",), lambda token: read_integer(token, "i")),
    "h": (("integer",), lambda token: read_integer(token, "h")),
    "f": (("float", "integer"), lambda token: read_float(token, "f")),
    "d": (("float", "integer"), lambda token: read_float(token, "d")),
    "s": (("string",), read_string),
    "S": (("string",), read_string),
    "b": (("blob",), lambda token: read_hex(token, token.text[2:-1])),
    "c": (("character", "integer"), read_character),
    "t": (("time",), lambda token: read_time_tag(token, token.text[1:])),
    "r": (("colour",), lambda token: Rgba(*_four_bytes(token, token.text[1:]))),
    "m": (("midi",), lambda token: MidiMessage(*_four_bytes(token, token.text[2:-1]))),
}
INFERRED_TAGS = {
    "integer": "i",
    "float": "f",
    "string": "s",
    "blob": "b",
    "character": "c",
    "time": "t",
    "colour": "r",
    "midi": "m",
}
