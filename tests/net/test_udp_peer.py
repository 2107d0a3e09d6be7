"""A UDP peer without an event loop: opening, closing, both ways, and what it says when something fails."""

import errno
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage as PythonOscMessage
from pythonosc.udp_client import SimpleUDPClient

from osc_workbench.net.datagram import Datagram
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.udp import UdpEndpoint
from osc_workbench.net.udp_peer import MAX_GRAM_SIZE, UdpPeer
from osc_workbench.net.wire_files import RawSink, read_raw
from osc_workbench.net.wire_log import RingSink, WireLog
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import Direction, Peer
from tests.doubles.fake_clock import FakeClock
from tests.doubles.receiving import HOSTS, Inbox, free_port, needs_ipv6, udp_socket

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what others do not")
SOMEWHERE = ("127.0.0.1", 9)


def wait(peer: UdpPeer) -> None:
    """Wait until something arrived; fails after five seconds."""
    assert peer._socket is not None
    assert select.select([peer._socket], [], [], 5)[0], "Nothing arrived in time."


def receive(peer: UdpPeer) -> Datagram:
    wait(peer)
    datagram = peer.receive()
    assert datagram is not None
    return datagram


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class BusySocket:
    """Stands before the socket of a peer; the next calls of `sendto` fail with the given codes, the rest succeed."""

    def __init__(self, peer: UdpPeer, *codes: int) -> None:
        self._real: Any = peer._socket
        self._codes = list(codes)
        peer._socket = self  # type: ignore[assignment] # a double of the few methods a peer calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def sendto(self, data: bytes, address: tuple[Any, ...]) -> int:
        if self._codes:
            code = self._codes.pop(0)
            raise OSError(code, os.strerror(code))
        sent: int = self._real.sendto(data, address)
        return sent


# Opening and closing.


@HOSTS
def test_opening_binds_the_port_the_system_chose(host: str) -> None:
    peer = UdpPeer(host=host)
    assert (peer.opened, peer.ha) == (False, Peer(host, 0))
    assert peer.open() is True
    assert peer.opened
    assert peer.ha == Peer(host, peer.port)
    assert peer.port > 0
    bound = peer.ha
    assert peer.open() is True
    assert peer.ha == bound
    assert peer.close() is True
    assert peer.close() is True
    assert not peer.opened


def test_ha_wins_over_host_and_port() -> None:
    peer = UdpPeer(ha=("127.0.0.2", 0), host="::1", port=1)
    assert (peer.host, peer.port) == ("127.0.0.2", 0)


def test_an_empty_host_is_all_ipv4_interfaces() -> None:
    with UdpPeer(host="") as peer:
        assert peer.ha.host == "0.0.0.0"


def test_a_name_is_looked_up_when_opening_and_ipv4_is_preferred() -> None:
    unknown = UdpPeer(host="no.such.host.invalid")
    with pytest.raises(EndpointError, match=r"The host name 'no\.such\.host\.invalid' is not known\."):
        unknown.open()
    assert not unknown.opened
    with UdpPeer(host="localhost") as peer:
        assert peer.ha.host == "127.0.0.1"


@HOSTS
def test_reopening_keeps_the_port_whether_open_or_closed(host: str) -> None:
    peer = UdpPeer(host=host)
    assert peer.reopen() is True
    port = peer.port
    assert peer.reopen() is True
    assert peer.ha == Peer(host, port)
    peer.close()
    assert peer.reopen() is True
    assert peer.ha == Peer(host, port)
    with udp_socket(host) as sender:
        sender.sendto(b"x", peer.ha)
        assert receive(peer).data == b"x"
    peer.close()


def test_another_host_and_port_take_effect_when_reopening() -> None:
    with UdpPeer() as peer:
        before = peer.ha
        peer.host, peer.port = "127.0.0.2", free_port("127.0.0.2")
        assert peer.ha == before
        peer.reopen()
        assert peer.ha == Peer("127.0.0.2", peer.port)


