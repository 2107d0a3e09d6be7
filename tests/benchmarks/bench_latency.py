"""From `sendto` to the picture: `python tests/benchmarks/bench_latency.py [RATE] [SECONDS]`.

Each message carries the time at which it was sent; the window notes, at the end of the paint event that first shows a
message, how long that was ago. Both clocks are CLOCK_MONOTONIC. Runs offscreen unless QT_QPA_PLATFORM says otherwise.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

RATE = float(sys.argv[1]) if len(sys.argv) > 1 else 1000.0
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0

SENDER = """
import socket, struct, sys, time
port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
start = time.perf_counter()
for number in range(int(rate * seconds)):
    due = start + number / rate
    pause = due - time.perf_counter()
    if pause > 0.0003:
        time.sleep(pause - 0.0002)
    while time.perf_counter() < due:
        pass
    sock.sendto(b"/latency\\0\\0\\0\\0,h\\0\\0" + struct.pack(">q", time.perf_counter_ns()), ("127.0.0.1", port))
"""


async def main() -> None:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.faults import Faults
    from osc_workbench.app.settings import Settings
    from osc_workbench.app.workbench import Workbench
    from osc_workbench.net.url import EndpointUrl
    from osc_workbench.session import Session
    from osc_workbench.views.theme import LIGHT, apply_theme
    from osc_workbench.views.traffic_view import TrafficView

    application = QApplication.instance()
    apply_theme(application, LIGHT)
    session = Session()
    latencies: list[float] = []
    state = {"next": 0, "frames": 0}
    paint = TrafficView.paintEvent

    def paint_and_note(view: TrafficView, event: QPaintEvent) -> None:
        paint(view, event)
        now = time.perf_counter_ns()
        state["frames"] += 1
        for row in range(state["next"], view.newest_painted + 1):
            sent = int.from_bytes(session.store.record(row).message[-8:], "big")
            latencies.append((now - sent) / 1e6)
        state["next"] = max(state["next"], view.newest_painted + 1)

    TrafficView.paintEvent = paint_and_note
    bench = Workbench(application, session, Settings(), Faults(), LIGHT)
    endpoint = session.add_endpoint(EndpointUrl.parse("udp://127.0.0.1:0"))
    await session.open_endpoint(endpoint)
    bench.window.show()
    bench.frame_clock.start()
    gc.collect()
    gc.freeze()
    await asyncio.sleep(0.5)
    port = str(session.endpoint_url(endpoint).port)
    cpu, wall = time.process_time(), time.perf_counter()
    sender = subprocess.Popen([sys.executable, "-c", SENDER, port, str(RATE), str(SECONDS)])
    while sender.poll() is None:
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)
    used = (time.process_time() - cpu) / (time.perf_counter() - wall)
    latencies.sort()
    count = len(latencies)
    print(
        f"{RATE:g}/s for {SECONDS:g} s: {count} painted of {int(RATE * SECONDS)}, {state['frames']} paint events, "
        f"sendto to painted: median {latencies[count // 2]:.2f} ms, p99 {latencies[int(count * 0.99)]:.2f} ms, "
        f"max {latencies[-1]:.2f} ms (goal: 5 and 12); processor {used:.0%} of a core"
    )
    bench.close()


if __name__ == "__main__":
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.event_loop import WorkbenchEventLoop

    application = QApplication(["latency"])
    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(application)) as runner:
        runner.run(main())
