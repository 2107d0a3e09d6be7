"""Reading the text form of packets that `notation` describes."""

import math
import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from osc_workbench.osc.arguments import (
    ARGUMENT_TYPES,
    INFINITUM,
    NESTING_LIMIT,
    MidiMessage,
    Rgba,
    check_brackets,
    infer_type_tags,
)
from osc_workbench.osc.errors import NotationError, OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_TOKEN = re.compile(
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
_ADDRESS = re.compile(r"""[^\s"';,#@][^\s"';]*""")
_WORDS = {"true": ("T", True), "false": ("F", False), "nil": ("N", None), "infinitum": ("I", INFINITUM)}
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\"\\nrt])|\\(.?)|([\x80-\U0010ffff])", re.DOTALL
)
_SIMPLE_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def parse_packet(text: str) -> OscPacket:
    """Return the packet a text stands for. Raises NotationError with the column of the mistake."""
    parser = _Parser(text)
    packet = parser.packet(0)
    parser.expect_end()
    return packet


class _Token(NamedTuple):
    column: int
    kind: str
    text: str


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    # The text as tokens.

    def _skip_space(self) -> None:
        while self._position < len(self._text) and self._text[self._position].isspace():
            self._position += 1

    def _peek(self) -> _Token:
        self._skip_space()
        if self._position >= len(self._text):
            return _Token(self._position, "nothing", "")
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            reason = "the quote is not closed" if self._text[self._position] in "\"'" else "this cannot be read"
            raise NotationError(self._position + 1, reason)
        return _Token(self._position, match.lastgroup or "", match.group())

    def _take(self) -> _Token:
        token = self._peek()
        self._position = token.column + len(token.text)
        return token

    def _fail(self, token: _Token, reason: str) -> NoReturn:
        raise NotationError(token.column + 1, reason)

    def expect_end(self) -> None:
        token = self._peek()
        if token.kind != "nothing":
            self._fail(token, f"nothing is expected here, found {token.text!r:.40}")

    # Packets.

    def packet(self, depth: int) -> OscPacket:
        self._skip_space()
        if self._text.startswith("#bundle", self._position):
            return self._bundle(depth)
        return self._message()

    def _bundle(self, depth: int) -> OscBundle:
        if depth >= NESTING_LIMIT:
            self._fail(self._peek(), f"bundles are nested deeper than the limit of {NESTING_LIMIT}")
        self._position += len("#bundle")
        time_tag = TimeTag.IMMEDIATELY
        token = self._take()
        if token.kind != "left":
            time_tag = self._time_tag(token, token.text)
            token = self._take()
        if token.kind != "left":
            self._fail(token, "a bundle needs its elements in braces: #bundle immediately { /a ,i 1 ; /b ,i 2 }")
        elements: list[OscPacket] = []
        while self._peek().kind != "right":
            elements.append(self.packet(depth + 1))
            token = self._peek()
            if token.kind == "end":
                self._take()
            elif token.kind != "right":
                self._fail(token, "between two elements of a bundle stands ';', at the end '}'")
        self._take()
        return OscBundle(time_tag, elements)

    def _message(self) -> OscMessage:
        start = self._peek()
        address = self._address(start)
        token = self._peek()
        try:
            if token.kind == "word" and token.text == "no-type-tags":
                self._take()
                return OscMessage(address, None, (), self._optional_blob())
            if token.text.startswith(","):
                type_tags = self._type_tags(token)
                arguments = self._typed(type_tags, token)
                return OscMessage(address, type_tags, arguments, self._excess())
            type_tags, arguments = self._inferred()
            return OscMessage(address, type_tags, arguments, self._excess())
        except OscEncodeError as error:
            if isinstance(error, NotationError):
                raise
            raise NotationError(start.column + 1, str(error)) from None

    def _address(self, token: _Token) -> str | int:
        if token.kind == "string":
            self._take()
            return self._unquote(token, token.text)
        match = _ADDRESS.match(self._text, self._position)
        if match is None:
            self._fail(token, "an address is expected here, for instance /synth/1/freq")
        self._position = match.end()
        text = match.group()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text

    def _type_tags(self, token: _Token) -> str:
        self._position = token.column + 1
        if self._text.startswith('"', self._position):
            quoted = self._take()
            return self._unquote(quoted, quoted.text)
        match = re.compile(r"[^\s;\"]*").match(self._text, self._position)
        assert match is not None
        self._position = match.end()
        bad = check_brackets(match.group())
        if bad is not None:
            raise NotationError(token.column + 2 + bad, "the array brackets in the type tags do not match")
        return match.group()

    def _excess(self) -> bytes:
        token = self._peek()
        if token.kind == "word" and token.text == "excess":
            self._take()
            return self._optional_blob()
        if token.kind not in ("nothing", "end", "right"):
            self._fail(token, f"there is no type tag for {token.text!r:.40}")
        return b""

    def _optional_blob(self) -> bytes:
        token = self._peek()
        return self._hex(self._take(), token.text[2:-1]) if token.kind == "blob" else b""

    # Arguments with type tags.

    def _typed(self, type_tags: str, place: _Token) -> list[Any]:
        stack: list[list[Any]] = []
        values: list[Any] = []
        for tag in type_tags:
            row = ARGUMENT_TYPES.get(tag)
            if row is None:
                while stack:
                    self._expect("close", "]")
                    stack[-1].append(values)
                    values = stack.pop()
                break
            if tag == "[":
                self._expect("open", "[")
                stack.append(values)
                values = []
            elif tag == "]":
                self._expect("close", "]")
                stack[-1].append(values)
                values = stack.pop()
            else:
                values.append(self._typed_literal(tag))
        return values

    def _expect(self, kind: str, text: str) -> None:
        token = self._take()
        if token.kind != kind:
            self._fail(token, f"{text} is expected here, as the type tags say")

    def _typed_literal(self, tag: str) -> Any:
        token = self._peek()
        if tag in "TFNI":
            # The tag is the value; its word may be left out.
            if _WORDS.get(token.text, ("",))[0] == tag:
                self._take()
            return ARGUMENT_TYPES[tag].constant
        if token.kind in ("nothing", "end", "right", "close"):
            self._fail(token, f"the argument for the type tag {tag!r} is missing")
        if tag in "sS" and token.kind in ("word", "integer", "float"):
            return self._take().text
        kinds, read = _READERS[tag]
        if token.kind not in kinds:
            row = ARGUMENT_TYPES[tag]
            self._fail(token, f"the type tag {tag!r} ({row.label}) needs {row.expected}, not {token.text!r:.40}")
        return read(self, self._take())

    # Arguments without type tags.

    def _inferred(self) -> tuple[str, list[Any]]:
        tags = ""
        stack: list[list[Any]] = []
        values: list[Any] = []
        while True:
            token = self._peek()
            if token.kind in ("nothing", "end", "right") or token.text == "excess":
                break
            if token.kind == "open":
                self._take()
                stack.append(values)
                values, tags = [], tags + "["
            elif token.kind == "close":
                if not stack:
                    self._fail(token, "this ']' closes no array")
                self._take()
                stack[-1].append(values)
                values, tags = stack.pop(), tags + "]"
            else:
                tag, value = self._inferred_literal(token)
                values.append(value)
                tags += tag
        if stack:
            self._fail(token, "an array is not closed; ']' is expected here")
        return tags, values

    def _inferred_literal(self, token: _Token) -> tuple[str, Any]:
        if token.text in _WORDS:
            return _WORDS[self._take().text]
        if token.kind not in _INFERRED_TAGS:
            self._fail(token, f"{token.text!r:.40} is no value; text needs quotes unless the type tags say s")
        if token.kind == "integer":
            value = self._integer(self._take(), "h")
            return infer_type_tags([value]), value
        tag = _INFERRED_TAGS[token.kind]
        return tag, _READERS[tag][1](self, self._take())

    # Literals.

    def _integer(self, token: _Token, tag: str) -> int:
        # Python refuses to convert thousands of digits; nothing that long fits anyway.
        value = int(token.text, 16 if "x" in token.text.lower() else 10) if len(token.text) < 40 else 1 << 70
        bits = 64 if tag == "h" else 32
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            self._fail(token, f"{token.text:.40} does not fit into {bits} bits")
        return value

    def _float(self, token: _Token, code: str) -> float:
        text = token.text
        if ":" in text:
            raw = self._hex(token, text.partition(":0x")[2])
            if len(raw) != struct.calcsize(code):
                self._fail(token, f"this NaN needs {2 * struct.calcsize(code)} hex digits")
            value: float = struct.unpack(">" + code, raw)[0]
            if not math.isnan(value):
                self._fail(token, f"{text:.40} is not a NaN")
            return value
        number = float(int(text, 16)) if "x" in text else float(text)
        try:
            value = struct.unpack(">" + code, struct.pack(">" + code, number))[0]
        except OverflowError:
            self._fail(token, f"{text:.40} is out of the range of float32")
        if math.isinf(value) and "inf" not in text:
            self._fail(token, f"{text:.40} is out of the range of a float")
        return value

    def _character(self, token: _Token) -> int:
        return ord(token.text[1]) if token.kind == "character" else self._integer(token, "i")

    def _time_tag(self, token: _Token, text: str) -> TimeTag:
        if text == "immediately":
            return TimeTag.IMMEDIATELY
        if not re.fullmatch(r"0x[0-9a-fA-F]{16}", text):
            self._fail(token, f"a time tag is 'immediately' or 0x and 16 hex digits, not {text!r:.40}")
        return TimeTag(int(text, 16))

    def _four_bytes(self, token: _Token, digits: str) -> bytes:
        raw = self._hex(token, digits)
        if len(raw) != 4:
            self._fail(token, "four bytes are needed: eight hex digits")
        return raw

    def _hex(self, token: _Token, digits: str) -> bytes:
        try:
            return bytes.fromhex(digits)
        except ValueError:
            self._fail(token, f"{digits!r:.40} is not a whole number of bytes in hex")

    def _unquote(self, token: _Token, text: str) -> str:
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

        if len(text) < 2 or text[-1] != '"':
            self._fail(token, "the quote is not closed")
        return _ESCAPE.sub(replace, text[1:-1])


_Reader = Callable[[_Parser, _Token], Any]

_READERS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "i": (("integer",), lambda parser, token: parser._integer(token, "i")),
    "h": (("integer",), lambda parser, token: parser._integer(token, "h")),
    "f": (("float", "integer"), lambda parser, token: parser._float(token, "f")),
    "d": (("float", "integer"), lambda parser, token: parser._float(token, "d")),
    "s": (("string",), lambda parser, token: parser._unquote(token, token.text)),
    "S": (("string",), lambda parser, token: parser._unquote(token, token.text)),
    "b": (("blob",), lambda parser, token: parser._hex(token, token.text[2:-1])),
    "c": (("character", "integer"), lambda parser, token: parser._character(token)),
    "t": (("time",), lambda parser, token: parser._time_tag(token, token.text[1:])),
    "r": (("colour",), lambda parser, token: Rgba(*parser._four_bytes(token, token.text[1:]))),
    "m": (("midi",), lambda parser, token: MidiMessage(*parser._four_bytes(token, token.text[2:-1]))),
}
_INFERRED_TAGS = {
    "integer": "i",
    "float": "f",
    "string": "s",
    "blob": "b",
    "character": "c",
    "time": "t",
    "colour": "r",
    "midi": "m",
}
