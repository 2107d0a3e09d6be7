"""The receivers: the fast one of Linux and the portable one give the same."""

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from osc_workbench.net import arrivals
from osc_workbench.net.arrivals import LinuxReceiver, PortableReceiver, Receiver, make_receiver
from osc_workbench.net.clock import Clock
from osc_workbench.traffic.record import Peer
from tests.doubles.fake_clock import FakeClock
from tests.doubles.receiving import HOSTS, udp_socket

linux_only = pytest.mark.skipif(
    sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8, reason="recvmmsg is laid out for 64-bit Linux"
)
RECEIVERS = pytest.mark.parametrize("make", [PortableReceiver, pytest.param(LinuxReceiver, marks=linux_only)])
SAMPLES = [b"", b"/a\0\0,\0\0\0", b"x" * 1472, os.urandom(65_507), b"", b"end"]


@RECEIVERS
@HOSTS
def test_every_receiver_gives_datagrams_times_and_peers(make: Callable[..., Receiver], host: str) -> None:
    with udp_socket(host) as sock, udp_socket(host) as first, udp_socket(host) as second:
        sock.setblocking(False)
        receiver = make(sock, Clock())
        before = time.time_ns()
        for number, data in enumerate(SAMPLES):
            (first, second)[number % 2].sendto(data, sock.getsockname())
        received = receiver.receive()
        assert received is not None
        datagrams, times, peers, truncated = received
        assert datagrams == SAMPLES
        assert times.dtype == np.int64
        assert len(times) == len(SAMPLES)
        assert before - 5_000_000 <= times.min() <= times.max() <= time.time_ns()
        ports = [sender.getsockname()[1] for sender in (first, second)]
        assert peers == [Peer(host, ports[number % 2]) for number in range(len(SAMPLES))]
        assert truncated == ()
        assert receiver.receive() is None


@RECEIVERS
def test_empty_socket_gives_none_and_a_closed_one_an_error(make: Callable[..., Receiver]) -> None:
    with udp_socket() as sock:
        sock.setblocking(False)
        receiver = make(sock, Clock())
        assert receiver.receive() is None
    with pytest.raises(OSError):
        receiver.receive()


@RECEIVERS
def test_one_call_fetches_at_most_256(make: Callable[..., Receiver]) -> None:
    with udp_socket() as sock, udp_socket() as sender:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver = make(sock, Clock())
        # Less than Linux's smallest default buffer holds.
        for _ in range(arrivals.READS_OF_WAKE + 10):
            sender.sendto(b"x", sock.getsockname())
        counts = []
        while received := receiver.receive():
            counts.append(len(received[0]))
        assert counts == [arrivals.READS_OF_WAKE, 10]


@linux_only
def test_datagram_larger_than_the_buffer_is_marked_as_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "DATAGRAM_SIZE", 16)
    with udp_socket() as sock, udp_socket() as sender:
        sock.setblocking(False)
        receiver = LinuxReceiver(sock, Clock())
        for data in (b"short", b"much longer than sixteen", b"0123456789abcdef"):
            sender.sendto(data, sock.getsockname())
        received = receiver.receive()
        assert received is not None
        assert received[0] == [b"short", b"much longer than", b"0123456789abcdef"]
        assert received[3] == (1,)


@linux_only
def test_datagram_without_a_stamp_gets_ours() -> None:
    clock = FakeClock()
    with udp_socket() as sock, udp_socket() as sender:
        sock.setblocking(False)
        receiver = LinuxReceiver(sock, clock)
        sock.setsockopt(socket.SOL_SOCKET, arrivals.SO_TIMESTAMPNS, 0)
        sender.sendto(b"x", sock.getsockname())
        received = receiver.receive()
        assert received is not None
        assert received[1].tolist() == [clock.unix_ns()]


@linux_only
def test_more_peers_than_are_remembered_are_still_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_PEERS_LIMIT", 2)
    with udp_socket() as sock:
        sock.setblocking(False)
        receiver = LinuxReceiver(sock, Clock())
        for _ in range(10):
            with udp_socket() as sender:
                sender.sendto(b"x", sock.getsockname())
                received = receiver.receive()
                assert received is not None
                assert received[2] == [Peer("127.0.0.1", sender.getsockname()[1])]
        assert len(receiver._peers) <= 2


def test_other_systems_get_the_portable_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    with udp_socket() as sock:
        assert isinstance(make_receiver(sock, Clock()), LinuxReceiver if sys.platform == "linux" else PortableReceiver)
        monkeypatch.setattr(arrivals.sys, "platform", "darwin")
        assert isinstance(make_receiver(sock, Clock()), PortableReceiver)
