"""Bundles by their time tags, with explicit moments instead of a clock."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.scheduler import BundleScheduler, DueMessage, Moment, SchedulePolicy
from osc_workbench.osc.timetag import TimeTag

NS = 1_000_000_000
START = 1000.0
START_NS = 1_700_000_000 * NS
HOURS = 3600.0
# 2036-02-07 06:28:16 UTC, where the 32 bits of seconds begin again. Source: RFC 5905, section 6.
ERA_NS = 2_085_978_496 * NS

EVERY_SCHEDULE = pytest.mark.parametrize("policy", list(SchedulePolicy))


def moment(seconds: float, step: float = 0.0) -> Moment:
    """The instant so long after the start, on a wall clock that was set by `step` seconds."""
    return Moment(START + seconds, START_NS + round((seconds + step) * NS))


def tag(seconds: float) -> TimeTag:
    return TimeTag.from_unix_ns(START_NS + round(seconds * NS))


def bundle(time: float | TimeTag, *elements: str | OscPacket) -> OscBundle:
    packets = [OscMessage(element) if isinstance(element, str) else element for element in elements]
    return OscBundle(time if isinstance(time, TimeTag) else tag(time), packets)


def addresses(messages: Iterable[DueMessage[Any]]) -> list[Any]:
    return [due.message.address for due in messages]


def scheduler(policy: SchedulePolicy = SchedulePolicy.SCHEDULE, **limits: int) -> BundleScheduler[str]:
    return BundleScheduler(policy, **limits)


def receive(
    scheduler: BundleScheduler[str], packet: OscPacket, seconds: float = 0.0, size: int = 0, step: float = 0.0
) -> list[Any]:
    return addresses(scheduler.receive(packet, "here", moment(seconds, step), size))


def pop(scheduler: BundleScheduler[str], seconds: float) -> list[Any]:
    return addresses(scheduler.pop_due(START + seconds))


# Waiting.


@EVERY_SCHEDULE
def test_a_message_outside_of_bundles_is_due_at_once(policy: SchedulePolicy) -> None:
    due = scheduler(policy).receive(OscMessage("/a"), "here", moment(0))
    assert due == [DueMessage(OscMessage("/a"), TimeTag.IMMEDIATELY, "here", 0.0)]


def test_a_bundle_of_the_future_waits_until_its_time_and_runs_once() -> None:
    waiting = scheduler()
    assert receive(waiting, bundle(0.5, "/a", "/b")) == []
    assert len(waiting) == 1
    assert waiting.next_deadline() == START + 0.5
    assert pop(waiting, 0.5) == ["/a", "/b"]
    assert (len(waiting), waiting.next_deadline(), pop(waiting, 9)) == (0, None, [])
    assert (waiting.late, waiting.discarded, waiting.refused) == (0, 0, 0)


def test_just_before_its_time_nothing_is_due() -> None:
    waiting = scheduler()
    receive(waiting, bundle(0.5, "/a"))
    assert pop(waiting, 0.5 - 1e-6) == []
    assert pop(waiting, 0.499_999_9) == []
    assert len(waiting) == 1
    assert pop(waiting, 0.5) == ["/a"]


def test_a_bundle_due_this_very_moment_is_neither_late_nor_waiting() -> None:
    waiting = scheduler(SchedulePolicy.DISCARD_LATE)
    assert receive(waiting, bundle(3, "/a"), seconds=3) == ["/a"]
    assert waiting.late == 0


def test_the_earliest_deadline_is_next_whatever_the_order_of_arrival() -> None:
    waiting = scheduler()
    for seconds in (5, 2, 9):
        receive(waiting, bundle(seconds, f"/{seconds}"))
    assert waiting.next_deadline() == START + 2
    assert pop(waiting, 9) == ["/2", "/5", "/9"]


def test_a_due_message_tells_its_time_tag_and_where_it_came_from() -> None:
    waiting: BundleScheduler[int] = BundleScheduler()
    waiting.receive(bundle(1, "/a"), 1, moment(0))
    waiting.receive(bundle(1, "/b"), 2, moment(0))
    assert [(due.time_tag, due.origin, due.late_by) for due in waiting.pop_due(START + 1)] == [
        (tag(1), 1, 0.0),
        (tag(1), 2, 0.0),
    ]


def test_an_empty_bundle_waits_and_runs_nothing() -> None:
    waiting = scheduler()
    assert receive(waiting, bundle(1)) == []
    assert pop(waiting, 1) == []
    assert receive(waiting, bundle(TimeTag.IMMEDIATELY)) == []


# Equal time tags.


def test_equal_time_tags_run_in_order_of_arrival() -> None:
    waiting = scheduler()
    for number in range(50):
        receive(waiting, bundle(1, f"/{number}"))
    assert pop(waiting, 1) == [f"/{number}" for number in range(50)]


def test_an_inner_bundle_of_an_earlier_packet_runs_before_a_later_packet_of_the_same_time() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/outer", bundle(2, "/inner")))
    receive(waiting, bundle(2, "/later"))
    assert pop(waiting, 1) == ["/outer"]
    assert pop(waiting, 2) == ["/inner", "/later"]


def test_an_inner_bundle_of_a_later_packet_runs_after_an_earlier_packet_of_the_same_time() -> None:
    waiting = scheduler()
    receive(waiting, bundle(2, "/first"))
    receive(waiting, bundle(1, "/outer", bundle(2, "/inner")))
    assert pop(waiting, 2) == ["/outer", "/first", "/inner"]


def test_drift_of_the_clock_between_two_arrivals_does_not_swap_equal_time_tags() -> None:
    # 21 us of drift made the second bundle due 21 us before the first.
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"), step=0.0)
    receive(waiting, bundle(1, "/b"), 0.001, step=0.000_021)
    assert pop(waiting, 2) == ["/a", "/b"]


def test_an_inexact_reading_of_the_clocks_does_not_swap_equal_time_tags() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"), 0.000, step=-0.005)
    receive(waiting, bundle(1, "/b"), 0.001)
    receive(waiting, bundle(1, "/c"), 0.002, step=-0.001)
    assert pop(waiting, 1.001) == ["/a", "/b", "/c"]


# One order, whenever the owner comes to look.


def test_an_inner_bundle_does_not_overtake_what_is_due_before_it_when_the_owner_comes_late() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/outer", bundle(3, "/inner")))
    receive(waiting, bundle(2, "/between"))
    assert pop(waiting, 5) == ["/outer", "/between", "/inner"]


def test_a_late_bundle_does_not_overtake_an_earlier_one_of_the_same_time_that_is_due_and_not_popped() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"))
    assert receive(waiting, bundle(1, "/b"), seconds=1.001) == ["/a", "/b"]
    assert len(waiting) == 0


def test_a_late_bundle_of_an_earlier_time_runs_before_what_is_due_and_not_popped() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"))
    assert receive(waiting, bundle(0.5, "/b"), seconds=1.001) == ["/b", "/a"]


def test_messages_of_others_that_a_late_bundle_brings_along_keep_their_own_origin() -> None:
    waiting: BundleScheduler[int] = BundleScheduler()
    waiting.receive(bundle(1, "/a"), 1, moment(0))
    assert [due.origin for due in waiting.receive(bundle(1, "/b"), 2, moment(2))] == [1, 2]


# Bundles in bundles.


def test_an_inner_bundle_with_an_earlier_time_waits_for_its_outer_one() -> None:
    waiting = scheduler()
    receive(waiting, bundle(3, "/a", bundle(1, "/b"), "/c"))
    assert pop(waiting, 2.999) == []
    assert pop(waiting, 3) == ["/a", "/b", "/c"]


def test_an_inner_bundle_with_a_later_time_waits_for_it() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a", bundle(2, "/b"), "/c"))
    assert pop(waiting, 1) == ["/a", "/c"]
    assert waiting.next_deadline() == START + 2
    assert pop(waiting, 1.999) == []
    assert pop(waiting, 2) == ["/b"]


def test_inner_bundles_of_a_bundle_due_at_once_wait_for_their_own_times() -> None:
    waiting = scheduler()
    packet = bundle(TimeTag.IMMEDIATELY, bundle(2, "/b"), "/a", bundle(1, "/c", bundle(3, "/d")))
    assert receive(waiting, packet) == ["/a"]
    assert [pop(waiting, seconds) for seconds in (1, 2, 3)] == [["/c"], ["/b"], ["/d"]]


def test_an_immediate_bundle_inside_of_one_that_waits_runs_with_it_in_its_place() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a", bundle(TimeTag.IMMEDIATELY, "/b"), "/c"))
    assert pop(waiting, 1) == ["/a", "/b", "/c"]


def test_bundles_nested_to_the_limit_of_the_codec_run_in_order() -> None:
    packet = bundle(2, "/deepest")
    for _ in range(63):
        packet = bundle(1, packet, "/after")
    waiting = scheduler()
    receive(waiting, packet)
    assert pop(waiting, 1) == ["/after"] * 63
    assert pop(waiting, 2) == ["/deepest"]


# What is no time.


@EVERY_SCHEDULE
@pytest.mark.parametrize("value", [0, 1])
def test_a_bundle_without_a_time_runs_at_once_and_is_not_late(policy: SchedulePolicy, value: int) -> None:
    # RME TotalMix sends zero. Taken as a time, it is the beginning of the next era, in 2036.
    waiting = scheduler(policy)
    assert receive(waiting, bundle(TimeTag(value), "/a", bundle(TimeTag(value), "/b"))) == ["/a", "/b"]
    assert (len(waiting), waiting.late) == (0, 0)


def test_a_bundle_without_a_time_inside_of_one_that_waits_does_not_wait_longer() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, bundle(TimeTag(0), "/a")))
    assert pop(waiting, 1) == ["/a"]


# Late bundles.


def test_a_late_bundle_runs_at_once_and_says_by_how_much() -> None:
    waiting = scheduler()
    (due,) = waiting.receive(bundle(1, "/a"), "here", moment(3.25))
    assert due.late_by == pytest.approx(2.25)
    assert (waiting.late, waiting.discarded) == (1, 0)


def test_a_late_bundle_is_discarded_and_counted_if_that_is_the_policy() -> None:
    waiting = scheduler(SchedulePolicy.DISCARD_LATE)
    assert receive(waiting, bundle(1, "/a"), seconds=1.000_001) == []
    assert receive(waiting, bundle(5, "/b"), seconds=2) == []
    assert pop(waiting, 9) == ["/b"]
    assert (waiting.late, waiting.discarded) == (1, 1)


def test_what_was_in_time_and_is_popped_late_is_not_late() -> None:
    waiting = scheduler(SchedulePolicy.DISCARD_LATE)
    receive(waiting, bundle(1, "/a"))
    (due,) = waiting.pop_due(START + 60)
    assert due.late_by == 0.0
    assert (waiting.late, waiting.discarded) == (0, 0)


def test_a_late_bundle_inside_of_an_immediate_one_is_late_like_any_other() -> None:
    packet = bundle(TimeTag.IMMEDIATELY, "/a", bundle(1, "/b"), "/c")
    waiting = scheduler()
    due = waiting.receive(packet, "here", moment(3))
    assert [(one.message.address, one.late_by) for one in due] == [("/a", 0.0), ("/b", 2.0), ("/c", 0.0)]
    assert waiting.late == 1
    discarding = scheduler(SchedulePolicy.DISCARD_LATE)
    assert receive(discarding, packet, seconds=3) == ["/a", "/c"]
    assert (discarding.late, discarding.discarded) == (1, 1)


def test_an_inner_bundle_in_time_inside_of_a_late_one_waits() -> None:
    waiting = scheduler()
    assert receive(waiting, bundle(1, "/late", bundle(5, "/in time")), seconds=2) == ["/late"]
    (due,) = waiting.pop_due(START + 5)
    assert (due.message.address, due.late_by) == ("/in time", 0.0)


def test_a_discarded_bundle_takes_its_inner_bundles_with_it() -> None:
    waiting = scheduler(SchedulePolicy.DISCARD_LATE)
    assert receive(waiting, bundle(1, bundle(5, "/inner")), seconds=2) == []
    assert len(waiting) == 0


def test_immediately_as_policy_lets_nothing_wait_and_counts_nothing_late() -> None:
    waiting = scheduler(SchedulePolicy.IMMEDIATELY)
    packet = bundle(100, "/a", bundle(200, "/b"), bundle(-100, "/c"), "/d")
    assert receive(waiting, packet) == ["/a", "/b", "/c", "/d"]
    assert (len(waiting), waiting.late, waiting.refused) == (0, 0, 0)


def test_a_change_of_policy_does_not_touch_what_waits() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"))
    waiting.policy = SchedulePolicy.IMMEDIATELY
    assert receive(waiting, bundle(1, "/b")) == ["/b"]
    assert pop(waiting, 1) == ["/a"]


# The wall clock.


@pytest.mark.parametrize("step", [-5 * HOURS, -0.2, 0.2, 5 * HOURS, 400 * 24 * HOURS])
def test_a_step_of_the_wall_clock_neither_loses_nor_floods_nor_reorders_what_waits(step: float) -> None:
    waiting = scheduler()
    for number in range(5):
        receive(waiting, bundle(10 + number, f"/{number}"))
    # A bundle for the clock as it is set now, to run after all others.
    assert receive(waiting, bundle(20 + step, "/new"), seconds=1, step=step) == []
    assert waiting.next_deadline() == START + 10
    assert pop(waiting, 9.999) == []
    for number in range(5):
        assert pop(waiting, 10 + number) == [f"/{number}"]
    assert pop(waiting, 19.999) == []
    assert pop(waiting, 20) == ["/new"]


def test_several_steps_add_up() -> None:
    waiting = scheduler()
    receive(waiting, bundle(10, "/a"))
    for number, step in enumerate((100.0, -3000.0, 77.0), 1):
        receive(waiting, bundle(10 + number + step, f"/{number}"), seconds=number, step=step)
    assert [round(pending.due - START, 6) for pending in waiting.pending()] == [10, 11, 12, 13]


def test_a_clock_that_is_slowly_corrected_is_followed_by_what_waits() -> None:
    waiting = scheduler()
    receive(waiting, bundle(100, "/a"))
    for seconds in range(1, 90):
        receive(waiting, bundle(TimeTag.IMMEDIATELY), seconds, step=seconds * 0.001)
    # By then the wall clock is 89 ms ahead, so its time comes 89 ms sooner.
    assert waiting.next_deadline() == pytest.approx(START + 100 - 0.089, abs=1e-6)


def test_an_inner_bundle_keeps_to_the_clock_as_it_was_when_it_arrived() -> None:
    waiting = scheduler()
    receive(waiting, bundle(10, "/outer", bundle(20, "/inner")))
    receive(waiting, bundle(TimeTag.IMMEDIATELY), seconds=1, step=5 * HOURS)
    assert pop(waiting, 10) == ["/outer"]
    assert waiting.next_deadline() == START + 20


def test_time_tags_across_the_end_of_the_era_in_2036_wait_their_time() -> None:
    waiting: BundleScheduler[str] = BundleScheduler()
    now = Moment(START, ERA_NS - 5 * NS)
    ours = [TimeTag.from_unix_ns(now.unix_ns + seconds * NS) for seconds in (3, 10)]
    assert ours[1].value < ours[0].value
    for number in (1, 0):
        assert waiting.receive(bundle(ours[number], f"/{number}"), "here", now) == []
    assert pop(waiting, 3) == ["/0"]
    assert pop(waiting, 9.999) == []
    assert pop(waiting, 10) == ["/1"]


def test_a_time_tag_of_before_the_end_of_the_era_is_late_after_it() -> None:
    waiting: BundleScheduler[str] = BundleScheduler()
    now = Moment(START, ERA_NS + 5 * NS)
    (due,) = waiting.receive(bundle(TimeTag.from_unix_ns(ERA_NS - 2 * NS), "/a"), "here", now)
    assert due.late_by == pytest.approx(7)


@pytest.mark.parametrize("value", [2, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_absurd_time_tags_are_late_or_wait_and_harm_nothing(value: int) -> None:
    waiting = scheduler()
    ran = receive(waiting, bundle(TimeTag(value), "/a"))
    assert len(ran) + len(waiting) == 1
    assert pop(waiting, 200 * 365 * 24 * HOURS) == ["/a"] * (1 - len(ran))


# Limits.


def test_beyond_the_limit_in_number_new_bundles_are_refused_and_those_that_wait_are_kept() -> None:
    waiting = scheduler(limit=3)
    for number in range(10):
        receive(waiting, bundle(10 - number, f"/{number}"))
    assert (len(waiting), waiting.refused) == (3, 7)
    assert pop(waiting, 20) == ["/2", "/1", "/0"]
    assert receive(waiting, bundle(30, "/again"), seconds=20) == []
    assert (len(waiting), waiting.refused) == (1, 7)


def test_beyond_the_limit_in_bytes_new_bundles_are_refused_until_there_is_room() -> None:
    waiting = scheduler(limit_bytes=1000)
    receive(waiting, bundle(1, "/a"), size=600)
    receive(waiting, bundle(2, "/b"), size=600)
    receive(waiting, bundle(3, "/c"), size=400)
    assert (len(waiting), waiting.refused) == (2, 1)
    assert pop(waiting, 1) == ["/a"]
    receive(waiting, bundle(4, "/d"), seconds=1, size=600)
    assert (len(waiting), waiting.refused) == (2, 1)


def test_what_is_due_at_once_is_never_refused() -> None:
    waiting = scheduler(limit=0, limit_bytes=0)
    assert receive(waiting, bundle(1, "/late"), seconds=2, size=100) == ["/late"]
    assert receive(waiting, bundle(TimeTag.IMMEDIATELY, "/now"), size=100) == ["/now"]
    assert waiting.refused == 0


def test_inner_bundles_count_for_the_limit_when_they_begin_to_wait() -> None:
    waiting = scheduler(limit=2)
    receive(waiting, bundle(1, *(bundle(2 + number, f"/{number}") for number in range(5))))
    assert pop(waiting, 1) == []
    assert (len(waiting), waiting.refused) == (2, 3)


def test_a_packet_is_charged_once_however_many_of_its_bundles_wait() -> None:
    waiting = scheduler(limit_bytes=1000)
    inner = (bundle(2 + number, f"/{number}") for number in range(100))
    receive(waiting, bundle(TimeTag.IMMEDIATELY, *inner), size=900)
    assert (len(waiting), waiting.refused) == (100, 0)
    # Its bytes are there until the last of them has run.
    assert len(pop(waiting, 100)) == 99
    receive(waiting, bundle(200, "/refused"), seconds=100, size=200)
    assert waiting.refused == 1
    assert pop(waiting, 101) == ["/99"]
    receive(waiting, bundle(200, "/a"), seconds=101, size=1000)
    assert (len(waiting), waiting.refused) == (1, 1)


def test_inner_bundles_of_one_that_waited_are_charged_once_together() -> None:
    waiting = scheduler(limit_bytes=1000)
    receive(waiting, bundle(1, *(bundle(2 + number, f"/{number}") for number in range(5))), size=1000)
    assert pop(waiting, 1) == []
    assert (len(waiting), waiting.refused) == (5, 0)
    assert len(pop(waiting, 10)) == 5
    receive(waiting, bundle(20, "/a"), seconds=10, size=1000)
    assert waiting.refused == 0


def test_cancelled_and_forgotten_bundles_give_their_bytes_back() -> None:
    waiting = scheduler(limit_bytes=1000)
    for _ in range(3):
        receive(waiting, bundle(1, "/a"), size=1000)
        waiting.cancel(waiting.pending()[0].number)
    receive(waiting, bundle(1, "/a"), size=1000)
    waiting.close()
    receive(waiting, bundle(1, "/a"), size=1000)
    assert waiting.refused == 0


# Listing, cancelling, closing.


def test_pending_bundles_are_listed_in_the_order_in_which_they_will_run() -> None:
    waiting = scheduler()
    for seconds, name in ((5, "/late"), (2, "/a"), (2, "/b"), (1, "/soon")):
        receive(waiting, bundle(seconds, name))
    pending = waiting.pending()
    assert [one.bundle.elements[0].address for one in pending] == ["/soon", "/a", "/b", "/late"]  # type: ignore[union-attr]  # messages
    assert [one.due - START for one in pending] == [1, 2, 2, 5]
    assert {one.origin for one in pending} == {"here"}
    assert len({one.number for one in pending}) == 4
    waiting.cancel(pending[0].number)
    assert waiting.pending(2) == pending[1:3]
    assert waiting.pending(0) == ()


def test_a_cancelled_bundle_does_not_run_and_is_no_deadline() -> None:
    waiting = scheduler()
    for seconds in (1, 2):
        receive(waiting, bundle(seconds, f"/{seconds}"))
    first = waiting.pending()[0]
    assert waiting.cancel(first.number) == first
    assert waiting.next_deadline() == START + 2
    assert waiting.cancel(first.number) is None
    assert waiting.cancel(999) is None
    assert pop(waiting, 2) == ["/2"]


def test_cancelling_the_only_bundle_leaves_no_deadline() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a"))
    waiting.cancel(waiting.pending()[0].number)
    assert (waiting.next_deadline(), waiting.pending(), len(waiting)) == (None, (), 0)


def test_an_outer_bundle_that_is_cancelled_takes_its_inner_ones_along() -> None:
    waiting = scheduler()
    receive(waiting, bundle(1, "/a", bundle(2, "/b")))
    waiting.cancel(waiting.pending()[0].number)
    assert pop(waiting, 9) == []


def test_cancelling_in_a_flood_keeps_the_order_of_the_rest() -> None:
    waiting = scheduler()
    for number in range(1000):
        receive(waiting, bundle(1 + number % 7, f"/{number}"))
    numbers = {one.bundle.elements[0].address: one.number for one in waiting.pending()}  # type: ignore[union-attr]  # messages
    kept = [number for number in range(1000) if number % 10 == 0]
    for number in range(1000):
        if number not in kept:
            waiting.cancel(numbers[f"/{number}"])
    assert pop(waiting, 10) == [f"/{number}" for number in sorted(kept, key=lambda number: (number % 7, number))]


def test_bundles_that_come_and_are_cancelled_without_end_take_no_memory() -> None:
    waiting = scheduler()
    for _ in range(5000):
        receive(waiting, bundle(1000, "/a"))
        waiting.cancel(waiting.pending()[0].number)
    assert len(waiting._heap) < 200


def test_closing_returns_what_will_not_run() -> None:
    waiting = scheduler()
    for seconds in (2, 1):
        receive(waiting, bundle(seconds, f"/{seconds}"))
    left = waiting.close()
    assert [one.due - START for one in left] == [1, 2]
    assert (len(waiting), waiting.next_deadline(), pop(waiting, 9), waiting.close()) == (0, None, [], ())


# For any bundles whatsoever.

milliseconds = st.integers(2000, 2020)
trees: st.SearchStrategy[Any] = st.recursive(
    st.builds(lambda time: (time, []), milliseconds),
    lambda inner: st.builds(lambda time, elements: (time, elements), milliseconds, st.lists(inner, max_size=3)),
    max_leaves=6,
)


def planned(tree: tuple[int, list[Any]], arrival: int, earliest: int = 0) -> list[tuple[int, int]]:
    """Return (time in ms, arrival) of each message of a packet: never before what is around it."""
    time = max(tree[0], earliest)
    return [(time, arrival)] + [one for inner in tree[1] for one in planned(inner, arrival, time)]


def packed(tree: tuple[int, list[Any]], arrival: int, earliest: int = 0) -> OscBundle:
    time = max(tree[0], earliest)
    inner = [packed(element, arrival, time) for element in tree[1]]
    return bundle(tree[0] / 1000, OscMessage("/a", "ii", (time, arrival)), *inner)


@given(st.lists(trees, max_size=12), st.lists(st.integers(-45, 45), min_size=12), st.lists(st.integers(1990, 2030)))
def test_any_bundles_run_by_time_tag_then_arrival_however_often_they_are_looked_for(
    packets: list[Any], inexactness_ms: list[int], looks: list[int]
) -> None:
    waiting = scheduler()
    for arrival, tree in enumerate(packets):
        step = inexactness_ms[arrival] / 1000
        assert receive(waiting, packed(tree, arrival), arrival / 1000, step=step) == []
    receive(waiting, bundle(TimeTag.IMMEDIATELY), 0.9)
    ran: list[tuple[int, int]] = []
    for look in [*sorted(looks), 5000]:
        found = [due.message.arguments for due in waiting.pop_due(START + look / 1000)]
        assert all(time <= look for time, _ in found)
        ran += found
    expected = [one for arrival, tree in enumerate(packets) for one in planned(tree, arrival)]
    assert ran == sorted(expected)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 100)), max_size=20))
def test_any_bundle_runs_exactly_once_not_early_and_late_ones_are_counted(events: list[tuple[int, int]]) -> None:
    waiting = scheduler()
    ran: list[int] = []
    now = 0
    for number, (pause, time) in enumerate(events):
        now += pause
        packet = bundle(time / 1000, OscMessage("/a", "ii", (number, time)))
        due = waiting.pop_due(START + now / 1000)
        due += waiting.receive(packet, "here", moment(now / 1000))
        assert all(one.message.arguments[1] <= now for one in due)
        ran += [one.message.arguments[0] for one in due]
    ran += [one.message.arguments[0] for one in waiting.pop_due(START + 100)]
    assert sorted(ran) == list(range(len(events)))
    arrivals = [sum(pause for pause, _ in events[: number + 1]) for number in range(len(events))]
    assert waiting.late == sum(time < arrival for (_, time), arrival in zip(events, arrivals, strict=True))
