"""Handlers from a file of the user's: loaded, loaded again, and never able to stop the program."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from osc_workbench.net import script as script_module
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.script import Script
from osc_workbench.net.tasks import spawn
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, complete, invoke
from osc_workbench.osc.packet import OscMessage, OscPacket
from tests.doubles.waiting import until

GOOD = """
@dispatcher.on("/ping")
def ping(context):
    return ("/pong", *context.arguments)
"""
ENDLESS = "while True:\n    pass\n"


class Rig:
    """A script with what it says."""

    def __init__(self, path: Path, **names: Any) -> None:
        self.path = path
        self.dispatcher = Dispatcher()
        self.problems: list[str] = []
        self.script = Script(path, self.dispatcher, names, self.problems.append)

    def load(self, source: str | bytes) -> None:
        self.write(source)
        self.script.load()

    def refused(self, source: str | bytes) -> str:
        """Load what cannot be loaded and return what is said."""
        with pytest.raises(EndpointError) as caught:
            self.load(source)
        return str(caught.value)

    def write(self, source: str | bytes) -> None:
        self.path.write_bytes(source if isinstance(source, bytes) else source.encode())
        # Two versions within one tick of the file system's clock are told apart by this.
        os.utime(self.path, ns=(0, next(_times)))

    def ask(self, address: str, *arguments: Any) -> list[OscPacket]:
        sent: list[OscPacket] = []
        context = Context(OscMessage.of(address, *arguments), ("127.0.0.1", 9), send=sent.append)
        for handler in self.dispatcher.handlers_for(address):
            assert invoke(handler, context) is None
        return sent


_times = iter(range(1_000_000_000, 2_000_000_000, 1_000_000))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "lamp.py", OscMessage=OscMessage, limit=7)


@pytest.fixture
def watched(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Callable[[], asyncio.Task[None]]:
    monkeypatch.setattr(script_module, "_LOOK_INTERVAL", 0.002)
    return lambda: spawn(rig.script.watch(), "watch")


# Loading.


def test_a_script_registers_handlers_with_the_dispatcher_it_finds(rig: Rig) -> None:
    rig.load(GOOD)
    assert rig.ask("/ping", 1) == [OscMessage.of("/pong", 1)]
    assert (rig.script.handlers, rig.script.problem, rig.problems) == (1, "", [])


def test_a_script_can_register_in_every_shape(rig: Rig) -> None:
    rig.load(
        """
def shaped(peer, address, fixed, *arguments):
    return ("/shaped", peer[1], address, fixed, *arguments)

async def later(context):
    return "/later"

