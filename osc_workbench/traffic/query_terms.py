"""The terms of the query language: one table, from which parser, completion, help and documentation are made."""

import re
from collections.abc import Callable
from typing import NamedTuple

from osc_workbench.osc.errors import NotationError
from osc_workbench.traffic.argument_conditions import (
    CONSTANT_WORDS,
    ArgumentContains,
    ArgumentFits,
    ArgumentIsConstant,
    ArgumentIsNumber,
    ArgumentIsText,
    HasNumber,
)
from osc_workbench.traffic.byte_conditions import HoldsBytes
from osc_workbench.traffic.byte_pattern import parse_byte_pattern
from osc_workbench.traffic.chunk import IN_BUNDLE, MALFORMED
from osc_workbench.traffic.header_conditions import (
    AddressContains,
    AddressFits,
    AddressMatches,
    HasType,
    TypeTagsAre,
)
from osc_workbench.traffic.history_conditions import IsChanged, RateIs
from osc_workbench.traffic.lint_rules import RULES, Severity, mask_of
from osc_workbench.traffic.number_comparison import COMPARISONS
from osc_workbench.traffic.query_context import Condition
from osc_workbench.traffic.query_syntax import QueryError, Word
from osc_workbench.traffic.query_values import (
    choice,
    expression,
    fault,
    is_number,
    nanoseconds,
    needs_value,
    number,
    plain_sign,
    wildcards,
)
from osc_workbench.traffic.record import Direction
from osc_workbench.traffic.row_conditions import (
    EndpointIs,
    GoesWay,
    HasBits,
    IsBetween,
    IsMarked,
    LatenessIs,
    NumberIs,
    SizeIs,
)
from osc_workbench.traffic.time_conditions import TimeIsIn, parse_instant

_COMPARED = (*COMPARISONS, "==")
_PLACE = re.compile(r"arg\[(\d{1,5})\]", re.ASCII)
# What makes a bare text a pattern: a slash at its start and a wildcard of OSC.
_PATTERN = re.compile(r"/(?:/|.*(?:[?*\[{]|//))", re.DOTALL)


class Term(NamedTuple):
    """One row of the table.

    code: how it is written: a field's name, or a word of its own. signs: what may follow a field, () for a word alone.
    help: what it finds. example: a query that can be pasted. values: what can be completed after ":".
    """

    code: str
    signs: tuple[str, ...]
    help: str
    example: str
    build: Callable[[Word], Condition]
    values: tuple[str, ...] = ()


# From words to conditions.


def bare_text(word: Word) -> Condition:
    """Return what a word without field means: a part of the address, or a pattern for all of it."""
    if not word.is_quoted and word.value.lower().startswith("arg["):
        # Half of a comparison; as a part of an address it would match nothing.
        raise QueryError(word.end, word.end + 1, f"“{word.value:.20}” is not compared with anything.", "= > < or ~")
    if word.is_quoted or not _PATTERN.match(word.value):
        return AddressContains(word.value)
    return _pattern(word)


def _pattern(word: Word) -> Condition:
    condition = AddressMatches(word.value)
    if condition.pattern.fault:
        raise fault(word, f"This pattern can match nothing: {condition.pattern.fault}.")
    return condition


def _address(word: Word) -> Condition:
    value = needs_value(word, "an address, a pattern, or a text after “~”")
    if word.sign == "~":
        return AddressFits(expression(word)) if word.is_expression else AddressContains(value)
    return _pattern(word)


def _argument(word: Word) -> Condition:
    place, sign = _place(word), plain_sign(word)
    if word.is_expression:
        return ArgumentFits(place, expression(word))
    value = needs_value(word, "a number, a text in quotes, true, false or nil")
    if sign == "~":
        return ArgumentContains(place, value)
    if not word.is_quoted and is_number(value):
        return ArgumentIsNumber(place, sign, number(word, "0.5"))
    if sign not in ("=", "!="):
        raise fault(word, f"“{value:.40}” is no number, so it cannot be compared by size.", "a number such as 0.5")
    if not word.is_quoted and value.lower() in CONSTANT_WORDS:
        return ArgumentIsConstant(place, sign, value.lower())
    if not word.is_quoted and value.lower() == "nan":
        raise fault(word, "NaN equals nothing, not even itself.", "has:nan")
    return ArgumentIsText(place, sign, value)


