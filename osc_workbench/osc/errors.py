"""What the protocol layer raises and what it reports: two errors of the codec, one of the notation, and the issues."""

from dataclasses import dataclass

# One sentence for each code, shown to users as it stands.
DECODE_REASONS = {
    "empty": "the packet is empty",
    "not-osc": "neither an OSC message nor a bundle starts here",
    "unterminated": "a string has no terminating NUL byte",
    "truncated": "the packet ends before its content does",
    "blob-size": "a blob is larger than what is left of the message",
    "element-size": "a bundle element has an impossible size",
    "array": "the array brackets in the type tag string do not match",
    "too-deep": "bundles or arrays are nested deeper than the limit of 64",
}

ISSUE_REASONS = {
    "missing-type-tags": "there is no type tag string, so the arguments cannot be told apart",
    "unknown-type-tag": "an unknown type tag: this argument and those after it are not decoded",
    "unaligned-size": "a size is not a multiple of four",
    "padding": "padding bytes are not zero",
    "short-padding": "padding bytes are missing",
    "excess-bytes": "there are bytes after the last argument",
    "invalid-utf8": "a string is not valid UTF-8",
    "no-slash": "the address does not start with a slash",
    "time-tag-order": "the time tag is earlier than that of the enclosing bundle",
    "zero-time-tag": "the time tag is zero, which is not a time (immediately is one)",
}


@dataclass(frozen=True, slots=True)
class PacketIssue:
    """A departure from the specification that did not prevent decoding.

    code: a key of `ISSUE_REASONS`.
    offset: where in the packet it was seen, in bytes.
    """

    code: str
    offset: int

    @property
    def reason(self) -> str:
        return ISSUE_REASONS[self.code]


class OscDecodeError(ValueError):
    """Raised for bytes that are no OSC packet.

    offset: where decoding stopped, in bytes from the start of the packet.
    code: a key of `DECODE_REASONS`; reason: one sentence about what was found.
    """

    def __init__(self, offset: int, code: str, reason: str = "") -> None:
        self.offset = offset
        self.code = code
        self.reason = reason or DECODE_REASONS[code]
        super().__init__(offset, code, self.reason)

    def __str__(self) -> str:
        return f"{self.reason} (at byte {self.offset})"


class OscEncodeError(ValueError):
    """Raised for values that cannot be written as an OSC packet."""


class NotationError(OscEncodeError):
    """Raised for text that is no packet in the notation.

    column: the character where it was noticed, counted from 1.
    """

    def __init__(self, column: int, reason: str) -> None:
        self.column = column
        self.reason = reason
        super().__init__(column, reason)

    def __str__(self) -> str:
        return f"column {self.column}: {self.reason}"
