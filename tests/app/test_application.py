"""The whole program as its own process, with and without a screen of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QImage

from osc_workbench.app.settings import Settings
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.responder import Responder

START_TIMEOUT = 20.0
END_TIMEOUT = 20.0

Start = Callable[..., "subprocess.Popen[str]"]

needs_proc = pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="Only Linux lists its sockets in /proc.")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    own = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONWARNINGS": "default"}
    return {**os.environ, **own}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def start_program(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-m", "osc_workbench", "gui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        processes.append(process)
        return process

    yield start_program
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def end_of(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=END_TIMEOUT)
    return process.returncode, stdout, stderr


def bound_ports(process: "subprocess.Popen[str]") -> set[int]:
    """Return the UDP ports a process holds."""
    try:
        links = {os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    except OSError:
        return set()
    lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return {int(line[1].split(":")[1], 16) for line in lines if f"socket:[{line[9]}]" in links}


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "The program did not do it in time."
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(start: Start, *arguments: str) -> "tuple[subprocess.Popen[str], int]":
    """Start the program with an endpoint; return it and its port once that is bound."""
    port = free_port()
    process = start("--listen", f"udp://127.0.0.1:{port}", *arguments)
    wait_for(lambda: port in bound_ports(process), process)
    return process, port


def assert_shows_a_window(path: Path) -> None:
    image = QImage(str(path))
    assert not image.isNull()
    assert image.width() >= 640
    colours = {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert len(colours) >= 16


def test_a_picture_of_the_demo_can_be_taken(start: Start, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    process = start("--demo", "--screenshot", str(picture), "--after", "2")
    assert end_of(process) == (0, "", "")
    assert_shows_a_window(picture)


def test_two_windows_run_at_once(start: Start, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    processes = [start("--demo", "--screenshot", str(picture), "--after", "1") for picture in pictures]
    for process, picture in zip(processes, pictures, strict=True):
        assert end_of(process) == (0, "", "")
        assert_shows_a_window(picture)


def test_a_picture_that_cannot_be_written_is_said_and_ends_with_two(start: Start, tmp_path: Path) -> None:
    status, stdout, stderr = end_of(start("--screenshot", str(tmp_path / "none" / "p.png"), "--after", "0.2"))
    assert (status, stdout) == (2, "")
    assert re.fullmatch(r"osc-workbench gui: the picture cannot be written to .*\n", stderr)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word(start: Start, number: signal.Signals) -> None:
    process, port = started(start, "--demo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for value in range(100):
            sender.sendto(encode_packet(OscMessage("/a", "i", (value,))), ("127.0.0.1", port))
    process.send_signal(number)
    assert end_of(process) == (0, "", "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


@needs_proc
def test_a_signal_during_the_start_ends_it_too(start: Start) -> None:
    process = start("--demo")
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


# Endpoints that connect, rules and scripts from the command line.


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "echo.py"
    path.write_text('@dispatcher.on("/echo")\ndef echo(context):\n    return "/echoed"\n')
    return path


@contextmanager
def udp_peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(5)
        yield peer


def ask(peer: socket.socket, port: int, address: str) -> bytes:
    peer.sendto(encode_packet(OscMessage(address)), ("127.0.0.1", port))
    return peer.recv(100)


def test_a_picture_can_be_taken_with_all_that_handles_messages(start: Start, tmp_path: Path, script: Path) -> None:
    picture = tmp_path / "picture.png"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(START_TIMEOUT)
        port = server.getsockname()[1]
        arguments = ["--connect", f"tcp://127.0.0.1:{port}", "--reply", "/ping -> /pong ,i 1", "--script", str(script)]
        process = start(*arguments, "--view", "responders", "--screenshot", str(picture), "--after", "1")
        peer, _ = server.accept()
        with peer:
            peer.settimeout(END_TIMEOUT)
            assert end_of(process) == (0, "", "")
            assert peer.recv(100) == b""
    assert_shows_a_window(picture)


@pytest.mark.parametrize("view", ["responders", "connections", "pending"])
def test_each_panel_can_be_pictured(start: Start, tmp_path: Path, view: str) -> None:
    picture = tmp_path / "picture.png"
    assert end_of(start("--view", view, "--screenshot", str(picture), "--after", "0.3")) == (0, "", "")
    assert_shows_a_window(picture)


@needs_proc
def test_rules_and_a_script_of_the_command_line_answer(start: Start, script: Path) -> None:
    process, port = started(start, "--reply", "/ping -> /pong", "--script", str(script))
    with udp_peer() as peer:
        assert ask(peer, port, "/ping") == encode_packet(OscMessage("/pong"))
        assert ask(peer, port, "/echo") == encode_packet(OscMessage("/echoed"))
    process.terminate()
    assert end_of(process) == (0, "", "")


@needs_proc
def test_saved_rules_answer_at_the_next_start_and_none_twice(
    start: Start, tmp_path: Path, environment: dict[str, str]
) -> None:
    saved = tmp_path / "config" / "osc_workbench" / "osc_workbench.ini"
    saved.parent.mkdir(parents=True)
    settings = Settings(QSettings(str(saved), QSettings.Format.IniFormat))
    settings.set_responders([Responder("/ping", "/pong"), Responder("/end", "/ended")])
    assert settings.save()
    process, port = started(start, "--reply", "/ping -> /pong")
    with udp_peer() as peer:
        assert ask(peer, port, "/ping") == encode_packet(OscMessage("/pong"))
        # A second answer to the question before would come now.
        assert ask(peer, port, "/end") == encode_packet(OscMessage("/ended"))
    process.terminate()
    assert end_of(process) == (0, "", "")
    settings = Settings(QSettings(str(saved), QSettings.Format.IniFormat))
    assert [rule.pattern for rule in settings.responders()] == ["/ping", "/end"]


@needs_proc
def test_the_window_does_not_wait_for_a_server_that_does_not_answer(start: Start, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    with socket.socket() as full:
        # Nobody accepts, and one connection fills the queue: further ones get no answer.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            url = f"tcp://127.0.0.1:{full.getsockname()[1]}"
            began = time.monotonic()
            assert end_of(start("--connect", url, "--screenshot", str(picture), "--after", "0.5")) == (0, "", "")
            assert time.monotonic() - began < 8
    assert_shows_a_window(picture)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--connect", "nonsense"], "nonsense"),
        (["--connect", "udp://127.0.0.1:9000"], "needs no connection"),
        (["--connect", "tcp://127.0.0.1:9000?framing=none"], "framing=none"),
        (["--reply", "/ping"], "/ping"),
        (["--reply", "ping -> /pong"], "slash"),
        (["--reply", "/ping -> /pong ,i x"], "/pong ,i x"),
        (["--script", "/no/such/file.py"], "/no/such/file.py"),
        (["--script", "/dev/null/x"], "/dev/null/x"),
        (["--view", "nothing"], "nothing"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_ends_with_two(
    start: Start, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    status, stdout, stderr = end_of(start(*arguments, "--screenshot", str(tmp_path / "p.png"), "--after", "0.2"))
    assert (status, stdout, len(stderr.splitlines())) == (2, "", 1), stderr
    assert reason in stderr


@pytest.mark.parametrize("text", ["syntax error\n", "1 / 0\n", "raise SystemExit(0)\n"])
def test_a_script_that_cannot_be_loaded_ends_with_two(start: Start, script: Path, tmp_path: Path, text: str) -> None:
    script.write_text(text)
    status, stdout, stderr = end_of(start("--script", str(script), "--screenshot", str(tmp_path / "p.png")))
    assert (status, stdout, len(stderr.splitlines())) == (2, "", 1), stderr
    assert f"{script}, line 1" in stderr
