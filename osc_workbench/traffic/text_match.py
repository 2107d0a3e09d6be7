"""Matching of texts in a time that is bounded, whatever is looked for in whatever text.

Python's own regular expressions go back and try again, which a short expression can make last for hours. RE2 does not:
its time is at most the size of the expression times that of the text, and mostly the latter alone.
Source: Russ Cox, "Regular Expression Matching Can Be Simple And Fast", 2007.
"""

from collections.abc import Callable
from typing import Any

import re2

# What one compiled expression may take.
_MEMORY_LIMIT = 2 << 20
# Instructions of a compiled expression. A character class is one or two, a dot ten, a repeated part as many times that.
_SIZE_LIMIT = 2_000
# Instructions times bytes: at worst 0.1 s on the machine this was measured on, with 11 to 25 ns each.
_WORK_LIMIT = 4_000_000
# Characters; a text of letters of all scripts takes 0.2 s to be made ready at this length.
_LENGTH_LIMIT = 500
# Longer texts with wildcards are typed by nobody.
WILDCARDS_LIMIT = 256


class ExpressionError(ValueError):
    """Raised for a text that is no regular expression; says why."""


class Expression:
    """A regular expression, ready to look for. Raises ExpressionError for a text that is none, or a huge one."""

    def __init__(self, text: str) -> None:
        if len(text) > _LENGTH_LIMIT:
            raise ExpressionError(f"it has more than {_LENGTH_LIMIT} characters")
        self._compiled = _compile(encoded(text), re2.Options.Encoding.UTF8)
        self._size = max(1, int(self._compiled.programsize))
        if self._size > _SIZE_LIMIT:
            raise ExpressionError("it is too large; use shorter repetitions or fewer alternatives")

    @property
    def size_bytes(self) -> int:
        """How many bytes can be looked at without taking long: 0.1 s at the very worst, mostly a hundredth of that."""
        return _WORK_LIMIT // self._size

    def is_in(self, text: bytes) -> bool:
        """Tell whether it fits anywhere in a text in UTF-8, valid or not.

        Of a huge text only the first `size_bytes` are looked at: 2 kB for the largest expressions, 64 kB for one of
        five dots.
        """
        return self._compiled.search(text[: self.size_bytes]) is not None


def compile_expression(text: str) -> Expression:
    """Return the regular expression. Raises ExpressionError."""
    return Expression(text)


def compile_wildcards(text: str, ignores_case: bool = True) -> Callable[[bytes], bool]:
    """Return what tells whether the whole of a text fits, where `*` stands for any bytes and `?` for any one.

    Case is ignored as far as it is ASCII. text: not much longer than WILDCARDS_LIMIT characters.
    """
    sought = encoded(text)
    parts = {b"*": b".*", b"?": b"."}
    octets = (bytes((octet,)) for octet in (folded(sought) if ignores_case else sought))
    source = b"(?s)" + b"".join(parts.get(octet) or re2.escape(octet) for octet in octets)
    match = _compile(source, re2.Options.Encoding.LATIN1).fullmatch
    if ignores_case:
        return lambda text: match(folded(text)) is not None
    return lambda text: match(text) is not None


def _compile(source: bytes, encoding: Any) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY_LIMIT
    options.encoding = encoding
    # It would write to stderr what it raises as well.
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0] if error.args else b"it cannot be read"
        raise ExpressionError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def encoded(text: str) -> bytes:
    """Return the bytes that a text was decoded from; what cannot come from bytes becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def folded(text: bytes) -> bytes:
    """Return a text in lower case, as far as it is ASCII: that is what ignoring case means here."""
    return text.lower()
