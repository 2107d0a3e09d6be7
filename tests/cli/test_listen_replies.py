"""`listen` that answers: by rules of `--reply` and by handlers of a `--script`."""

import re
import time
from pathlib import Path

import pytest

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import Running, run, running, wait_for
from tests.doubles.receiving import udp_socket
from tests.doubles.talking import Talker, talking_to

SCHEMES = pytest.mark.parametrize("scheme", ["udp", "tcp"])
PING = OscMessage("/ping")


def url_of(listener: Running, scheme: str = "udp") -> EndpointUrl:
    return EndpointUrl(scheme, "127.0.0.1", listener.ports()[0])


def asked(talker: Talker, packet: OscPacket) -> OscPacket:
    talker.send(packet)
    return talker.receive()


# Rules.


@SCHEMES
def test_rules_answer_their_sender(scheme: str) -> None:
    rules = ["--reply", "/ping -> /pong ,i 1", "--reply", "/note/* -> #bundle immediately { /a ; /b 2 }"]
    with running("listen", f"{scheme}://127.0.0.1:0", *rules) as listener:
        with talking_to(url_of(listener, scheme)) as talker:
            assert asked(talker, PING) == OscMessage.of("/pong", 1)
            bundle = asked(talker, OscMessage.of("/note/60", 0.5))
            assert bundle == OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a"), OscMessage.of("/b", 2)])
            # A pattern reaches the rules that it matches.
            assert asked(talker, OscMessage("/p?ng")) == OscMessage.of("/pong", 1)
        wait_for(lambda: len(listener.lines) == 6)
        assert listener.end() == 0
        arrows = [" -> " if " -> " in line else " <- " for line in listener.lines]
        assert arrows == [" <- ", " -> "] * 3
        summary = listener.stderr.splitlines()[-1]
        assert "received 3 packets" in summary
        assert ", sent 3" in summary


def test_nothing_is_answered_without_a_rule() -> None:
    with running("listen", "0", "--count", "2", "--reply", "/other -> /reply") as listener, udp_socket() as peer:
        (port,) = listener.ports()
        for _ in range(2):
            peer.sendto(encode_packet(PING), ("127.0.0.1", port))
        assert listener.wait() == 0
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(100)
        assert "sent" not in listener.stderr


def test_bundle_of_the_future_is_answered_at_its_time() -> None:
    with running("listen", "0", "--reply", "/ping -> /pong") as listener:
        with talking_to(url_of(listener)) as talker:
            now = time.time_ns()
            talker.send(OscBundle(TimeTag.from_unix_ns(now) + 0.2, [PING]))
            assert talker.receive() == OscMessage("/pong")
            assert time.time_ns() >= now + 199_000_000
            talker.send(OscBundle(TimeTag.from_unix_ns(now) + 600.0, [PING]))
            wait_for(lambda: len(listener.lines) == 3)
        assert listener.end() == 0
        assert "1 bundles that waited for their time were discarded" in listener.stderr


def test_two_that_answer_each_other_stop(tmp_path: Path) -> None:
    script = tmp_path / "kick.py"
    script.write_text(
        '@dispatcher.on("/kick")\nasync def kick(context):\n'
        '    await send("/ball", f"udp://127.0.0.1:{context.arguments[0]}")\n'
    )
    rule = ["--reply", "/ball -> /ball"]
    with running("listen", "0", *rule, "--script", str(script)) as one, running("listen", "0", *rule) as other:
        (first,), (second,) = one.ports(), other.ports()
        assert run("send", str(first), f"/kick {second}").returncode == 0
        stopped = re.compile(r"is not answered until it is quiet for a second: ")
        wait_for(lambda: stopped.search(one.stderr) or stopped.search(other.stderr), timeout=20)
        assert one.end() == other.end() == 0
        summaries = [listener.stderr.splitlines()[-1] for listener in (one, other)]
        sent = [int(re.findall(r", sent (\d+)", summary)[0]) for summary in summaries]
        # It was the same answer again and again, so it took no more than some hundreds.
        assert all(100 < count < 1000 for count in sent)
        assert sum(len(stopped.findall(listener.stderr)) for listener in (one, other)) == 1
        assert sum("not answered 1" in summary for summary in summaries) == 1


# Scripts.

