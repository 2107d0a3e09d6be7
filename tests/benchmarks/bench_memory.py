"""Ten million messages in the window: memory, and whether it is as quick as with ten thousand.

`python tests/benchmarks/bench_memory.py [MESSAGES]`; messages have 36 bytes. Each action is timed to the end of its
repaint, alternating between a log of ten thousand rows and the large one.
"""

import os
import random
import struct
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

import numpy as np
from PySide6.QtWidgets import QApplication
from rounds import compare, print_table

from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.url import EndpointUrl
from osc_workbench.session import Session
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.views.theme import LIGHT, apply_theme

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000


def resident_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def make_window(application: QApplication) -> Workbench:
    session = Session(store=TrafficStore(limit_rows=2 * MESSAGES))
    session.add_endpoint(EndpointUrl.parse("udp://127.0.0.1:9"))
    bench = Workbench(application, session, Settings(), Faults(), LIGHT)
    bench.window.show()
    # Until it is exposed, a window does not paint.
    for _ in range(5):
        application.processEvents()
    return bench


def fill(bench: Workbench, count: int) -> float:
    """Put messages of 36 bytes into the log, as a socket would; return the seconds it took."""
    start = time.perf_counter()
    peer = Peer("127.0.0.1", 50000)
    left = count
    while left:
        some = min(left, 256)
        datagrams = [
            f"/synth/{n % 16:02d}/oscillator".encode() + b"\0\0\0\0,ff\0" + struct.pack(">ff", n, left)
            for n in range(some)
        ]
        assert len(datagrams[0]) == 36, len(datagrams[0])
        times = np.full(some, time.time_ns(), np.int64)
        bench.session._take(Arrivals(1, Direction.IN, datagrams, times, [peer] * some))
        left -= some
        while bench.session.backlog > 20_000:
            bench.take_frame()
    while bench.session.backlog:
        bench.take_frame()
    return time.perf_counter() - start


def actions(bench: Workbench) -> dict[str, object]:
    log = bench.window.log
    bar = log.verticalScrollBar()
    chance = random.Random(1)

    def jump(_: int) -> None:
        bar.setValue(chance.randrange(bar.maximum()))
        log.viewport().repaint()

    def scroll(_: int) -> None:
        bar.setValue((bar.value() + 3) % bar.maximum())
        log.viewport().repaint()

    def follow(_: int) -> None:
        log.follow()
        fill(bench, 8)
        log.viewport().repaint()

    return {"jump": jump, "scroll by three": scroll, "follow eight new": follow}


def main() -> None:
    application = QApplication(["memory"])
    apply_theme(application, LIGHT)
    small = make_window(application)
    base = resident_mib()
    fill(small, 10_000)
    large = make_window(application)
    seconds = fill(large, MESSAGES)
    used = f"process {resident_mib():.0f} MiB, before {base:.0f} MiB (goal: under 700)"
    print(f"{MESSAGES:,} messages of 36 bytes: {used}")
    print(f"kept {len(large.session.store):,}; filled at {MESSAGES / seconds:,.0f} messages a second\n")
    rows = []
    for name in actions(small):
        first, second = actions(small)[name], actions(large)[name]
        result = compare(
            {"10,000": (first, lambda: list(range(64))), "large": (second, lambda: list(range(64)))}, rounds=15
        )
        cells = [f"{timing.nanoseconds / 1e6:.2f} ms" for timing in result.values()]
        rows.append((name, *cells, f"{1 / result['large'].ratio:.2f}"))
    print_table("one action with its repaint", rows, ("action", "10,000 rows", f"{MESSAGES:,} rows", "times as long"))


if __name__ == "__main__":
    main()
