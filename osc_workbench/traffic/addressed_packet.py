"""The bytes of one packet and where they went: what the forms of "copy as" are made from."""

from collections.abc import Iterable
from typing import NamedTuple

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.errors import OscDecodeError, OscEncodeError
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.packet import OscPacket
from osc_workbench.traffic.record import Peer

# Stands in the code where nobody knows where the packet went.
PLACEHOLDER = Peer("127.0.0.1", 9000)
PLACEHOLDER_NOTE = f"{PLACEHOLDER} is a placeholder: put in where to send."
_REMARK_LIMIT = 160


class AddressedPacket(NamedTuple):
    """One packet as it lay on the wire, well-formed or not.

    peer: where it went, None if that is not known.
    """

    data: bytes
    peer: Peer | None

    @property
    def target(self) -> Peer:
        return self.peer or PLACEHOLDER

    @property
    def exact(self) -> OscPacket | None:
        """The packet, if encoding it gives these very bytes; None if they are malformed or odd."""
        try:
            packet = decode_packet(self.data)
            return packet if encode_packet(packet) == self.data else None
        except (OscDecodeError, OscEncodeError):
            return None

    @property
    def text(self) -> str:
        """The notation, or why the packet is malformed and its bytes in hex: one line of printable characters."""
        try:
            return format_packet(decode_packet(self.data))
        except OscDecodeError as error:
            return f"malformed: {error}: {self.data.hex()}" if self.data else f"malformed: {error}"

    @property
    def remark(self) -> str:
        """The start of `text`, to stand in a comment beside bytes that nobody can read."""
        text = self.text
        return text if len(text) <= _REMARK_LIMIT else text[:_REMARK_LIMIT] + "…"


def placeholder_remark(mark: str, packets: Iterable[AddressedPacket]) -> list[str]:
    """Return the comment that names the placeholder, if one of the packets needs it.

    mark: what begins a comment.
    """
    return [f"{mark} {PLACEHOLDER_NOTE}"] if any(packet.peer is None for packet in packets) else []
