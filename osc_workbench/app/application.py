"""Starting and ending the window: `run_application` is all that the command line knows of Qt."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

# qasync looks for the Qt binding when it is imported.
os.environ["QT_API"] = "pyside6"

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from osc_workbench import __version__
from osc_workbench.app.endpoint_commands import open_endpoint
from osc_workbench.app.event_loop import WorkbenchEventLoop
from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.net.demo_traffic import send_demo_traffic
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.url import EndpointUrl
from osc_workbench.session import Session
from osc_workbench.traffic.record import Role
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.resources import resource_path
from osc_workbench.views.theme import apply_theme, colours_for

DEMO_URL = EndpointUrl("udp", "127.0.0.1", 9000)


def run_application(options: argparse.Namespace, rules: tuple[Responder, ...]) -> int:
    """Show the window until it is closed; return the exit status."""
    application = QApplication([sys.argv[0]])
    application.setApplicationName("osc_workbench")
    application.setApplicationVersion(__version__)
    application.setQuitOnLastWindowClosed(False)
    application.setWindowIcon(QIcon(str(resource_path("icons", "osc_workbench.svg"))))
    faults = Faults()
    faults.install()
    try:
        with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(application)) as runner:
            return runner.run(_run(application, faults, options, rules))
    finally:
        faults.uninstall()


async def _run(
    application: QApplication, faults: Faults, options: argparse.Namespace, rules: tuple[Responder, ...]
) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(faults.on_loop_exception)
    settings = Settings()
    colours = colours_for(options.theme or settings.theme)
    apply_theme(application, colours)
    workbench = Workbench(application, Session(), settings, faults, colours)
    workbench.actions[f"{options.theme or settings.theme} theme"].setChecked(True)
    closing = asyncio.Event()
    workbench.window.closing.connect(closing.set)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, closing.set)
    # A picture shows the window as a new user sees it.
    if not options.screenshot:
        workbench.window.restore_layout(settings.layout())
        # A rule of the command line may have been saved with the others at an earlier start.
        rules = tuple(dict.fromkeys(settings.responders() + rules))
    try:
        workbench.session.set_responders(rules)
        if options.script:
            workbench.session.start_script(options.script)
        if options.record:
            workbench.session.start_recording(options.record)
        await _open_endpoints(workbench, options)
        workbench.window.show()
        workbench.frame_clock.start()
        workbench.refresh()
        _focus(workbench, options.view)
        # What exists now stays to the end; a full collection need not look at it again (20 ms of silence each time).
        gc.collect()
        gc.freeze()
        if options.screenshot:
            return await _take_screenshot(workbench, options.screenshot, options.after, closing)
        await closing.wait()
        settings.set_layout(workbench.window.layout_state())
        settings.save()
        return 0
    finally:
        workbench.close()
        await _end_tasks()


async def _open_endpoints(workbench: Workbench, options: argparse.Namespace) -> None:
    wanted = [(text, Role.LISTEN) for text in options.listen] + [(text, Role.CONNECT) for text in options.connect]
    for text, role in wanted:
        endpoint_id = workbench.session.add_endpoint(EndpointUrl.parse(text), role)
        opening = open_endpoint(workbench, endpoint_id)
        if role is Role.CONNECT:
            # The window does not wait for a machine that may not answer.
            spawn(opening, f"connect to {text}")
        else:
            await opening
    if options.demo:
        endpoint_id = await _open_demo_endpoint(workbench.session)
        bound = workbench.session.endpoint_url(endpoint_id)
        spawn(send_demo_traffic(bound.host, bound.port, workbench.session.clock), "demo traffic")


async def _open_demo_endpoint(session: Session) -> int:
    endpoint_id = session.add_endpoint(DEMO_URL)
    try:
        await session.open_endpoint(endpoint_id)
    except EndpointError:
        # Another program has the usual port; the demo does not need that one.
        session.remove_endpoint(endpoint_id)
        endpoint_id = session.add_endpoint(EndpointUrl(DEMO_URL.scheme, DEMO_URL.host, 0))
        await session.open_endpoint(endpoint_id)
    return endpoint_id


def _focus(workbench: Workbench, view: str | None) -> None:
    # Views that are called otherwise by actions.
    names = {None: "focus log", "detail": "focus packet", "filter": "filter"}
    workbench.actions[names.get(view, f"focus {view}")].trigger()


async def _take_screenshot(workbench: Workbench, path: Path, seconds: float, closing: asyncio.Event) -> int:
    try:
        await asyncio.wait_for(closing.wait(), seconds)
        return 0
    except TimeoutError:
        pass
    _select_something(workbench)
    # Two turns of the loop: the selection is laid out and painted.
    await asyncio.sleep(0.05)
    if not workbench.window.grab().save(str(path)):
        print(f"osc-workbench gui: the picture cannot be written to {path}.", file=sys.stderr)
        return 2
    return 0


def _select_something(workbench: Workbench) -> None:
    """Select the newest bundle in sight, or the newest message, so that the picture shows a packet, too."""
    store = workbench.session.store
    newest = range(store.end_row - 1, max(store.first_row, store.end_row - 22) - 1, -1)
    bundle = next((row for row in newest if store.record(row).is_bundle), None)
    row = bundle if bundle is not None else (store.end_row - 1 if len(store) else None)
    if row is not None:
        workbench.window.log.select(row)


async def _end_tasks() -> None:
    """End what still runs, so that nothing is left to complain when the loop closes."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
