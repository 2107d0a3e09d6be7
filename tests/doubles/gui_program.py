"""The whole program with its window, as a process of its own."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.doubles.fork_server import CapturedProcess

START_TIMEOUT = 20.0
END_TIMEOUT = 20.0

Program = subprocess.Popen[str] | CapturedProcess
Start = Callable[..., Program]

needs_proc = pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="Only Linux lists its sockets in /proc.")


def end_of(process: Program) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=END_TIMEOUT)
    return process.returncode, stdout, stderr


def bound_ports(process: Program) -> set[int]:
    """Return the UDP ports a process holds."""
    try:
        links = {os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    except OSError:
        return set()
    lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return {int(line[1].split(":")[1], 16) for line in lines if f"socket:[{line[9]}]" in links}


def wait_for(condition: Callable[[], object], process: Program) -> None:
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


def started(start: Start, *arguments: str) -> tuple[Program, int]:
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
