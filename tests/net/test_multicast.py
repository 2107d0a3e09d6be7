"""Multicast groups and broadcast: joining, hearing oneself, sharing a group, and interfaces that come and go."""

import asyncio
import errno
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from osc_workbench.net import udp
from osc_workbench.net.binding import explain_bind
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.multicast import index_of, is_there, scoped
from osc_workbench.net.servers import OscServer
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.traffic.record import Direction, EndpointState, Peer
from tests.doubles.network_namespace import in_own_network, ip, make_interface, remove_interface
from tests.doubles.receiving import Inbox, needs_ipv6, udp_socket
from tests.doubles.waiting import until

PING = b"/ping\0\0\0,\0\0\0"
GROUP = "239.255.77.1"
LOOPBACK = f"udp://{GROUP}:0?interface=127.0.0.1"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the interface is called `lo` on Linux only")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Inbox]:
    inbox = Inbox(url)
    await inbox.endpoint.open()
    try:
        yield inbox
    finally:
        inbox.endpoint.close()


async def never_more(inbox: Inbox, count: int) -> None:
    """Make sure that nothing but `count` datagrams came: what was sent before this one would be here as well."""
    with udp_socket() as last:
        last.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        last.sendto(b"last", inbox.address)
        await until(lambda: inbox.received[-1:] == [b"last"])
    assert len(inbox.received) == count + 1


# Groups.


@pytest.mark.parametrize("interface", ["127.0.0.1", pytest.param("lo", marks=linux_only)])
async def test_group_is_joined_on_the_interface_given_by_address_or_name(interface: str) -> None:
    async with opened(f"udp://{GROUP}:0?interface={interface}") as inbox:
        assert inbox.endpoint.state is EndpointState.OPEN
        with udp_socket() as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            sender.sendto(PING, inbox.address)
            await until(lambda: inbox.received == [PING])
            assert inbox.of(Direction.IN)[0][2] == Peer(*sender.getsockname())
        # What it sends leaves by that interface, too, and is heard on this machine.
        inbox.endpoint.send(b"own", inbox.address)
        await until(lambda: inbox.received == [PING, b"own"])
        inbox.endpoint.check()
        await never_more(inbox, 2)
    assert inbox.problems == []


async def test_datagrams_to_the_port_but_not_to_the_group_are_kept_out() -> None:
    async with opened(LOOPBACK) as inbox:
        with udp_socket() as sender:
            sender.sendto(b"direct", ("127.0.0.1", inbox.address.port))
        await never_more(inbox, 0)


async def test_two_that_share_a_group_hear_everything() -> None:
    async with opened(f"{LOOPBACK}&share=yes") as first, opened(f"{first.endpoint.url}") as second:
        assert first.address == second.address
        first.endpoint.send(PING, first.address)
        await until(lambda: first.received and second.received)
        assert (first.received, second.received) == ([PING], [PING])


async def test_without_sharing_a_second_one_is_refused() -> None:
    async with opened(LOOPBACK) as first:
        for url in (str(first.endpoint.url), f"{first.endpoint.url}&share=yes"):
            second = Inbox(url)
            with pytest.raises(EndpointError, match=f"Port {first.address.port} is in use by this program itself"):
                await second.endpoint.open()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"udp://{GROUP}:0?interface=nowhere", "There is no network interface 'nowhere'"),
        (
            f"udp://{GROUP}:0?interface=192.0.2.77",
            rf"The group {GROUP} cannot be joined on 192\.0\.2\.77: No such device",
        ),
        (f"udp://{GROUP}:0?interface=::1", "::1 is no IPv4 address"),
        ("udp://127.0.0.1:0?interface=nowhere", "There is no network interface 'nowhere'"),
        ("udp://127.0.0.1:0?interface=192.0.2.77", r"Nothing can be sent through 192\.0\.2\.77"),
        pytest.param(
            "udp://[ff15::77]:0?interface=192.0.2.77",
            r"For IPv6 the interface 192\.0\.2\.77 must be given by its name",
            marks=needs_ipv6,
        ),
        pytest.param(
            "udp://[ff15::77]:0?interface=nowhere", "There is no network interface 'nowhere'", marks=needs_ipv6
        ),
        pytest.param("udp://[ff02::77]:0", "The group ff02::77 belongs to one interface", marks=needs_ipv6),
    ],
)
async def test_wrong_interface_is_refused_in_one_sentence_with_a_remedy(url: str, problem: str) -> None:
    inbox = Inbox(url)
    with pytest.raises(EndpointError, match=problem) as caught:
        await inbox.endpoint.open()
    assert "interface" in caught.value.remedy
    assert inbox.endpoint.state is EndpointState.FAILED
    assert inbox.endpoint.local is None


