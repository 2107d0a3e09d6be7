"""A UDP endpoint: what arrives, what leaves, and what it says when something fails."""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from osc_workbench.net import binding, udp
from osc_workbench.net.binding import explain_bind
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.udp import UdpEndpoint, resolve
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Direction, EndpointState, Peer
from tests.doubles.fake_clock import FakeClock
from tests.doubles.receiving import HOSTS, Inbox, free_port, needs_ipv6, udp_socket
from tests.doubles.waiting import until

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what others do not")


def url_of(host: str, port: int = 0) -> str:
    return str(EndpointUrl("udp", host, port))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


# Receiving.


@HOSTS
async def test_datagrams_arrive_whole_in_order_with_their_peer(host: str) -> None:
    inbox = Inbox(url_of(host))
    await inbox.endpoint.open()
    assert inbox.endpoint.state is EndpointState.OPEN
    assert inbox.endpoint.url.port > 0
    with udp_socket(host) as sender:
        for number in range(50):
            sender.sendto(b"%d" % number, inbox.address)
        await until(lambda: len(inbox.received) == 50)
        assert inbox.received == [b"%d" % number for number in range(50)]
        assert {peer for _, _, peer in inbox.of(Direction.IN)} == {Peer(host, sender.getsockname()[1])}
    inbox.endpoint.close()
    assert inbox.endpoint.state is EndpointState.CLOSED


async def test_several_peers_of_one_read_are_told_apart() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with udp_socket() as first, udp_socket() as second:
        for sender, data in ((first, b"1"), (second, b"2"), (first, b"3")):
            sender.sendto(data, inbox.address)
        await until(lambda: len(inbox.received) == 3)
        ports = [peer.port for _, _, peer in inbox.of(Direction.IN)]
        assert ports == [first.getsockname()[1], second.getsockname()[1], first.getsockname()[1]]
    inbox.endpoint.close()


@linux_only
@HOSTS
async def test_stamp_is_the_kernels_time_of_arrival_even_if_the_loop_was_blocked(host: str) -> None:
    inbox = Inbox(url_of(host))
    await inbox.endpoint.open()
    with udp_socket(host) as sender:

        async def is_stamped_on_arrival() -> bool:
            count = len(inbox.received)
            before = time.time_ns()
            sender.sendto(b"x", inbox.address)
            after = time.time_ns()
            time.sleep(0.05)  # a window that is busy: the loop cannot fetch the datagram
            await until(lambda: len(inbox.received) > count)
            (*_, (_, stamp, _)) = inbox.of(Direction.IN)
            # The kernel may round its clock; a stamp taken by the loop would be 50 ms late.
            return before - 5_000_000 <= stamp <= after + 5_000_000

        # Linux begins to stamp some time after a socket has asked for it, on a busy machine after the first datagram.
        assert any([await is_stamped_on_arrival() for _ in range(3)])
    inbox.endpoint.close()


@pytest.mark.parametrize(("host", "size"), [("127.0.0.1", 65_507), pytest.param("::1", 65_527, marks=needs_ipv6)])
async def test_largest_datagram_arrives_whole(host: str, size: int) -> None:
    inbox = Inbox(url_of(host))
    await inbox.endpoint.open()
    data = os.urandom(size)
    with udp_socket(host) as sender:
        sender.sendto(data, inbox.address)
        await until(lambda: inbox.received)
    assert inbox.received == [data]
    assert inbox.arrivals[0].truncated == ()
    inbox.endpoint.close()


async def test_empty_datagrams_are_datagrams() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with udp_socket() as sender:
        for data in (b"", b"x", b""):
            sender.sendto(data, inbox.address)
        await until(lambda: len(inbox.received) == 3)
    assert inbox.received == [b"", b"x", b""]
    inbox.endpoint.close()


async def test_one_wake_fetches_at_most_256() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with udp_socket() as sender:
        for _ in range(600):
            sender.sendto(b"x", inbox.address)
    await until(lambda: len(inbox.received) == 600)
    assert max(len(arrivals.datagrams) for arrivals in inbox.arrivals) == 256
    inbox.endpoint.close()


