"""Lint as a whole: the same findings however the rows come, against a slow evaluator; counting, finding, explaining."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic import chunk, lint_arguments, lint_history, lint_packets, lint_rules
from osc_workbench.traffic.record import Peer
from osc_workbench.traffic.tables import HeaderTable
from tests.doubles.linted_store import Fed, LintedStore, slow_findings
from tests.doubles.traffic import MILLISECOND, PEER, START_NS, TRUNCATED_FLOAT

OTHER_PEER = Peer("127.0.0.1", 50_001)
NAN = OscMessage("/level", "f", (float("nan"),))
GOOD = OscMessage("/level", "f", (0.5,))

_addresses = st.sampled_from(["/a", "/a", "/b", "/c d", "/é", "x", "/#", 5])
_numbers = st.sampled_from([0.0, 1.0, -0.5, float("nan"), float("inf"), 1e-40, 5e-324, 1e300])
_arguments = st.lists(
    st.one_of(
        st.tuples(st.just("i"), st.integers(0, 3)),
        st.tuples(st.just("h"), st.integers(0, 3)),
        st.tuples(st.just("f"), _numbers.filter(lambda number: abs(number) != 1e300)),
        st.tuples(st.just("d"), _numbers),
        st.tuples(st.just("s"), st.sampled_from(["", "abc", "abcd"])),
        st.tuples(st.just("b"), st.sampled_from([b"", b"abc", b"abcd"])),
        st.sampled_from([("T", True), ("F", False)]),
    ),
    max_size=4,
)
_messages = st.builds(
    lambda address, pairs: OscMessage(address, "".join(tag for tag, _ in pairs), [value for _, value in pairs]),
    _addresses,
    _arguments,
)
_tags = st.sampled_from([0, 1, START_NS, START_NS - 10**10, START_NS + 10**10]).map(
    lambda ns: TimeTag(ns) if ns < 2 else TimeTag.from_unix_ns(ns)
)
_bundles = st.recursive(
    st.builds(OscBundle, _tags, st.lists(_messages, max_size=3)),
    lambda inner: st.builds(OscBundle, _tags, st.lists(inner | _messages, max_size=3)),
    max_leaves=4,
)
_words = st.sampled_from([b"/a\0\0", b"/a\0x", b",if\0", b",s\0\0", b",f\0\0", b",b\0\0", b",[i]\0\0\0\0", b",iX\0"])
_contents = st.sampled_from([b"\0\0\0\1", b"ab\0x", b"\0\0\0\3", b"\x7f\xc0\0\0", b"a\0", b"\0", b"#bundle\0"])
_made_up = st.builds(lambda *parts: b"".join(parts), _words, _words, _contents, _contents | st.just(b""))
_events = st.lists(
    st.tuples(
        _messages | _bundles | _made_up | st.binary(max_size=12),
        st.sampled_from([0, MILLISECOND // 2, 2 * MILLISECOND, 600 * MILLISECOND, -MILLISECOND // 2]),
        st.sampled_from([PEER, PEER, OTHER_PEER, None]),
    ),
    max_size=25,
)


@contextmanager
def _small_limits(rows_of_tag: int) -> Iterator[None]:
    """A few rows fill a chunk, make a flood, count as a counter; so many rows a tag are looked at one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk, "ROWS_OF_CHUNK", 7)
        patch.setattr(lint_arguments, "_ROWS_OF_TAG", rows_of_tag)
        for module in (lint_rules, lint_history):
            patch.setattr(module, "FLOOD_LIMIT", 3)
            patch.setattr(module, "COUNTER_STEPS", 2)
        for module in (lint_rules, lint_packets):
            patch.setattr(module, "SKEWED_BUNDLES", 3)
        yield


def _without_values(found: list[set[str]]) -> list[set[str]]:
    return [rules - {"value-in-address"} for rules in found]


def _check(store: LintedStore, splits: list[int]) -> None:
    expected = list(slow_findings(store.records()))
    bounds = sorted({0, store.end_row, *(split % (store.end_row + 1) for split in splits)})
    for first, end in pairwise(bounds):
        store.lint.take(first, end)
    assert _without_values(store.found(0)) == expected
    counts = {rule: sum(rule in found for found in store.found(0)) for rule in store.lint.counts}
    assert store.lint.counts == counts


