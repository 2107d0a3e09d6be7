"""The obvious way to answer queries: read the text, decode every message, ask every term of every row, one at a time.

Right, slow, and nothing like the program's own way; for queries that are valid, and expressions without a dot.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from osc_workbench.traffic.record import PacketRecord
from tests.doubles.slow_terms import TERMS, SlowLog, Word, compares, to_number

_SECOND = 10**9
_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<joiner>&&?|\|\|?|(?i:and|or)(?=[\s()]))|(?P<negation>[-!]|(?i:not)(?=[\s()]))"
    r"|(?:(?P<field>[A-Za-z]+(?:\[\d+\])?)\s*(?P<sign>[=!<>]=|[=<>~])\s*|(?P<key>[a-z]+):)?"
    r'(?:(?<=~)/(?P<expression>(?:[^/\\]|\\.)*)/|(?P<value>(?:"(?:[^"\\]|\\.)*"|[^\s()"])*)))'
)


def slow_matches(text: str, log: SlowLog) -> list[bool]:
    """Return for each record whether it matches."""
    tokens = [found for found in _TOKEN.finditer(text) if found[0].strip()]
    everything = [True] * len(log.records)
    return _any(tokens, log) if tokens else everything


def _any(tokens: list[re.Match[str]], log: SlowLog) -> list[bool]:
    matches = _all(tokens, log)
    while tokens and _is_or(tokens[0]):
        tokens.pop(0)
        matches = [one or other for one, other in zip(matches, _all(tokens, log), strict=True)]
    return matches


def _is_or(token: re.Match[str]) -> bool:
    return (token["joiner"] or "").lower() in ("or", "|", "||")


def _all(tokens: list[re.Match[str]], log: SlowLog) -> list[bool]:
    matches = _one(tokens, log)
    while tokens and tokens[0]["bracket"] != ")" and not _is_or(tokens[0]):
        if tokens[0]["joiner"]:
            tokens.pop(0)
        matches = [one and other for one, other in zip(matches, _one(tokens, log), strict=True)]
    return matches


def _one(tokens: list[re.Match[str]], log: SlowLog) -> list[bool]:
    token = tokens.pop(0)
    if token["negation"]:
        return [not match for match in _one(tokens, log)]
    if token["bracket"]:
        matches = _any(tokens, log)
        tokens.pop(0)
        return matches
    word = _word(token)
    if word.key == "changed":
        return list(_changed(log))
    if word.key == "rate":
        return [rate is not None and compares(rate, word.sign, to_number(word.value)) for rate in _rates(log)]
    ask = TERMS[re.sub(r"\[.*", "", word.key)]
    return [ask(word, record, log) for record in log.records]


def _word(token: re.Match[str]) -> Word:
    key, sign, value = token["field"] or token["key"] or "", token["sign"] or "=", token["value"] or ""
    is_quoted = re.fullmatch(r'"(?:[^"\\]|\\.)*"', value) is not None
    if not key and not is_quoted and value in ("changed", "error", "lint", "marked"):
        return Word(value, "", "", False, False)
    value = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda found: re.sub(r"\\(.)", r"\1", found[1]), value)
    if token["expression"] is not None:
        return Word(key, sign, token["expression"], False, True)
    return Word(key.lower(), "=" if sign == "==" else sign, value, is_quoted, False)


# What depends on the messages before.


def _is_value(record: PacketRecord) -> bool:
    return not record.is_malformed and record.address is not None


def _changed(log: SlowLog) -> Iterator[bool]:
    last: dict[str | int | None, bytes] = {}
    for record in log.records:
        if record.row in log.strangers:
            yield True
        elif not _is_value(record):
            yield False
        else:
            yield last.get(record.address) != record.message
            last[record.address] = record.message


def _rates(log: SlowLog) -> Iterator[int | None]:
    """Yield how many messages of the same address came in the second up to each; None where that is not known."""
    seen: list[tuple[str | int | None, int]] = []
    now = -(1 << 62)
    for record in log.records:
        if record.row in log.strangers or not _is_value(record):
            yield None
            continue
        now = max(now, record.unix_ns)
        seen.append((record.address, now))
        yield sum(address == record.address and time > now - _SECOND for address, time in seen)


# What is shown.


def slow_fold(records: Sequence[PacketRecord]) -> list[tuple[int, int]]:
    """Return (row, how many it stands for) for matching records, repeats of the one before counted with it."""
    folded: list[tuple[int, int]] = []
    before: Any = None
    for record in records:
        here = None if record.is_bundle else (record.endpoint_id, record.peer, record.direction, record.message)
        if here is not None and here == before:
            folded[-1] = folded[-1][0], folded[-1][1] + 1
        else:
            folded.append((record.row, 1))
        before = here
    return folded
