"""How long painting waits while a filter is typed over a long log: `python tests/benchmarks/bench_typing.py [ROWS]`.

The whole window with 10,000,000 rows of 1,000 addresses. Each text is typed letter by letter, ten letters a second; a
timer of 2 ms on the window's loop tells how long nothing else could run. Prints the longest wait while typing, and how
long the last letter took to be answered for the whole log.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

from bench_query import Feed, datagrams
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from rounds import print_table

from osc_workbench.app.event_loop import WorkbenchEventLoop
from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.session import Session
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.views.theme import LIGHT, apply_theme

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
TEXTS = ("/synth/7/freq", "freq arg[0]>5", "arg~world", "/synth/*/amp changed", "-synth")
BLOCK = 65_536
LETTER, TICK = 0.1, 0.002


class Waits:
    """How long the loop did not turn."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.perf_counter()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            self.longest = max(self.longest, now - self._last - TICK)
            self._last = now


async def measure(application: QApplication, folder: Path) -> None:
    store = TrafficStore(limit_rows=ROWS + 1)
    Feed(datagrams(BLOCK), store).put(ROWS)
    settings = Settings(QSettings(str(folder / "bench_typing.ini"), QSettings.Format.IniFormat))
    workbench = Workbench(application, Session(store=store), settings, Faults(), LIGHT)
    workbench._urls[1] = "udp://127.0.0.1:9000"
    workbench.window.show()
    workbench.frame_clock.start()
    workbench.refresh()
    waits = Waits()
    watching = asyncio.get_running_loop().create_task(waits.watch())
    rows = []
    edit = workbench.desk.filter_bar.edit
    for text in TEXTS:
        workbench.desk.filter_bar.set_text("")
        await asyncio.sleep(1.0)
        waits.longest = 0.0
        for letter in text:
            QTest.keyClicks(edit, letter)
            await asyncio.sleep(LETTER)
        start = time.perf_counter()
        while not workbench.desk.state.is_complete:
            await asyncio.sleep(TICK)
        answered = time.perf_counter() - start + LETTER
        found = f"{workbench.traffic_model.rowCount():,}"
        rows.append((text, f"{waits.longest * 1000:.0f}", f"{answered * 1000:,.0f}", found))
    watching.cancel()
    workbench.close()
    print_table(f"{ROWS:,} rows", rows, ("typed", "longest wait ms", "answered after ms", "rows"))


def main() -> None:
    application = QApplication(["bench_typing"])
    apply_theme(application, LIGHT)
    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(application)) as runner:
        runner.run(measure(application, Path(os.environ.get("TMPDIR", "/tmp"))))


if __name__ == "__main__":
    main()