@given(_events, st.lists(st.integers(0, 100), max_size=4), st.sampled_from([1000, 3]), st.sampled_from([0, 99]))
@settings(max_examples=100, deadline=None)
def test_any_split_of_any_rows_gives_what_the_slow_evaluator_finds(
    events: list[tuple[Fed, int, Peer | None]], splits: list[int], headers: int, rows_of_tag: int
) -> None:
    with _small_limits(rows_of_tag):
        store = LintedStore()
        store.headers = HeaderTable(headers)
        store.feed(*map(list, zip(*events, strict=True)) if events else ([], [], []))
        _check(store, splits)


def test_each_row_is_looked_at_once() -> None:
    store = LintedStore()
    store.look(NAN, GOOD, NAN)
    for first, end in ((0, 3), (1, 2), (0, 100), (3, 3)):
        store.lint.take(first, end)
    assert store.lint.counts["nan"] == 2
    assert store.look(NAN) == [{"nan"}]


def test_counts_and_last_rows_start_at_nothing_and_follow_the_findings() -> None:
    store = LintedStore()
    assert set(store.lint.counts) == {rule.id for rule in lint_rules.RULES}
    assert not any(store.lint.counts.values())
    assert set(store.lint.last_row.values()) == {None}
    store.look(NAN, GOOD, NAN, GOOD, TRUNCATED_FLOAT)
    assert (store.lint.counts["nan"], store.lint.last_row["nan"]) == (2, 2)
    assert (store.lint.counts["malformed"], store.lint.last_row["malformed"]) == (1, 4)
    assert store.lint.last_row["flood"] is None


def test_next_and_previous_findings_are_found_over_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "ROWS_OF_CHUNK", 10)
    store = LintedStore(limit_rows=100)
    for number in range(95):
        store.look(NAN if number in (3, 4, 60) else GOOD)
    find = store.lint.find
    assert [find("nan", row) for row in (-1, 3, 4, 59, 60, 1000)] == [3, 4, 60, 60, None, None]
    assert [find("nan", row, forward=False) for row in (1000, 60, 5, 4, 3, -1)] == [60, 4, 4, 3, None, None]
    assert find("infinity", -1) is None
    for _ in range(50):
        store.look(GOOD)
    assert store.first_row > 4
    assert find("nan", -1) == 60
    assert find("nan", 60, forward=False) is None
    assert store.lint.counts["nan"] == 3


def test_unknown_rule_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        LintedStore().lint.find("no-such-rule", 0)


def test_cleared_lint_starts_anew_with_the_next_rows() -> None:
    store = LintedStore()
    store.look(NAN, OscMessage("/a", "i", (1,)))
    store.clear()
    store.lint.clear()
    assert not any(store.lint.counts.values())
    assert set(store.lint.last_row.values()) == {None}
    assert store.lint.find("nan", -1) is None
    assert store.look(OscMessage("/a", "f", (1.0,)), NAN) == [set(), {"nan"}]
    assert store.lint.find("nan", -1) == 3


def test_rows_that_went_before_they_were_looked_at_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "ROWS_OF_CHUNK", 10)
    store = LintedStore(limit_rows=20)
    for _ in range(9):
        store.feed([NAN] * 10, [2 * MILLISECOND] * 10, [PEER] * 10)
    store.lint.take(0, store.end_row)
    assert store.lint.counts["nan"] == len(store)


def test_lint_that_starts_late_looks_at_what_is_there() -> None:
    store = LintedStore()
    store.look(NAN, GOOD, NAN)
    store.forget_findings()
    store.lint.take(store.first_row, store.end_row)
    assert store.found(0) == [{"nan"}, set(), {"nan"}]


def test_mask_for_queries_comes_from_the_rules() -> None:
    assert LintedStore().lint.mask_of(["nan", "late"]) == lint_rules.mask_of(["late", "nan"])


@given(_events)
@settings(max_examples=25, deadline=None)
def test_every_finding_of_any_row_is_explained_in_one_sentence(events: list[tuple[Fed, int, Peer | None]]) -> None:
    store = LintedStore()
    for packet, step_ns, peer in events:
        store.look(packet, step_ns=step_ns, peer=peer)
    for record, found in zip(store.records(), store.found(0), strict=True):
        sentences = store.lint.explain(record)
        assert sentences == store.lint.explain(record.row)
        assert len(sentences) == len(found)
        assert all(text.endswith(".") and text.isprintable() and len(text) < 200 for text in sentences)
