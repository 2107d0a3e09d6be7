"""The code that "copy as" makes, run by the programs it is for: every byte that leaves is compared."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscBundle, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.code_forms import FORMS, copy_text
from osc_workbench.traffic.record import Peer
from tests.doubles.copied_packets import EVERY_PACKET, HOSTILE, LONG, MALFORMED, encoded
from tests.doubles.program import TIMEOUT
from tests.doubles.receiving import IPV6_HOST, udp_socket
from tests.osc.samples import packets

FORM = {form.name: form for form in FORMS}
needs_oscsend = pytest.mark.skipif(not shutil.which("oscsend"), reason="oscsend comes with the package liblo-tools")
needs_sclang = pytest.mark.skipif(
    not shutil.which("sclang"), reason="sclang comes with the package supercollider-language"
)
# One command of the workbench takes a third of a second, so a few stand for all.
SLOW = [
    encoded('#bundle 0xe1f2a3b400000001 { /a ,s "it\'s" ; #bundle { 9 ,r #01020304 } }'),
    next(data for data in HOSTILE if b"\x1b" in data),
    b"/a\0\0,\"';$(x)`\0\0\0",
]


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with udp_socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        yield sock


def peer_of(sock: socket.socket) -> Peer:
    return Peer(*sock.getsockname()[:2])


def send_with_python(text: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(text, "copied", "exec"), names)
    if "client" in names:
        names["client"]._sock.close()


def run_in_shell(text: str, directory: Path) -> None:
    """Run in an empty directory, which must be empty afterwards."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", text], cwd=directory, env=os.environ | {"PATH": path}, capture_output=True, timeout=TIMEOUT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(directory.iterdir()) == []


def test_python_sends_the_same_bytes_for_every_packet(receiver: socket.socket) -> None:
    for data in EVERY_PACKET + LONG:
        send_with_python(FORM["python-osc"].text(data, peer_of(receiver)))
        assert receiver.recv(70_000) == data


def test_python_sends_the_same_bytes_for_any_packet() -> None:
    with udp_socket() as sock:

        @settings(max_examples=25)
        @given(packets)
        def check(packet: OscPacket) -> None:
            data = encode_packet(packet)
            send_with_python(FORM["python-osc"].text(data, peer_of(sock)))
            assert sock.recv(70_000) == data

        check()


@pytest.mark.parametrize("host", [IPV6_HOST])
def test_python_reaches_an_ipv6_target(host: str) -> None:
    with udp_socket(host) as sock:
        send_with_python(copy_text([(encoded("/a ,i 1"), peer_of(sock)), (b"\xff", peer_of(sock))], FORM["python-osc"]))
        assert [sock.recv(100), sock.recv(100)] == [encoded("/a ,i 1"), b"\xff"]


@needs_oscsend
def test_oscsend_sends_the_same_bytes_for_all_it_is_given(receiver: socket.socket, tmp_path: Path) -> None:
    pairs = [(data, peer_of(receiver)) for data in EVERY_PACKET]
    sent = [pair for pair in pairs if FORM["oscsend"].text(*pair).startswith("oscsend ")]
    assert len(sent) > 40
    run_in_shell(copy_text(sent, FORM["oscsend"]), tmp_path)
    assert [receiver.recv(70_000) for _ in sent] == [data for data, _ in sent]


def test_shell_sends_the_same_bytes_without_oscsend(receiver: socket.socket, tmp_path: Path) -> None:
    expected = [*SLOW, b"", b"\xff'\"$(touch broken)\n\\", MALFORMED[-1], LONG[-1]]
    text = copy_text([(data, peer_of(receiver)) for data in expected], FORM["oscsend"])
    assert "\noscsend" not in text
    run_in_shell(text, tmp_path)
    assert [receiver.recv(70_000) for _ in expected] == expected


@pytest.mark.parametrize("host", [IPV6_HOST])
def test_shell_reaches_an_ipv6_target(host: str, tmp_path: Path) -> None:
    with udp_socket(host) as sock:
        pairs = [(encoded("/a ,i 1"), peer_of(sock)), (b"\xff", peer_of(sock))]
        run_in_shell(copy_text(pairs, FORM["oscsend"]), tmp_path)
        assert [sock.recv(100), sock.recv(100)] == [data for data, _ in pairs]


def as_sent_by_sclang(data: bytes) -> bytes:
    """Return the bytes with the time of a bundle that sclang builds left out, as its comment says."""
    if "sendBundle" not in FORM["sclang"].text(data, None):
        return data
    bundle = decode_packet(data)
    assert isinstance(bundle, OscBundle)
    return encode_packet(OscBundle(TimeTag.IMMEDIATELY, bundle.elements))


def run_in_sclang(text: str, directory: Path) -> str:
    script = directory / "copied.scd"
    script.write_text(f"{text}\n0.exit;\n")
    # Without these it wants a screen, and refuses to run as root.
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
    command = ["sclang", str(script)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=50, env=environment)
    return done.stdout.decode(errors="replace")


def datagrams(sock: socket.socket, count: int) -> Sequence[bytes]:
    return [sock.recv(70_000) for _ in range(count)]


@needs_sclang
def test_sclang_sends_the_same_bytes(receiver: socket.socket, tmp_path: Path) -> None:
    expected = [*EVERY_PACKET, *LONG, encoded("#bundle 0xe1f2a3b400000001 { /a ,s x ; 9 }")]
    output = run_in_sclang(copy_text([(data, peer_of(receiver)) for data in expected], FORM["sclang"]), tmp_path)
    assert "ERROR" not in output, output
    assert datagrams(receiver, len(expected)) == [as_sent_by_sclang(data) for data in expected]
