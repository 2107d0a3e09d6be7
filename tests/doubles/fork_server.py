"""Programs that start at once: a process that has imported what they need becomes them by fork.

A start of Python with the program's imports takes 0.3 to 0.6 s of processor time, a fork 0.02 s. What an interpreter
takes over at its start (options, locale, limits, closed streams) is the server's, so a test of that starts afresh.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

_NUMBER = struct.Struct("i")


class ForkedProcess:
    """What `subprocess.Popen` is for a process that somebody else started."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.returncode: int | None = None
        self.pid = self._receive()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises subprocess.TimeoutExpired as the original does."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = self._receive()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(["fork"], timeout or 0) from None
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _receive(self) -> int:
        data = self._connection.recv(_NUMBER.size)
        assert data, "The fork server has ended."
        number: int = _NUMBER.unpack(data)[0]
        return number


class CapturedProcess(ForkedProcess):
    """Its output goes to files, so that it never waits for its reader."""

    def __init__(self, connection: socket.socket, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        super().__init__(connection)
        self._outputs = (stdout, stderr)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end and return what it wrote, once."""
        self.wait(timeout)
        texts = []
        for output in self._outputs:
            with output:
                output.seek(0)
                texts.append(output.read().decode())
        return texts[0], texts[1]


class ForkServer:
    """Starts `python OPTIONS -m MODULE ARGUMENTS` without the start; it lasts as long as this process.

    preload: the modules that are imported before the forks.
    """

    def __init__(self, *options: str, preload: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, *options, "-m", __name__, str(theirs.fileno()), *preload]
            # A thread of numpy's would make forking unsafe.
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        atexit.register(self._close)

    def start(self, module: str, arguments: Sequence[str], *, stdin: int, stdout: int, stderr: int) -> ForkedProcess:
        """Run the module in this process's environment and directory, in a session of its own.

        The streams are descriptors and stay ours.
        """
        connection = self._connect(stdin, stdout, stderr)
        _ask(connection, module, arguments, os.environ)
        return ForkedProcess(connection)

    def start_captured(
        self, module: str, arguments: Sequence[str], *, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> CapturedProcess:
        """Run the module, as `start` does but for the environment, and keep what it writes."""
        stdout, stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  `communicate` closes them
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            connection = self._connect(file.fileno(), stdout.fileno(), stderr.fileno())
        _ask(connection, module, arguments, os.environ if env is None else env)
        return CapturedProcess(connection, stdout, stderr)

    def _connect(self, *streams: int) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"."], [*streams, theirs.fileno()])
        return ours

    def _close(self) -> None:
        self._control.close()
        self._process.wait()


def _ask(connection: socket.socket, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    request = {
        "module": module,
        "arguments": list(arguments),
        "environment": dict(environment),
        "directory": os.getcwd(),
    }
    connection.sendall(json.dumps(request).encode())
    connection.shutdown(socket.SHUT_WR)


def main() -> None:
    """Fork for each request; returns in the program's process, and when there are no more requests."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    # The programs neither copy what is there now for their collectors nor take it apart at their end, which would be
    # two thirds of what they cost.
    gc.freeze()
    with control:
        while True:
            data, descriptors, _, _ = socket.recv_fds(control, 1, 4)
            if not data:
                return
            reap()
            if os.fork() == 0:
                control.close()
                serve(descriptors)
                return
            close(descriptors)


def reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def serve(descriptors: Sequence[int]) -> None:
    """Fork the program and report its end; returns in the program's process alone."""
    *streams, number = descriptors
    connection = socket.socket(fileno=number)
    request = json.loads(b"".join(iter(lambda: connection.recv(1 << 16), b"")))
    pid = os.fork()
    if pid == 0:
        become(request, streams, connection)
        return
    close(streams)
    _, status = os.waitpid(pid, 0)
    # Nobody may be waiting for it any more.
    with suppress(OSError):
        connection.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def become(request: dict[str, Any], streams: Sequence[int], connection: socket.socket) -> None:
    """Run the program in this process, as a start of the interpreter would."""
    os.setsid()
    with connection:
        connection.sendall(_NUMBER.pack(os.getpid()))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    close(streams)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    # New ones, as the server's own have looked at what its descriptors were. Those are 0, 1 and 2 for good.
    sys.stdin = open(0, encoding=sys.stdin.encoding, errors=sys.stdin.errors, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, closefd=False, buffering=1)  # noqa: SIM115
    sys.argv[1:] = request["arguments"]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