async def test_a_taken_port_is_refused_in_the_words_of_an_endpoint() -> None:
    with UdpPeer() as holder:
        inbox = Inbox(f"udp://127.0.0.1:{holder.port}")
        with pytest.raises(EndpointError) as of_endpoint:
            await inbox.endpoint.open()
        peer = UdpPeer(port=holder.port)
        with pytest.raises(EndpointError) as of_peer:
            peer.open()
        assert str(of_peer.value) == str(of_endpoint.value)
        assert f"Port {holder.port} is in use" in str(of_peer.value)
    assert peer.open() is True
    peer.close()


@linux_only
@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [("192.0.2.1", 0, "no address of this machine"), ("127.0.0.1", 70_000, "no port"), ("a..b", 0, "not known")],
)
def test_a_failed_opening_leaves_nothing_open(host: str, port: int, reason: str) -> None:
    with UdpPeer() as holder:
        before = open_descriptors()
        for ha in ((host, port), holder.ha):
            peer = UdpPeer(ha=ha)
            with pytest.raises(EndpointError, match=reason if ha[0] == host and ha[1] == port else "in use"):
                peer.open()
            assert not peer.opened
        assert open_descriptors() == before


@linux_only
def test_the_context_closes_also_after_an_error() -> None:
    before = open_descriptors()
    with pytest.raises(ZeroDivisionError), UdpPeer() as peer:
        raise ZeroDivisionError
    assert not peer.opened
    with UdpPeer() as holder, pytest.raises(EndpointError), UdpPeer(port=holder.port):
        pytest.fail("the port is taken")
    assert open_descriptors() == before


def test_a_port_is_shared_only_if_both_ask_for_it() -> None:
    with UdpPeer(share_port=True) as first:
        with UdpPeer(port=first.port, share_port=True) as second:
            assert second.ha == first.ha
        with pytest.raises(EndpointError, match="in use"):
            UdpPeer(port=first.port).open()
    with UdpPeer() as alone, pytest.raises(EndpointError, match="in use"):
        UdpPeer(port=alone.port, share_port=True).open()


