"""Messages handed to a dispatcher as a runner does it."""

from typing import Any

from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Outcome, invoke
from osc_workbench.osc.packet import OscMessage, OscPacket

PEER = ("127.0.0.1", 50_000)


class Calls(list[tuple[Any, ...]]):
    """Notes how it is called."""

    def __call__(self, *arguments: Any) -> None:
        self.append(arguments)


def run(dispatcher: Dispatcher, address: str | int, *arguments: Any) -> list[Outcome | None]:
    """Run all handlers of a message as a runner does."""
    context = Context(OscMessage.of(address, *arguments), PEER)
    return [invoke(handler, context) for handler in dispatcher.handlers_for(address)]


def replies(dispatcher: Dispatcher, address: str, *arguments: Any) -> list[OscPacket]:
    sent: list[OscPacket] = []
    context = Context(OscMessage.of(address, *arguments), PEER, send=sent.append)
    assert [invoke(handler, context) for handler in dispatcher.handlers_for(address)] == [None]
    return sent


def names(dispatcher: Dispatcher, address: str | int) -> list[str | int]:
    """Return the patterns of the handlers a message runs, in their order."""
    return [handler.pattern for handler in dispatcher.handlers_for(address)]


def nothing(_context: Context) -> None:
    pass
