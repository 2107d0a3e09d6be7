"""`send` over TCP, to groups and to broadcast addresses, and many rounds at a rate."""

import signal
import socket
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import run, running, wait_for
from tests.doubles.receiving import HOSTS, udp_socket
from tests.doubles.streams import Listener, free_tcp_port, prefixed, slipped, tcp_listener

FRAMERS = pytest.mark.parametrize(("framing", "frame"), [("length", prefixed), ("slip", slipped), ("auto", prefixed)])
LARGE = bytes(60_000)


def accept(listener: Listener) -> socket.socket:
    listener.socket.settimeout(10)
    accepted, _ = listener.socket.accept()
    accepted.settimeout(10)
    return accepted


def read_all(sock: socket.socket) -> bytes:
    received = bytearray()
    while data := sock.recv(1 << 20):
        received += data
    return bytes(received)


def packets_of(stream: bytes) -> list[bytes]:
    framer = make_framer(Framing.LENGTH)
    framer.receive_data(stream)
    assert framer.end_of_stream() == ""
    return framer.take_packets()


@FRAMERS
@HOSTS
def test_packets_are_sent_in_the_framing_of_the_url(host: str, framing: str, frame: Callable[..., bytes]) -> None:
    with tcp_listener(host) as listener:
        done = run("send", f"{listener.url}?framing={framing}", "/a 1", "/b ,s x", "#bundle immediately { /c }")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        with accept(listener) as peer:
            expected = [
                OscMessage.of("/a", 1),
                OscMessage.of("/b", "x"),
                OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/c")]),
            ]
            assert read_all(peer) == frame(*map(encode_packet, expected))


@FRAMERS
def test_reply_is_printed(framing: str, frame: Callable[..., bytes]) -> None:
    with (
        tcp_listener() as listener,
        running("send", f"{listener.url}?framing={framing}", "/status", "--wait-reply", "10") as sender,
        accept(listener) as peer,
    ):
        assert peer.recv(100) == frame(encode_packet(OscMessage("/status")))
        peer.sendall(frame(encode_packet(OscMessage.of("/status.reply", 1))))
        assert sender.wait() == 0
        (line,) = sender.lines
        assert line.endswith(" /status.reply ,i 1")
        assert sender.stderr == ""


def test_reply_before_the_end_of_the_connection_is_printed() -> None:
    # As a server does that answers and hangs up.
    for _ in range(5):
        words = ["/status", "--wait-reply", "10"]
        with tcp_listener() as listener, running("send", listener.url, *words) as sender:
            with accept(listener) as peer:
                assert peer.recv(100)
                peer.sendall(prefixed(encode_packet(OscMessage("/reply"))))
            assert sender.wait() == 0
            assert sender.lines[0].endswith(" /reply ,")


def test_end_of_the_connection_instead_of_a_reply_is_said_at_once() -> None:
    with tcp_listener() as listener:
        start = time.monotonic()
        with running("send", listener.url, "/status", "--wait-reply", "20") as sender:
            with accept(listener) as peer:
                assert peer.recv(100)
            assert sender.wait() == 1
            assert sender.stderr.endswith(" ended: the other side closed it.\n")
        assert time.monotonic() - start < 10


def test_no_reply_in_time_is_a_reservation() -> None:
    with tcp_listener() as listener:
        done = run("send", listener.url, "/status", "--wait-reply", "0.1")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "No reply within 0.1 s.\n")


