"""`listen` on TCP and on multicast groups, and what it records of them."""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import TIMEOUT, Running, run, running, wait_for
from tests.doubles.receiving import needs_ipv6
from tests.doubles.streams import prefixed, slipped, tcp_listener
from tests.doubles.talking import talking_to

FRAMERS = pytest.mark.parametrize(("framing", "frame"), [("length", prefixed), ("slip", slipped)])


def message(number: int) -> OscMessage:
    return OscMessage.of("/n", number)


def answers(listener: Running) -> list[Any]:
    return [json.loads(line) for line in listener.lines]


def tcp_url(port: int, framing: str = "length") -> EndpointUrl:
    return EndpointUrl.parse(f"tcp://127.0.0.1:{port}?framing={framing}")


@FRAMERS
@pytest.mark.parametrize("is_told", [True, False])
def test_packets_of_a_stream_are_listed(framing: str, frame: Callable[..., bytes], is_told: bool) -> None:
    url = "tcp://127.0.0.1:0" + (f"?framing={framing}" if is_told else "")
    with running("listen", url, "--format", "jsonl", "--count", "100") as listener:
        (port,) = listener.ports()
        with talking_to(tcp_url(port)) as talker:
            talker.socket.sendall(frame(*[encode_packet(message(number)) for number in range(100)]))
            assert listener.wait() == 0
            lines = answers(listener)
            assert [line["packet"]["args"] for line in lines] == [[number] for number in range(100)]
            assert {line["peer"] for line in lines} == {str(talker.address)}
            bound = url.replace(":0", f":{port}")
            assert {line["endpoint"] for line in lines} == {bound}
        assert listener.stderr.splitlines()[0] == f"ready {bound}"


@needs_ipv6
def test_ipv6_is_listed_with_brackets() -> None:
    with running("listen", "tcp://[::1]:0", "--count", "1") as listener:
        (port,) = listener.ports()
        assert run("send", f"tcp://[::1]:{port}", "/a 1").returncode == 0
        assert listener.wait() == 0
        assert f" tcp://[::1]:{port} <- [::1]:" in listener.lines[0]


def test_several_endpoints_of_all_kinds_are_served_at_once() -> None:
    with running("listen", "0", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "--format", "jsonl") as listener:
        first, second, third = listener.ports(3)
        for url in (f"udp://127.0.0.1:{first}", f"tcp://127.0.0.1:{second}", f"udp://127.0.0.1:{third}"):
            assert run("send", url, "/a 1").returncode == 0
        wait_for(lambda: len(listener.lines) == 3)
        assert listener.end() == 0
        assert [line["endpoint"] for line in answers(listener)] == [
            f"udp://127.0.0.1:{first}",
            f"tcp://127.0.0.1:{second}",
            f"udp://127.0.0.1:{third}",
        ]


def test_bad_stream_is_said_and_counted_and_others_go_on(tmp_path: Path) -> None:
    stats = tmp_path / "stats"
    with running("listen", "tcp://127.0.0.1:0?framing=length", "--format", "jsonl", "--stats", str(stats)) as listener:
        (port,) = listener.ports()
        with talking_to(tcp_url(port)) as good, talking_to(tcp_url(port)) as bad, talking_to(tcp_url(port)) as odd:
            address = bad.address
            bad.socket.sendall(b"\xff\xff\xff\xff")
            odd.socket.sendall(slipped(encode_packet(message(1))))
            assert bad.socket.recv(1) == b""
            assert odd.socket.recv(1) == b""
            good.socket.sendall(bytes(4))
            good.send(message(7))
            wait_for(lambda: listener.lines)
            assert listener.end(signal.SIGTERM) == 0
            assert good.socket.recv(1) == b""
        assert f"The connection with {address} ended: a length prefix announces -1 bytes" in listener.stderr
        assert "this looks like SLIP (OSC 1.1); try framing=slip" in listener.stderr
        assert answers(listener)[0]["packet"]["args"] == [7]
        # A frame without content, and two that ended their streams.
        assert "unreadable frames 3" in listener.stderr.splitlines()[-1]
    assert json.loads(stats.read_text())["bad_frames"] == 3


def test_hint_of_the_wrong_framing_is_said_while_it_listens() -> None:
    with running("listen", "tcp://127.0.0.1:0?framing=slip") as listener:
        (port,) = listener.ports()
        with talking_to(tcp_url(port)) as talker:
            talker.send(message(1))
            wait_for(lambda: "try framing=length" in listener.stderr)
        assert listener.end() == 0
        assert listener.stderr.count("may never give a packet") == 1


def test_port_in_use_names_the_program() -> None:
    with tcp_listener() as other:
        port = other.socket.getsockname()[1]
        done = run("listen", f"tcp://127.0.0.1:{port}")
        assert done.returncode == 2
        assert f"Port {port} is in use by " in done.stderr
        assert "(process " in done.stderr


