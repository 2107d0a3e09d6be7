"""`send`: what leaves is what was written, and what did not work is said."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import PROGRAM, TIMEOUT, run, running, wait_for
from tests.doubles.receiving import HOSTS, free_port, udp_socket


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with udp_socket() as sock:
        yield sock


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"udp://[{host}]:{port}" if ":" in host else f"udp://{host}:{port}"


def bundle_from(sock: socket.socket) -> OscBundle:
    packet = decode_packet(sock.recv(1000))
    assert isinstance(packet, OscBundle)
    return packet


@HOSTS
def test_text_is_sent_as_a_packet(host: str) -> None:
    with udp_socket(host) as sock:
        done = run("send", url_of(sock), "/synth/1/freq ,f 440.0")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert decode_packet(sock.recv(1000)) == OscMessage("/synth/1/freq", "f", (440.0,))


def test_several_texts_are_sent_in_order(peer: socket.socket) -> None:
    assert run("send", url_of(peer), "/a 1", "/b", "#bundle immediately { /c }").returncode == 0
    assert [peer.recv(1000)[:2] for _ in range(3)] == [b"/a", b"/b", b"#b"]


def test_bare_port_and_names_are_understood(peer: socket.socket) -> None:
    port = peer.getsockname()[1]
    for url in (str(port), f"localhost:{port}", f"udp://localhost:{port}"):
        assert run("send", url, "/a").returncode == 0
        assert peer.recv(100) == b"/a\0\0,\0\0\0"


def test_bytes_of_the_command_line_that_are_no_utf8_are_sent_as_they_are(peer: socket.socket) -> None:
    words = [url_of(peer).encode(), b'/a "\xff"']
    subprocess.run([*PROGRAM, "send", *words], check=True, timeout=TIMEOUT)
    assert peer.recv(100) == b"/a\0\0,s\0\0\xff\0\0\0"


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (["--bundle"], 1),
        (["--bundle", "immediately"], 1),
        (["--bundle", "0xe1f2a3b400000000"], 0xE1F2A3B400000000),
        (["--bundle", "0x0"], 0),
    ],
)
def test_bundle_has_all_texts_and_the_time(peer: socket.socket, options: list[str], value: int) -> None:
    assert run("send", url_of(peer), "/a", "/b", *options).returncode == 0
    assert bundle_from(peer) == OscBundle(TimeTag(value), [OscMessage("/a"), OscMessage("/b")])


def test_bundle_before_the_texts_takes_no_text_for_a_time(peer: socket.socket) -> None:
    assert run("send", url_of(peer), "--bundle", "/a", "/b").returncode == 0
    assert bundle_from(peer) == OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a"), OscMessage("/b")])


@pytest.mark.parametrize("seconds", ["+10", "+10.0", "+.5"])
def test_bundle_can_be_due_some_seconds_from_now(peer: socket.socket, seconds: str) -> None:
    before = time.time_ns()
    assert run("send", url_of(peer), "--bundle", seconds, "/a").returncode == 0
    due = bundle_from(peer).time_tag.to_unix_ns(before) - float(seconds) * 1e9
    assert before - 1000 <= due <= time.time_ns() + 1000


def test_repeat_sends_at_the_rate(peer: socket.socket) -> None:
    start = time.monotonic()
    assert run("send", url_of(peer), "/a", "--repeat", "6", "--rate", "20").returncode == 0
    assert time.monotonic() - start >= 0.25
    assert [peer.recv(100) for _ in range(6)] == [b"/a\0\0,\0\0\0"] * 6


def test_fast_repeat_sends_all(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    assert run("send", url_of(peer), "/a", "--repeat", "200", "--rate", "1e9").returncode == 0
    for _ in range(200):
        assert peer.recv(100)
    peer.setblocking(False)
    with pytest.raises(BlockingIOError):
        peer.recv(100)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [["--rate", "0.01"], ["--rate", "1e6"]])
def test_signal_ends_a_repetition_at_once(peer: socket.socket, options: list[str], number: int) -> None:
    with running("send", url_of(peer), "/a", "--repeat", "100000000", *options) as sender:
        assert peer.recv(100)
        start = time.monotonic()
        assert sender.end(number) == 0
        assert time.monotonic() - start < 3


@HOSTS
def test_reply_is_printed(host: str) -> None:
    with udp_socket(host) as sock, running("send", url_of(sock), "/status", "--wait-reply", "10") as sender:
        _, address = sock.recvfrom(100)
        sock.sendto(b"/status.reply\0\0\0,i\0\0\0\0\0\1", address)
        assert sender.wait() == 0
        (line,) = sender.lines
        assert line.endswith(" /status.reply ,i 1")
        assert " <- " in line
        assert sender.stderr == ""


def test_malformed_reply_is_a_reply(peer: socket.socket) -> None:
    with running("send", url_of(peer), "/status", "--wait-reply", "10") as sender:
        _, address = peer.recvfrom(100)
        peer.sendto(b"\xff", address)
        assert sender.wait() == 0
        assert "malformed: " in sender.stdout


def test_no_reply_in_time_is_a_reservation(peer: socket.socket) -> None:
    done = run("send", url_of(peer), "/status", "--wait-reply", "0.1")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "No reply within 0.1 s.\n")


def test_signal_ends_the_wait_for_a_reply(peer: socket.socket) -> None:
    with running("send", url_of(peer), "/status", "--wait-reply", "60") as sender:
        assert peer.recv(100)
        start = time.monotonic()
        assert sender.end(signal.SIGTERM) == 1
        assert time.monotonic() - start < 3
        assert sender.stderr == "Stopped before a reply came.\n"


@pytest.mark.parametrize("options", [[], ["--wait-reply", "20"], ["--repeat", "3", "--rate", "100"]])
@HOSTS
def test_refusal_is_said_and_a_reservation(host: str, options: list[str]) -> None:
    port = free_port(host)
    url, text = (f"udp://[{host}]:{port}", f"[{host}]:{port}") if ":" in host else (f"udp://{host}:{port}",) * 2
    start = time.monotonic()
    done = run("send", url, "/a", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{text.removeprefix('udp://')} refused a datagram: nothing listens there.\n"
    assert time.monotonic() - start < 10


def test_packet_that_fits_no_datagram_is_refused(peer: socket.socket) -> None:
    blob = '/a x"' + "00" * 33_000 + '"'
    done = run("send", url_of(peer), blob, blob, "--bundle")
    assert done.returncode == 2
    assert "does not fit into a UDP datagram" in done.stderr


def test_bad_text_says_where_and_sends_nothing(peer: socket.socket) -> None:
    done = run("send", url_of(peer), "/good 1", "/a ,i x")
    assert done.returncode == 2
    assert "'/a ,i x' is no packet: column 7: the type tag 'i'" in done.stderr
    peer.setblocking(False)
    with pytest.raises(BlockingIOError):
        peer.recv(100)


def test_sender_listens_only_on_the_address_it_sends_from(peer: socket.socket) -> None:
    with running("send", url_of(peer), "/status", "--wait-reply", "20") as sender:
        _, (host, port) = peer.recvfrom(100)
        assert host == "127.0.0.1"
        table = Path("/proc/net/udp").read_text()
        assert f"0100007F:{port:04X}" in table
        peer.sendto(b"/ok\0,\0\0\0", (host, port))
        assert sender.wait() == 0
        wait_for(lambda: sender.lines)
