"""What connections cost that do nothing: `python tests/benchmarks/bench_connections.py [COUNT]`.

Memory and time of a server with 1 and with COUNT idle connections, and how fast one more talks beside them. Peer:
python-osc's AsyncOSCTCPServer.
"""

import asyncio
import gc
import json
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rounds import print_table

_ASKED = 500


def resident_kib() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize() // 1024


async def serve(name: str, count: int) -> dict[str, float]:
    """Run in a process of its own: open connections from this process to a server in it."""
    from pythonosc.dispatcher import Dispatcher as PeerDispatcher
    from pythonosc.osc_tcp_server import AsyncOSCTCPServer

    from osc_workbench.net.servers import OscServer
    from osc_workbench.osc.dispatch import Dispatcher

    # Cancelling the peer's connections makes its callbacks complain.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    task: asyncio.Task[Any] | None = None
    if name == "ours":
        dispatcher = Dispatcher()
        dispatcher.map("/ping", lambda *_: "/pong")
        server = OscServer("tcp://127.0.0.1:0?framing=length", dispatcher, replies_per_second=1e6)
        await server.start()
        port = server.url.port
    else:
        peer_dispatcher = PeerDispatcher()
        peer_dispatcher.map("/ping", lambda *_: ("/pong",))
        peer = AsyncOSCTCPServer("127.0.0.1", 0, peer_dispatcher, "1.0")
        task = asyncio.ensure_future(peer.start())
        while getattr(peer, "_server", None) is None:
            await asyncio.sleep(0.001)
        port = peer._server.sockets[0].getsockname()[1]
    gc.collect()
    before = resident_kib()
    idle = []
    start = time.perf_counter()
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        idle.append(sock)
    await asyncio.sleep(0.2)
    opened = time.perf_counter() - start - 0.2
    gc.collect()
    memory = resident_kib() - before
    cpu = time.process_time()
    await asyncio.sleep(2.0)
    idle_cpu = (time.process_time() - cpu) / 2.0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ping = (12).to_bytes(4, "big") + b"/ping\0\0\0,\0\0\0"
    start = time.perf_counter()
    for _ in range(_ASKED):
        writer.write(ping)
        await reader.readexactly(16)
    asked = (time.perf_counter() - start) / _ASKED
    writer.close()
    for sock in idle:
        sock.close()
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    else:
        await server.close()
    return {"memory": memory / count, "opened": opened / count * 1e6, "cpu": idle_cpu * 100, "asked": asked * 1e6}


def main() -> None:
    if len(sys.argv) > 2:
        print(json.dumps(asyncio.run(serve(sys.argv[1], int(sys.argv[2])))))
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rows = []
    for count in (1, most):
        for name in ("python-osc", "ours"):
            done = subprocess.run([sys.executable, __file__, name, str(count)], stdout=subprocess.PIPE, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            rows.append(
                (
                    f"{count} idle, {name}",
                    f"{found['memory']:.1f}",
                    f"{found['opened']:.0f}",
                    f"{found['cpu']:.1f}",
                    f"{found['asked']:.0f}",
                )
            )
    header = (
        "connections",
        "KiB each (both ends)",
        "us to open",
        "% processor while idle",
        "us for /ping and its answer",
    )
    print_table("Idle TCP connections", rows, header)


if __name__ == "__main__":
    main()
