"""Columns of numbers compared with one number, each in the precision of its own type.

A float32 argument that is shown as 0.1 equals 0.1, though the two are different numbers; 64-bit integers are compared
exactly, and never as floats.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is greater than",
    ">=": "is at least",
}
_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1


def sign_words(sign: str) -> str:
    """Return a comparison as words."""
    return _WORDS[sign]


def compare(column: Column, sign: str, number: int | float) -> Mask:
    """Return where `column sign number` holds. column: int64, float32 or float64. NaN only differs."""
    if column.dtype.kind == "f":
        return _compare_floats(column, sign, number)
    return _compare_integers(column, sign, number)


def _compare_floats(column: Column, sign: str, number: int | float) -> Mask:
    with np.errstate(over="ignore"):
        limit = column.dtype.type(_as_float(number))
    if np.isinf(limit) and not _is_infinite(number):
        return _compare_beyond(column, sign, limit)
    mask: Mask = COMPARISONS[sign](column, limit)
    return mask


def _compare_beyond(column: Column, sign: str, infinity: Any) -> Mask:
    """Compare with a number that is larger than the type can hold, but not infinite: nothing equals it."""
    if sign in ("=", "!="):
        return np.full(len(column), sign == "!=")
    is_infinite: Mask = column == infinity
    if (sign in (">", ">=")) == (infinity > 0):
        return is_infinite
    return ~is_infinite & ~np.isnan(column)


def _as_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _is_infinite(number: int | float) -> bool:
    return isinstance(number, float) and math.isinf(number)


def _compare_integers(column: Column, sign: str, number: int | float) -> Mask:
    if _is_infinite(number):
        # Any number beyond all integers does.
        number = _HIGHEST + 1 if number > 0 else _LOWEST - 1
    whole = math.floor(number)
    if whole != number:
        if sign in ("=", "!="):
            return np.full(len(column), sign == "!=")
        # Nothing lies between the number and the whole ones around it.
        sign, whole = (">", whole) if sign in (">", ">=") else ("<", whole + 1)
    if not _LOWEST <= whole <= _HIGHEST:
        return np.full(len(column), bool(COMPARISONS[sign](0, whole)))
    mask: Mask = COMPARISONS[sign](column, np.int64(whole))
    return mask
