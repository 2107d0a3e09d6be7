"""Endpoints that connect, rules and scripts from the command line of the window."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from osc_workbench.app.settings import Settings
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.responder import Responder
from tests.doubles.gui_program import (
    END_TIMEOUT,
    START_TIMEOUT,
    Start,
    assert_shows_a_window,
    end_of,
    needs_proc,
    started,
)


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