def _place(word: Word) -> int | None:
    if "[" not in word.field:
        return None
    found = _PLACE.fullmatch(word.field.lower())
    if found is None:
        raise QueryError(
            word.start, word.start + len(word.field), f"“{word.field}” names no argument.", "arg[0] for the first"
        )
    return int(found[1])


_KINDS: dict[str, Condition] = {
    "nan": HasNumber("nan"),
    "inf": HasNumber("inf"),
    "denormal": HasNumber("denormal"),
    "int": HasType("ih", "an integer"),
    "float": HasType("fd", "a float"),
    "text": HasType("sS", "a text"),
    "blob": HasType("b", "a blob"),
    "time": HasType("t", "a time tag"),
    "bool": HasType("TF", "a true or false"),
    "nil": HasType("N", "a nil"),
    "midi": HasType("m", "a MIDI message"),
    "colour": HasType("r", "a colour"),
    "array": HasType("[", "an array"),
}


def _type_tags(word: Word) -> Condition:
    tags = word.value.removeprefix(",")
    return TypeTagsAre(wildcards(word, tags) if "*" in tags or "?" in tags else tags)


def _side(side: str) -> Callable[[Word], Condition]:
    def build(word: Word) -> Condition:
        value = wildcards(word, needs_value(word, "a host, a port, or both as in 127.0.0.1:57120"))
        if value.isascii() and value.isdigit():
            return IsBetween(side, "", _port(word, value))
        host, colon, port = value.rpartition(":")
        if not colon or (value.count(":") > 1 and not host.endswith("]")):
            # An address of IPv6 has colons of its own.
            return IsBetween(side, value.strip("[]"), None)
        return IsBetween(side, host.strip("[]"), None if port in ("", "*") else _port(word, port))

    return build


def _port(word: Word, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65_536):
        raise fault(word, f"“{text:.20}” is no port.", "a number up to 65535")
    return int(text)


def _bytes(word: Word) -> Condition:
    text = needs_value(word, 'bytes in hex, such as "2f 66"')
    try:
        pattern = parse_byte_pattern(text)
    except NotationError as error:
        start = min(word.value_start + word.is_quoted + error.column - 1, word.end - 1)
        raise QueryError(start, word.end, f"{error.reason[:1].upper()}{error.reason[1:]}.") from None
    return HoldsBytes(text, pattern)


def _range(word: Word) -> tuple[str, str]:
    """Return the ends of `a..b`, `>a`, `<b` or `a`; "" for none."""
    value = word.value
    if word.sign in (">", ">="):
        return value, ""
    if word.sign in ("<", "<="):
        return "", value
    first, dots, last = value.partition("..")
    return (first, last) if dots else (value, value)


def _time(word: Word) -> Condition:
    ends = _range(word)
    instants = [parse_instant(text) if text else None for text in ends]
    expected = "seconds as in 12.5..14, or a time of day as in 14:05..14:06:30"
    if any(text and instant is None for text, instant in zip(ends, instants, strict=True)) or not any(ends):
        raise fault(word, f"“{word.value:.40}” is no time.", expected)
    return TimeIsIn(instants[0], instants[1], word.sign in ("<", ">"))


def _row_number(word: Word) -> Condition:
    ends = [text.replace(",", "") for text in _range(word)]
    if not any(ends) or any(text and not (text.isascii() and text.isdigit() and len(text) < 16) for text in ends):
        raise fault(word, f"“{word.value:.40}” is no number of a message.", "something like 100..200")
    first, last = int(ends[0] or 1), int(ends[1]) if ends[1] else None
    return NumberIs(first + (word.sign == ">"), None if last is None else last - (word.sign == "<"))


def _lint(word: Word) -> Condition:
    if not word.sign:
        return HasBits("findings", mask_of(rule.id for rule in RULES), "a rule of lint is broken")
    value = needs_value(word, "a rule, or error, warning or info").lower()
    rules = [rule for rule in RULES if value in (rule.id, rule.severity.value)]
    if not rules:
        raise fault(word, f"There is no rule of lint called “{word.value:.40}”.", "a rule, or error, warning or info")
    article = "a" if value == Severity.WARNING.value else "an"
    words = f"the rule “{value}” of lint is broken" if rules[0].id == value else f"lint has {article} {value} to report"
    return HasBits("findings", mask_of(rule.id for rule in rules), words)


