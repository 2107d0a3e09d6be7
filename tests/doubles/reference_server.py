"""A server in a process of its own, of python-osc or of ours: `python -m tests.doubles.reference_server KIND [MODE]`.

It prints its port, answers /add with /sum, /twice with /one and /two, and ends when its standard input does.
"""

import asyncio
import functools
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pythonosc import osc_server, osc_tcp_server
from pythonosc.dispatcher import Dispatcher as TheirDispatcher

from osc_workbench.net.servers import BlockingServer, ForkingServer, OscServer, ThreadingServer
from osc_workbench.osc.dispatch import Dispatcher
from tests.doubles.fork_server import ForkServer

TIMEOUT = 20.0
HOST = "127.0.0.1"
THEIR_UDP = ("BlockingOSCUDPServer", "ThreadingOSCUDPServer", "ForkingOSCUDPServer", "AsyncIOOSCUDPServer")
THEIR_TCP = ("BlockingOSCTCPServer", "ThreadingOSCTCPServer", "ForkingOSCTCPServer", "AsyncOSCTCPServer")
OURS = {kind.__name__: kind for kind in (OscServer, BlockingServer, ThreadingServer, ForkingServer)}


def add(_address: str, *values: Any) -> tuple[str, Any]:
    return ("/sum", sum(values))


def main() -> None:
    kind, mode = sys.argv[1], sys.argv[2]
    if kind in OURS:
        serve_ours(kind, mode)
    elif kind == "AsyncIOOSCUDPServer":
        asyncio.run(serve_their_async_udp())
    elif kind == "AsyncOSCTCPServer":
        asyncio.run(serve_their_async_tcp(mode))
    else:
        serve_theirs(kind, mode)


def ready(port: int) -> None:
    print(port, flush=True)


def their_dispatcher() -> TheirDispatcher:
    dispatcher = TheirDispatcher()
    dispatcher.map("/add", add)
    dispatcher.map("/twice", lambda *_: "/one")
    dispatcher.map("/twice", lambda *_: ("/two", 2))
    return dispatcher


def serve_theirs(kind: str, mode: str) -> None:
    if kind in THEIR_UDP:
        server = getattr(osc_server, kind)((HOST, 0), their_dispatcher())
    else:
        server = getattr(osc_tcp_server, kind)((HOST, 0), their_dispatcher(), mode)
    ready(server.server_address[1])
    # Whoever started this process kills it; a server that forks may have no thread that waits for that.
    server.serve_forever()


async def serve_their_async_udp() -> None:
    server = osc_server.AsyncIOOSCUDPServer((HOST, 0), their_dispatcher(), asyncio.get_running_loop())
    transport, _ = await server.create_serve_endpoint()
    ready(transport.get_extra_info("sockname")[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    transport.close()


async def serve_their_async_tcp(mode: str) -> None:
    server = osc_tcp_server.AsyncOSCTCPServer(HOST, 0, their_dispatcher(), mode)
    serving = asyncio.ensure_future(server.start())
    while not hasattr(server, "_server"):
        await asyncio.sleep(0.001)
    ready(server._server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    serving.cancel()


def serve_ours(kind: str, scheme: str) -> None:
    dispatcher = Dispatcher()
    dispatcher.map("/add", add)
    dispatcher.on("/twice", lambda _: ["/one", ("/two", 2)])
    url = f"{scheme}://{HOST}:0"
    if kind == "OscServer":
        asyncio.run(serve_our_async(url, dispatcher))
        return
    with OURS[kind](url, dispatcher) as server:
        ready(server.url.port)
        server.serve_forever()


async def serve_our_async(url: str, dispatcher: Dispatcher) -> None:
    async with OscServer(url, dispatcher) as server:
        ready(server.url.port)
        await server.serve_forever()


@contextmanager
def served(kind: str, mode: str) -> Iterator[int]:
    """Run a server while the block lasts; yields its port. mode: of theirs "1.0" or "1.1", of ours the scheme."""
    stdin, our_stdin = os.pipe()
    our_stdout, stdout = os.pipe()
    with open(our_stdin, "wb"), open(our_stdout, "rb") as output, open(os.devnull, "wb") as nothing:
        process = _server().start(__name__, [kind, mode], stdin=stdin, stdout=stdout, stderr=nothing.fileno())
        os.close(stdin)
        os.close(stdout)
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        try:
            line = output.readline()
            assert line, f"{kind} did not start."
            watchdog.cancel()
            yield int(line)
        finally:
            watchdog.cancel()
            # The whole session: those that fork leave children.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
            watchdog.join()


@functools.cache
def _server() -> ForkServer:
    return ForkServer(preload=["pythonosc.osc_server", "pythonosc.osc_tcp_server", "osc_workbench.net.servers"])


if __name__ == "__main__":
    main()
