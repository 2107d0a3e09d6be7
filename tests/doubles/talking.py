"""A plain client of UDP or TCP, for tests that have no event loop."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.osc.packet import OscPacket
from osc_workbench.traffic.record import Peer

TIMEOUT = 5.0


class Talker:
    """Sends packets and waits for packets, blocking."""

    def __init__(self, sock: socket.socket, framing: Framing) -> None:
        self.socket = sock
        self._framer = make_framer(framing) if sock.type is socket.SOCK_STREAM else None

    @property
    def address(self) -> Peer:
        return Peer(*self.socket.getsockname()[:2])

    def send(self, *packets: OscPacket | bytes) -> None:
        for packet in packets:
            data = packet if isinstance(packet, bytes) else encode_packet(packet)
            self.socket.sendall(self._framer.frame(data) if self._framer else data)

    def receive(self) -> OscPacket:
        """Return the next packet; raises TimeoutError, or EOFError when the connection has ended."""
        if self._framer is None:
            return decode_packet(self.socket.recv(65_536))
        while (packet := self._framer.next_packet()) is None:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._framer.receive_data(data)
        return decode_packet(packet)


@contextmanager
def talking_to(url: EndpointUrl) -> Iterator[Talker]:
    """Connect to a server's URL."""
    family = socket.AF_INET6 if ":" in url.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if url.is_tcp else socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((url.host, url.port))
        yield Talker(sock, url.framing)