def test_port_can_be_taken_again_at_once() -> None:
    port = 0
    for _ in range(3):
        with running("listen", f"tcp://127.0.0.1:{port}", "--count", "1") as listener:
            (port,) = listener.ports()
            with talking_to(tcp_url(port)) as talker:
                talker.send(message(1))
                assert listener.wait() == 0
                assert talker.socket.recv(1) == b""


# Multicast.


def test_multicast_group_is_heard_and_shared_and_not_answered() -> None:
    url = "udp://239.255.77.2:0?interface=127.0.0.1&share=yes"
    with running("listen", url, "--format", "jsonl", "--reply", "/n -> /answer") as first:
        (port,) = first.ports()
        with running("listen", url.replace(":0", f":{port}"), "--format", "jsonl", "--count", "1") as second:
            second.ports()
            group = f"udp://239.255.77.2:{port}?interface=127.0.0.1"
            done = run("send", group, "/n 1", "--wait-reply", "0.3")
            assert (done.returncode, done.stderr) == (1, "No reply within 0.3 s.\n")
            assert second.wait() == 0
            assert answers(second)[0]["packet"]["args"] == [1]
        wait_for(lambda: first.lines)
        assert first.end() == 0
        assert "not answered 1" in first.stderr.splitlines()[-1]


# Recording.


def tshark_rows(path: Path, port: int, *fields: str) -> list[list[str]]:
    command = ["tshark", "-d", f"tcp.port=={port},osc", "-r", str(path), "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark comes with the package tshark")
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
@FRAMERS
def test_recording_of_a_stream_is_osc_for_tshark(
    tmp_path: Path, host: str, framing: str, frame: Callable[..., bytes]
) -> None:
    path = tmp_path / "recording.pcapng"
    # More than a segment carries, so that it has to be put together.
    large = OscMessage.of("/large", bytes(150_000))
    bundle = OscBundle(TimeTag.IMMEDIATELY, [OscMessage.of("/in/1", 1), OscMessage.of("/in/2", 2)])
    bracketed = f"[{host}]" if ":" in host else host
    words = ["listen", f"tcp://{bracketed}:0", "--record", str(path), "--reply", "/ping -> /pong ,f 0.5"]
    with running(*words) as listener:
        (port,) = listener.ports()
        with talking_to(EndpointUrl.parse(f"tcp://{bracketed}:{port}?framing={framing}")) as talker:
            source = talker.address.port
            packets = [OscMessage.of("/first", 7), large, bundle, OscMessage.of("/ping", 8)]
            talker.socket.sendall(frame(*map(encode_packet, packets)))
            assert talker.receive() == OscMessage.of("/pong", 0.5)
        wait_for(lambda: len(listener.lines) == 5)
        assert listener.end() == 0
    rows = tshark_rows(
        path, port, "tcp.srcport", "osc.message.header.path", "osc.message.int32", "osc.message.float", "_ws.expert"
    )
    theirs, ours = str(source), str(port)
    assert [row for row in rows if row[1]] == [
        [theirs, "/first", "7", "", ""],
        [theirs, "/large", "", "", ""],
        [theirs, "/in/1,/in/2", "1,2", "", ""],
        [theirs, "/ping", "8", "", ""],
        [ours, "/pong", "", "0.5", ""],
    ]
    # The other rows are segments of the large one.
    assert [row for row in rows if not row[1]] == [[theirs, "", "", "", ""]] * 2
    checks = tshark_checksums(path)
    assert set(checks) == {"1"}


def tshark_checksums(path: Path) -> list[str]:
    """Return "1" for each segment whose checksum is right."""
    command = ["tshark", "-o", "tcp.check_checksum:TRUE", "-r", str(path), "-T", "fields", "-e", "tcp.checksum.status"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout.split()


def test_recording_keeps_the_connections_of_a_server_apart(tmp_path: Path) -> None:
    path = tmp_path / "recording.pcapng"
    with running("listen", "tcp://127.0.0.1:0", "--record", str(path)) as listener:
        (port,) = listener.ports()
        with talking_to(tcp_url(port)) as first, talking_to(tcp_url(port, "slip")) as second:
            for number in range(10):
                first.send(message(number))
                second.send(message(number + 100))
            wait_for(lambda: len(listener.lines) == 20)
            sources = [str(first.address.port), str(second.address.port)]
        assert listener.end() == 0
    if not shutil.which("tshark"):
        pytest.skip("tshark comes with the package tshark")
    rows = tshark_rows(path, port, "tcp.srcport", "osc.message.int32", "_ws.expert")
    for source, start in zip(sources, (0, 100), strict=True):
        numbers = [number for row in rows if row[0] == source for number in row[1].split(",")]
        assert numbers == [str(number) for number in range(start, start + 10)]
    assert {row[2] for row in rows} == {""}


def test_end_of_the_program_ends_the_connections() -> None:
    with running("listen", "tcp://127.0.0.1:0") as listener:
        (port,) = listener.ports()
        with talking_to(tcp_url(port)) as talker:
            talker.send(message(1))
            wait_for(lambda: listener.lines)
            assert listener.end(signal.SIGINT) == 0
            assert talker.socket.recv(1) == b""