SCRIPT = """
count = 0

@dispatcher.on("/add")
def add(context):
    return "/sum", sum(context.arguments)

@dispatcher.on("/count")
def counted(context):
    global count
    count += 1
    return [("/count", count), OscMessage.of("/from", context.peer[1])]

@dispatcher.on("/bad")
def bad(context):
    raise ValueError("as\\nexpected")

@dispatcher.on("/later/**")
async def later(context):
    return "/done"
"""


@SCHEMES
def test_handlers_of_a_script_answer(tmp_path: Path, scheme: str) -> None:
    script = tmp_path / "handlers.py"
    script.write_text(SCRIPT)
    with running("listen", f"{scheme}://127.0.0.1:0", "--script", str(script)) as listener:
        with talking_to(url_of(listener, scheme)) as talker:
            assert asked(talker, OscMessage.of("/add", 1, 2)) == OscMessage.of("/sum", 3)
            assert asked(talker, OscMessage("/count")) == OscMessage.of("/count", 1)
            assert talker.receive() == OscMessage.of("/from", talker.address.port)
            assert asked(talker, OscMessage("/later/a/b")) == OscMessage("/done")
            talker.send(OscMessage("/bad"))
            assert asked(talker, OscMessage("/count")) == OscMessage.of("/count", 2)
        assert listener.end() == 0
        said = [line for line in listener.stderr.splitlines() if "ValueError" in line]
        assert said == ["The handler bad for /bad failed on /bad: ValueError: as expected (handlers.py, line 16)."]
        assert "failed handlers 1" in listener.stderr.splitlines()[-1]


def test_script_is_loaded_again_when_it_changes_and_a_bad_version_leaves_the_old_one(tmp_path: Path) -> None:
    script = tmp_path / "handlers.py"
    script.write_text('dispatcher.on("/ping", lambda context: "/first")\n')
    with running("listen", "0", "--script", str(script)) as listener:
        with talking_to(url_of(listener)) as talker:
            assert asked(talker, PING) == OscMessage("/first")
            script.write_text('dispatcher.on("/ping", lambda context: "/second/version")\n')
            wait_for(lambda: "handlers.py was loaded again: 1 handlers." in listener.stderr)
            assert asked(talker, PING) == OscMessage("/second/version")
            script.write_text('dispatcher.on("/ping", lambda context: "/third")\nthis is no Python\n')
            wait_for(lambda: "line 2: SyntaxError" in listener.stderr)
            assert "Its handlers of before stay." in listener.stderr
            assert asked(talker, PING) == OscMessage("/second/version")
            script.unlink()
            wait_for(lambda: "cannot be read" in listener.stderr)
            assert asked(talker, PING) == OscMessage("/second/version")
            script.write_text('dispatcher.on("/ping", lambda context: "/it/is/back")\n')
            wait_for(lambda: listener.stderr.count("was loaded again") == 2)
            assert asked(talker, PING) == OscMessage("/it/is/back")
        assert listener.end() == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\nthis is no Python\n", "line 2: SyntaxError: invalid syntax"),
        ("import no_such_module\n", "line 1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\n1 / 0\n", "line 3: ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)\n", "line 1: SystemExit"),
        ('dispatcher.on("/a[", print)\n', "line 1: ValueError"),
        ("x = '\0'\n", "null bytes"),
        ("x = '\udcff'\n", "SyntaxError: (unicode error)"),
    ],
)
def test_script_that_cannot_be_loaded_is_a_sentence_and_exit_2(tmp_path: Path, source: str, said: str) -> None:
    script = tmp_path / "handlers.py"
    script.write_bytes(source.encode("utf-8", "surrogateescape"))
    done = run("listen", "0", "--script", str(script))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"osc-workbench listen: {script}")
    assert said in line


def test_handler_that_hangs_is_stopped_and_the_rest_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "handlers.py"
    script.write_text(
        '@dispatcher.on("/hang")\ndef hang(context):\n    while True:\n        pass\n'
        'dispatcher.on("/ping", lambda context: "/pong")\n'
    )
    with running("listen", "0", "--script", str(script)) as listener:
        with talking_to(url_of(listener)) as talker:
            talker.send(OscMessage("/hang"), PING)
            assert talker.receive() == OscMessage("/pong")
        assert listener.end() == 0
        assert "The handler hang for /hang failed on /hang: it ran longer than 2 s" in listener.stderr
