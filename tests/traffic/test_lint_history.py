"""Rules about the messages before of the same address: types, counters, floods."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.lint_history import is_flip
from tests.doubles.linted_store import LintedStore, slow_findings
from tests.doubles.traffic import MILLISECOND, PEER, START_NS, TRUNCATED_FLOAT


def _of_tags(*texts: str | None, address: str = "/a") -> list[bytes]:
    """Return messages with these type tags and zeros as arguments."""
    header = address.encode() + bytes(4 - len(address) % 4)
    return [
        header
        if tags is None
        else header + b"," + tags.encode() + bytes(4 - (len(tags) + 1) % 4) + bytes(8 * len(tags.strip("TFNI")))
        for tags in texts
    ]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("i", "f", "type-flip"),
        ("d", "h", "type-flip"),
        ("sif", "sff", "type-flip"),
        ("if", "fs", "type-flip"),
        ("i", "h", "type-change"),
        ("f", "d", "type-change"),
        ("i", "if", "type-change"),
        ("s", "i", "type-change"),
        ("", "T", "type-change"),
        ("T", "N", "type-change"),
        ("T", "F", ""),
        ("FiT", "TiF", ""),
        ("i", "i", ""),
        (None, "i", ""),
        ("i", None, ""),
    ],
)
def test_types_are_compared_with_those_of_the_message_before(old: str | None, new: str | None, rule: str) -> None:
    first, second = LintedStore().look(*_of_tags(old, new))
    assert second & {"type-flip", "type-change"} == {rule} - {""}
    assert not first & {"type-flip", "type-change"}


def test_types_of_other_addresses_and_of_malformed_messages_are_not_compared() -> None:
    store = LintedStore()
    message = OscMessage("/fader", "f", (0.5,))
    assert store.look(message, OscMessage("/other", "i", (1,)), TRUNCATED_FLOAT, message) == [
        set(),
        set(),
        {"malformed"},
        set(),
    ]


def test_every_flip_is_found_and_reading_types_of_any_length_is_exact() -> None:
    store = LintedStore()
    found = store.look(*[OscMessage("/a", tag, (1,)) for tag in "iffiif"])
    assert found == [set(), {"type-flip"}, set(), {"type-flip"}, set(), {"type-flip"}]
    assert is_flip("s" * 60_000 + "i", "s" * 60_000 + "f")
    assert not is_flip("i" * 60_000, "i" * 59_999 + "\udcff")


def _counted(store: LintedStore, *numbers: int, tags: str = "i", address: str = "/count") -> list[int]:
    """Return which of these numbers are said to come after a gap."""
    arguments = {"i": lambda n: (n,), "sfh": lambda n: ("text", 0.5, n), "[i]i": lambda n: ((n,), 7)}[tags]
    found = store.look(*[OscMessage(address, tags, arguments(number)) for number in numbers])
    return [number for number, rules in zip(numbers, found, strict=True) if "sequence-gap" in rules]


@pytest.mark.parametrize("tags", ["i", "sfh", "[i]i"])
def test_counter_that_skips_numbers_is_found(tags: str) -> None:
    assert _counted(LintedStore(), *range(9), 10, 11, 12, 1012, 1013, tags=tags) == [10, 1012]


@pytest.mark.parametrize(
    "numbers",
    [
        [*range(8), 9],
        [*range(9), 8, 10],
        [*range(9), 1009],
        [*range(9), 4, 6],
        [0, 1, 2, 3, 2, 3, 4, 5, 6, 7, 8, 9, 11],
        [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
    ],
    ids=["seven steps", "twice the same", "far ahead", "back", "seven steps since", "no counter"],
)
def test_numbers_that_do_not_count_by_one_have_no_gaps(numbers: list[int]) -> None:
    assert _counted(LintedStore(), *numbers) == []


def test_counter_is_known_after_a_gap_and_no_longer_after_two_in_a_row() -> None:
    store = LintedStore()
    assert _counted(store, *range(9), 20, 21, 30, 31, 33, 35, 37, 38, 40) == [20, 30, 33]
    assert _counted(store, *range(41, 49), 50) == [50]


def test_counters_of_two_addresses_do_not_disturb_each_other() -> None:
    store = LintedStore()
    found = []
    for number in [*range(9), 10, 11]:
        found += _counted(store, number) + _counted(store, 2 * number, address="/even")
    assert found == [10]


def test_counter_that_wraps_around_goes_on() -> None:
    top = 2**63 - 1
    numbers = [*range(top - 9, top + 1), -(2**63), -(2**63) + 1, -(2**63) + 3]
    messages = [OscMessage("/count", "h", (number,)) for number in numbers]
    assert [bool(rules) for rules in LintedStore().look(*messages)] == [False] * 12 + [True]


_steps = st.lists(st.sampled_from([1] * 12 + [2, 2, 1000, 1001, 0, -3]), max_size=80)


@given(st.lists(_steps, min_size=1, max_size=3), st.lists(st.integers(0, 240), max_size=4), st.randoms())
@settings(max_examples=40, deadline=None)
def test_gaps_are_those_of_the_slow_evaluator_however_the_rows_come(
    counters: list[list[int]], splits: list[int], random: object
) -> None:
    numbers = [list(accumulate([0, *steps])) for steps in counters]
    order = [which for which, own in enumerate(numbers) for _ in own]
    random.shuffle(order)
    messages = [OscMessage(f"/{which}", "i", (numbers[which].pop(0),)) for which in order]
    store = LintedStore()
    store.feed(messages, [2 * MILLISECOND] * len(messages), [PEER] * len(messages))
    for end in [*sorted(splits), store.end_row]:
        store.lint.take(0, min(end, store.end_row))
    assert store.found(0) == list(slow_findings(store.records()))


def _floods(store: LintedStore, count: int, address: str = "/a") -> list[int]:
    found = store.look(*[OscMessage(address)] * count, step_ns=1000)
    return [row for row, rules in enumerate(found) if "flood" in rules]


def test_message_that_is_one_too_many_in_a_second_is_a_flood_and_only_this_one() -> None:
    store = LintedStore()
    assert _floods(store, 600) == []
    assert _floods(store, 900) == [400]
    store.now_ns = START_NS + 1000 * MILLISECOND
    assert _floods(store, 1000) == []
    assert _floods(store, 1000, "/b") == []
    assert _floods(store, 2) == [0]


def test_thousand_messages_on_each_side_of_a_second_are_no_flood() -> None:
    store = LintedStore()
    store.now_ns = START_NS + 1000 * MILLISECOND - 1000 * 1000 - 1
    assert _floods(store, 2000) == []
    assert store.now_ns // 10**9 == START_NS // 10**9 + 1