async def test_what_arrived_before_closing_is_not_lost() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with udp_socket() as sender:
        for _ in range(700):
            sender.sendto(b"x", inbox.address)
    inbox.endpoint.close()
    assert len(inbox.received) == 700


# Sending.


@HOSTS
async def test_what_is_sent_leaves_from_the_listening_port_and_is_reported(host: str) -> None:
    clock = FakeClock()
    inbox = Inbox(url_of(host), clock)
    await inbox.endpoint.open()
    with udp_socket(host) as peer:
        target = Peer(host, peer.getsockname()[1])
        inbox.endpoint.send(b"hello", target)
        data, source = peer.recvfrom(100)
        assert (data, source[1]) == (b"hello", inbox.endpoint.url.port)
        assert inbox.of(Direction.OUT) == [(b"hello", clock.unix_ns(), target)]
    inbox.endpoint.close()


async def test_closed_endpoint_sends_nothing() -> None:
    inbox = Inbox()
    with pytest.raises(EndpointError, match="not open"):
        inbox.endpoint.send(b"x", Peer("127.0.0.1", 9))
    assert inbox.arrivals == []


async def test_packet_that_fits_no_datagram_is_refused_before_sending() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with pytest.raises(EndpointError, match="65,508 bytes does not fit"):
        inbox.endpoint.send(bytes(65_508), Peer("127.0.0.1", 9))
    assert inbox.arrivals == []
    inbox.endpoint.close()


async def test_target_of_the_other_family_is_an_endpoint_error() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    with pytest.raises(EndpointError, match=r"Sending to \[::1\]:9 failed"):
        inbox.endpoint.send(b"x", Peer("::1", 9))
    with pytest.raises(EndpointError, match=r"Sending to 127\.0\.0\.1:0 failed"):
        inbox.endpoint.send(b"x", Peer("127.0.0.1", 0))
    inbox.endpoint.close()


@linux_only
@HOSTS
async def test_refusal_is_reported_and_the_endpoint_lives_on(host: str) -> None:
    inbox = Inbox(url_of(host))
    await inbox.endpoint.open()
    dead = Peer(host, free_port(host))
    inbox.endpoint.send(b"x", dead)
    await until(lambda: inbox.problems)
    assert inbox.problems == [f"{dead} refused a datagram: nothing listens there."]
    with udp_socket(host) as living:
        inbox.endpoint.send(b"y", Peer(host, living.getsockname()[1]))
        assert living.recvfrom(9)[0] == b"y"
        living.sendto(b"back", inbox.address)
        await until(lambda: inbox.received)
    assert inbox.endpoint.state is EndpointState.OPEN
    inbox.endpoint.close()


@linux_only
async def test_refusal_by_one_peer_does_not_keep_a_packet_from_another() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    dead = Peer("127.0.0.1", free_port())
    with udp_socket() as living:
        # Without a turn of the loop, the kernel reports the refusal when the next datagram is sent.
        for number in range(5):
            inbox.endpoint.send(b"x", dead)
            inbox.endpoint.send(b"%d" % number, Peer("127.0.0.1", living.getsockname()[1]))
            assert living.recvfrom(9)[0] == b"%d" % number
    await until(lambda: len(inbox.problems) == 5)
    assert len(inbox.of(Direction.OUT)) == 10
    inbox.endpoint.close()


@linux_only
async def test_refusals_do_not_hide_datagrams_that_wait() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    dead = Peer("127.0.0.1", free_port())
    with udp_socket() as sender:
        for number in range(200):
            inbox.endpoint.send(b"x", dead)
            sender.sendto(b"%d" % number, inbox.address)
        await until(lambda: len(inbox.received) == 200)
    await until(lambda: len(inbox.problems) == 200)
    inbox.endpoint.close()


# Sending at a certain time.


@pytest.fixture
def deadlines() -> Iterator[DeadlineThread]:
    thread = DeadlineThread(Clock())
    yield thread
    thread.close()


