"""Handlers for an address from the network: a look-up, but for address patterns, which may take only so much time."""

from collections.abc import Callable

from osc_workbench.net.clock import Clock
from osc_workbench.osc.dispatch import Dispatcher, Handler
from osc_workbench.osc.pattern import has_wildcards

# Seconds of matching in each second. One datagram holds thousands of patterns, and `//` looks at every address.
MATCHING_SHARE = 0.25
_SECOND = 1.0


class LookUp:
    """Finds handlers as the dispatcher does, until new patterns have taken their share of the second.

    unmatched: messages whose pattern was not matched any more. on_refusal: called for each of them.
    """

    def __init__(self, dispatcher: Dispatcher, clock: Clock, on_refusal: Callable[[], None]) -> None:
        self.unmatched = 0
        self._dispatcher = dispatcher
        self._clock = clock
        self._on_refusal = on_refusal
        self._since = clock.time()
        self._spent = 0.0

    def __call__(self, address: str | int) -> tuple[Handler, ...]:
        found = self._dispatcher.remembered(address)
        if found is not None:
            return found
        if isinstance(address, int) or not has_wildcards(address):
            return self._dispatcher.handlers_for(address)
        now = self._clock.time()
        if now - self._since >= _SECOND:
            self._since, self._spent = now, 0.0
        if self._spent > MATCHING_SHARE:
            self.unmatched += 1
            self._on_refusal()
            return ()
        found = self._dispatcher.handlers_for(address)
        self._spent += self._clock.time() - now
        return found