TERMS: tuple[Term, ...] = (
    Term("address", (":", "=", "~"), "The whole address or an OSC pattern; with ~ a part of it or /an expression/.",
         "address:/synth/*/freq", _address),
    Term("type", (":", "="), "The type tag string; * and ? are wildcards, “none” means a message without one.",
         "type:if", _type_tags, ("i", "f", "s", "none")),
    Term("dir", (":",), "The direction: received or sent.", "dir:out",
         lambda word: GoesWay(Direction(choice(word, ("in", "out")))), ("in", "out")),
    Term("src", (":", "="), "Who sent it: host, port or host:port; * and ? are wildcards.", "src:127.0.0.1:57120",
         _side("source")),
    Term("dst", (":", "="), "To whom it was sent: host, port or host:port.", "dst:9000", _side("target")),
    Term("peer", (":", "="), "The other side, whichever way it went.", "peer:192.168.*", _side("peer")),
    Term("endpoint", (":", "="), "A part of the URL of the endpoint it came through.", "endpoint:tcp",
         lambda word: EndpointIs(wildcards(word, needs_value(word, "a part of a URL")))),
    Term("arg", (*_COMPARED, "~"), "An argument by its place from 0, as arg[0]; without a place, any.", "arg[0]>0.5",
         _argument),
    Term("any", (*_COMPARED, "~"), "Any argument: a number, a text, true, false or nil; ~ for a part of a text.",
         "any>1e6", _argument),
    Term("has", (":",), "A value or type that is among the arguments.", "has:nan",
         lambda word: _KINDS[choice(word, tuple(_KINDS))], tuple(_KINDS)),
    Term("late", _COMPARED, "How long after the time tag of its bundle it came.", "late>5ms",
         lambda word: LatenessIs(plain_sign(word), nanoseconds(word))),
    Term("early", _COMPARED, "How long before the time tag of its bundle it came.", "early>1s",
         lambda word: LatenessIs(plain_sign(word), nanoseconds(word), early=True)),
    Term("size", _COMPARED, "Bytes of the message.", "size>1000",
         lambda word: SizeIs(False, plain_sign(word), number(word, "1000"))),
    Term("packet", _COMPARED, "Bytes of the whole packet.", "packet>1240",
         lambda word: SizeIs(True, plain_sign(word), number(word, "1240"))),
    Term("rate", _COMPARED, "Messages of the same address in the second before, itself included.", "rate>100",
         lambda word: RateIs(plain_sign(word), number(word, "100"))),
    Term("changed", (), "It differs from the message before at its address, or is the first.", "/fader changed",
         lambda _word: IsChanged()),
    Term("error", (), "The packet is malformed.", "error",
         lambda _word: HasBits("flags", MALFORMED, "the packet is malformed")),
    Term("lint", ("", ":", "="), "A rule of lint is broken: any, one by its name, or those of a severity.", "lint:nan",
         _lint, tuple(severity.value for severity in Severity) + tuple(rule.id for rule in RULES)),
    Term("in", (":",), "It stands in a bundle.", "in:bundle",
         lambda word: HasBits("flags", IN_BUNDLE, f"it is in a {choice(word, ('bundle',))}"), ("bundle",)),
    Term("marked", (), "You have marked it.", "marked", lambda _word: IsMarked()),
    Term("comment", ("~", ":"), "Your comment on it contains a text.", "comment~glitch",
         lambda word: IsMarked(needs_value(word, "a text"))),
    Term("t", (":", "=", ">", "<", ">=", "<="), "When it came: seconds from the start or reference, or by the clock.",
         "t:12.5..14", _time),
    Term("number", (":", "=", ">", "<", ">=", "<="), "Its number in the log.", "number:100..200", _row_number),
    Term("bytes", (":", "="),
         "Bytes anywhere in the message: hex with ?? for any byte, or a number as in i:440 or f:0.5.",
         'bytes:"2f 66"', _bytes),
)  # fmt: skip

BY_CODE = {term.code: term for term in TERMS}
