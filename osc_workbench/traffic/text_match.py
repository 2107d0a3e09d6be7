"""Matching of texts in a time that is linear in the text, whatever is looked for.

Python's own regular expressions go back and try again, which a short expression can make last for hours; RE2 does not.
Source: Russ Cox, "Regular Expression Matching Can Be Simple And Fast", 2007.
"""

from typing import Any

import re2

# What one compiled expression may take.
_MEMORY_LIMIT = 8 << 20


class ExpressionError(ValueError):
    """Raised for a text that is no regular expression; says why."""


def compile_expression(text: str) -> Any:
    """Return an object whose `search` and `fullmatch` take UTF-8, valid or not. Raises ExpressionError."""
    options = re2.Options()
    options.max_mem = _MEMORY_LIMIT
    # It would write to stderr what it raises as well.
    options.log_errors = False
    try:
        return re2.compile(encoded(text), options)
    except re2.error as error:
        reason = error.args[0] if error.args else b"it cannot be read"
        raise ExpressionError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def compile_wildcards(text: str, flags: str = "is") -> Any:
    """Return what matches texts in which `*` stands for any run of characters and `?` for any one.

    flags: those of RE2; without "i" case matters.
    """
    parts = {"*": ".*", "?": "."}
    return compile_expression(f"(?{flags})" + "".join(parts.get(part) or re2.escape(part) for part in text))


def encoded(text: str) -> bytes:
    """Return the bytes that a text was decoded from; what cannot come from bytes becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def folded(text: bytes) -> bytes:
    """Return a text in lower case, as far as it is ASCII: that is what ignoring case means here."""
    return text.lower()