handlers = [
    dispatcher.map("/shaped", shaped, "x", needs_reply_address=True),
    dispatcher.on("/all/**", lambda context: "/all"),
    dispatcher.on("/later", later),
    dispatcher.on(9, lambda context: None),
]
assert [handler.pattern for handler in handlers] == ["/shaped", "/all/**", "/later", 9]
"""
    )
    assert rig.ask("/shaped", 1) == [OscMessage.of("/shaped", 9, "/shaped", ["x"], 1)]
    assert rig.ask("/all/of/them") == [OscMessage("/all")]
    assert rig.script.handlers == 4


async def test_a_coroutine_of_a_script_is_a_handler(rig: Rig) -> None:
    rig.load('@dispatcher.on("/a")\nasync def later(context):\n    return "/later"\n')
    sent: list[OscPacket] = []
    outcome = invoke(rig.dispatcher.handlers_for("/a")[0], Context(OscMessage("/a"), send=sent.append))
    assert outcome is not None
    await complete(outcome)
    assert sent == [OscMessage("/later")]


def test_a_script_finds_the_names_it_was_promised_and_is_not_the_main_program(rig: Rig) -> None:
    rig.load(
        'assert __name__ == "osc_script", __name__\n'
        'assert __file__.endswith("lamp.py")\n'
        "assert limit == 7\n"
        'dispatcher.on("/a", lambda context: OscMessage.of("/b", limit))\n'
    )
    assert rig.ask("/a") == [OscMessage.of("/b", 7)]


def test_handlers_that_were_there_before_a_script_stay(rig: Rig) -> None:
    rig.dispatcher.on("/ping", lambda _: "/ours")
    rig.load(GOOD)
    assert rig.ask("/ping") == [OscMessage("/ours"), OscMessage("/pong")]
    rig.script.cancel()
    assert rig.ask("/ping") == [OscMessage("/ours")]
    assert rig.script.handlers == 0


def test_an_empty_script_is_one_without_handlers(rig: Rig) -> None:
    rig.load("")
    assert rig.script.handlers == 0


# What cannot be loaded.


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\ndef broken(:\n    pass\n", "lamp.py, line 2: SyntaxError: invalid syntax."),
        (
            "if True:\npass\n",
            "lamp.py, line 2: SyntaxError: expected an indented block after 'if' statement on line 1.",
        ),
        ("return 5\n", "lamp.py, line 1: SyntaxError: 'return' outside function."),
        ("x = '\n", "lamp.py, line 1: SyntaxError: unterminated string literal (detected at line 1)."),
        ("x = 1\n\nx / 0\n", "lamp.py, line 3: ZeroDivisionError: division by zero."),
        ("def f():\n    raise KeyError('lamp')\n\nf()\n", "lamp.py, line 2: KeyError: 'lamp'."),
        ("import no_such_module_at_all\n", "lamp.py, line 1: ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(3)\n", "lamp.py, line 2: SystemExit: 3."),
        ("quit()\n", "SystemExit"),
        ("\ndispatcher.on('', print)\n", "lamp.py, line 2: OscEncodeError: "),
        ("\ndispatcher.on('/[', print)\n", "lamp.py, line 2: ValueError: '/[' can match no address"),
        ("dispatcher.no_such_thing()\n", "lamp.py, line 1: AttributeError: "),
        ("raise ValueError('one\\ntwo' + 'x' * 100_000)\n", "lamp.py, line 1: ValueError: one two"),
        ("def f(): f()\nf()\n", "RecursionError"),
    ],
)
def test_what_is_wrong_with_a_script_is_said_with_its_line(rig: Rig, source: str, said: str) -> None:
    text = rig.refused(source)
    assert text.startswith(str(rig.path))
    assert said in text
    assert "\n" not in text
    assert len(text) < 800
    assert not rig.dispatcher.has_handlers


@pytest.mark.parametrize(
    "source",
    [b"\xff\xfe\x00", b"x = '\xff'\n", b"# coding: no-such-code\n", b"a\0b", b"(" * 1000, b"-" * 200_000 + b"1"],
)
def test_bytes_that_are_no_program_are_refused(rig: Rig, source: bytes) -> None:
    assert rig.refused(source).startswith(str(rig.path))


def test_a_syntax_error_in_a_module_of_the_scripts_is_said_of_that_module(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "broken_helper.py").write_text("\n\nx = = 1\n")
    text = rig.refused(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport broken_helper\n")
    assert text == f"{tmp_path / 'broken_helper.py'}, line 3: SyntaxError: invalid syntax."


def test_a_failure_at_the_end_takes_back_what_was_registered_before(rig: Rig) -> None:
    rig.refused(GOOD + "raise ValueError\n")
    assert not rig.dispatcher.has_handlers
    assert rig.script.handlers == 0


def test_a_script_that_fails_keeps_the_handlers_of_its_last_good_version(rig: Rig) -> None:
    rig.load(GOOD)
    for bad in ("x = = 1\n", GOOD + "raise ValueError\n", "exit()\n"):
        rig.refused(bad)
        assert rig.ask("/ping", 1) == [OscMessage.of("/pong", 1)]
        assert rig.script.handlers == 1


@pytest.mark.parametrize(
    "source",
    [
        ENDLESS,
        "import time\ntime.sleep(60)\n",
        "while True:\n    try:\n        x = 1\n    except Exception:\n        pass\n",
    ],
)
def test_a_script_that_never_comes_to_its_end_is_stopped(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(script_module, "_LOAD_TIMEOUT", 0.1)
    rig.load(GOOD)
    assert "it ran longer than it may" in rig.refused(source)
    assert rig.ask("/ping") == [OscMessage("/pong")]


def test_a_script_that_is_not_there_or_no_file_is_said_so(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "gone.py", "cannot be read: No such file or directory."),
        (tmp_path, "cannot be read: Is a directory."),
        (tmp_path / "lamp.py" / "x", "cannot be read: "),
    ):
        with pytest.raises(EndpointError) as caught:
            Rig(path).script.load()
        assert f"The script {path} {said}" in str(caught.value)


def test_a_pipe_into_which_nobody_writes_does_not_hang_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_module, "_LOAD_TIMEOUT", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EndpointError, match="it ran longer than it may"):
        Rig(tmp_path / "pipe").script.load()


# Loading again.


def test_loading_again_replaces_the_handlers(rig: Rig) -> None:
    rig.load(GOOD)
    rig.load(GOOD.replace("/pong", "/other"))
    assert rig.ask("/ping") == [OscMessage("/other")]
    assert len(rig.dispatcher.handlers()) == 1


def test_handlers_that_a_handler_registers_later_are_replaced_too(rig: Rig) -> None:
    rig.load('@dispatcher.on("/more")\ndef more(context):\n    dispatcher.on("/new", lambda context: "/b")\n')
    rig.ask("/more")
    assert rig.ask("/new") == [OscMessage("/b")]
    rig.load(GOOD)
    assert [handler.pattern for handler in rig.dispatcher.handlers()] == ["/ping"]


async def test_a_script_that_changes_is_loaded_again_and_says_so(
    rig: Rig, watched: Callable[[], asyncio.Task[None]]
) -> None:
    rig.load(GOOD)
    task = watched()
    await asyncio.sleep(0)
    rig.write(GOOD + GOOD.replace("/pong", "/pong/2"))
    await until(lambda: rig.problems)
    assert rig.problems == ["lamp.py was loaded again: 2 handlers."]
    assert rig.ask("/ping") == [OscMessage("/pong"), OscMessage("/pong/2")]
    task.cancel()
    await until(task.done)


async def test_a_script_that_does_not_change_is_not_loaded_again(
    rig: Rig, watched: Callable[[], asyncio.Task[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.load(GOOD)
    looks: list[int] = []
    look = rig.script._look

    def counted() -> Any:
        looks.append(1)
        return look()

    monkeypatch.setattr(rig.script, "_look", counted)
    task = watched()
    await until(lambda: len(looks) > 5)
    assert rig.problems == []
    task.cancel()
    await until(task.done)


async def test_a_change_that_cannot_be_loaded_is_said_once_keeps_the_old_handlers_and_can_be_mended(
    rig: Rig, watched: Callable[[], asyncio.Task[None]]
) -> None:
    rig.load(GOOD)
    task = watched()
    for number, bad in enumerate(("x = = 1\n", "raise ValueError('bad')\n", "import sys; sys.exit()\n")):
        rig.write(bad)
        await until(lambda number=number: len(rig.problems) == number + 1)  # type: ignore[misc]  # bound in the loop
        assert rig.problems[-1] == rig.script.problem + " Its handlers of before stay."
        assert rig.ask("/ping") == [OscMessage("/pong")]
    rig.write(GOOD.replace("/pong", "/mended"))
    await until(lambda: rig.script.problem == "")
    assert rig.ask("/ping") == [OscMessage("/mended")]
    assert len(rig.problems) == 4
    task.cancel()
    await until(task.done)


async def test_a_change_that_never_comes_to_its_end_is_stopped_and_watching_goes_on(
    rig: Rig, watched: Callable[[], asyncio.Task[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_module, "_LOAD_TIMEOUT", 0.05)
    rig.load(GOOD)
    task = watched()
    rig.write(ENDLESS)
    await until(lambda: rig.script.problem)
    assert "it ran longer than it may" in rig.script.problem
    rig.write(GOOD)
    await until(lambda: rig.script.problem == "")
    task.cancel()
    await until(task.done)


async def test_a_script_that_goes_away_keeps_its_handlers_and_is_loaded_when_it_comes_back(
    rig: Rig, watched: Callable[[], asyncio.Task[None]]
) -> None:
    rig.load(GOOD)
    task = watched()
    rig.path.unlink()
    await until(lambda: rig.problems)
    assert rig.problems == [
        f"The script {rig.path} cannot be read: No such file or directory. Its handlers of before stay."
    ]
    assert rig.ask("/ping") == [OscMessage("/pong")]
    rig.write(GOOD.replace("/pong", "/back"))
    await until(lambda: len(rig.problems) == 2)
    assert rig.ask("/ping") == [OscMessage("/back")]
    task.cancel()
    await until(task.done)


async def test_a_script_replaced_as_editors_do_is_loaded_again(
    rig: Rig, watched: Callable[[], asyncio.Task[None]], tmp_path: Path
) -> None:
    rig.load(GOOD)
    task = watched()
    (tmp_path / "lamp.py.new").write_text(GOOD.replace("/pong", "/new!"))
    (tmp_path / "lamp.py.new").replace(rig.path)
    await until(lambda: rig.problems)
    assert rig.ask("/ping") == [OscMessage("/new!")]
    task.cancel()
    await until(task.done)
