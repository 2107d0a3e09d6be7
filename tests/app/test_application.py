"""The whole program as its own process, with and without a screen of its own."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from tests.doubles.gui_program import (
    END_TIMEOUT,
    Start,
    assert_shows_a_window,
    bound_ports,
    end_of,
    needs_proc,
    started,
    wait_for,
)


def test_a_picture_of_the_demo_can_be_taken(start_afresh: Start, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    process = start_afresh("--demo", "--screenshot", str(picture), "--after", "1")
    assert end_of(process) == (0, "", "")
    assert_shows_a_window(picture)


def test_two_windows_run_at_once(start_afresh: Start, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    processes = [start_afresh("--demo", "--screenshot", str(picture), "--after", "1") for picture in pictures]
    for process, picture in zip(processes, pictures, strict=True):
        assert end_of(process) == (0, "", "")
        assert_shows_a_window(picture)


def test_a_picture_that_cannot_be_written_is_said_and_ends_with_two(start: Start, tmp_path: Path) -> None:
    status, stdout, stderr = end_of(start("--screenshot", str(tmp_path / "none" / "p.png"), "--after", "0.2"))
    assert (status, stdout) == (2, "")
    assert re.fullmatch(r"osc-workbench gui: the picture cannot be written to .*\n", stderr)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word(start_afresh: Start, number: signal.Signals) -> None:
    process, port = started(start_afresh, "--demo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for value in range(100):
            sender.sendto(encode_packet(OscMessage("/a", "i", (value,))), ("127.0.0.1", port))
    process.send_signal(number)
    assert end_of(process) == (0, "", "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


@needs_proc
def test_a_signal_during_the_start_ends_it_too(start_afresh: Start) -> None:
    process = start_afresh("--demo")
    wait_for(lambda: bound_ports(process), process)
    process.terminate()
    assert end_of(process) == (0, "", "")


def test_a_port_in_use_is_said_and_the_window_opens(start: Start, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as blocker:
        blocker.bind(("127.0.0.1", 0))
        url = f"udp://127.0.0.1:{blocker.getsockname()[1]}"
        assert end_of(start("--listen", url, "--screenshot", str(picture), "--after", "0.3")) == (0, "", "")
    assert_shows_a_window(picture)


CLOSE_BY_THE_USER = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from osc_workbench.app import application
from osc_workbench.cli.main import main

class ClosedSoon(application.Workbench):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        QTimer.singleShot(500, self.window.close)

application.Workbench = ClosedSoon
sys.exit(main(["gui", "--demo"]))
"""


def test_closing_the_window_ends_it_without_a_word_and_keeps_the_layout(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CLOSE_BY_THE_USER],
        capture_output=True,
        text=True,
        env=environment,
        timeout=END_TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (saved,) = (tmp_path / "config").rglob("osc_workbench.ini")
    assert "[layout]" in saved.read_text()


def test_a_recording_that_cannot_be_made_is_said(start: Start, tmp_path: Path) -> None:
    taken = tmp_path / "taken.pcapng"
    taken.write_text("mine")
    status, stdout, stderr = end_of(start("--record", str(taken), "--screenshot", str(tmp_path / "p.png")))
    assert (status, stdout) == (2, "")
    assert "Traceback" not in stderr
    assert str(taken) in stderr
    assert taken.read_text() == "mine"


def test_without_qt_it_says_what_to_do(environment: dict[str, str]) -> None:
    code = (
        "import sys; sys.modules['PySide6'] = None;"
        "from osc_workbench.cli.main import main; sys.exit(main(['gui', '--demo']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=END_TIMEOUT, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "Qt cannot be loaded" in ended.stderr
