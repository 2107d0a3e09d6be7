"""The terms of queries, each in the obvious way, for `slow_query`."""

import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.traffic.record import Direction, PacketRecord
from tests.doubles.simple_matcher import glob_matches, pattern_matches

_SECOND = 10**9
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": _SECOND, "min": 60 * _SECOND, "h": 3600 * _SECOND}
_KINDS = {
    "int": "ih", "float": "fd", "text": "sS", "blob": "b", "time": "t", "bool": "TF", "nil": "N", "midi": "m",
    "colour": "r", "array": "[",
}  # fmt: skip
_CONSTANTS = {"true": "T", "false": "F", "nil": "N", "infinitum": "I"}


@dataclass(frozen=True)
class SlowLog:
    """records: all rows that ever came, in order. strangers: rows whose header found no place in the table.

    marks, findings: comments and bits of lint by row.
    """

    records: Sequence[PacketRecord]
    origin_ns: int = 0
    url_of: Callable[[int], str] = str
    names_of: Callable[[str | int], tuple[str, ...]] = lambda address: (str(address),)
    marks: Mapping[int, str] = field(default_factory=dict)
    findings: Mapping[int, int] = field(default_factory=dict)
    strangers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Word:
    key: str
    sign: str
    value: str
    is_quoted: bool
    is_expression: bool


# What a record is made of.


def _arguments(record: PacketRecord) -> tuple[tuple[int, str, Any], ...]:
    """Return (top-level place, type tag, value) of every argument."""
    return () if record.is_malformed or not record.message else _decoded_arguments(record.message)


@lru_cache(1024)
def _decoded_arguments(data: bytes) -> tuple[tuple[int, str, Any], ...]:
    message = decode_packet(data)
    if not isinstance(message, OscMessage):
        return ()
    return tuple(_flattened(list(message.type_tags or ""), message.arguments, None))


def _flattened(tags: list[str], values: Sequence[Any], place: int | None) -> Iterator[tuple[int, str, Any]]:
    for number, value in enumerate(values):
        here = number if place is None else place
        tag = tags.pop(0)
        if tag == "[":
            yield from _flattened(tags, value, here)
            if tags and tags[0] == "]":
                tags.pop(0)
        else:
            yield here, tag, value


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lateness(record: PacketRecord) -> int | None:
    if not record.is_bundle:
        return None
    time_tag = _time_tag(record.packet, record.offset if record.size else 0)
    return None if time_tag < 2 else record.unix_ns - TimeTag(time_tag).to_unix_ns(record.unix_ns)


def _time_tag(packet: bytes, offset: int) -> int:
    """Return the time tag of the innermost bundle around the element at an offset."""
    start, time_tag = 0, int.from_bytes(packet[8:16], "big")
    while start < offset:
        time_tag = int.from_bytes(packet[start + 8 : start + 16], "big")
        start += 20
        while (end := start + int.from_bytes(packet[start - 4 : start], "big")) <= offset:
            start = end + 4
    return time_tag


# Comparing.


def to_number(text: str) -> int | float:
    if text.lower().startswith("0x"):
        return int(text, 16)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def compares(value: Any, sign: str, limit: Any) -> bool:
    answers = {
        "=": value == limit, "!=": value != limit, "<": value < limit, "<=": value <= limit, ">": value > limit,
        ">=": value >= limit,
    }  # fmt: skip
    return bool(answers[sign])


def _compares_number(tag: str, value: Any, word: Word) -> bool:
    """Floats are compared in their own precision, if that has such numbers; integers exactly."""
    limit = to_number(word.value)
    if tag in "fd" and not (isinstance(limit, float) and math.isinf(limit)):
        with suppress(OverflowError):
            (limit,) = struct.unpack(f">{tag}", struct.pack(f">{tag}", limit))
    return compares(value, word.sign, limit)


def _is_like(wildcards: str, text: str) -> bool:
    expression = "".join({"*": "(?s:.*)", "?": "(?s:.)"}.get(part) or re.escape(part) for part in wildcards)
    return re.fullmatch(expression, text) is not None


def _low(text: str) -> bytes:
    return _raw(text).lower()


# Terms.


def _has_address(word: Word, record: PacketRecord, log: SlowLog) -> bool:
    names = () if record.address is None else log.names_of(record.address)
    if word.is_expression:
        return any(re.search(_raw(word.value), _raw(name)) is not None for name in names)
    is_bare = not word.key
    is_pattern = word.value.startswith("/") and re.search(r"[?*\[{]|//", word.value) and not word.is_quoted
    if word.sign == "~" or (is_bare and not is_pattern):
        return any(_low(word.value) in _low(name) for name in names)
    matches = glob_matches if "**" in word.value else pattern_matches
    return any(matches(word.value, name) for name in names)