@HOSTS
async def test_packet_leaves_at_its_time_from_the_listening_port(host: str, deadlines: DeadlineThread) -> None:
    inbox = Inbox(url_of(host))
    await inbox.endpoint.open()
    with udp_socket(host) as peer:
        target = Peer(host, peer.getsockname()[1])
        due, due_ns = deadlines.clock.time() + 0.05, time.time_ns() + 50_000_000
        for number in (2, 1, 0):
            inbox.endpoint.send_at(due + 0.001 * number, b"%d" % number, target, deadlines)
        assert inbox.arrivals == []
        await until(lambda: len(inbox.of(Direction.OUT)) == 3)
        assert [data for data, _, _ in inbox.of(Direction.OUT)] == [b"0", b"1", b"2"]
        assert inbox.of(Direction.OUT)[0][1] >= due_ns - 2_000_000
        assert [peer.recvfrom(9)[0] for _ in range(3)] == [b"0", b"1", b"2"]
    inbox.endpoint.close()


@linux_only
async def test_refusal_by_one_peer_does_not_keep_a_timed_packet_from_another(deadlines: DeadlineThread) -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    dead = Peer("127.0.0.1", free_port())
    with udp_socket() as living:
        due = deadlines.clock.time() + 0.01
        for number in range(20):
            inbox.endpoint.send_at(due, b"x", dead, deadlines)
            inbox.endpoint.send_at(due, b"%d" % number, Peer("127.0.0.1", living.getsockname()[1]), deadlines)
        await until(lambda: len(inbox.of(Direction.OUT)) == 40)
        assert [living.recvfrom(9)[0] for _ in range(20)] == [b"%d" % number for number in range(20)]
    await until(lambda: inbox.problems)
    assert set(inbox.problems) == {f"{dead} refused a datagram: nothing listens there."}
    inbox.endpoint.close()


async def test_timed_packet_that_cannot_leave_is_a_problem(deadlines: DeadlineThread) -> None:
    inbox = Inbox()
    with pytest.raises(EndpointError, match="not open"):
        inbox.endpoint.send_at(deadlines.clock.time(), b"x", Peer("127.0.0.1", 9), deadlines)
    await inbox.endpoint.open()
    with pytest.raises(EndpointError, match="does not fit"):
        inbox.endpoint.send_at(deadlines.clock.time(), bytes(65_508), Peer("127.0.0.1", 9), deadlines)
    inbox.endpoint.send_at(deadlines.clock.time(), b"x", Peer("::1", 9), deadlines)
    await until(lambda: inbox.problems)
    assert inbox.problems[0].startswith("The packet to [::1]:9 was not sent at its time: ")
    inbox.endpoint.send_at(deadlines.clock.time() + 0.02, b"x", Peer("127.0.0.1", 9), deadlines)
    inbox.endpoint.close()
    await until(lambda: len(inbox.problems) == 2)
    assert inbox.arrivals == []


# Opening and closing.


@HOSTS
async def test_port_in_use_is_explained_and_can_be_tried_again(host: str) -> None:
    with udp_socket(host) as other:
        port = other.getsockname()[1]
        inbox = Inbox(url_of(host, port))
        before = open_descriptors()
        for _ in range(3):
            with pytest.raises(EndpointError, match=f"Port {port} is in use by ") as caught:
                await inbox.endpoint.open()
            assert "this program itself" in caught.value.problem
            assert caught.value.remedy
            assert inbox.endpoint.state is EndpointState.FAILED
            assert inbox.endpoint.problem == caught.value.problem
        assert open_descriptors() == before
    await inbox.endpoint.open()
    assert inbox.endpoint.state is EndpointState.OPEN
    assert inbox.endpoint.problem == ""
    inbox.endpoint.close()


async def test_second_endpoint_on_the_same_port_is_refused() -> None:
    first = Inbox()
    await first.endpoint.open()
    second = Inbox(str(first.endpoint.url))
    with pytest.raises(EndpointError, match="in use"):
        await second.endpoint.open()
    first.endpoint.close()
    await second.endpoint.open()
    second.endpoint.close()


@needs_ipv6
async def test_ipv4_and_ipv6_can_listen_on_the_same_port() -> None:
    six = Inbox("udp://[::]:0")
    await six.endpoint.open()
    four = Inbox(url_of("127.0.0.1", six.endpoint.url.port))
    await four.endpoint.open()
    with udp_socket() as sender:
        sender.sendto(b"four", four.address)
        await until(lambda: four.received)
    assert six.received == []
    four.endpoint.close()
    six.endpoint.close()


