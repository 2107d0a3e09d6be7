"""What a handler is given, and what it may give back."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

# Packets in one reply, and items that are none; a generator that never ends must neither fill the memory nor go on.
REPLY_LIMIT = 100_000

# What a handler may give back: nothing, an address, (address, argument...), a packet, or an iterable of such.
Reply = Any
# Iterable, but going through them would send something else than was meant.
_NO_REPLIES = (bytes, bytearray, memoryview, Mapping)


def packets_of_reply(reply: Reply) -> list[OscPacket]:
    """Return the packets a reply stands for.

    None: no packet. Text: a message without arguments. A tuple of an address and arguments: that message, its type tags
    inferred; a list among the arguments is an array. OscMessage, OscBundle: itself. Any other iterable: those of its
    items. Raises OscEncodeError for anything else, and for more than REPLY_LIMIT packets, or Nones and iterables.
    """
    packets: list[OscPacket] = []
    others = 0
    for packet in _packets_of(reply):
        if packet is None:
            others += 1
        else:
            packets.append(packet)
        if len(packets) > REPLY_LIMIT or others > REPLY_LIMIT:
            raise OscEncodeError(
                f"a reply of more than {REPLY_LIMIT:,} packets or items; does its generator never end?"
            )
    return packets


def _packets_of(reply: Reply) -> Iterator[OscPacket | None]:
    """Yield the packets, and None for each item that is none itself: of these, too, there may be no end."""
    if reply is None:
        yield None
        return
    if isinstance(reply, OscMessage | OscBundle):
        yield reply
    elif isinstance(reply, str):
        yield _message_of(reply, ())
    elif isinstance(reply, tuple) and reply and isinstance(reply[0], str):
        yield _message_of(reply[0], reply[1:])
    elif isinstance(reply, Iterable) and not isinstance(reply, _NO_REPLIES):
        yield None
        for item in reply:
            yield from _packets_of(item)
    else:
        raise OscEncodeError(
            f"{reply!r:.80} is no reply; give None, an address, (address, argument...), a packet, or a list of these"
        )


def _message_of(address: str, arguments: tuple[Any, ...]) -> OscMessage:
    if not address.startswith("/"):
        raise OscEncodeError(f"the address {address!r:.80} of a reply does not start with a slash")
    return OscMessage.of(address, *arguments)


def _nowhere(_packet: OscPacket) -> None:
    """Replies of a message that came from nobody."""


class Context(NamedTuple):
    """A message with its circumstances, as a handler sees it.

    peer: (host, port) of the sender, None if there is none. unix_ns: when it arrived, ns since the Unix epoch.
    time_tag: of the bundle around it, IMMEDIATELY without one. late_by: seconds it came after its time tag.
    send: takes a packet back to the sender.
    """

    message: OscMessage
    peer: tuple[str, int] | None = None
    unix_ns: int = 0
    time_tag: TimeTag = TimeTag.IMMEDIATELY
    late_by: float = 0.0
    send: Callable[[OscPacket], None] = _nowhere

    @property
    def address(self) -> str | int:
        return self.message.address

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.message.arguments

    def reply(self, reply: Reply) -> None:
        """Answer the sender, see `packets_of_reply`. Raises OscEncodeError."""
        for packet in packets_of_reply(reply):
            self.send(packet)
