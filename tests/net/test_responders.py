"""Rules at work: they answer, count, and cannot be made to run for ever."""

from typing import Any

import pytest

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.handling import HandlingCounters
from osc_workbench.net.responders import GuardedSend, Responders
from osc_workbench.net.runners import describe_failure
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Outcome, complete, invoke
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.responder import Responder
from tests.doubles.fake_clock import FakeClock

URL = "udp://127.0.0.1:57120"


class Rig:
    """Rules with everything they send, to the sender and to other places."""

    def __init__(self, *rules: Responder) -> None:
        self.clock = FakeClock()
        self.dispatcher = Dispatcher()
        self.answers: list[OscPacket] = []
        self.sent: list[tuple[OscPacket, str]] = []
        self.failed: list[Outcome] = []
        self.send_error: Exception | None = None
        self.problems: list[str] = []
        self.counters = HandlingCounters()
        self.send = GuardedSend(self._send, self.clock, self.counters, self.problems.append)
        self.responders = Responders(self.dispatcher, self.send)
        self.responders.set_rules(rules)

    async def receive(self, address: str, *arguments: Any) -> None:
        context = Context(OscMessage.of(address, *arguments), ("127.0.0.1", 9), send=self.answers.append)
        for handler in self.dispatcher.handlers_for(address):
            outcome = invoke(handler, context)
            if outcome is not None and outcome.awaitable is not None:
                outcome = await complete(outcome)
            if outcome is not None:
                self.failed.append(outcome)

    async def _send(self, packet: OscPacket, target: EndpointUrl) -> None:
        if self.send_error is not None:
            raise self.send_error
        self.sent.append((packet, str(target)))


async def test_a_rule_answers_the_sender_with_its_packet() -> None:
    rig = Rig(Responder("/ping", "/pong ,i 1"))
    await rig.receive("/ping", "whatever")
    await rig.receive("/other")
    assert rig.answers == [OscMessage.of("/pong", 1)]
    assert rig.responders.counts() == (1,)