async def test_other_groups_are_left_alone_by_a_failure_to_join() -> None:
    async with opened(LOOPBACK) as inbox:
        failing = Inbox(f"udp://{GROUP}:0?interface=192.0.2.77")
        with pytest.raises(EndpointError):
            await failing.endpoint.open()
        inbox.endpoint.send(PING, inbox.address)
        await until(lambda: inbox.received == [PING])


def test_interface_is_there_or_not() -> None:
    assert is_there("")
    assert is_there("127.0.0.1")
    assert not is_there("nowhere")
    assert not is_there("192.0.2.77")
    assert index_of("nowhere") == index_of("127.0.0.1") == index_of("") == 0


@linux_only
def test_groups_of_one_link_get_the_interface_as_their_scope() -> None:
    index = socket.if_nametoindex("lo")
    assert scoped("ff02::1", "lo") == f"ff02::1%{index}"
    assert scoped("ff02::1", "::1") == f"ff02::1%{index}"
    assert scoped("ff02::1%7", "lo") == "ff02::1%7"
    assert scoped("ff02::1", "") == "ff02::1"
    assert scoped(GROUP, "lo") == GROUP


def test_other_reasons_of_a_group_are_still_told() -> None:
    error = explain_bind(EndpointUrl("udp", GROUP, 9), OSError(errno.ENOBUFS, "No buffer space available"))
    assert "cannot be opened: No buffer space available" in error.problem


async def test_what_came_to_a_whole_group_is_not_answered() -> None:
    dispatcher = Dispatcher()
    seen: list[object] = []

    def answer(context: object) -> str:
        seen.append(context)
        return "/pong"

    dispatcher.on("/ping", answer)
    async with OscServer(LOOPBACK, dispatcher) as server:
        with udp_socket() as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            for _ in range(3):
                sender.sendto(PING, (GROUP, server.url.port))
            await until(lambda: len(seen) == 3)
            sender.setblocking(False)
            with pytest.raises(BlockingIOError):
                sender.recv(100)
        assert (server.counters.replies, server.counters.unanswered) == (0, 3)


# Broadcast. To 127.255.255.255 Linux's loopback interface delivers it.


async def test_broadcast_is_refused_with_a_remedy_unless_it_is_allowed() -> None:
    async with opened("udp://127.0.0.1:0") as inbox:
        with pytest.raises(EndpointError, match=r"127\.255\.255\.255:9 reaches all machines of a network") as caught:
            inbox.endpoint.send(PING, Peer("127.255.255.255", 9))
        assert "?broadcast=yes" in caught.value.remedy
        assert inbox.arrivals == []


@linux_only
async def test_broadcast_is_sent_and_heard_where_it_is_allowed() -> None:
    async with opened("udp://0.0.0.0:0") as hearing, opened("udp://127.0.0.1:0?broadcast=yes") as sending:
        sending.endpoint.send(PING, Peer("127.255.255.255", hearing.address.port))
        await until(lambda: hearing.received == [PING])
        assert hearing.of(Direction.IN)[0][2] == sending.address


# Interfaces that go and come back.


async def test_interface_that_goes_is_reported_once_and_joined_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(LOOPBACK) as inbox:
        monkeypatch.setattr(udp, "is_there", lambda _: False)
        for _ in range(3):
            inbox.endpoint.check()
        gone = f"The interface 127.0.0.1 has gone: nothing arrives from {GROUP}."
        assert inbox.problems == [gone]
        assert inbox.endpoint.problem == gone
        assert inbox.endpoint.remedy
        assert inbox.endpoint.state is EndpointState.OPEN
        monkeypatch.setattr(udp, "is_there", lambda _: True)
        for _ in range(3):
            inbox.endpoint.check()
        assert inbox.endpoint.problem == inbox.endpoint.remedy == ""
        assert inbox.problems == [gone, f"The interface 127.0.0.1 is there again, and {GROUP} can be heard."]
        inbox.endpoint.send(PING, inbox.address)
        await until(lambda: inbox.received == [PING])


async def test_interface_that_cannot_be_joined_again_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise EndpointError("The group cannot be joined.", "Wait.")

    async with opened(LOOPBACK) as inbox:
        monkeypatch.setattr(udp, "join_group", refuse)
        inbox.endpoint.check()
        assert (inbox.endpoint.problem, inbox.endpoint.remedy) == (
            "The group cannot be joined.",
            "Stop this endpoint and start it again.",
        )
        monkeypatch.undo()
        inbox.endpoint.check()
        assert inbox.endpoint.problem == ""