async def test_opening_and_closing_leaves_no_descriptor() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    inbox.endpoint.close()
    before = open_descriptors()
    for _ in range(20):
        await inbox.endpoint.open()
        inbox.endpoint.close()
    assert open_descriptors() == before


async def test_opening_twice_and_closing_twice_is_harmless() -> None:
    inbox = Inbox()
    inbox.endpoint.close()
    await inbox.endpoint.open()
    port = inbox.endpoint.url.port
    await inbox.endpoint.open()
    assert inbox.endpoint.url.port == port
    inbox.endpoint.close()
    inbox.endpoint.close()
    assert inbox.endpoint.state is EndpointState.CLOSED


async def test_port_stays_the_same_when_opened_again() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    port = inbox.endpoint.url.port
    inbox.endpoint.close()
    await inbox.endpoint.open()
    assert inbox.endpoint.url.port == port
    inbox.endpoint.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("udp://192.0.2.1:0", "192.0.2.1 is no address of this machine"),
        pytest.param("udp://[2001:db8::1]:0", "2001:db8::1 is no address of this machine", marks=needs_ipv6),
        # A name that no name server has to be asked about.
        ("udp://no..host:0", "The host name 'no..host' is not known"),
        (f"udp://{'x' * 300}:0", "is not known"),
    ],
)
async def test_illegal_address_is_refused_in_one_sentence(url: str, problem: str) -> None:
    inbox = Inbox(url)
    before = open_descriptors()
    with pytest.raises(EndpointError, match=problem) as caught:
        await inbox.endpoint.open()
    assert caught.value.remedy
    assert inbox.endpoint.state is EndpointState.FAILED
    await until(lambda: open_descriptors() <= before + 1)


def test_reserved_port_is_explained() -> None:
    error = explain_bind(EndpointUrl("udp", "127.0.0.1", 80), PermissionError(13, "Permission denied"))
    assert error.problem == "Port 80 is reserved for the system."
    assert "1024" in error.remedy


async def test_name_is_looked_up_without_blocking_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **kwargs: object) -> list[object]:
        time.sleep(0.2)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    opening = asyncio.gather(Inbox("udp://slow.invalid:0").endpoint.open(), return_exceptions=True)
    turns = 0
    while not opening.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    assert isinstance(opening.result()[0], EndpointError)


async def test_closing_while_the_name_is_looked_up_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asyncio.Event()

    async def later(loop: object, url: EndpointUrl) -> tuple[int, tuple[str, int]]:
        await found.wait()
        return socket.AF_INET, ("127.0.0.1", url.port)

    monkeypatch.setattr(udp, "resolve", later)
    inbox = Inbox("udp://localhost:0")
    before = open_descriptors()
    opening = asyncio.gather(inbox.endpoint.open())
    await until(lambda: inbox.endpoint.state is EndpointState.OPENING)
    inbox.endpoint.close()
    found.set()
    await opening
    assert inbox.endpoint.state is EndpointState.CLOSED
    assert open_descriptors() == before


async def test_cancelled_opening_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> tuple[int, tuple[str, int]]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(udp, "resolve", never)
    inbox = Inbox("udp://localhost:0")
    opening = asyncio.gather(inbox.endpoint.open())
    await until(lambda: inbox.endpoint.state is EndpointState.OPENING)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert inbox.endpoint.state is EndpointState.CLOSED


async def test_too_few_descriptors_are_an_endpoint_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socket", refuse)
    inbox = Inbox("udp://127.0.0.1:0")
    with pytest.raises(EndpointError, match="cannot be opened: Too many open files"):
        await inbox.endpoint.open()
    assert inbox.endpoint.state is EndpointState.FAILED


async def test_receiver_that_cannot_be_made_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(92, "Protocol not available")

    monkeypatch.setattr(udp, "make_receiver", refuse)
    inbox = Inbox()
    before = open_descriptors()
    with pytest.raises(EndpointError, match="Protocol not available"):
        await inbox.endpoint.open()
    assert inbox.endpoint.state is EndpointState.FAILED
    assert open_descriptors() == before


