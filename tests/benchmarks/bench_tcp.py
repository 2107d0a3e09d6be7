"""TCP throughput: messages a second from another process through framing, decoding and a handler.

    python tests/benchmarks/bench_tcp.py [ROUNDS]

Peer: python-osc's AsyncOSCTCPServer under the same event loop, in OSC 1.0 (length prefix) and 1.1 (SLIP) framing.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from pythonosc import dispatcher as peer_dispatcher
from pythonosc.osc_tcp_server import AsyncOSCTCPServer
from rounds import print_table

from osc_workbench.net.servers import OscServer
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.framing import END, ESC, ESCAPED_END, ESCAPED_ESC
from osc_workbench.osc.packet import OscMessage

# A sender of one more process, so that it does not share our interpreter.
_SENDER = """
import socket, sys
port, block, blocks = int(sys.argv[1]), bytes.fromhex(sys.stdin.read()), int(sys.argv[2])
with socket.create_connection(("127.0.0.1", port)) as sock:
    try:
        for _ in range(blocks):
            sock.sendall(block)
        sock.recv(1)
    except OSError:
        sys.exit(1)
"""
_MESSAGES_OF_BLOCK = 1000


def block_of(framing: str) -> bytes:
    packets = [
        encode_packet(OscMessage("/synth/voice/1/freq", "f", (440.0 + number,))) for number in range(_MESSAGES_OF_BLOCK)
    ]
    if framing == "length":
        return b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    escaped = (packet.replace(ESC, ESCAPED_ESC).replace(END, ESCAPED_END) for packet in packets)
    return b"".join(END + packet + END for packet in escaped)


class Counter:
    """A handler that knows when the first and the last message came."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.start = 0.0
        self.seconds = 0.0
        self.done = asyncio.Event()

    def __call__(self, *_arguments: Any) -> None:
        if not self.start:
            self.start = time.perf_counter()
        self.left -= 1
        if not self.left:
            self.seconds = time.perf_counter() - self.start
            self.done.set()


Server = Callable[[Counter], tuple[AbstractAsyncContextManager[Any], Callable[[Any], int]]]


def ours(framing: str) -> Server:
    def make(counter: Counter) -> tuple[AbstractAsyncContextManager[Any], Callable[[Any], int]]:
        dispatcher = Dispatcher()
        dispatcher.map("/synth/voice/1/freq", counter)
        return OscServer(f"tcp://127.0.0.1:0?framing={framing}", dispatcher), lambda server: server.url.port

    return make


def python_osc(framing: str) -> Server:
    def make(counter: Counter) -> tuple[AbstractAsyncContextManager[Any], Callable[[Any], int]]:
        dispatcher = peer_dispatcher.Dispatcher()
        dispatcher.map("/synth/voice/1/freq", counter)
        mode = "1.0" if framing == "length" else "1.1"
        return _PythonOsc(dispatcher, mode), lambda server: server.port

    return make


class _PythonOsc:
    """Its `start` serves until cancelled, so it runs as a task."""

    def __init__(self, dispatcher: Any, mode: str) -> None:
        self._server = AsyncOSCTCPServer("127.0.0.1", 0, dispatcher, mode)
        self.port = 0

    async def __aenter__(self) -> "_PythonOsc":
        self._task = asyncio.create_task(self._server.start())
        while (server := getattr(self._server, "_server", None)) is None:
            await asyncio.sleep(0.001)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def rate(make: Server, framing: str, blocks: int) -> float:
    """Return messages a second."""
    counter = Counter(blocks * _MESSAGES_OF_BLOCK)
    server, port_of = make(counter)
    async with server as running:
        sender = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SENDER, str(port_of(running)), str(blocks), stdin=subprocess.PIPE
        )
        assert sender.stdin is not None
        sender.stdin.write(block_of(framing).hex().encode())
        sender.stdin.close()
        finished = asyncio.ensure_future(counter.done.wait())
        ended = asyncio.ensure_future(sender.wait())
        try:
            await asyncio.wait((finished, ended), timeout=30, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if sender.returncode is None:
                sender.kill()
            await ended
            finished.cancel()
    # Its 1.0 server dies of a length prefix in two pieces, the sender with it; then this round is made again.
    if counter.left:
        return await rate(make, framing, blocks)
    return blocks * _MESSAGES_OF_BLOCK / counter.seconds


def timed(function: Callable[..., Awaitable[float]], *arguments: Any) -> float:
    return asyncio.run(function(*arguments))  # type: ignore[arg-type]  # a coroutine function


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = []
    for framing in ("length", "slip"):
        results = [
            (timed(rate, python_osc(framing), framing, 20), timed(rate, ours(framing), framing, 200))
            for _ in range(rounds)
        ]
        ratio = statistics.median(mine / peer for peer, mine in results)
        peer, mine = (statistics.median(column) for column in zip(*results, strict=True))
        rows.append((framing, f"{peer:,.0f}", f"{mine:,.0f}", f"{ratio:.1f}"))
    print_table("TCP, messages a second", rows, ("framing", "python-osc", "ours", "times"))


if __name__ == "__main__":
    main()
