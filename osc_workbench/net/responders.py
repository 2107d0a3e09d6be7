"""The rules of `traffic.responder` at work: each is a handler like any other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from osc_workbench.net.clock import Clock
from osc_workbench.net.runners import HandlerError
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscPacket
from osc_workbench.osc.reply_guard import ReplyGuard
from osc_workbench.traffic.responder import Responder

SendTo = Callable[[OscPacket, str], Awaitable[None]]


class Responders:
    """Registers rules at a dispatcher and counts how often each has answered.

    send_to: sends a packet to a URL. A target can be ourselves, so what goes there is guarded as answers are.
    """

    def __init__(self, dispatcher: Dispatcher, send_to: SendTo, clock: Clock | None = None) -> None:
        self._dispatcher = dispatcher
        self._send_to = send_to
        self._clock = clock or Clock()
        self._guard = ReplyGuard()
        self._answers: list[_Answer] = []

    @property
    def rules(self) -> tuple[Responder, ...]:
        return tuple(answer.rule for answer in self._answers)

    def set_rules(self, rules: Sequence[Responder]) -> None:
        """Answer by these rules and no others; a rule that was there before goes on counting."""
        counts = {replace(answer.rule, is_enabled=True): answer.count for answer in self._answers}
        for answer in self._answers:
            answer.cancel()
        self._answers = [_Answer(rule, counts.get(replace(rule, is_enabled=True), 0), self._send) for rule in rules]
        for answer in self._answers:
            if answer.rule.is_enabled:
                answer.register(self._dispatcher)

    def counts(self) -> tuple[int, ...]:
        """Return how often each rule has answered, in the order of the rules."""
        return tuple(answer.count for answer in self._answers)

    def _send(self, packet: OscPacket, url: str) -> Awaitable[None]:
        now = self._clock.time()
        # Nothing comes back from there that could be an echo, so the two texts only have to differ.
        self._guard.hear(url, b"heard", now)
        if self._guard.refuse(url, b"sent", now):
            raise HandlerError(f"more packets than may go to {url}, which gets none until it is quiet for a second")
        return self._send_to(packet, url)


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