def _has_argument(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    place = int(word.key[4:-1]) if "[" in word.key else None
    found = [(tag, value) for number, tag, value in _arguments(record) if place in (None, number)]
    texts = [_raw(value) for tag, value in found if tag in "sS"]
    if word.is_expression:
        return any(re.search(_raw(word.value), text) is not None for text in texts)
    if word.sign == "~":
        return any(_low(word.value) in text.lower() for text in texts)
    if not word.is_quoted and re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?|[+-]?inf|0x[0-9a-f]+", word.value):
        return any(_compares_number(tag, value, word) for tag, value in found if tag in "ihfd")
    constant = _CONSTANTS.get(word.value.lower())
    if constant and not word.is_quoted:
        return any((tag == constant) == (word.sign == "=") for tag, _ in found if tag in "TFNI")
    return any((text == _raw(word.value)) == (word.sign == "=") for text in texts)


def _has(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    if word.value in _KINDS:
        return any(tag in (record.type_tags or "") for tag in _KINDS[word.value])
    floats = [(tag, value) for _, tag, value in _arguments(record) if tag in "fd"]
    if word.value == "nan":
        return any(math.isnan(value) for _, value in floats)
    if word.value == "inf":
        return any(math.isinf(value) for _, value in floats)
    return any(0 < abs(value) < (2.0**-126 if tag == "f" else 2.0**-1022) for tag, value in floats)


def _has_type(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    if word.value == "none":
        return record.address is not None and record.type_tags is None
    return record.type_tags is not None and _is_like(word.value.removeprefix(","), record.type_tags)


def _is_side(word: Word, record: PacketRecord, log: SlowLog) -> bool:
    is_peer = word.key == "peer" or (word.key == "dst") == (record.direction is Direction.OUT)
    if is_peer and record.peer is None:
        return False
    host, port = _host_and_port(str(record.peer) if is_peer else re.split(r"://|\?", log.url_of(record.endpoint_id))[1])
    if word.value.isdigit():
        return port == word.value
    wanted_host, wanted_port = _host_and_port(word.value)
    return _is_like(wanted_host or "*", host) and wanted_port in ("", "*", port)


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port[1:]
    return (text, "") if text.count(":") > 1 else (text.partition(":")[0], text.partition(":")[2])


def _is_late(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    late = _lateness(record)
    if late is None:
        return False
    amount, unit = re.fullmatch(r"([-+.\d]+)(\w+)", word.value).groups()  # type: ignore[union-attr]  # the query is valid
    return compares(late if word.key == "late" else -late, word.sign, round(float(amount) * _UNITS[unit]))


def _is_linted(word: Word, record: PacketRecord, log: SlowLog) -> bool:
    wanted = [rule for rule in RULES if not word.sign or word.value in (rule.id, rule.severity.value)]
    return any(log.findings.get(record.row, 0) >> rule.bit & 1 for rule in wanted)


def _ends(word: Word) -> tuple[str, str]:
    if word.sign in ("=", ""):
        first, dots, last = word.value.partition("..")
        return (first, last) if dots else (first, first)
    return (word.value, "") if ">" in word.sign else ("", word.value)


def _is_at_time(word: Word, record: PacketRecord, log: SlowLog) -> bool:
    first, last = _ends(word)
    time = record.unix_ns - log.origin_ns
    if word.sign in ("<", ">"):
        return time < _nanoseconds(last) if last else time > _nanoseconds(first)
    step = 10 ** (9 - len(last.partition(".")[2]))
    return (not first or time >= _nanoseconds(first)) and (not last or time < _nanoseconds(last) + step)


def _nanoseconds(text: str) -> int:
    seconds, _, digits = text.partition(".")
    size = abs(int(seconds)) * _SECOND + int(f"{digits:0<9}")
    return -size if seconds.startswith("-") else size


def _has_number(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    first, last = (int(text.replace(",", "")) if text else None for text in _ends(word))
    number = record.row + 1
    if word.sign in ("<", ">"):
        return number < last if last is not None else number > (first or 0)
    return (first is None or number >= first) and (last is None or number <= last)


def _holds_bytes(word: Word, record: PacketRecord, _log: SlowLog) -> bool:
    if word.value.startswith('"'):
        return _raw(word.value.strip('"')) in record.message
    pairs = re.findall("..", word.value.replace(" ", ""))
    expression = b"".join(b"(?s:.)" if pair == "??" else re.escape(bytes.fromhex(pair)) for pair in pairs)
    return re.search(expression, record.message) is not None


TERMS: dict[str, Callable[[Word, PacketRecord, SlowLog], bool]] = {
    "": _has_address,
    "address": _has_address,
    "arg": _has_argument,
    "any": _has_argument,
    "has": _has,
    "type": _has_type,
    "dir": lambda word, record, _log: record.direction.value == word.value,
    "src": _is_side,
    "dst": _is_side,
    "peer": _is_side,
    "endpoint": lambda word, record, log: _is_like(f"*{word.value}*".lower(), log.url_of(record.endpoint_id).lower()),
    "late": _is_late,
    "early": _is_late,
    "size": lambda word, record, _log: compares(record.size, word.sign, to_number(word.value)),
    "packet": lambda word, record, _log: compares(len(record.packet), word.sign, to_number(word.value)),
    "error": lambda _word, record, _log: record.is_malformed,
    "in": lambda _word, record, _log: record.is_bundle,
    "lint": _is_linted,
    "marked": lambda _word, record, log: record.row in log.marks,
    "comment": lambda word, record, log: word.value.lower() in log.marks.get(record.row, "\0").lower(),
    "t": _is_at_time,
    "number": _has_number,
    "bytes": _holds_bytes,
}
