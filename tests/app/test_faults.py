import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer, Signal, qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.app.event_loop import WorkbenchEventLoop
from osc_workbench.app.faults import Fault, Faults
from osc_workbench.app.workbench import Workbench
from osc_workbench.net.tasks import spawn

pytestmark = pytest.mark.qt_no_exception_capture


class Source(QObject):
    fired = Signal()


@pytest.fixture
def faults() -> Iterator[Faults]:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    faults = Faults()
    faults.install()
    yield faults
    faults.uninstall()
    sys.excepthook, threading.excepthook, sys.unraisablehook = before


def fail() -> None:
    raise ValueError("it went wrong")


def summaries(faults: Faults) -> list[str]:
    return [fault.summary for fault in faults.kept]


def test_an_exception_in_a_slot_is_a_fault(qtbot: QtBot, faults: Faults, capsys: pytest.CaptureFixture[str]) -> None:
    source = Source()
    source.fired.connect(fail)
    source.fired.emit()
    assert summaries(faults) == ["ValueError: it went wrong"]
    assert "in fail" in faults.kept[0].details
    assert "in fail" in capsys.readouterr().err


def test_a_message_of_qt_is_a_fault(qtbot: QtBot, faults: Faults) -> None:
    qWarning("something about a widget")
    qWarning("This plugin does not support propagateSizeHints()")
    assert summaries(faults) == ["Qt: something about a widget"]


def test_a_failed_task_is_a_fault(qapp: QApplication, faults: Faults, expected_errors: list[str]) -> None:
    expected_errors.append("'the task' failed")

    async def fail_soon() -> None:
        fail()

    async def run() -> None:
        task = spawn(fail_soon(), "the task")
        await asyncio.wait([task])

    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(qapp)) as runner:
        runner.run(run())
    assert summaries(faults) == ["The task 'the task' failed."]
    assert "ValueError: it went wrong" in faults.kept[0].details


def test_what_a_loop_could_not_place_is_a_fault(qapp: QApplication, faults: Faults) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(faults.on_loop_exception)
        loop.call_soon(fail)
        loop.call_exception_handler({"message": "no exception here"})
        await asyncio.sleep(0.001)

    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(qapp)) as runner:
        runner.run(run())
    assert sorted(summaries(faults)) == ["ValueError: it went wrong", "no exception here"]


def test_an_exception_in_a_thread_is_a_fault(faults: Faults) -> None:
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    assert summaries(faults) == ["ValueError in thread worker: it went wrong"]


def test_an_exception_nobody_could_catch_is_a_fault(faults: Faults) -> None:
    class Failing:
        def __del__(self) -> None:
            fail()

    Failing()
    gc.collect()
    # What other tests left to the collector may be there, too.
    assert any(summary.startswith("ValueError: it went wrong") for summary in summaries(faults))


def test_a_warning_in_our_own_log_is_a_fault_and_a_note_is_none(faults: Faults) -> None:
    logger = logging.getLogger("osc_workbench.net.udp")
    logger.warning("The port %s is busy.", 9000)
    logger.info("All is well.")
    assert summaries(faults) == ["The port 9000 is busy."]


def test_a_fault_in_every_frame_does_not_flood_stderr(
    qtbot: QtBot, faults: Faults, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source()
    source.fired.connect(fail)
    for _ in range(10_000):
        source.fired.emit()
    assert faults.count == 10_000
    assert len(faults.kept) == 200
    written = capsys.readouterr().err
    assert written.count("it went wrong\n") == 100
    assert "are only counted" in written


def test_the_loop_goes_on_after_a_fault(qtbot: QtBot, faults: Faults) -> None:
    seen: list[int] = []
    QTimer.singleShot(0, fail)
    QTimer.singleShot(1, lambda: seen.append(1))
    qtbot.waitUntil(lambda: bool(seen))
    assert faults.count == 1


def test_a_fault_in_showing_a_fault_is_no_endless_loop(
    qtbot: QtBot, faults: Faults, capsys: pytest.CaptureFixture[str]
) -> None:
    def show(_: Fault) -> None:
        fail()

    faults.on_fault = show
    source = Source()
    source.fired.connect(fail)
    source.fired.emit()
    assert faults.count < 5
    assert "it went wrong" in capsys.readouterr().err


def test_uninstalling_gives_everything_back() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    faults = Faults()
    faults.install()
    faults.uninstall()
    try:
        assert (sys.excepthook, threading.excepthook) == (sys.__excepthook__, threading.__excepthook__)
        assert faults not in logging.getLogger("osc_workbench").handlers
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before


def test_a_fault_of_another_thread_is_shown_on_the_thread_of_the_window(qtbot: QtBot, workbench: Workbench) -> None:
    threads: list[threading.Thread] = []
    show_problem = workbench.window.show_problem

    def note_thread(text: str, details: str = "") -> None:
        threads.append(threading.current_thread())
        show_problem(text, details)

    workbench.window.show_problem = note_thread  # type: ignore[method-assign]  # to see who calls it
    thread = threading.Thread(target=workbench.faults.report, args=("It went wrong.",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread()]
    assert workbench.window._problem.whole_text.startswith("It went wrong.")
