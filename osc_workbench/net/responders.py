"""The rules of `traffic.responder` at work: each is a handler like any other."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Handler
from osc_workbench.osc.packet import OscPacket
from osc_workbench.traffic.responder import Responder

SendTo = Callable[[OscPacket, str], Awaitable[None]]


class Responders:
    """Registers rules at a dispatcher and counts how often each has answered.

    send_to: sends a packet to a URL.
    """

    def __init__(self, dispatcher: Dispatcher, send_to: SendTo) -> None:
        self._dispatcher = dispatcher
        self._send_to = send_to
        self._handlers: list[Handler] = []
        self._counts: dict[Responder, int] = {}
        self.rules: tuple[Responder, ...] = ()

    def set_rules(self, rules: Sequence[Responder]) -> None:
        """Answer by these rules and no others."""
        for handler in self._handlers:
            handler.cancel()
        self.rules = tuple(rules)
        self._counts = {rule: self._counts.get(rule, 0) for rule in self.rules}
        self._handlers = [
            self._dispatcher.on(rule.pattern, _Answer(rule, self._count, self._send_to))
            for rule in self.rules
            if rule.is_enabled
        ]

    def counts(self) -> tuple[int, ...]:
        """Return how often each rule has answered, in the order of the rules."""
        return tuple(self._counts[rule] for rule in self.rules)

    def _count(self, rule: Responder) -> None:
        self._counts[rule] = self._counts.get(rule, 0) + 1


class _Answer:
    """The handler of one rule."""

    def __init__(self, rule: Responder, count: Callable[[Responder], None], send_to: SendTo) -> None:
        # Handlers are called by their name in messages.
        self.__qualname__ = f"of the rule {rule.pattern} -> {rule.text:.40}"
        self._rule = rule
        self._packet = rule.packet
        self._count = count
        self._send_to = send_to

    def __call__(self, _context: Context) -> Any:
        self._count(self._rule)
        return self._send_to(self._packet, self._rule.target) if self._rule.target else self._packet
