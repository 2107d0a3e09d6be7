"""What is written behind a sign: numbers, durations, expressions, one of some words."""

import re

from osc_workbench.traffic.query_syntax import QueryError, Word
from osc_workbench.traffic.text_match import WILDCARDS_LIMIT, ExpressionError, compile_expression

_UNITS_NS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?|0[xX][0-9a-fA-F]+", re.ASCII)
_DURATION = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([a-zµ]*)", re.ASCII | re.IGNORECASE)
# No message has more characters in its numbers; int() would take ever longer.
_DIGITS_LIMIT = 400
# What 64 bits of nanoseconds hold; nothing is later than that.
_LATEST_NS = 1 << 62


def fault(word: Word, reason: str, expected: str = "") -> QueryError:
    """Return the error that the value is wrong."""
    return QueryError(word.value_start, word.end, reason, expected)


def needs_value(word: Word, expected: str) -> str:
    """Return the value. Raises QueryError if nothing was written."""
    if not word.value and not word.is_quoted:
        raise QueryError(word.start, word.end, f"Something is missing after “{word.field}{word.sign}”.", expected)
    return word.value


def plain_sign(word: Word) -> str:
    return "=" if word.sign == "==" else word.sign


def is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def number(word: Word, example: str) -> int | float:
    """Return the value as a number. Raises QueryError."""
    if not word.value:
        raise QueryError(
            word.end, word.end + 1, f"A number is missing after “{word.sign}”.", f"something like {example}"
        )
    if not is_number(word.value) or len(word.value) > _DIGITS_LIMIT:
        raise fault(word, f"“{word.value:.40}” is no number.", f"something like {example}")
    try:
        return int(word.value, 0) if "x" in word.value.lower() else int(word.value)
    except ValueError:
        value = float(word.value)
    if abs(value) == float("inf") and "inf" not in word.value.lower():
        raise fault(word, f"“{word.value:.40}” is larger than any number of OSC.", "a smaller number, or inf")
    return value


def nanoseconds(word: Word) -> int:
    """Return the value as a duration. Raises QueryError."""
    found = _DURATION.fullmatch(word.value)
    if found is None or found[2].lower() not in _UNITS_NS or len(word.value) > _DIGITS_LIMIT:
        raise fault(word, f"“{word.value:.40}” is no duration.", "a number with ns, us, ms, s, min or h, such as 5ms")
    value = float(found[1]) * _UNITS_NS[found[2].lower()]
    return round(max(-_LATEST_NS, min(_LATEST_NS, value)))


def choice(word: Word, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of these, in any case. Raises QueryError."""
    value = word.value.lower()
    if value not in choices:
        raise fault(word, f"“{word.value:.40}” is no value of “{word.field}:”.", " or ".join(choices))
    return value


def expression(word: Word) -> str:
    """Return the value if it is a regular expression. Raises QueryError."""
    try:
        compile_expression(word.value)
    except ExpressionError as error:
        raise fault(word, f"The expression cannot be read: {error}.") from None
    return word.value


def wildcards(word: Word, text: str) -> str:
    """Return this text if it is not too long to be matched. Raises QueryError."""
    if len(text) > WILDCARDS_LIMIT:
        raise fault(word, f"This is longer than the {WILDCARDS_LIMIT} characters that can be matched.")
    return text