@linux_only
def test_options_of_the_socket_are_off_unless_asked_for() -> None:
    options = (socket.SO_BROADCAST, socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    for asked in (False, True):
        with UdpPeer(bcast=asked, share_port=asked) as peer:
            assert peer._socket is not None
            assert [peer._socket.getsockopt(socket.SOL_SOCKET, option) for option in options] == [asked] * 3


@needs_ipv6
def test_ipv6_leaves_ipv4_to_others() -> None:
    with UdpPeer(host="::") as six, UdpPeer(host="0.0.0.0", port=six.port) as four:
        assert six.ha == Peer("::", four.port)


@pytest.mark.parametrize("sizes", [{"bs": -1}, {"bs": 2**31}, {"size_limit": 0}, {"queue_limit": 0}])
def test_sizes_that_make_no_sense_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        UdpPeer(**sizes)  # type: ignore[arg-type] # each of them is a number


# Buffers.


def test_buffer_sizes_say_what_was_asked_reported_and_granted() -> None:
    peer = UdpPeer(bs=300_000)
    assert peer.buffer_sizes() == (300_000, 0, 0)
    with peer:
        sizes = peer.buffer_sizes()
    assert sizes.asked == 300_000
    halves = 2 if sys.platform == "linux" else 1
    assert sizes.granted == (sizes.send // halves, sizes.receive // halves)
    assert min(sizes.granted) > 0


def test_buffers_are_asked_for_in_bytes_or_in_datagrams_and_never_made_smaller() -> None:
    assert UdpPeer().buffer_sizes().asked == 4 << 20
    assert UdpPeer(bs=0).buffer_sizes().asked == 0
    assert UdpPeer(bs=5, bc=0).buffer_sizes().asked == 5
    assert UdpPeer(bs=5, bc=-1).buffer_sizes().asked == 5
    assert UdpPeer(bs=5, bc=1000).buffer_sizes().asked == 1000 * MAX_GRAM_SIZE
    with UdpPeer(bs=0) as systems, UdpPeer(bc=1) as small:
        assert small.buffer_sizes()[1:] == systems.buffer_sizes()[1:]


@linux_only
def test_what_the_kernel_dropped_is_counted_and_stays_counted() -> None:
    with UdpPeer(bs=0) as peer, udp_socket() as sender:
        assert peer.dropped == 0
        room = peer.buffer_sizes().receive
        for _ in range(2 * room // 60_000 + 2):
            sender.sendto(bytes(60_000), peer.ha)
        dropped = peer.dropped
        assert dropped
        peer.reopen()
        assert peer.dropped == dropped
    assert peer.dropped == dropped


# Receiving.


@HOSTS
def test_two_peers_talk(host: str) -> None:
    with UdpPeer(name="a", host=host) as first, UdpPeer(name="b", host=host) as second:
        assert first.send(b"question", second.ha) == 8
        question = receive(second)
        assert (question.data, question.peer, question.is_truncated) == (b"question", first.ha, False)
        assert second.send(b"answer", question.peer) == 6
        assert receive(first).data == b"answer"
        assert (first.sent, first.received, second.sent, second.received) == (1, 1, 1, 1)


def test_without_a_datagram_there_is_none() -> None:
    with UdpPeer() as peer:
        assert peer.receive() is None
        assert peer.service() == []


def test_an_empty_datagram_is_a_datagram() -> None:
    with UdpPeer() as peer, udp_socket() as sender:
        sender.sendto(b"", peer.ha)
        datagram = receive(peer)
        assert (datagram.data, datagram.peer) == (b"", Peer(*sender.getsockname()))
        assert peer.receive() is None


@pytest.mark.parametrize(("host", "size"), [("127.0.0.1", 65_507), pytest.param("::1", 65_527, marks=needs_ipv6)])
def test_the_largest_datagram_is_sent_and_received_whole(host: str, size: int) -> None:
    data = os.urandom(size)
    with UdpPeer(host=host) as peer:
        assert peer.send(data, peer.ha) == size
        datagram = receive(peer)
        assert datagram.data == data
        assert not datagram.is_truncated
        with pytest.raises(EndpointError, match=rf"{size + 1:,} bytes does not fit into a UDP datagram \({size:,}\)"):
            peer.send(data + b"x", peer.ha)


class SocketWithoutRecvmsg(socket.socket):
    """As on Windows."""

    @property
    def recvmsg(self) -> Any:
        raise AttributeError("recvmsg")


@pytest.mark.parametrize("kind", [socket.socket, SocketWithoutRecvmsg])
def test_a_datagram_over_the_limit_is_cut_and_says_so(
    kind: type[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", kind)
    with UdpPeer(size_limit=MAX_GRAM_SIZE, clock=FakeClock()) as peer:
        for size in (4000, MAX_GRAM_SIZE):
            peer.send(b"x" * size, peer.ha)
        assert [(len(one.data), one.is_truncated) for one in (receive(peer), receive(peer))] == [
            (MAX_GRAM_SIZE, True),
            (MAX_GRAM_SIZE, False),
        ]


@linux_only
@HOSTS
def test_the_time_is_the_kernels_time_of_arrival(host: str) -> None:
    with UdpPeer(host=host, clock=FakeClock()) as peer:
        before = time.time_ns()
        peer.send(b"x", peer.ha)
        after = time.time_ns()
        assert before - 5_000_000 <= receive(peer).unix_ns <= after + 5_000_000


def test_without_the_kernels_time_it_is_that_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", SocketWithoutRecvmsg)
    clock = FakeClock()
    with UdpPeer(clock=clock) as peer:
        peer.send(b"x", peer.ha)
        assert receive(peer).unix_ns == clock.unix_ns()


# Sending.


def test_a_full_buffer_answers_zero_and_the_same_data_can_be_sent_again() -> None:
    with UdpPeer() as peer:
        BusySocket(peer, errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM)
        assert [peer.send(b"abc", peer.ha) for _ in range(4)] == [0, 0, 0, 3]
        assert receive(peer).data == b"abc"
        assert peer.sent == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (("no.such.host.invalid", 9), r"The host name 'no\.such\.host\.invalid' is not known in IPv4\."),
        (("::1", 9), r"The host name '::1' is not known in IPv4\."),
        (("a\0b", 9), "is not known"),
        (("x" * 70, 9), "is not known"),
        (("127.0.0.1", 0), r"0 is no port to send to\."),
        (("127.0.0.1", 65_536), r"65536 is no port to send to\."),
    ],
)
def test_a_target_that_cannot_be_reached_is_refused_with_the_reason(target: tuple[str, int], reason: str) -> None:
    with UdpPeer() as peer:
        with pytest.raises(EndpointError, match=reason):
            peer.send(b"x", target)
        assert peer.send(b"x", peer.ha) == 1


def test_another_error_of_the_system_is_told() -> None:
    with UdpPeer() as peer:
        BusySocket(peer, errno.EHOSTUNREACH)
        with pytest.raises(EndpointError, match=r"Sending to 127\.0\.0\.1:9 failed: No route to host\."):
            peer.send(b"x", SOMEWHERE)


def test_a_name_can_be_sent_to_and_the_log_has_its_address() -> None:
    ring = RingSink()
    with UdpPeer(wl=WireLog(ring, clock=FakeClock())) as peer:
        peer.send(b"x", ("localhost", peer.port))
        assert receive(peer).peer == peer.ha
        assert [record.peer for record in ring.records] == [peer.ha, peer.ha]


@linux_only
def test_broadcasting_must_be_asked_for() -> None:
    with UdpPeer(host="0.0.0.0") as listener:
        target = ("127.255.255.255", listener.port)
        with UdpPeer() as peer, pytest.raises(EndpointError, match="a broadcast address, and main may not broadcast"):
            peer.send(b"x", target)
        with UdpPeer(bcast=True) as peer:
            assert peer.send(b"x", target) == 1
            assert receive(listener).peer == peer.ha


@linux_only
@pytest.mark.parametrize("operation", ["receive", "send"])
def test_a_refusal_of_an_earlier_datagram_stops_nothing(operation: str) -> None:
    with UdpPeer() as peer, udp_socket() as sender:
        # Linux reports refusals to an unconnected socket only if asked to; Windows always does.
        assert peer._socket is not None
        peer._socket.setsockopt(socket.SOL_IP, 11, 1)
        peer.send(b"x", ("127.0.0.1", free_port()))
        if operation == "receive":
            sender.sendto(b"y", peer.ha)
            assert receive(peer).data == b"y"
        else:
            assert peer.send(b"abc", sender.getsockname()) == 3
            assert sender.recv(10) == b"abc"
        assert peer.refused == 1


def test_endless_refusals_end_the_call() -> None:
    with UdpPeer() as peer:
        BusySocket(peer, *[errno.ECONNREFUSED] * 64)
        assert peer.send(b"x", peer.ha) == 0
        assert peer.send(b"x", peer.ha) == 1
        assert peer.refused == 64


@pytest.mark.parametrize(
    "act",
    [UdpPeer.receive, UdpPeer.service, lambda peer: peer.send(b"x", SOMEWHERE)],
    ids=["receive", "service", "send"],
)
def test_a_closed_peer_says_that_it_is_closed(act: Any) -> None:
    peer = UdpPeer(name="rig")
    with pytest.raises(EndpointError, match="rig is not open"):
        act(peer)
    peer.open()
    peer.close()
    with pytest.raises(EndpointError, match="rig is not open"):
        act(peer)


# Servicing.


def test_service_receives_at_most_its_limit_and_nothing_is_lost() -> None:
    seen: list[Datagram] = []
    with UdpPeer(on_datagram=seen.append) as peer:
        for number in range(150):
            peer.send(b"%d" % number, peer.ha)
        parts = []
        while part := peer.service():
            parts.append(part)
    assert [len(part) for part in parts] == [64, 64, 22]
    assert [datagram for part in parts for datagram in part] == seen
    assert [datagram.data for datagram in seen] == [b"%d" % number for number in range(150)]


def test_service_sends_what_waits_and_keeps_what_found_the_buffer_full() -> None:
    with UdpPeer() as peer:
        for data in (b"a", b"", b"c"):
            peer.queue(data, peer.ha)
        BusySocket(peer, errno.EAGAIN)
        assert peer.service() == []
        assert [data for data, _ in peer.tx] == [b"a", b"", b"c"]
        assert [datagram.data for datagram in peer.service()] == [b"a", b"", b"c"]
        assert not peer.tx
        assert peer.sent == 3


def test_service_tells_what_cannot_be_sent_and_goes_on() -> None:
    problems: list[str] = []
    with UdpPeer(on_problem=problems.append) as peer:
        peer.queue(bytes(70_000), peer.ha)
        peer.queue(b"x", ("no.such.host.invalid", 9))
        peer.queue(b"y", peer.ha)
        assert [datagram.data for datagram in peer.service()] == [b"y"]
        assert peer.unsent == 2
    assert "70,000 bytes does not fit" in problems[0]
    assert "no.such.host.invalid" in problems[1]


def test_the_queue_is_bounded_and_says_when_it_is_full() -> None:
    with UdpPeer(queue_limit=2) as peer:
        peer.queue(b"a", peer.ha)
        peer.queue(b"b", peer.ha)
        with pytest.raises(EndpointError, match="2 datagrams of main wait to be sent"):
            peer.queue(b"c", peer.ha)
        assert [datagram.data for datagram in peer.service()] == [b"a", b"b"]
        peer.queue(b"c", peer.ha)


def test_what_is_queued_before_opening_leaves_afterwards() -> None:
    with udp_socket() as receiver:
        peer = UdpPeer()
        peer.queue(b"x", receiver.getsockname())
        with peer:
            peer.service()
        assert receiver.recv(10) == b"x"


def test_a_callback_may_close_the_peer() -> None:
    with UdpPeer() as peer:
        peer.on_datagram = lambda _: peer.close()
        peer.send(b"a", peer.ha)
        peer.send(b"b", peer.ha)
        assert [datagram.data for datagram in peer.service()] == [b"a"]


# With others.


def test_the_wire_log_has_both_ways_and_goes_on_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "wire.log"
    problems: list[str] = []
    with WireLog(RawSink(path, problems.append), clock=FakeClock()) as log, UdpPeer(wl=log) as peer:
        for data in (b"", bytes(range(256))):
            peer.send(data, peer.ha)
            arrived = receive(peer)
            peer.reopen()
        logged = list(read_raw(path.read_bytes()))
    assert [(record.direction, record.data) for record in logged] == [
        (Direction.OUT, b""),
        (Direction.IN, b""),
        (Direction.OUT, bytes(range(256))),
        (Direction.IN, bytes(range(256))),
    ]
    assert logged[-1].unix_ns == arrived.unix_ns
    assert {record.peer for record in logged} == {peer.ha}
    assert problems == []


@HOSTS
def test_python_osc_and_a_peer_understand_each_other(host: str) -> None:
    with UdpPeer(host=host) as peer:
        client = SimpleUDPClient(host, peer.port)
        client.send_message("/a", [1, "x", 0.5])
        question = receive(peer)
        assert decode_packet(question.data) == OscMessage("/a", "isf", (1, "x", 0.5))
        peer.send(encode_packet(OscMessage.of("/b", 2)), question.peer)
        answer = PythonOscMessage(client.receive(5))
        assert (answer.address, answer.params) == ("/b", [2])
        client._sock.close()


async def test_an_endpoint_hears_a_peer() -> None:
    inbox = Inbox()
    endpoint: UdpEndpoint = inbox.endpoint
    await endpoint.open()
    with UdpPeer() as peer:
        peer.send(b"x", inbox.address)
        endpoint.close()
        assert inbox.of(Direction.IN)[0][::2] == (b"x", peer.ha)
