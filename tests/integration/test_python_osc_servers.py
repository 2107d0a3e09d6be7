"""python-osc as a peer, every flavour of it: our clients to its servers, and its clients to our servers."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher as TheirDispatcher
from pythonosc.osc_message_builder import build_msg
from pythonosc.tcp_client import AsyncDispatchTCPClient, AsyncSimpleTCPClient, SimpleTCPClient, TCPDispatchClient
from pythonosc.udp_client import DispatchClient, SimpleUDPClient

from osc_workbench.net.clients import BlockingClient, OscClient
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import run
from tests.doubles.reference_server import HOST, OURS, THEIR_TCP, THEIR_UDP, served

MODES = ("1.0", "1.1")
FRAMINGS = {"1.0": "length", "1.1": "slip"}
# Every byte that SLIP escapes, and more than one of python-osc's reads.
TRICKY = bytes(range(256)) * 40


# Our clients to its servers.


@pytest.fixture(
    scope="module",
    params=[(kind, "udp") for kind in THEIR_UDP] + [(kind, mode) for kind in THEIR_TCP for mode in MODES],
    ids=" ".join,
)
def their_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of python-osc, as a URL for our clients."""
    kind, mode = request.param
    with served(kind, mode) as port:
        yield f"udp://{HOST}:{port}" if mode == "udp" else f"tcp://{HOST}:{port}?framing={FRAMINGS[mode]}"


async def test_our_client_is_answered_by_their_server(their_url: str) -> None:
    async with OscClient(their_url) as client:
        for number in range(5):
            assert await client.request(("/add", number, 1), "/sum", 5.0) == OscMessage.of("/sum", number + 1)
        await client.send("/twice")
        assert {await client.receive(5), await client.receive(5)} == {OscMessage("/one"), OscMessage.of("/two", 2)}
        bundle = OscBundle(TimeTag.IMMEDIATELY, [OscMessage.of("/add", 1, 2)])
        assert await client.request(bundle, "/sum", 5.0) == OscMessage.of("/sum", 3)


def test_our_blocking_client_is_answered_by_their_server(their_url: str) -> None:
    with BlockingClient(their_url) as client:
        for number in range(5):
            assert client.request(("/add", number, 1), "/sum", 5.0) == OscMessage.of("/sum", number + 1)


def test_our_command_is_answered_by_their_server(their_url: str) -> None:
    done = run("send", their_url, "/add 2 3", "--wait-reply", "10")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith(" /sum ,i 5")


# Its clients to our servers.


@pytest.fixture(scope="module", params=OURS)
def our_udp_port(request: pytest.FixtureRequest) -> Iterator[int]:
    with served(request.param, "udp") as port:
        yield port


@pytest.fixture(scope="module", params=OURS)
def our_tcp_port(request: pytest.FixtureRequest) -> Iterator[int]:
    with served(request.param, "tcp") as port:
        yield port


Received = list[tuple[str, list[Any]]]


def keeping(received: Received) -> TheirDispatcher:
    dispatcher = TheirDispatcher()
    dispatcher.set_default_handler(lambda address, *arguments: received.append((address, list(arguments))))
    return dispatcher


def talk(client: Any, receive: Callable[[Any, int], Received]) -> None:
    """Ask in the ways python-osc has, and look at what comes back."""
    for number in range(5):
        client.send_message("/add", [number, 1])
        assert receive(client, 1) == [("/sum", [number + 1])]
    client.send_message("/add", [1.5, 2.0])
    assert receive(client, 1) == [("/sum", [3.5])]
    client.send_message("/twice", [])
    assert sorted(receive(client, 2)) == [("/one", []), ("/two", [2])]


def receive_simply(client: Any, count: int) -> Received:
    received: Received = []
    messages = client.get_messages(5)
    while len(received) < count:
        message = next(messages)
        received.append((message.address, list(message.params)))
    return received


def receive_dispatched(client: Any, count: int) -> Received:
    received: Received = []
    client.dispatcher = keeping(received)
    # It goes on until nothing comes for that long.
    for _ in range(100):
        client.handle_messages(0.05)
        if len(received) >= count:
            break
    return received


def test_their_simple_udp_client_is_answered_by_our_server(our_udp_port: int) -> None:
    with SimpleUDPClient(HOST, our_udp_port) as client:
        talk(client, receive_simply)


def test_their_dispatch_client_is_answered_by_our_server(our_udp_port: int) -> None:
    with DispatchClient(HOST, our_udp_port) as client:
        talk(client, receive_dispatched)


@pytest.mark.parametrize("mode", MODES)
def test_their_simple_tcp_client_is_answered_by_our_server(our_tcp_port: int, mode: str) -> None:
    with SimpleTCPClient(HOST, our_tcp_port, mode=mode) as client:
        talk(client, receive_simply)


@pytest.mark.parametrize("mode", MODES)
def test_their_tcp_dispatch_client_is_answered_by_our_server(our_tcp_port: int, mode: str) -> None:
    with TCPDispatchClient(HOST, our_tcp_port, mode=mode) as client:
        talk(client, receive_dispatched)


@pytest.mark.parametrize("mode", MODES)
async def test_their_async_simple_tcp_client_is_answered_by_our_server(our_tcp_port: int, mode: str) -> None:
    async with AsyncSimpleTCPClient(HOST, our_tcp_port, mode=mode) as client:
        for number in range(5):
            await client.send_message("/add", [number, 1])
            message = await anext(client.get_messages(5))
            assert (message.address, message.params) == ("/sum", [number + 1])


@pytest.mark.parametrize("mode", MODES)
async def test_their_async_dispatch_tcp_client_is_answered_by_our_server(our_tcp_port: int, mode: str) -> None:
    async with AsyncDispatchTCPClient(HOST, our_tcp_port, mode=mode) as client:
        received: Received = []
        client.dispatcher = keeping(received)
        for number in range(5):
            await client.send(build_msg("/add", [number, 1]))
            async with asyncio.timeout(10):
                while len(received) <= number:
                    await client.handle_messages(0.05)
        assert received == [("/sum", [number + 1]) for number in range(5)]


@pytest.mark.parametrize("mode", MODES)
def test_large_blobs_of_every_byte_go_both_ways(mode: str) -> None:
    with (
        served("BlockingOSCTCPServer", mode) as port,
        BlockingClient(f"tcp://{HOST}:{port}?framing={FRAMINGS[mode]}") as client,
    ):
        # Their server would stop at the first byte it does not understand.
        client.send(("/blob", TRICKY))
        assert client.request(("/add", 1, 1), "/sum", 5.0) == OscMessage.of("/sum", 2)
    with served("OscServer", "tcp") as port, SimpleTCPClient(HOST, port, mode=mode) as theirs:
        theirs.send_message("/blob", TRICKY)
        theirs.send_message("/add", [1, 1])
        assert receive_simply(theirs, 1) == [("/sum", [2])]
