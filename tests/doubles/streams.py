"""A TCP endpoint with everything it reports, and plain peers that never block the event loop."""

import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.tcp import TcpClient, TcpServer
from osc_workbench.net.tcp_endpoint import TcpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import Direction, Peer
from tests.doubles.waiting import until


class Reports:
    """Keeps what an endpoint reports."""

    endpoint: TcpEndpoint

    def __init__(self) -> None:
        self.arrivals: list[Arrivals] = []
        self.problems: list[str] = []

    def packets(self, direction: Direction = Direction.IN) -> list[bytes]:
        return [data for arrivals in self.arrivals if arrivals.direction is direction for data in arrivals.datagrams]

    @property
    def received(self) -> list[bytes]:
        return self.packets()

    @property
    def address(self) -> Peer:
        return Peer(self.endpoint.url.host, self.endpoint.url.port)

    @property
    def peers(self) -> list[Peer]:
        return [status.peer for status in self.endpoint.connections()]


class ServerReports(Reports):
    """A TCP server; not open yet."""

    endpoint: TcpServer

    def __init__(self, url: str = "tcp://127.0.0.1:0", wire_log: WireLog | None = None) -> None:
        super().__init__()
        self.endpoint = TcpServer(
            7, EndpointUrl.parse(url), Clock(), self.arrivals.append, self.problems.append, wire_log
        )


class ClientReports(Reports):
    """A TCP client; not open yet."""

    endpoint: TcpClient

    def __init__(self, url: str, reconnect: bool = True, source: tuple[str, int] | None = None) -> None:
        super().__init__()
        self.endpoint = TcpClient(
            8,
            EndpointUrl.parse(url),
            Clock(),
            self.arrivals.append,
            self.problems.append,
            reconnect=reconnect,
            source=source,
        )


class StreamPeer:
    """One side of a TCP connection that a test plays by hand."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.is_ended = False
        self.is_reset = False
        self._received = b""
        sock.setblocking(False)

    @property
    def address(self) -> Peer:
        return Peer(*self.socket.getsockname()[:2])

    @property
    def received(self) -> bytes:
        """Everything that has come so far."""
        while not self.is_ended:
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                break
            except ConnectionResetError:
                self.is_ended = self.is_reset = True
                break
            self.is_ended = not data
            self._received += data
        return self._received

    @property
    def is_closed(self) -> bool:
        """Whether the other side has ended the connection."""
        return self.received is not None and self.is_ended

    async def send(self, data: bytes) -> None:
        """Send all of it, while the loop turns."""
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                await until(self._can_write)

    def reset(self) -> None:
        """End the connection as a crash does: with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def _can_write(self) -> bool:
        return bool(select.select([], [self.socket], [], 0)[1])


@contextmanager
def connected(address: Peer, buffer: int = 0) -> Iterator[StreamPeer]:
    """Connect to a server; the loop need not turn for that. buffer: size of the receive buffer, 0 for the usual one."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.settimeout(5)
        sock.connect(address)
        yield StreamPeer(sock)


class Listener:
    """A server that a test plays by hand."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.peers: list[StreamPeer] = []
        sock.setblocking(False)

    @property
    def url(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"

    async def accept(self) -> StreamPeer:
        """Wait for the next connection."""
        await until(self._accept_one)
        return self.peers[-1]

    def _accept_one(self) -> bool:
        try:
            sock, _ = self.socket.accept()
        except BlockingIOError:
            return False
        self.peers.append(StreamPeer(sock))
        return True


@contextmanager
def tcp_listener(host: str = "127.0.0.1", port: int = 0) -> Iterator[Listener]:
    """Listen; at the end everything that was accepted is closed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen()
        listener = Listener(sock)
        try:
            yield listener
        finally:
            for peer in listener.peers:
                peer.close()


def prefixed(*packets: bytes) -> bytes:
    """Return packets with the length prefix of OSC 1.0."""
    return b"".join(struct.pack(">i", len(packet)) + packet for packet in packets)


def slipped(*packets: bytes) -> bytes:
    """Return packets between the ENDs of OSC 1.1."""
    escaped = (packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") for packet in packets)
    return b"".join(b"\xc0" + packet + b"\xc0" for packet in escaped)


def free_tcp_port(host: str = "127.0.0.1") -> int:
    """Return a port on which nothing listens."""
    with tcp_listener(host) as listener:
        port: int = listener.socket.getsockname()[1]
        return port
