"""Patterns of bytes as text: what the packet detail finds and what the query term `bytes:` takes.

    2f 66  2f66  0x2f66     bytes in hex, whole ones
    ??                      any byte
    "/freq"                 text as UTF-8, with the escapes of the notation
    i:440  h:-1             32-bit and 64-bit integers, f:0.5 d:0.5 floats, as OSC writes them (big-endian)

Parts follow each other with or without spaces between them.
"""

import re
import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import ARGUMENT_TYPES
from osc_workbench.osc.errors import NotationError
from osc_workbench.osc.notation_literals import LITERALS, TOKEN, Token, fail, read_string

# More hits than anybody looks at one by one.
HITS_LIMIT = 10_000
# Keeps the time of a search in proportion to the data.
LENGTH_LIMIT = 1024
# Bytes that are compared at once; they stay in the processor's cache.
_BLOCK = 1 << 16
# Longer than any number that fits into 64 bits needs to be.
_NUMBER_LIMIT = 60
_PART = re.compile(r'(?P<space>\s+)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>[ifhd]:[^\s"]*)|(?P<word>[^\s"]+)', re.S)
_HEX_PAIR = re.compile("[0-9a-fA-F]{2}")
_HALF_BYTE = re.compile("[0-9a-fA-F?]")
_EXAMPLES = {"i": "i:440", "h": "h:440", "f": "f:0.5", "d": "d:0.5"}
_FORMS = 'hex such as 2f, ??, "text", i:440 or f:0.5'

_Octets = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class BytePattern:
    """Bytes in a row, None for any byte. Raises ValueError if there are none or more than LENGTH_LIMIT."""

    octets: _Octets
    # A plain search for the longest stretch without any-bytes sorts out most packets.
    _stretch: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.length <= LENGTH_LIMIT:
            raise ValueError(f"A pattern has 1 to {LENGTH_LIMIT:,} bytes, not {self.length:,}.")
        object.__setattr__(self, "_stretch", _longest_stretch(self.octets))

    @property
    def length(self) -> int:
        return len(self.octets)

    def find_all(self, data: bytes, limit: int = HITS_LIMIT) -> list[int]:
        """Return the first `limit` offsets at which this pattern lies, ascending; hits may overlap.

        Takes at most len(data) * length comparisons of bytes, whatever they are.
        """
        hits: list[int] = []
        if self._stretch not in data:
            return hits
        octets = np.frombuffer(data, np.uint8)
        end = len(data) - self.length + 1
        for start in range(0, end, _BLOCK):
            hits += self._find_between(octets, start, min(start + _BLOCK, end))
            if len(hits) >= limit:
                return hits[:limit]
        return hits

    def _find_between(self, data: npt.NDArray[np.uint8], start: int, end: int) -> list[int]:
        is_hit = np.ones(end - start, np.bool_)
        for place, octet in enumerate(self.octets):
            if octet is not None:
                is_hit &= data[start + place : end + place] == octet
                if not is_hit.any():
                    return []
        offsets: list[int] = (np.flatnonzero(is_hit) + start).tolist()
        return offsets


def _longest_stretch(octets: _Octets) -> bytes:
    longest, current = b"", bytearray()
    for octet in (*octets, None):
        if octet is not None:
            current.append(octet)
        else:
            longest = max(longest, bytes(current), key=len)
            current.clear()
    return longest


def parse_byte_pattern(text: str) -> BytePattern:
    """Return the pattern a text stands for. Raises NotationError, a ValueError, with the column of the mistake."""
    octets: list[int | None] = []
    column = 0
    while column < len(text):
        match = _PART.match(text, column)
        if match is None:
            raise NotationError(column + 1, "the quote is not closed")
        octets += _read_part(Token(column, match.lastgroup or "", match.group()))
        if len(octets) > LENGTH_LIMIT:
            raise NotationError(column + 1, f"here the pattern becomes longer than {LENGTH_LIMIT:,} bytes")
        column = match.end()
    if not octets:
        raise NotationError(1, f"there is nothing to search for; write {_FORMS}")
    return BytePattern(tuple(octets))


def _read_part(token: Token) -> _Octets:
    match token.kind:
        case "space":
            return ()
        case "string":
            return _read_text(token)
        case "number":
            return _read_number(token)
        case _:
            return _read_hex(token)


def _read_text(token: Token) -> _Octets:
    try:
        return tuple(read_string(token).encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        fail(token, "this text holds half of a surrogate pair, which UTF-8 has no bytes for")


def _read_number(token: Token) -> _Octets:
    tag, digits = token.text[0], token.text[2:]
    match = TOKEN.fullmatch(digits)
    literal = Token(token.column + 2, (match and match.lastgroup) or "", digits)
    kinds, read = LITERALS[tag]
    if literal.kind not in kinds or len(digits) > _NUMBER_LIMIT:
        row = ARGUMENT_TYPES[tag]
        found = f", not {digits!r:.40}" if digits else ""
        fail(literal, f"{tag}: needs {row.expected}, for instance {_EXAMPLES[tag]}{found}")
    return tuple(struct.pack(">" + ARGUMENT_TYPES[tag].struct_code, read(literal)))


def _read_hex(token: Token) -> _Octets:
    text = token.text
    start = 2 if text[:2] in ("0x", "0X") else 0
    if start == len(text):
        fail(token, f"hex digits must follow {text}, for instance 0x2f")
    return tuple(_read_pair(token, place) for place in range(start, len(text), 2))


def _read_pair(token: Token, place: int) -> int | None:
    pair = token.text[place : place + 2]
    if pair == "??":
        return None
    if _HEX_PAIR.fullmatch(pair):
        return int(pair, 16)
    here = token._replace(column=token.column + place)
    if len(pair) == 1 and _HALF_BYTE.fullmatch(pair):
        fail(here, f"{pair} is half a byte; a byte has two hex digits, and ?? is any byte")
    fail(here, f"{token.text[place:]!r:.40} cannot be read; write {_FORMS}")
