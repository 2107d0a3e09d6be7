"""How exactly timed bundles and timed sends fire: `python tests/benchmarks/bench_timing.py [COUNT]`.

Beside ours, in the same run: a queue on `loop.call_at`, which is how oscpython waits (it is on no package
index; 0.77 ms and 1.65 ms were measured with it). Busy: in the whole window, painting 20,000 messages a second
from another process. Errors in ms: median, 99th percentile, worst, earliest (below zero would be early).
"""

import asyncio
import contextlib
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

from rounds import print_table

from osc_workbench.net.clock import Clock
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.session import Session

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
RATE = 200.0
_BLOCKS = 5
BUSY_RATE = 20_000
_SO_TIMESTAMPNS = 35


class Bundles:
    """Bundles that come over loopback; the error is taken in the handler."""

    def __init__(self, session: Session, port: int) -> None:
        self.errors: list[float] = []
        self._due: dict[int, int] = {}
        self._address = ("127.0.0.1", port)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        session.dispatcher.on("/timed", self._on_timed)

    def _on_timed(self, context: object) -> None:
        self.errors.append((time.time_ns() - self._due[context.message.arguments[0]]) / 1e6)

    async def schedule(self, number: int, delay: float) -> None:
        now = time.time_ns()
        tag = TimeTag.from_unix_ns(now + round(delay * 1e9))
        self._due[number] = tag.to_unix_ns(now)
        self._sender.sendto(encode_packet(OscBundle(tag, [OscMessage.of("/timed", number)])), self._address)


class Sends:
    """Messages that leave at a time; the error is that of the kernel's stamp at the receiver."""

    def __init__(self, session: Session, endpoint_id: int) -> None:
        self.errors: list[float] = []
        self._session = session
        self._endpoint_id = endpoint_id
        self._receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receiver.bind(("127.0.0.1", 0))
        self._receiver.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._receiver.setblocking(False)
        self._target = EndpointUrl("udp", "127.0.0.1", self._receiver.getsockname()[1])
        asyncio.get_running_loop().add_reader(self._receiver.fileno(), self._on_readable)

    def _on_readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, control, _, _ = self._receiver.recvmsg(100, 64)
                seconds, nanoseconds = struct.unpack("qq", control[0][2])
                due = int.from_bytes(data[-8:], "big")
                self.errors.append((seconds * 1_000_000_000 + nanoseconds - due) / 1e6)

    async def schedule(self, _number: int, delay: float) -> None:
        moment = self._session.clock.moment()
        packet = OscMessage("/timed", "h", (moment.unix_ns + round(delay * 1e9),))
        await self._session.send_at(moment.time + delay, packet, self._target, self._endpoint_id)


class Timers:
    """The peer: `loop.call_at`."""

    def __init__(self) -> None:
        self.errors: list[float] = []

    async def schedule(self, _number: int, delay: float) -> None:
        loop = asyncio.get_running_loop()
        due = time.perf_counter() + delay
        loop.call_at(loop.time() + delay, lambda: self.errors.append((time.perf_counter() - due) * 1e3))


async def run(contestants: dict[str, Bundles | Sends | Timers]) -> dict[str, list[float]]:
    """Give each its turn, block by block, with random times like those of a player."""
    chance = random.Random(1)
    for block in range(_BLOCKS):
        for contestant in contestants.values():
            for number in range(block * COUNT // _BLOCKS, (block + 1) * COUNT // _BLOCKS):
                await contestant.schedule(number, chance.uniform(0.02, 0.06))
                await asyncio.sleep(chance.expovariate(RATE))
            await asyncio.sleep(0.06)
    await asyncio.sleep(0.2)
    return {name: contestant.errors for name, contestant in contestants.items()}


async def idle() -> dict[str, list[float]]:
    session = Session(Clock())
    endpoint_id = session.add_endpoint(EndpointUrl.parse("udp://127.0.0.1:0"))
    await session.open_endpoint(endpoint_id)
    port = session.endpoint_url(endpoint_id).port
    try:
        return await run({"call_at": Timers(), "bundles": Bundles(session, port), "sends": Sends(session, endpoint_id)})
    finally:
        session.close()


async def busy() -> dict[str, list[float]]:
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.faults import Faults
    from osc_workbench.app.settings import Settings
    from osc_workbench.app.workbench import Workbench
    from osc_workbench.views.theme import LIGHT, apply_theme

    application = QApplication.instance()
    apply_theme(application, LIGHT)
    session = Session()
    bench = Workbench(application, session, Settings(), Faults(), LIGHT)
    ports = []
    for _ in range(2):
        endpoint_id = session.add_endpoint(EndpointUrl.parse("udp://127.0.0.1:0"))
        await session.open_endpoint(endpoint_id)
        ports.append(session.endpoint_url(endpoint_id).port)
    bench.window.show()
    bench.frame_clock.start()
    seconds = COUNT * 2 / RATE + 5
    sender = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sender.py")), str(ports[0]), str(BUSY_RATE), str(seconds)],
        stdout=subprocess.DEVNULL,
    )
    try:
        await asyncio.sleep(0.5)
        return await run({"bundles, busy": Bundles(session, ports[1]), "sends, busy": Sends(session, endpoint_id)})
    finally:
        sender.kill()
        sender.wait()
        bench.close()


def row(name: str, errors: list[float]) -> tuple[str, ...]:
    errors = sorted(errors)
    p99 = errors[int(len(errors) * 0.99)]
    values = (statistics.median(errors), p99, errors[-1], errors[0])
    return (name, f"{len(errors)} of {COUNT}", *(f"{value:.3f}" for value in values))


def main() -> None:
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.event_loop import WorkbenchEventLoop

    results = asyncio.run(idle())
    application = QApplication(["timing"])
    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(application)) as runner:
        results |= runner.run(busy())
    rows = [row(name, errors) for name, errors in results.items()]
    print_table("Errors in ms", rows, ("what", "fired", "median", "p99", "worst", "earliest"))


if __name__ == "__main__":
    main()