@pytest.mark.parametrize("options", [[], ["--wait-reply", "20"], ["--repeat", "3"]])
def test_refused_connection_could_not_be_used(options: list[str]) -> None:
    port = free_tcp_port()
    done = run("send", f"tcp://127.0.0.1:{port}", "/a", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"osc-workbench send: 127.0.0.1:{port} refused the connection: nothing listens there.\n"


def test_everything_arrives_though_the_peer_reads_slowly() -> None:
    with tcp_listener() as listener:
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        words = ["/large ,b x" + '"' + LARGE.hex() + '"', "--repeat", "100", "--rate", "1e6"]
        with running("send", listener.url, *words) as sender, accept(listener) as peer:
            # Nothing is read before the sender must wait.
            wait_for(StuckQueue(listener).is_stuck)
            packets = packets_of(read_all(peer))
            assert sender.wait() == 0
        assert packets == [encode_packet(OscMessage.of("/large", LARGE))] * 100


def connections_to(port: int) -> list[list[str]]:
    """Return the rows of the system's table for what connects to a port of this machine."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row for row in rows if row[2].endswith(f":{port:04X}")]


class StuckQueue:
    """What waits in the system for a peer that does not read."""

    def __init__(self, listener: Listener) -> None:
        self._port = listener.socket.getsockname()[1]
        self._seen = [0]

    def is_stuck(self) -> bool:
        """Tell whether it is much and has not changed for some looks: the sender waits, too."""
        self._seen.append(sum(int(row[4].partition(":")[0], 16) for row in connections_to(self._port)))
        return self._seen[-1] > 1 << 19 and len(self._seen) > 30 and len(set(self._seen[-30:])) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_though_the_peer_never_reads(number: int) -> None:
    with tcp_listener() as listener:
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        text = "/large ,b x" + '"' + LARGE.hex() + '"'
        with running("send", listener.url, text, "--repeat", "1000", "--rate", "1e6") as sender, accept(listener):
            wait_for(StuckQueue(listener).is_stuck)
            start = time.monotonic()
            # What the peer has not taken is given up, and that is said.
            assert sender.end(number) == 1
            assert time.monotonic() - start < 5
            assert "bytes had not been taken by the peer" in sender.stderr


def test_signal_ends_the_wait_for_a_connection() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        # The test's own attempts are among them.
        begun = connecting(port)
        with running("send", f"tcp://127.0.0.1:{port}", "/a") as sender:
            wait_for(lambda: connecting(port) > begun)
            start = time.monotonic()
            assert sender.end(signal.SIGTERM) == 1
            assert time.monotonic() - start < 5
            assert sender.stderr == "Stopped before everything was sent.\n"
        for sock in waiting:
            sock.close()


def connecting(port: int) -> int:
    # Source: Linux include/net/tcp_states.h: 02 is SYN_SENT.
    return sum(row[3] == "02" for row in connections_to(port))


# Groups and broadcast.


def test_multicast_leaves_by_the_interface() -> None:
    with udp_socket("239.255.77.4") as sock:
        request = socket.inet_aton("239.255.77.4") + socket.inet_aton("127.0.0.1")
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        port = sock.getsockname()[1]
        for interface in ("127.0.0.1", "lo"):
            assert run("send", f"udp://239.255.77.4:{port}?interface={interface}", "/a 1").returncode == 0
            assert decode_packet(sock.recv(100)) == OscMessage.of("/a", 1)


def test_broadcast_must_be_allowed() -> None:
    with udp_socket("0.0.0.0") as sock:
        url = f"udp://127.255.255.255:{sock.getsockname()[1]}"
        done = run("send", url, "/a 1")
        assert done.returncode == 2
        assert "?broadcast=yes" in done.stderr
        assert run("send", f"{url}?broadcast=yes", "/a 2").returncode == 0
        assert decode_packet(sock.recv(100)) == OscMessage.of("/a", 2)


# Many rounds.


@pytest.mark.parametrize("rate", ["300", "3000", "1e9"])
def test_every_round_arrives_in_order_at_its_time(rate: str) -> None:
    with running("listen", "0", "--format", "jsonl", "--count", "600") as listener:
        (port,) = listener.ports()
        texts = ["/first 1", "/second 2"]
        done = run("send", str(port), *texts, "--repeat", "300", "--rate", rate)
        assert (done.returncode, done.stderr) == (0, "")
        assert listener.wait() == 0
        addresses = [line.split('"address": "')[1].split('"')[0] for line in listener.lines]
        assert addresses == ["/first", "/second"] * 300
        stamps = [line.split('"time": "')[1].split('"')[0] for line in listener.lines[::2]]
        seconds = [float(stamp[17:-1]) + 60 * int(stamp[14:16]) for stamp in stamps]
        gaps = [(later - earlier) % 3600 for earlier, later in pairwise(seconds)]
        # Whatever the machine does, on the whole it is no faster than asked.
        assert sum(gaps) >= 299 / float(rate) - 0.005


def test_rounds_over_tcp_arrive_whole_and_in_order() -> None:
    with tcp_listener() as listener:
        words = ["/a 1", "/b 2", "--repeat", "500", "--rate", "5000"]
        with running("send", listener.url, *words) as sender, accept(listener) as peer:
            packets = packets_of(read_all(peer))
            assert sender.wait() == 0
        assert packets == [encode_packet(OscMessage.of("/a", 1)), encode_packet(OscMessage.of("/b", 2))] * 500


def test_bundle_of_each_round_has_its_own_time() -> None:
    with udp_socket() as peer:
        words = ["/a", "--bundle", "+1", "--repeat", "3", "--rate", "50"]
        assert run("send", f"udp://127.0.0.1:{peer.getsockname()[1]}", *words).returncode == 0
        tags = []
        for _ in range(3):
            bundle = decode_packet(peer.recv(100))
            assert isinstance(bundle, OscBundle)
            tags.append(bundle.time_tag)
        gaps = [(later.value - earlier.value) / 2**32 for earlier, later in pairwise(tags)]
        assert all(0.005 < gap < 1.0 for gap in gaps)
