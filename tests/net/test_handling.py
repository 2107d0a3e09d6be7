"""From datagrams to handlers and back to their senders, without sockets."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.handling import Handling
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.scheduler import SchedulePolicy
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction, Peer
from tests.doubles.fake_clock import FakeClock
from tests.doubles.waiting import until

PEER = Peer("127.0.0.1", 50_000)
OTHER = Peer("::1", 50_001)
# An element of the size -4, for which python-osc and oscpack go round and round.
ENDLESS = bytes.fromhex("2362756e646c65000000000000000001fffffffc")


class Rig:
    """A Handling with everything it sends and says."""

    def __init__(self, clock: Clock | None = None, **options: Any) -> None:
        self.clock = clock or FakeClock()
        self.dispatcher = Dispatcher()
        self.sent: list[tuple[int, OscPacket, Peer]] = []
        self.problems: list[str] = []
        self.send_error: EndpointError | None = None
        self.handling = Handling(self.dispatcher, self.clock, self._send, self.problems.append, **options)
        self.counters = self.handling.counters

    def receive(
        self, *packets: OscPacket | bytes, peer: Peer = PEER, endpoint_id: int = 7, may_answer: bool = True
    ) -> None:
        """Let datagrams arrive in one read."""
        datagrams = [packet if isinstance(packet, bytes) else encode_packet(packet) for packet in packets]
        times = np.full(len(datagrams), self.clock.unix_ns(), np.int64)
        arrivals = Arrivals(endpoint_id, Direction.IN, datagrams, times, [peer] * len(datagrams))
        self.handling.receive(arrivals, may_answer)

    def advance(self, seconds: float) -> None:
        assert isinstance(self.clock, FakeClock)
        self.clock.advance(seconds)

    def tag(self, seconds: float) -> TimeTag:
        return TimeTag.from_unix_ns(self.clock.unix_ns() + round(seconds * 1e9))

    def _send(self, endpoint_id: int, data: bytes, peer: Peer) -> None:
        if self.send_error is not None:
            raise self.send_error
        self.sent.append((endpoint_id, decode_packet(data), peer))


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.handling.close()


def note(rig: Rig, address: str = "/a") -> list[Context]:
    """Register a handler that notes its contexts."""
    seen: list[Context] = []
    rig.dispatcher.on(address, seen.append)
    return seen


# What arrives runs handlers.


def test_a_message_runs_its_handlers_with_peer_and_time_of_arrival(rig: Rig) -> None:
    seen = note(rig)
    rig.receive(OscMessage.of("/a", 1))
    (context,) = seen
    assert (context.message, context.peer, context.unix_ns) == (OscMessage.of("/a", 1), PEER, rig.clock.unix_ns())
    assert (context.time_tag, context.late_by) == (TimeTag.IMMEDIATELY, 0.0)
    assert rig.counters.messages == 1


def test_all_datagrams_of_a_read_run_in_their_order(rig: Rig) -> None:
    seen = note(rig, "/**")
    times = np.arange(6, dtype=np.int64)
    peers = [PEER, PEER, OTHER, PEER, OTHER, OTHER]
    datagrams = [encode_packet(OscMessage.of("/n", number)) for number in range(6)]
    rig.handling.receive(Arrivals(7, Direction.IN, datagrams, times, peers), True)
    assert [(context.arguments, context.unix_ns, context.peer) for context in seen] == [
        ((number,), number, peer) for number, peer in enumerate(peers)
    ]


def test_what_we_sent_ourselves_runs_nothing(rig: Rig) -> None:
    seen = note(rig, "/**")
    data = encode_packet(OscMessage("/a"))
    rig.handling.receive(Arrivals.of(7, Direction.OUT, data, 0, PEER), True)
    assert (seen, rig.counters.messages) == ([], 0)


def test_messages_of_an_immediate_bundle_run_in_order_with_its_time_tag(rig: Rig) -> None:
    seen = note(rig, "/**")
    rig.receive(OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a"), OscBundle(TimeTag(1), [OscMessage("/b")])]))
    assert [context.address for context in seen] == ["/a", "/b"]
    assert rig.counters.messages == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"/a",
        b"/a\0\0,i\0\0",
        b"#bundle\0",
        ENDLESS,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 60_000,
        b"/a\0\0,s\0\0x",
    ],
)
def test_a_malformed_packet_is_counted_and_those_beside_it_run(rig: Rig, data: bytes) -> None:
    seen = note(rig, "/**")
    rig.receive(OscMessage("/before"), data, OscMessage("/after"))
    assert [context.address for context in seen] == ["/before", "/after"]
    assert (rig.counters.malformed, rig.counters.messages) == (1, 2)
    assert rig.problems == []


# The acceptance hook.


def test_what_the_hook_does_not_accept_is_counted_and_not_even_decoded() -> None:
    asked: list[tuple[bytes, Peer]] = []

    def accept(data: bytes, peer: Peer) -> bool:
        asked.append((data, peer))
        return data.startswith(b"/")

    rig = Rig(accept=accept)
    seen = note(rig, "/**")
    rig.receive(OscMessage("/a"), OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/b")]), ENDLESS, b"rubbish")
    assert [context.address for context in seen] == ["/a"]
    assert (rig.counters.rejected, rig.counters.malformed, rig.counters.messages) == (3, 0, 1)
    assert asked[0] == (encode_packet(OscMessage("/a")), PEER)
    assert len(asked) == 4


def test_a_hook_that_fails_refuses_the_packet_and_is_reported_once_a_second() -> None:
    def accept(data: bytes, _peer: Peer) -> bool:
        return bool(data[100])

    rig = Rig(accept=accept)
    seen = note(rig, "/**")
    rig.receive(*[OscMessage("/a")] * 3)
    assert (seen, rig.counters.rejected) == ([], 3)
    assert rig.problems == [
        "The acceptance hook failed on a packet of 127.0.0.1:50000: IndexError: index out of range."
    ]
    rig.advance(1)
    rig.receive(OscMessage("/a"))
    assert rig.problems[1].endswith("(2 more like it before)")


# Replies.


def test_a_reply_goes_from_the_endpoint_to_the_sender(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda context: ("/pong", *context.arguments))
    rig.receive(OscMessage.of("/ping", 1), endpoint_id=3, peer=OTHER)
    assert rig.sent == [(3, OscMessage.of("/pong", 1), OTHER)]
    assert (rig.counters.replies, rig.counters.unanswered) == (1, 0)


def test_every_packet_of_a_reply_is_sent_and_counted(rig: Rig) -> None:
    bundle = OscBundle(TimeTag(5), [OscMessage("/c")])
    rig.dispatcher.on("/ping", lambda _: ["/a", ("/b", 1), bundle])
    rig.receive(OscMessage("/ping"))
    assert [packet for _, packet, _ in rig.sent] == [OscMessage("/a"), OscMessage.of("/b", 1), bundle]
    assert rig.counters.replies == 3


def test_a_handler_can_reply_as_often_as_it_likes_and_later(rig: Rig) -> None:
    kept: list[Context] = []

    def ping(context: Context) -> None:
        context.reply("/one")
        context.reply("/two")
        kept.append(context)

    rig.dispatcher.on("/ping", ping)
    rig.receive(OscMessage("/ping"))
    kept[0].reply("/three")
    assert [packet for _, packet, _ in rig.sent] == [OscMessage("/one"), OscMessage("/two"), OscMessage("/three")]


def test_groups_are_not_answered_and_that_is_counted(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda _: ["/pong", "/pong"])
    rig.receive(OscMessage("/ping"), may_answer=False)
    rig.receive(OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/ping")]), may_answer=False)
    assert rig.sent == []
    assert (rig.counters.replies, rig.counters.unanswered, rig.counters.failures) == (0, 4, 0)


def test_a_reply_that_cannot_leave_says_why_and_the_rest_goes_on(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda _: "/pong")
    seen = note(rig, "/ping")
    rig.send_error = EndpointError("No route to 10.0.0.1:9.", "Check the network.")
    rig.receive(OscMessage("/ping"))
    assert rig.problems == ["No route to 10.0.0.1:9. Check the network."]
    assert (rig.counters.failures, rig.counters.replies, len(seen)) == (1, 0, 1)


def test_a_reply_that_cannot_be_encoded_is_a_failure_of_the_handler(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda _: ("/pong", 1 << 70))
    rig.receive(OscMessage("/ping"))
    assert rig.sent == []
    assert rig.counters.failures == 1
    assert "failed on /ping: OscEncodeError: " in rig.problems[0]


# Loops.


def test_a_loop_of_echoes_is_stopped_said_once_and_counted() -> None:
    rig = Rig(replies_per_second=1e9)
    rig.dispatcher.on("/echo", lambda context: context.message)
    for _ in range(1000):
        rig.receive(OscMessage.of("/echo", 1))
        rig.advance(0.0001)
    assert rig.problems == [
        "127.0.0.1:50000 is not answered until it is quiet for a second: its answers come back as questions."
    ]
    assert 195 <= rig.counters.replies <= 205
    assert rig.counters.replies + rig.counters.unanswered == 1000
    rig.advance(1.1)
    rig.receive(OscMessage.of("/echo", 1))
    assert 196 <= rig.counters.replies <= 206


def test_a_loop_whose_packets_change_is_stopped_by_its_rate() -> None:
    rig = Rig(replies_per_second=100)
    rig.dispatcher.on("/count", lambda context: ("/count", context.arguments[0] + 1))
    # The other side counts, too.
    for number in range(0, 2000, 2):
        rig.receive(OscMessage.of("/count", number))
        rig.advance(0.0001)
    assert len(rig.problems) == 1
    assert "this is a loop or a flood" in rig.problems[0]
    assert 200 <= rig.counters.replies <= 215
    assert rig.counters.replies + rig.counters.unanswered == 1000
    # Other peers are answered.
    rig.receive(OscMessage.of("/count", 0), peer=OTHER)
    assert rig.sent[-1] == (7, OscMessage.of("/count", 1), OTHER)


def test_a_message_may_be_answered_with_thousands_of_packets_and_a_loop_of_them_is_stopped(rig: Rig) -> None:
    rig.dispatcher.on("/all", lambda _: [("/node", number) for number in range(5000)])
    rig.receive(OscMessage("/all"))
    rig.receive(OscBundle(rig.tag(0), [OscMessage("/all")]))
    assert (rig.counters.replies, rig.problems) == (10_000, [])
    rig.dispatcher.on("/one", lambda _: "/two")
    for _ in range(2000):
        rig.receive(OscMessage("/one"))
    assert len(rig.problems) == 1
    assert rig.counters.replies == 11_998


def test_two_programs_that_answer_each_other_come_to_rest() -> None:
    rig = Rig()
    rig.dispatcher.on("/**", lambda _: ["/what", "/why"])
    questions: list[OscPacket] = [OscMessage("/hello")]
    turns = 0
    while questions:
        rig.receive(*questions)
        rig.advance(0.0005)
        # The other side does the same.
        questions = [packet for _, packet, _ in rig.sent for _ in range(2)][:1000]
        rig.sent.clear()
        turns += 1
        assert turns < 1000
    # Each of 2,000 messages had two answers.
    assert rig.counters.replies < 6000
    assert len(rig.problems) == 1


# Failures.


def test_a_handler_that_raises_is_reported_with_place_and_the_others_run(rig: Rig) -> None:
    def broken(_context: Context) -> None:
        raise KeyError("lamp")

    seen = note(rig)
    rig.dispatcher.on("/a", broken)
    seen_after = note(rig)
    rig.receive(OscMessage("/a"), OscMessage("/a"))
    assert (len(seen), len(seen_after), rig.counters.failures) == (2, 2, 2)
    (problem,) = rig.problems
    assert "broken for /a failed on /a: KeyError: 'lamp' (test_handling.py, line " in problem


def test_failures_are_reported_once_a_second_with_how_many_there_were(rig: Rig) -> None:
    def broken(_context: Context) -> None:
        raise ValueError("bad")

    rig.dispatcher.on("/a", broken)
    for _ in range(500):
        rig.receive(OscMessage("/a"))
        rig.advance(0.01)
    assert rig.counters.failures == 500
    assert 5 <= len(rig.problems) <= 6
    assert rig.problems[0].endswith(").")
    assert all("(99 more like it before)" in problem or "(100 more" in problem for problem in rig.problems[1:])


def test_failures_of_one_handler_do_not_hide_those_of_another(rig: Rig) -> None:
    rig.dispatcher.on("/a", lambda _: 1)
    rig.dispatcher.on("/b", lambda _: 2)
    rig.receive(OscMessage("/a"), OscMessage("/a"), OscMessage("/b"))
    assert len(rig.problems) == 2


def test_what_a_stranger_sent_cannot_write_to_the_terminal_or_fill_the_log(rig: Rig) -> None:
    def broken(context: Context) -> None:
        raise ValueError(context.address)

    rig.dispatcher.on("/**", broken)
    rig.receive(OscMessage("/\x1b[2J\n\u202e" + "x" * 50_000))
    (problem,) = rig.problems
    assert problem.isprintable()
    assert len(problem) < 1000


async def test_a_coroutine_that_fails_is_reported_like_any_other_handler(rig: Rig) -> None:
    async def broken(_context: Context) -> None:
        await asyncio.sleep(0)
        raise KeyError("lamp")

    rig.dispatcher.on("/a", broken)
    rig.receive(OscMessage("/a"))
    await until(lambda: rig.problems)
    assert "failed on /a: KeyError: 'lamp'" in rig.problems[0]


async def test_a_coroutine_replies_when_it_is_done(rig: Rig) -> None:
    async def slow(context: Context) -> Any:
        await asyncio.sleep(0)
        return ("/done", *context.arguments)

    rig.dispatcher.on("/work", slow)
    rig.receive(OscMessage.of("/work", 1), OscMessage.of("/work", 2))
    assert rig.sent == []
    await until(lambda: len(rig.sent) == 2)
    assert [packet for _, packet, _ in rig.sent] == [OscMessage.of("/done", 1), OscMessage.of("/done", 2)]


# Bundles that wait.


async def test_a_bundle_runs_at_its_time_and_not_before(rig: Rig) -> None:
    seen = note(rig)
    tag = rig.tag(0.02)
    rig.receive(OscBundle(tag, [OscMessage("/a")]))
    real = asyncio.get_running_loop().time()
    # The clock of the test stands still, so it does not run, however long that takes.
    await until(lambda: asyncio.get_running_loop().time() > real + 0.05)
    assert seen == []
    rig.advance(0.02)
    await until(lambda: seen)
    assert (seen[0].time_tag, seen[0].late_by) == (tag, 0.0)
    assert rig.handling.pending() == ()


@pytest.mark.parametrize("is_exact", [True, False])
async def test_bundles_run_in_order_and_never_early_by_the_real_clock(is_exact: bool) -> None:
    clock = Clock()
    deadlines = DeadlineThread(clock) if is_exact else None
    rig = Rig(clock, deadlines=deadlines)
    ran: list[tuple[int, float]] = []
    rig.dispatcher.on("/n", lambda context: ran.append((context.arguments[0], clock.time())))
    start = clock.time()
    order = [5, 0, 3, 1, 4, 2]
    rig.receive(*(OscBundle(rig.tag(0.02 + number * 0.004), [OscMessage.of("/n", number)]) for number in order))
    received = clock.time()
    await until(lambda: len(ran) == 6)
    assert [number for number, _ in ran] == [0, 1, 2, 3, 4, 5]
    assert all(time >= start + 0.02 + number * 0.004 for number, time in ran)
    assert received - start < 5
    rig.handling.close()
    if deadlines is not None:
        assert deadlines.close() == 0


async def test_the_reply_of_a_bundle_that_waited_goes_to_its_own_sender_from_its_own_endpoint(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda _: "/pong")
    for endpoint_id, peer, may_answer in ((1, PEER, True), (2, OTHER, True), (3, PEER, False)):
        rig.receive(
            OscBundle(rig.tag(0.01), [OscMessage("/ping")]), endpoint_id=endpoint_id, peer=peer, may_answer=may_answer
        )
    rig.advance(0.01)
    await until(lambda: rig.counters.messages == 3)
    assert rig.sent == [(1, OscMessage("/pong"), PEER), (2, OscMessage("/pong"), OTHER)]
    assert rig.counters.unanswered == 1


async def test_a_handler_that_fails_does_not_keep_other_bundles_from_running(rig: Rig) -> None:
    rig.dispatcher.on("/bad", lambda _: 7)
    seen = note(rig)
    for number, address in enumerate(("/bad", "/a", "/bad", "/a")):
        rig.receive(OscBundle(rig.tag(0.001 * (number + 1)), [OscMessage(address)]))
    rig.advance(0.01)
    await until(lambda: len(seen) == 2)
    assert rig.counters.failures == 2


async def test_a_bundle_that_waits_is_listed_and_can_be_cancelled(rig: Rig) -> None:
    seen = note(rig, "/**")
    for number in (2, 1, 3):
        rig.receive(OscBundle(rig.tag(number), [OscMessage(f"/{number}")]))
    first, second, third = rig.handling.pending()
    assert [one.due - rig.clock.time() for one in (first, second, third)] == pytest.approx([1, 2, 3])
    assert (first.origin.peer, first.origin.endpoint_id) == (PEER, 7)
    assert rig.handling.cancel(first.number)
    assert not rig.handling.cancel(first.number)
    assert not rig.handling.cancel(999)
    rig.advance(2)
    rig.receive(OscMessage("/now"))
    await until(lambda: len(seen) == 2)
    assert [context.address for context in seen] == ["/now", "/2"]
    assert rig.handling.pending() == (third,)


async def test_late_bundles_are_handled_by_the_policy_and_counted() -> None:
    for policy, ran in (
        (SchedulePolicy.SCHEDULE, 1),
        (SchedulePolicy.DISCARD_LATE, 0),
        (SchedulePolicy.IMMEDIATELY, 1),
    ):
        rig = Rig(policy=policy)
        seen = note(rig)
        rig.receive(OscBundle(rig.tag(-2), [OscMessage("/a")]))
        assert len(seen) == ran
        assert rig.handling.scheduler.late == (policy is not SchedulePolicy.IMMEDIATELY)
        assert all(context.late_by == pytest.approx(2) for context in seen if policy is SchedulePolicy.SCHEDULE)


async def test_closing_says_how_many_bundles_were_discarded_and_returns_them() -> None:
    rig = Rig()
    seen = note(rig)
    for number in (2, 1):
        rig.receive(OscBundle(rig.tag(number), [OscMessage.of("/a", number)]))
    left = rig.handling.close()
    assert [one.bundle.elements[0].arguments for one in left] == [(1,), (2,)]  # type: ignore[union-attr]  # messages
    assert rig.problems == ["2 bundles that waited for their time were discarded."]
    assert (rig.handling.close(), rig.handling.pending(), seen) == ((), (), [])


async def test_closing_with_nothing_waiting_says_nothing() -> None:
    rig = Rig()
    rig.receive(OscMessage("/a"))
    assert rig.handling.close() == ()
    assert rig.problems == []


async def test_closing_stops_coroutines_that_go_on() -> None:
    rig = Rig()
    ended: list[str] = []

    async def forever(_context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("closed")

    rig.dispatcher.on("/a", forever)
    rig.receive(OscMessage("/a"))
    await until(lambda: rig.handling.runner.running() == 1)
    await asyncio.sleep(0)
    rig.handling.close()
    await until(lambda: ended)
    assert rig.problems == []


async def test_a_flood_of_far_bundles_is_refused_beyond_the_limit_and_messages_go_on(rig: Rig) -> None:
    seen = note(rig)
    rig.handling.scheduler.limit = 100
    far = encode_packet(OscBundle(rig.tag(3600), [OscMessage("/far")]))
    rig.receive(*[far] * 1000)
    rig.receive(OscMessage("/a"))
    assert (len(rig.handling.pending()), rig.handling.scheduler.refused, len(seen)) == (100, 900, 1)


async def test_a_step_of_the_wall_clock_leaves_what_waits_in_place(rig: Rig) -> None:
    seen = note(rig, "/**")
    rig.receive(OscBundle(rig.tag(10), [OscMessage("/a")]))
    assert isinstance(rig.clock, FakeClock)
    rig.clock._start_ns += 3600 * 10**9
    rig.receive(OscBundle(rig.tag(5), [OscMessage("/b")]))
    for seconds, expected in ((4.9, []), (0.2, ["/b"]), (4.8, ["/b"]), (0.2, ["/b", "/a"])):
        rig.advance(seconds)
        rig.receive(OscBundle(TimeTag.IMMEDIATELY))
        rig.handling._on_due()
        assert [context.address for context in seen] == expected
