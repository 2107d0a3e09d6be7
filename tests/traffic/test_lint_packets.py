"""Rules about whole packets: size, time tags, clocks of senders, the same packet twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.same_bytes import same_bytes
from osc_workbench.traffic.time_tags import has_early_bundle
from tests.doubles.linted_store import LintedStore, slow_findings
from tests.doubles.traffic import MILLISECOND, PEER, START_NS

SECOND = 1000 * MILLISECOND
OTHER_PEER = Peer("127.0.0.1", 50_001)
MESSAGE = OscMessage("/a", "i", (1,))
NOW = TimeTag(1)


def _bundle(late_ns: int, store: LintedStore, *elements: OscMessage | OscBundle) -> OscBundle:
    """Return a bundle that comes this late if it is the next packet."""
    return OscBundle(TimeTag.from_unix_ns(store.now_ns + 2 * MILLISECOND - late_ns), elements or (MESSAGE,))


@pytest.mark.parametrize(
    ("size", "rules"),
    [
        (1240, set()),
        (1244, {"oversize-1240"}),
        (8192, {"oversize-1240"}),
        (8196, {"oversize-8192"}),
        (65_504, {"oversize-8192"}),
        (65_508, {"oversize-65507"}),
    ],
)
def test_size_of_a_packet_breaks_the_largest_rule_that_applies(size: int, rules: set[str]) -> None:
    message = OscMessage("/a", "b", (bytes(size - 12),))
    bundle = OscBundle(NOW, (MESSAGE, OscMessage("/a", "b", (bytes(size - 64),)), MESSAGE))
    assert LintedStore().look(message) == [rules]
    first, second, third = LintedStore().look(bundle)
    assert (first, second - {"type-change"}, third - {"type-change"}) == (rules, set(), set())
    assert LintedStore().look(b"no packet" + bytes([1]) * (size - 9)) == [rules | {"malformed"}]


@pytest.mark.parametrize(
    ("late_ns", "rules"),
    [
        (MILLISECOND + 1000, {"late"}),
        (MILLISECOND - 1000, set()),
        (-3600 * SECOND, set()),
    ],
)
def test_bundle_is_late_from_a_millisecond_on(late_ns: int, rules: set[str]) -> None:
    store = LintedStore()
    assert store.look(_bundle(late_ns, store, MESSAGE, MESSAGE)) == [rules, rules]


def test_zero_time_tag_is_late_and_immediately_is_not() -> None:
    assert LintedStore().look(OscBundle(TimeTag(0), (MESSAGE,)), OscBundle(NOW, (MESSAGE,)), OscBundle(TimeTag(0))) == [
        {"late"},
        set(),
        {"late"},
    ]


def test_messages_of_a_nested_bundle_are_late_by_its_own_time() -> None:
    store = LintedStore()
    early, late = (TimeTag.from_unix_ns(START_NS + shift * SECOND) for shift in (-1, 60))
    bundle = OscBundle(early, (MESSAGE, OscBundle(late, (MESSAGE,))))
    assert store.look(bundle) == [{"late"}, set()]


@pytest.mark.parametrize(
    ("outer", "inner", "rules"),
    [(9, 9, set()), (9, 10, set()), (1, 1, set()), (1, 9, set()), (10, 9, True), (9, 1, True)],
)
def test_inner_bundle_may_not_be_earlier(outer: int, inner: int, rules: object) -> None:
    bundle = OscBundle(TimeTag(outer << 33 | 1), (MESSAGE, OscBundle(TimeTag(inner << 33 | 1), (MESSAGE,))))
    first, second = LintedStore().look(bundle)
    assert ("bundle-order" in first, "bundle-order" in second) == (bool(rules), False)


def test_order_of_bundles_is_looked_at_as_far_as_the_packet_can_be_read() -> None:
    inner = b"#bundle\0" + bytes(7) + b"\2"
    outer = b"#bundle\0" + bytes(7) + b"\3"
    assert has_early_bundle(outer + b"\0\0\0\x10" + inner)
    assert not has_early_bundle(outer + b"\0\0\0\x14" + inner)
    assert not has_early_bundle(outer + b"\0\0\0\0\0\0\0\x10" + inner)
    nested = inner
    for _ in range(100):
        nested = inner + len(nested).to_bytes(4, "big") + nested
    assert not has_early_bundle(nested)


def test_same_bytes_within_a_millisecond_are_a_duplicate() -> None:
    store = LintedStore()
    assert store.look(MESSAGE, MESSAGE, step_ns=MILLISECOND) == [set(), {"duplicate"}]
    assert store.look(MESSAGE, MESSAGE, step_ns=MILLISECOND + 1) == [set(), set()]
    assert store.look(OscBundle(NOW, (MESSAGE, MESSAGE)), step_ns=10) == [set(), set()]
    assert store.look(OscBundle(NOW, (MESSAGE, MESSAGE)), step_ns=10) == [{"duplicate"}, set()]
    assert store.look(b"no", b"no", step_ns=10) == [{"malformed"}, {"malformed", "duplicate"}]


def test_packet_between_or_from_another_sender_or_the_other_way_is_no_duplicate() -> None:
    store = LintedStore()
    other = OscMessage("/a", "i", (2,))
    assert store.look(MESSAGE, other, MESSAGE, step_ns=10) == [set(), set(), set()]
    assert store.look(MESSAGE, step_ns=10, peer=OTHER_PEER) == [set()]
    assert store.look(MESSAGE, step_ns=10, direction=Direction.OUT) == [set()]
    assert store.look(MESSAGE, step_ns=10) == [{"duplicate"}]


def test_senders_without_a_number_have_no_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    store = LintedStore()
    assert store.look(MESSAGE, MESSAGE, step_ns=10, peer=None) == [set(), set()]


_contents = st.binary(max_size=4).map(lambda end: end * 20) | st.sampled_from([b"", b"abcd", b"abce", b"a" * 80])


@given(st.lists(st.tuples(_contents, _contents)), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_bytes_are_compared_to_their_ends(pairs: list[tuple[bytes, bytes]], shift: int) -> None:
    pairs = [(one, other[: len(one)].ljust(len(one))) for one, other in pairs]
    data = bytes(shift) + b"".join(one + other for one, other in pairs)
    data += bytes(-len(data) % 4)
    sizes = np.array([len(one) for one, _ in pairs], np.int64)
    offsets = shift + np.cumsum(2 * sizes) - 2 * sizes
    found = same_bytes(np.frombuffer(data, np.uint8), offsets, offsets + sizes, sizes)
    assert found.tolist() == [one == other for one, other in pairs]


@pytest.mark.parametrize(("late_ns", "rules"), [(2 * SECOND, {"late"}), (-2 * SECOND, set())])
def test_eighth_bundle_in_a_row_that_is_off_says_that_the_clock_is(late_ns: int, rules: set[str]) -> None:
    store = LintedStore()
    found = []
    for number in range(10):
        found += store.look(_bundle(late_ns, store, OscMessage("/a", "i", (0,))), OscMessage("/b"))[:1]
        store.look(OscMessage("/between"), OscBundle(NOW, (MESSAGE,)), peer=OTHER_PEER if number % 2 else PEER)
    assert found == [rules] * 7 + [rules | {"clock-skew"}] * 3


@pytest.mark.parametrize("break_ns", [0, 900 * MILLISECOND, -2 * SECOND])
def test_bundle_that_is_on_time_or_off_the_other_way_ends_the_row(break_ns: int) -> None:
    store = LintedStore()
    lateness = [2 * SECOND] * 7 + [break_ns] + [2 * SECOND] * 7
    found = [rules for late in lateness for rules in store.look(_bundle(late, store))]
    assert not any("clock-skew" in rules for rules in found)


def test_what_we_send_ahead_of_its_time_says_nothing_about_a_clock() -> None:
    store = LintedStore()
    for _ in range(10):
        assert store.look(_bundle(-2 * SECOND, store), direction=Direction.OUT) == [set()]


@given(
    st.lists(st.tuples(st.sampled_from([-2, 0, 2, 2, 2]), st.sampled_from([PEER, OTHER_PEER])), max_size=60),
    st.lists(st.integers(0, 60), max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_clocks_are_judged_sender_by_sender_however_the_rows_come(
    events: list[tuple[int, Peer]], splits: list[int]
) -> None:
    store = LintedStore()
    lateness = [late for late, _ in events for _ in range(3)]
    peers: list[Peer | None] = [peer for _, peer in events for _ in range(3)]
    times = [store.now_ns + (number + 1) * 2 * MILLISECOND for number in range(len(lateness))]
    tags = [TimeTag.from_unix_ns(time - late * SECOND) for time, late in zip(times, lateness, strict=True)]
    store.feed([OscBundle(tag, (MESSAGE,)) for tag in tags], [2 * MILLISECOND] * len(tags), peers)
    for end in [*sorted(splits), store.end_row]:
        store.lint.take(0, min(end, store.end_row))
    assert store.found(0) == list(slow_findings(store.records()))


def test_links_beyond_the_limit_have_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    from osc_workbench.traffic import lint_packets

    monkeypatch.setattr(lint_packets, "HISTORY_LIMIT", 1)
    store = LintedStore()
    assert store.look(MESSAGE, MESSAGE, step_ns=10) == [set(), {"duplicate"}]
    assert store.look(MESSAGE, MESSAGE, step_ns=10, peer=OTHER_PEER) == [set(), set()]
