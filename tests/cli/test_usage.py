"""What holds for every command: help, mistakes in one line, no Qt, no need of a home or a locale."""

import os
import subprocess
import sys

import pytest

from osc_workbench import __version__
from tests.doubles.program import PROGRAM, TIMEOUT, bare_environment, run, running
from tests.doubles.receiving import udp_socket

COMMANDS = ("gui", "decode", "encode", "listen", "match", "send")
MISTAKES = [
    ["bogus"],
    ["--bogus"],
    ["bogus", "a\nb"],
    ["decode", "x"],
    ["decode", "--bogus"],
    ["encode", "x"],
    ["gui", "--bogus"],
    ["gui", "x"],
    ["gui", "--after", "soon"],
    ["gui", "--view", "nothing"],
    ["gui", "--listen", "nonsense"],
    ["gui", "--connect", "nonsense"],
    ["gui", "--connect", "udp://127.0.0.1:9000"],
    ["gui", "--reply", "/ping"],
    ["gui", "--reply", "ping -> /pong"],
    ["gui", "--script", "/no/such/file.py"],
    ["--listen", "udp://127.0.0.1:70000"],
    ["listen"],
    ["listen", "nonsense"],
    ["listen", ""],
    ["listen", "70000"],
    ["listen", "udp://127.0.0.1:70000"],
    ["listen", "http://127.0.0.1:9000"],
    ["listen", "tcp://192.0.2.1:9000"],
    ["listen", "tcp://127.0.0.1:9000?framing=morse"],
    ["listen", "tcp://127.0.0.1:9000?broadcast=yes"],
    ["listen", "udp://127.0.0.1:9000?framing=slip"],
    ["listen", "udp://239.0.0.1:0?interface=nowhere"],
    ["listen", "0", "--reply", "no rule"],
    ["listen", "0", "--reply", "/a -> not a packet"],
    ["listen", "0", "--script", "/no/such/script.py"],
    ["listen", "udp://192.0.2.1:9000"],
    ["listen", "udp://no..host:9000"],
    ["listen", "0", "--format", "xml"],
    ["listen", "0", "--count", "0"],
    ["listen", "0", "--count", "-1"],
    ["listen", "0", "--count", "9" * 5000],
    ["listen", "0", "--for", "nan"],
    ["listen", "0", "--for", "-1"],
    ["listen", "0", "--stats", "/no/such/directory/x"],
    ["listen", "0", "--bogus", "a\nb"],
    ["send"],
    ["send", "9000"],
    ["send", "nonsense", "/a"],
    ["send", "udp://no..host:9000", "/a"],
    ["send", "127.0.0.1:0", "/a"],
    ["send", "tcp://127.0.0.1:0", "/a"],
    ["send", "tcp://no..host:9000", "/a"],
    ["send", "udp://127.255.255.255:9000", "/a"],
    ["send", "udp://239.0.0.1:9000?interface=nowhere", "/a"],
    ["send", "9000", ""],
    ["send", "9000", "/a ,i x"],
    ["send", "9000", "/a 'x\ny"],
    ["send", "9000", "/a " + "[" * 1000],
    ["send", "9000", "/a " + "9" * 5000],
    ["send", "9000", "/a", "--repeat", "0"],
    ["send", "9000", "/a", "--rate", "inf"],
    ["send", "9000", "/a", "--wait-reply", "0"],
    ["send", "9000", "/a", "--bundle", "+5x"],
    ["send", "9000", "/a", "--bundle", "+" + "9" * 400],
    ["send", "9000", "/a", "--bundle", "0x12345678123456789"],
    ["send", "9000", '/a ,b x"' + "00" * 33_000 + '"', '/a ,b x"' + "00" * 33_000 + '"', "--bundle"],
]


@pytest.mark.parametrize("arguments", MISTAKES, ids=lambda arguments: " ".join(arguments)[:40].encode("unicode_escape"))
def test_mistake_is_one_line_on_stderr_and_exit_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\n")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("ready ")]
    assert len(lines) == 1
    assert lines[0].startswith("osc-workbench")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_goes_to_stdout(command: str) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: osc-workbench {command}")


def test_general_help_names_every_command_and_version_the_version() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(f"  {command}" in done.stdout for command in COMMANDS)
    assert run("--version").stdout == f"osc-workbench {__version__}\n"


QT_FREE = """
import sys
from osc_workbench.cli.main import main
status = main(sys.argv[1:])
qt = {"PySide6", "shiboken6", "qasync", "pyqtgraph"}
print(status, sorted(qt & {name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    "arguments",
    [["decode"], ["encode"], ["listen", "0", "--for", "0.05"], ["send", "9", "/a"], ["send", "9", "/a", "--bundle"]],
)
def test_no_command_but_gui_imports_qt(arguments: list[str]) -> None:
    with udp_socket() as peer:
        words = [str(peer.getsockname()[1]) if word == "9" else word for word in arguments]
        done = subprocess.run(
            [sys.executable, "-c", QT_FREE, *words], capture_output=True, text=True, timeout=TIMEOUT, input=""
        )
    assert done.stdout == "0 []\n", done.stderr


@pytest.mark.parametrize(
    "more", [{}, {"TZ": "Nowhere/Nothing"}, {"PYTHONIOENCODING": "ascii"}, {"HOME": "/nonexistent"}]
)
def test_commands_need_no_home_and_no_locale(more: dict[str, str]) -> None:
    env = bare_environment(**more)
    assert run("encode", stdin="/ü ,s ü\n", env=env).stdout == "2fc3bc002c730000c3bc0000\n"
    assert "\\u00fc" in run("decode", stdin="2fc3bc002c730000c3bc0000\n", env=env).stdout
    with running("listen", "0", "--count", "1", env=env) as listener:
        assert run("send", str(listener.ports()[0]), "/ü ,s ü", env=env).returncode == 0
        assert listener.wait() == 0
        assert "/" in listener.stdout


def test_window_refuses_a_bad_url_before_it_looks_for_a_display() -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "DISPLAY", "WAYLAND"))}
    done = subprocess.run(
        [*PROGRAM, "gui", "--listen", "nonsense"], capture_output=True, text=True, timeout=TIMEOUT, env=env
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("command", ["decode", "encode"])
def test_closed_streams_are_no_error(command: str) -> None:
    for redirection in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *PROGRAM, command]
        done = subprocess.run(shell, input=b"2f61000000\n", capture_output=True, timeout=TIMEOUT)
        assert done.stderr == b""
        assert done.returncode in (0, 1)


@pytest.mark.parametrize("command", ["decode", "encode"])
def test_reader_that_has_enough_ends_the_command_quietly(command: str) -> None:
    line = b"2f61000000\n" if command == "decode" else b"/a\n"
    shell = ["sh", "-c", '"$@" | head -1', "sh", *PROGRAM, command]
    done = subprocess.run(shell, input=line * 20_000, capture_output=True, timeout=TIMEOUT)
    assert done.stderr == b""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="X displays are looked for on Linux only")
@pytest.mark.parametrize(("display", "reason"), [("", "is no display"), (":7654", ":7654 does not answer")])
def test_window_without_a_screen_says_so_and_does_not_abort(display: str, reason: str) -> None:
    environment = {**os.environ, "DISPLAY": display}
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        environment.pop(name, None)
    command = [sys.executable, "-W", "error", "-m", "osc_workbench", "gui"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 2
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
