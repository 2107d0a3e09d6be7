"""Reading the text form of packets that `notation` describes."""

import re
from typing import Any

from osc_workbench.osc.arguments import (
    ARGUMENT_TYPES,
    INFINITUM,
    NESTING_LIMIT,
    check_brackets,
    infer_type_tags,
)
from osc_workbench.osc.errors import NotationError, OscEncodeError
from osc_workbench.osc.notation_literals import (
    INFERRED_TAGS,
    LITERALS,
    TOKEN,
    Token,
    fail,
    read_hex,
    read_integer,
    read_string,
    read_time_tag,
)
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_ADDRESS = re.compile(r"""[^\s"';,#@][^\s"';]*""")
_WORDS = {"true": ("T", True), "false": ("F", False), "nil": ("N", None), "infinitum": ("I", INFINITUM)}


def parse_packet(text: str) -> OscPacket:
    """Return the packet a text stands for. Raises NotationError with the column of the mistake."""
    parser = _Parser(text)
    packet = parser.packet(0)
    parser.expect_end()
    return packet


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    # The text as tokens.

    def _skip_space(self) -> None:
        while self._position < len(self._text) and self._text[self._position].isspace():
            self._position += 1

    def _peek(self) -> Token:
        self._skip_space()
        if self._position >= len(self._text):
            return Token(self._position, "nothing", "")
        match = TOKEN.match(self._text, self._position)
        if match is None:
            reason = "the quote is not closed" if self._text[self._position] in "\"'" else "this cannot be read"
            raise NotationError(self._position + 1, reason)
        return Token(self._position, match.lastgroup or "", match.group())

    def _take(self) -> Token:
        token = self._peek()
        self._position = token.column + len(token.text)
        return token

    def expect_end(self) -> None:
        token = self._peek()
        if token.kind != "nothing":
            fail(token, f"nothing is expected here, found {token.text!r:.40}")

    # Packets.

    def packet(self, depth: int) -> OscPacket:
        self._skip_space()
        if self._text.startswith("#bundle", self._position):
            return self._bundle(depth)
        return self._message()

    def _bundle(self, depth: int) -> OscBundle:
        if depth >= NESTING_LIMIT:
            fail(self._peek(), f"bundles are nested deeper than the limit of {NESTING_LIMIT}")
        self._position += len("#bundle")
        time_tag = TimeTag.IMMEDIATELY
        token = self._take()
        if token.kind != "left":
            time_tag = read_time_tag(token, token.text)
            token = self._take()
        if token.kind != "left":
            fail(token, "a bundle needs its elements in braces: #bundle immediately { /a ,i 1 ; /b ,i 2 }")
        elements: list[OscPacket] = []
        while self._peek().kind != "right":
            elements.append(self.packet(depth + 1))
            token = self._peek()
            if token.kind == "end":
                self._take()
            elif token.kind != "right":
                fail(token, "between two elements of a bundle stands ';', at the end '}'")
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

    def _address(self, token: Token) -> str | int:
        if token.kind == "string":
            self._take()
            return read_string(token)
        match = _ADDRESS.match(self._text, self._position)
        if match is None:
            fail(token, "an address is expected here, for instance /synth/1/freq")
        self._position = match.end()
        text = match.group()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text

    def _type_tags(self, token: Token) -> str:
        self._position = token.column + 1
        if self._text.startswith('"', self._position):
            quoted = self._take()
            return read_string(quoted)
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
            fail(token, f"there is no type tag for {token.text!r:.40}")
        return b""

    def _optional_blob(self) -> bytes:
        token = self._peek()
        return read_hex(self._take(), token.text[2:-1]) if token.kind == "blob" else b""

    # Arguments with type tags.

    def _typed(self, type_tags: str, place: Token) -> list[Any]:
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
            fail(token, f"{text} is expected here, as the type tags say")

    def _typed_literal(self, tag: str) -> Any:
        token = self._peek()
        if tag in "TFNI":
            # The tag is the value; its word may be left out.
            if _WORDS.get(token.text, ("",))[0] == tag:
                self._take()
            return ARGUMENT_TYPES[tag].constant
        if token.kind in ("nothing", "end", "right", "close"):
            fail(token, f"the argument for the type tag {tag!r} is missing")
        if tag in "sS" and token.kind in ("word", "integer", "float"):
            return self._take().text
        kinds, read = LITERALS[tag]
        if token.kind not in kinds:
            row = ARGUMENT_TYPES[tag]
            fail(token, f"the type tag {tag!r} ({row.label}) needs {row.expected}, not {token.text!r:.40}")
        return read(self._take())

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
                    fail(token, "this ']' closes no array")
                self._take()
                stack[-1].append(values)
                values, tags = stack.pop(), tags + "]"
            else:
                tag, value = self._inferred_literal(token)
                values.append(value)
                tags += tag
        if stack:
            fail(token, "an array is not closed; ']' is expected here")
        return tags, values

    def _inferred_literal(self, token: Token) -> tuple[str, Any]:
        if token.text in _WORDS:
            return _WORDS[self._take().text]
        if token.kind not in INFERRED_TAGS:
            fail(token, f"{token.text!r:.40} is no value; text needs quotes unless the type tags say s")
        if token.kind == "integer":
            value = read_integer(self._take(), "h")
            return infer_type_tags([value]), value
        tag = INFERRED_TAGS[token.kind]
        return tag, LITERALS[tag][1](self._take())