async def test_a_rule_answers_with_a_bundle() -> None:
    rig = Rig(Responder("/ping", "#bundle immediately { /a ; /b ,i 1 }"))
    await rig.receive("/ping")
    assert rig.answers == [OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a"), OscMessage.of("/b", 1)])]


async def test_a_rule_with_a_target_sends_there_and_does_not_answer() -> None:
    rig = Rig(Responder("/ping", "/pong", URL))
    await rig.receive("/ping")
    assert (rig.answers, rig.sent) == ([], [(OscMessage("/pong"), URL)])
    assert rig.responders.counts() == (1,)


async def test_rules_with_globs_answer_what_they_match_in_the_order_of_the_rules() -> None:
    rig = Rig(Responder("/synth/*", "/one"), Responder("/synth/1", "/two"), Responder("/**", "/three"))
    await rig.receive("/synth/1")
    await rig.receive("/synth/2")
    await rig.receive("/else")
    assert [packet.address for packet in rig.answers if isinstance(packet, OscMessage)] == [
        *("/one", "/two", "/three"),
        *("/one", "/three"),
        "/three",
    ]
    assert rig.responders.counts() == (2, 1, 3)


@pytest.mark.parametrize("address", ["/a b", "/a/", "/", "/a#b", "/a,b", "/ünï"])
async def test_any_address_that_can_arrive_can_have_a_rule(address: str) -> None:
    # Addresses that have no place in the space ended the setting of all rules with an error.
    rig = Rig(Responder("/before", "/x"), Responder(address, "/pong"), Responder("/after", "/x"))
    await rig.receive(address)
    assert rig.answers == [OscMessage("/pong")]
    assert len(rig.dispatcher.handlers()) == 3


async def test_a_rule_that_is_switched_off_does_not_answer_and_keeps_its_count() -> None:
    on, off = Responder("/ping", "/pong"), Responder("/ping", "/pong", "", False)
    rig = Rig(on)
    await rig.receive("/ping")
    rig.responders.set_rules([off])
    await rig.receive("/ping")
    assert rig.responders.rules == (off,)
    assert rig.responders.counts() == (1,)
    assert not rig.dispatcher.has_handlers
    rig.responders.set_rules([on])
    await rig.receive("/ping")
    assert rig.responders.counts() == (2,)


async def test_new_rules_replace_those_before_and_equal_ones_go_on_counting() -> None:
    first, second, third = (Responder(f"/{name}", "/x") for name in "abc")
    rig = Rig(first, second)
    for address in ("/a", "/b", "/b"):
        await rig.receive(address)
    rig.responders.set_rules([third, second])
    for address in ("/a", "/b", "/c"):
        await rig.receive(address)
    assert rig.responders.rules == (third, second)
    assert rig.responders.counts() == (1, 3)
    assert len(rig.dispatcher.handlers()) == 2
    rig.responders.set_rules([])
    assert (len(rig.responders.rules), len(rig.responders.counts())) == (0, 0)
    assert not rig.dispatcher.has_handlers


async def test_two_rules_that_are_the_same_answer_twice_and_count_once_each() -> None:
    rig = Rig(Responder("/ping", "/pong"), Responder("/ping", "/pong"))
    await rig.receive("/ping")
    assert len(rig.answers) == 2
    assert rig.responders.counts() == (1, 1)


async def test_handlers_of_others_stay_when_rules_are_set() -> None:
    rig = Rig(Responder("/ping", "/pong"))
    rig.dispatcher.on("/ping", lambda _: "/theirs")
    rig.responders.set_rules([])
    await rig.receive("/ping")
    assert rig.answers == [OscMessage("/theirs")]


async def test_a_target_that_cannot_be_reached_is_a_failure_that_names_the_rule() -> None:
    rig = Rig(Responder("/ping", "/pong ,i 1", "udp://no.such.host:1"))
    rig.send_error = EndpointError("The host name 'no.such.host' is not known.")
    await rig.receive("/ping")
    (failed,) = rig.failed
    assert failed.error is rig.send_error
    assert describe_failure(failed).startswith(
        "The handler of the rule /ping -> /pong ,i 1 for /ping failed on /ping: EndpointError: "
    )


async def test_a_rule_whose_target_is_ourselves_comes_to_rest() -> None:
    rig = Rig(Responder("/a", "/a", URL))
    turns = 0
    await rig.receive("/a")
    while rig.sent:
        packet, _ = rig.sent.pop()
        assert isinstance(packet, OscMessage)
        rig.clock.advance(0.0001)
        await rig.receive(str(packet.address))
        turns += 1
        assert turns < 10_000
    assert rig.problems == [f"More packets than may go to {URL}: it gets none until it is quiet for a second."]
    assert (rig.counters.unanswered, rig.failed) == (1, [])
    assert rig.responders.counts() == (turns + 1,)
    # After a second of silence it is used again.
    rig.clock.advance(1.1)
    await rig.receive("/a")
    assert len(rig.sent) == 1


async def test_a_target_that_is_stopped_does_not_stop_others() -> None:
    rig = Rig(Responder("/a", "/a", URL), Responder("/b", "/b", "udp://127.0.0.1:57121"))
    for _ in range(3000):
        await rig.receive("/a")
    await rig.receive("/b")
    assert rig.sent[-1] == (OscMessage("/b"), "udp://127.0.0.1:57121")
    assert len(rig.problems) == 1
    assert rig.counters.unanswered + len(rig.sent) == 3001


async def test_a_steady_stream_to_a_target_is_not_stopped() -> None:
    rig = Rig(Responder("/a", "/a", URL))
    for _ in range(5000):
        await rig.receive("/a")
        rig.clock.advance(0.001)
    assert (len(rig.sent), rig.problems) == (5000, [])


async def test_one_sending_may_be_of_many_packets_and_what_is_held_back_of_it_is_counted() -> None:
    rig = Rig()
    await rig.send(["/a"] * 5000, URL)
    assert len(rig.sent) == 5000
    for _ in range(1999):
        await rig.send("/a", URL)
    assert rig.counters.unanswered == 0
    await rig.send(["/a"] * 3, URL)
    assert (len(rig.sent), rig.counters.unanswered, len(rig.problems)) == (6999, 3, 1)


async def test_other_spellings_of_a_target_are_the_same_target() -> None:
    rig = Rig()
    for url in ("udp://127.0.0.1:57120", "UDP://127.0.0.1:57120") * 1001:
        await rig.send("/a", url)
    assert (len(rig.sent), rig.counters.unanswered) == (2000, 2)
