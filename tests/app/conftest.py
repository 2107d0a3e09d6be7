"""A workbench without a running program around it."""

import asyncio
import functools
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.app.event_loop import WorkbenchEventLoop
from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.session import Session
from osc_workbench.views.theme import LIGHT
from tests.doubles.fork_server import ForkServer
from tests.doubles.gui_program import Program, Start
from tests.doubles.window import Run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def workbench(qtbot: QtBot, qapp: QApplication, settings: Settings) -> Iterator[Workbench]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    workbench = Workbench(qapp, Session(), settings, Faults(), LIGHT)
    workbench.window.show()
    workbench.refresh()
    yield workbench
    workbench.close()
    # No event loop runs between tests: windows would pile up, and each change of theme would reach all of them.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


@pytest.fixture
def run(qapp: QApplication, workbench: Workbench) -> Iterator[Run]:
    """Run a coroutine on the window's own loop; a task that is still there after closing is a failure."""
    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(qapp)) as runner:
        yield runner.run
        workbench.frame_clock.stop()

        async def close() -> list[str]:
            workbench.session.close()
            # Some turns of the loop, in which connections end.
            for _ in range(3):
                await asyncio.sleep(0)
            return sorted(task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()})

        assert runner.run(close()) == []


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    """A UDP socket that does not block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        yield peer


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    own = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONWARNINGS": "default"}
    return {**os.environ, **own}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Start the program by a fork of one that has imported it."""

    def start_program(*arguments: str) -> Program:
        return _server().start_captured("osc_workbench", ["gui", *arguments], env=environment)

    yield from _killed_at_the_end(start_program)


@pytest.fixture
def start_afresh(environment: dict[str, str]) -> Iterator[Start]:
    """Start the program as a user does."""

    def start_program(*arguments: str) -> Program:
        return subprocess.Popen(
            [sys.executable, "-X", "dev", "-m", "osc_workbench", "gui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    yield from _killed_at_the_end(start_program)


@functools.cache
def _server() -> ForkServer:
    return ForkServer("-X", "dev", "-W", "default", preload=["osc_workbench.app.application", "osc_workbench.cli.gui"])


def _killed_at_the_end(start: Start) -> Iterator[Start]:
    processes: list[Program] = []

    def start_program(*arguments: str) -> Program:
        processes.append(start(*arguments))
        return processes[-1]

    yield start_program
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()
