"""The receivers that bench_receive compares, each a process of its own: `python receivers.py NAME`.

Each prints its port; at a datagram of one byte it prints a JSON line with what it received since the last one.
"""

import asyncio
import gc
import json
import os
import socket
import sys
import time
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

BUFFER = 4 << 20


def report(values: dict[str, float]) -> None:
    print(json.dumps(values), flush=True)


async def python_osc() -> None:
    """python-osc's asyncio server with one handler that counts."""
    from pythonosc.dispatcher import Dispatcher
    from pythonosc.osc_server import AsyncIOOSCUDPServer

    counts = {"received": 0}

    def count(*_: object) -> None:
        counts["received"] += 1

    dispatcher = Dispatcher()
    dispatcher.set_default_handler(count)
    loop = asyncio.get_running_loop()
    server = AsyncIOOSCUDPServer(("127.0.0.1", 0), dispatcher, loop)
    transport, protocol = await server.create_serve_endpoint()
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    received = protocol.datagram_received

    def datagram_received(data: bytes, address: tuple[str, int]) -> None:
        if len(data) == 1:
            report({"received": counts["received"]})
            counts["received"] = 0
        else:
            received(data, address)

    protocol.datagram_received = datagram_received
    print(sock.getsockname()[1], flush=True)
    await asyncio.Event().wait()


async def workbench(panels: tuple[str, ...] = ()) -> None:
    """The whole program: window shown, log following, a packet in the detail, and these panels in front."""
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.faults import Faults
    from osc_workbench.app.settings import Settings
    from osc_workbench.app.workbench import Workbench
    from osc_workbench.net.url import EndpointUrl
    from osc_workbench.session import Session
    from osc_workbench.views.theme import LIGHT, apply_theme

    application = QApplication.instance()
    apply_theme(application, LIGHT)
    session = Session()
    bench = Workbench(application, session, Settings(), Faults(), LIGHT)
    endpoint = session.add_endpoint(EndpointUrl.parse("udp://127.0.0.1:0"))
    await session.open_endpoint(endpoint)
    bench.window.show()
    for name in panels:
        bench.window.show_panel(name)
    bench.frame_clock.start()
    state = {"frames": [], "last": time.perf_counter(), "base": 0, "dropped": 0, "end": 0}

    def on_frame() -> None:
        now = time.perf_counter()
        state["frames"].append(now - state["last"])
        state["last"] = now
        store = session.store
        if store.end_row and bench.window.log.current_row is None:
            bench.window.log.select(store.end_row - 1)
            bench.window.log.follow()
        for row in range(max(state["end"], store.first_row, store.end_row - 2), store.end_row):
            if store.record(row).size == 1:
                finish()
        state["end"] = store.end_row

    def finish() -> None:
        status = session.statuses()[0]
        frames = sorted(frame for frame in state["frames"] if frame < 0.2) or [0.0]
        report(
            {
                "received": status.packets - state["base"] - 1,
                "dropped": status.dropped - state["dropped"],
                "discarded": status.discarded,
                "frames": len(frames),
                "frame_p50_ms": frames[len(frames) // 2] * 1000,
                "frame_p99_ms": frames[int(len(frames) * 0.99)] * 1000,
                "frame_max_ms": frames[-1] * 1000,
                "following": bench.window.log.is_following,
                "kept": len(session.store),
            }
        )
        state.update(frames=[], base=status.packets, dropped=status.dropped)

    bench.frame_clock.frame.connect(on_frame)
    # As the program does after it has started.
    gc.collect()
    gc.freeze()
    print(session.endpoint_url(endpoint).port, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    import qasync
    from PySide6.QtWidgets import QApplication

    from osc_workbench.app.event_loop import WorkbenchEventLoop

    application = QApplication(["receiver"])
    loop, body = {
        "python-osc": (WorkbenchEventLoop, python_osc),
        "python-osc-qasync": (qasync.QEventLoop, python_osc),
        "workbench": (WorkbenchEventLoop, workbench),
        "workbench-statistics": (WorkbenchEventLoop, partial(workbench, ("statistics",))),
        "workbench-lint": (WorkbenchEventLoop, partial(workbench, ("lint",))),
    }[sys.argv[1]]
    with asyncio.Runner(loop_factory=lambda: loop(application)) as runner:
        runner.run(body())


if __name__ == "__main__":
    main()
