"""The rules of `traffic.responder` at work, each a handler like any other, and how rules and scripts send elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from osc_workbench.net.clock import Clock
from osc_workbench.net.handling import HandlingCounters
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.context import Context, Reply, packets_of_reply
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscPacket
from osc_workbench.osc.reply_guard import ReplyGuard
from osc_workbench.traffic.responder import Responder

SendTo = Callable[[OscPacket, str], Awaitable[None]]


class GuardedSend:
    """Sends to URLs, for rules and scripts. A URL can be ourselves, so what goes there is guarded as answers are.

    send: sends one packet. counters: what is held back is counted there as unanswered. on_problem: called with one
    sentence when a URL begins to get nothing.
    """

    def __init__(
        self,
        send: Callable[[OscPacket, EndpointUrl], Awaitable[None]],
        clock: Clock,
        counters: HandlingCounters,
        on_problem: Callable[[str], None],
    ) -> None:
        self._send = send
        self._clock = clock
        self._counters = counters
        self._on_problem = on_problem
        self._guard = ReplyGuard()
        self._calls = 0

    async def __call__(self, packets: Reply, url: str) -> None:
        """Send packets, in any form a reply can have. Raises OscEncodeError or EndpointError."""
        target, found = EndpointUrl.parse(url), packets_of_reply(packets)
        if not self._is_held_back(target, len(found)):
            for packet in found:
                await self._send(packet, target)
            return
        # A script that sends in a loop would keep the event loop to itself.
        await asyncio.sleep(0)

    def _is_held_back(self, target: EndpointUrl, count: int) -> bool:
        now = self._clock.time()
        self._calls += 1
        # Nothing comes back from there that could be an echo, so the two texts only have to differ.
        self._guard.hear(target, b"heard", now)
        refusal = self._guard.refuse(target, b"sent", now, self._calls)
        if not refusal:
            return False
        self._counters.unanswered += count
        if refusal != "again":
            self._on_problem(f"More packets than may go to {target}: it gets none until it is quiet for a second.")
        return True


class Responders:
    """Registers rules at a dispatcher and counts how often each has run. send_to: sends a packet to a URL."""

    def __init__(self, dispatcher: Dispatcher, send_to: SendTo) -> None:
        self._dispatcher = dispatcher
        self._send_to = send_to
        self._answers: list[_Answer] = []

    @property
    def rules(self) -> tuple[Responder, ...]:
        return tuple(answer.rule for answer in self._answers)

    def set_rules(self, rules: Sequence[Responder]) -> None:
        """Answer by these rules and no others; a rule that was there before goes on counting."""
        counts = {replace(answer.rule, is_enabled=True): answer.count for answer in self._answers}
        for answer in self._answers:
            answer.cancel()
        self._answers = [_Answer(rule, counts.get(replace(rule, is_enabled=True), 0), self._send_to) for rule in rules]
        for answer in self._answers:
            if answer.rule.is_enabled:
                answer.register(self._dispatcher)

    def counts(self) -> tuple[int, ...]:
        """Return how often each rule has run, in the order of the rules."""
        return tuple(answer.count for answer in self._answers)


class _Answer:
    """The handler of one rule. send: sends a packet to a URL."""

    def __init__(self, rule: Responder, count: int, send: SendTo) -> None:
        # Handlers are called by their name in messages.
        self.__qualname__ = f"of the rule {rule.pattern} -> {rule.text:.40}"
        self.rule = rule
        self.count = count
        self._packet = rule.packet
        self._send = send
        self._cancel: Callable[[], None] | None = None

    def register(self, dispatcher: Dispatcher) -> None:
        self._cancel = dispatcher.on(self.rule.pattern, self).cancel

    def cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()

    def __call__(self, _context: Context) -> Any:
        answer = self._send(self._packet, self.rule.target) if self.rule.target else self._packet
        self.count += 1
        return answer