async def test_localhost_means_ipv4_like_most_osc_programs() -> None:
    loop = asyncio.get_running_loop()
    assert await resolve(loop, EndpointUrl("udp", "localhost", 9)) == (socket.AF_INET, ("127.0.0.1", 9))


@needs_ipv6
async def test_ipv6_address_is_resolved_without_a_thread() -> None:
    loop = asyncio.get_running_loop()
    before = threading.active_count()
    assert await resolve(loop, EndpointUrl("udp", "::1", 9)) == (socket.AF_INET6, ("::1", 9))
    assert await resolve(loop, EndpointUrl("tcp", "0:0::1", 9)) == (socket.AF_INET6, ("::1", 9))
    assert await resolve(loop, EndpointUrl("udp", "fe80::1%lo", 9)) == (socket.AF_INET6, ("fe80::1%1", 9))
    # A server must not fork beside other threads.
    assert threading.active_count() == before


async def test_host_with_a_nul_is_an_unknown_host() -> None:
    with pytest.raises(EndpointError, match="not known"):
        await resolve(asyncio.get_running_loop(), EndpointUrl("udp", "a\0b", 9))


# Drops.


@linux_only
async def test_every_datagram_is_received_or_counted_as_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "BUFFER_ASKED", 8192)
    inbox = Inbox()
    sent = 0
    with udp_socket() as sender:
        for round_number in (1, 2):
            await inbox.endpoint.open()
            for _ in range(500):
                sender.sendto(bytes(100), inbox.address)
                sent += 1
            # The loop did not turn, so most of them found the buffer full.
            assert inbox.endpoint.dropped is not None
            assert inbox.endpoint.dropped > 100 * round_number
            await until(lambda all_sent=sent: len(inbox.received) + (inbox.endpoint.dropped or 0) == all_sent)
            dropped = inbox.endpoint.dropped
            inbox.endpoint.close()
            assert inbox.endpoint.dropped == dropped == sent - len(inbox.received)


@linux_only
async def test_granted_buffer_is_reported() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    assert 2048 < inbox.endpoint.buffer_granted <= binding.BUFFER_ASKED
    inbox.endpoint.close()


async def test_system_without_drop_counter_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp.sys, "platform", "darwin")
    assert Inbox().endpoint.dropped is None


class FailingSocket:
    """Reports what a router sent back for an earlier datagram, once, and then sends."""

    family = socket.AF_INET

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.sent: list[bytes] = []
        self._reports = 0

    def sendto(self, data: bytes, _: Peer) -> None:
        if self.failures:
            self.failures -= 1
            self._reports = 1
            raise OSError(113, "No route to host")
        self.sent.append(data)

    def recvmsg(self, *_: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int]]:
        if not self._reports:
            raise BlockingIOError
        self._reports -= 1
        report = (113).to_bytes(4, sys.byteorder) + bytes(12)
        return b"", [(socket.SOL_IP, 11, report)], 0, ("10.0.0.9", 57110)


def endpoint_with(fake: FailingSocket, inbox: Inbox) -> UdpEndpoint:
    inbox.endpoint._socket = fake  # type: ignore[assignment]  # a double with the two methods that sending needs
    return inbox.endpoint


@linux_only
def test_report_of_a_router_about_another_peer_does_not_stop_a_packet() -> None:
    inbox, fake = Inbox(), FailingSocket(failures=1)
    endpoint_with(fake, inbox).send(b"x", Peer("127.0.0.1", 9))
    assert fake.sent == [b"x"]
    assert inbox.problems == ["A datagram to 10.0.0.9:57110 came back: No route to host."]


@linux_only
def test_packet_that_never_leaves_is_an_error_and_no_row() -> None:
    inbox, fake = Inbox(), FailingSocket(failures=100)
    with pytest.raises(EndpointError, match=r"Sending to 127\.0\.0\.1:9 failed: No route to host"):
        endpoint_with(fake, inbox).send(b"x", Peer("127.0.0.1", 9))
    assert inbox.arrivals == []
    assert fake.failures >= 90
