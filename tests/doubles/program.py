"""The command line as another program would run it."""

import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.doubles.fork_server import ForkedProcess, ForkServer

PROGRAM = [sys.executable, "-W", "error", "-m", "osc_workbench"]
COMMANDS = ("decode", "encode", "gui", "listen", "match", "send")
TIMEOUT = 20.0

Process = subprocess.Popen[bytes] | ForkedProcess


@functools.cache
def _server() -> ForkServer:
    return ForkServer("-W", "error", preload=[f"osc_workbench.cli.{command}" for command in COMMANDS])


def run(
    *arguments: str, stdin: str | bytes = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; no traceback may ever be seen. With an environment of its own it is started afresh."""
    data = stdin if isinstance(stdin, bytes) else stdin.encode("utf-8", "surrogateescape")
    if env is not None:
        done = subprocess.run([*PROGRAM, *arguments], input=data, capture_output=True, timeout=TIMEOUT, env=env)
        result = subprocess.CompletedProcess(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
    else:
        process = _server().start_captured("osc_workbench", arguments, stdin=data)
        try:
            output = process.communicate(TIMEOUT)
        finally:
            process.kill()
        result = subprocess.CompletedProcess(arguments, process.wait(), *output)
    assert "Traceback" not in result.stderr, result.stderr
    return result


def wait_for(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Look again and again until the condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "What the test waits for did not happen in time."
        time.sleep(0.002)


class Running:
    """A command that stays on. Its output goes to files, so that it never waits for its reader."""

    def __init__(self, process: Process, directory: Path) -> None:
        self.process = process
        self._directory = directory

    @property
    def stdout(self) -> str:
        return (self._directory / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self._directory / "stderr").read_text()

    @property
    def lines(self) -> list[str]:
        """The whole lines on stdout so far."""
        return self.stdout.split("\n")[:-1]

    def ports(self, count: int = 1) -> list[int]:
        """Wait until it has said `count` times that it is ready, and return the ports."""

        def found() -> list[str]:
            assert self.process.poll() is None, self.stderr
            return re.findall(r"^ready (?:udp|tcp)://.*:(\d+)(?:\?.*)?$", self.stderr, re.MULTILINE)

        wait_for(lambda: len(found()) >= count)
        return [int(port) for port in found()]

    def end(self, signal_number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(signal_number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(TIMEOUT)
        assert "Traceback" not in self.stderr, self.stderr
        return status


@contextmanager
def running(*arguments: str, env: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()) -> Iterator[Running]:
    """Run a command while the block lasts; `prefix` is put before the program. With either it is started afresh."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with (
            Path(os.devnull).open("rb") as stdin,
            (directory / "stdout").open("wb") as stdout,
            (directory / "stderr").open("wb") as stderr,
        ):
            process: Process
            if env is None and not prefix:
                streams = {"stdin": stdin.fileno(), "stdout": stdout.fileno(), "stderr": stderr.fileno()}
                process = _server().start("osc_workbench", arguments, **streams)
            else:
                command = [*prefix, *PROGRAM, *arguments]
                process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=env)
        try:
            yield Running(process, directory)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def bare_environment(**more: str) -> dict[str, str]:
    """An environment with hardly anything in it: no HOME, plain C locale."""
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C", "LC_ALL": "C", **more}