async def test_endpoints_without_a_group_or_an_interface_are_not_looked_after() -> None:
    for url in ("udp://127.0.0.1:0", "udp://127.0.0.1:0?interface=127.0.0.1"):
        async with opened(url) as inbox:
            inbox.endpoint.check()
            assert inbox.problems == []
    Inbox(LOOPBACK).endpoint.check()


def own_datagram_is_heard(inbox: Inbox) -> bool:
    before = len(inbox.received)
    try:
        inbox.endpoint.send(b"%d" % before, inbox.address)
    except EndpointError:
        return False
    inbox.endpoint._drain()
    return len(inbox.received) > before


@pytest.mark.parametrize(("group", "interface"), [(GROUP, "net0"), (GROUP, "10.77.7.1"), ("[ff15::77]", "net0")])
@in_own_network
async def test_real_interface_can_go_and_come_back_as_often_as_it_likes(group: str, interface: str) -> None:
    addresses = ("10.77.7.1/24", "fd77::1/64")
    make_interface("net0", *addresses)
    async with opened(f"udp://{group}:0?interface={interface}") as inbox:
        await until(lambda: own_datagram_is_heard(inbox))
        # The system allows 20 memberships a socket, and keeps those whose interface has gone.
        for flap in range(1, 23):
            remove_interface("net0")
            inbox.endpoint.check()
            assert f"The interface {interface} has gone" in inbox.endpoint.problem
            assert not own_datagram_is_heard(inbox)
            make_interface("net0", *addresses)
            inbox.endpoint.check()
            assert inbox.endpoint.problem == ""
            assert len(inbox.problems) == 2 * flap
        await until(lambda: own_datagram_is_heard(inbox))


@in_own_network
async def test_group_of_one_link_is_heard_and_asks_to_be_opened_again_when_its_interface_was_replaced() -> None:
    make_interface("net0", "fd77::1/64")
    async with opened("udp://[ff02::77]:0?interface=net0") as inbox:
        await until(lambda: own_datagram_is_heard(inbox))
        remove_interface("net0")
        make_interface("net0", "fd77::1/64")
        inbox.endpoint.check()
        assert inbox.endpoint.remedy == "Stop this endpoint and start it again."
        inbox.endpoint.close()
        await inbox.endpoint.open()
        assert inbox.endpoint.problem == ""
        await until(lambda: own_datagram_is_heard(inbox))


@in_own_network
async def test_interface_that_was_replaced_between_two_looks_is_joined_again() -> None:
    make_interface("net0", "10.77.7.1/24")
    async with opened(f"udp://{GROUP}:0?interface=net0") as inbox:
        remove_interface("net0")
        make_interface("net0", "10.77.7.1/24")
        inbox.endpoint.check()
        await until(lambda: own_datagram_is_heard(inbox))
        assert inbox.problems == []


@in_own_network
async def test_interface_that_is_down_for_a_while_needs_nothing() -> None:
    make_interface("net0", "10.77.7.1/24")
    async with opened(f"udp://{GROUP}:0?interface=net0") as inbox:
        ip("link", "set", "net0", "down")
        inbox.endpoint.check()
        ip("link", "set", "net0", "up")
        inbox.endpoint.check()
        await until(lambda: own_datagram_is_heard(inbox))


@in_own_network
async def test_what_others_joined_on_another_interface_is_not_heard() -> None:
    make_interface("net0", "10.77.7.1/24")
    async with opened(LOOPBACK) as inbox:
        with udp_socket() as other, udp_socket("10.77.7.1") as sender:
            joined = socket.inet_aton(GROUP) + struct.pack("=4si", bytes(4), socket.if_nametoindex("net0"))
            other.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.7.1"))
            sender.sendto(b"from outside", inbox.address)
            await never_more(inbox, 0)


@in_own_network
async def test_lost_loopback_interface_is_survived() -> None:
    async with opened("udp://127.0.0.1:0") as inbox:
        ip("link", "set", "lo", "down")
        # The system takes such datagrams and throws them away.
        assert not own_datagram_is_heard(inbox)
        assert inbox.endpoint.state is EndpointState.OPEN
        ip("link", "set", "lo", "up")
        await until(lambda: own_datagram_is_heard(inbox))


@in_own_network
async def test_server_looks_after_its_interface_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.net.servers._CHECK_INTERVAL", 0.01)
    make_interface("net0", "10.77.7.1/24")
    problems: list[str] = []
    async with OscServer(f"udp://{GROUP}:0?interface=net0", Dispatcher(), on_problem=problems.append):
        remove_interface("net0")
        await until(lambda: problems)
        make_interface("net0", "10.77.7.1/24")
        await until(lambda: len(problems) == 2)
    assert "has gone" in problems[0]
    assert "is there again" in problems[1]
    await asyncio.sleep(0)
