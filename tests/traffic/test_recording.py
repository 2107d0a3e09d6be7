import io
import shutil
import socket
import struct
import subprocess
from pathlib import Path

import dpkt
import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.recording import PcapngWriter, internet_checksum, ip_packet

HERE = Peer("127.0.0.1", 9000)
PEER = Peer("127.0.0.1", 50_000)
UNIX_NS = 1_795_321_045_542_954_226


def recording_of(datagrams: list[bytes], here: Peer = HERE, peer: Peer = PEER) -> bytes:
    file = io.BytesIO()
    writer = PcapngWriter(file, "test")
    interface = writer.add_interface("udp://127.0.0.1:9000", "a comment")
    for number, data in enumerate(datagrams):
        direction = Direction.OUT if number % 2 else Direction.IN
        writer.add_datagram(interface, UNIX_NS + number, direction, here, peer, data)
    writer.add_statistics(interface, UNIX_NS, 7)
    return file.getvalue()


def blocks_of(content: bytes) -> list[tuple[int, bytes]]:
    """Return (kind, body) of each whole block, checking that both its lengths agree."""
    blocks = []
    position = 0
    while position + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, position)
        if position + size > len(content):
            break
        assert struct.unpack_from("<I", content, position + size - 4)[0] == size
        assert size % 4 == 0
        blocks.append((kind, content[position + 8 : position + size - 4]))
        position += size
    return blocks


def udp_of(packet: bytes) -> dpkt.udp.UDP:
    return (dpkt.ip.IP if packet[0] >> 4 == 4 else dpkt.ip6.IP6)(packet).data


def test_an_independent_reader_gets_every_byte_and_time() -> None:
    datagrams = [b"", b"x", encode_packet(OscMessage("/a", "f", (1.5,))), bytes(range(256)) * 255]
    reader = dpkt.pcapng.Reader(io.BytesIO(recording_of(datagrams)))
    packets = list(reader)
    assert [bytes(udp_of(packet).data) for _, packet in packets] == datagrams
    assert [float(time) for time, _ in packets] == pytest.approx([UNIX_NS / 1e9] * 4)


def test_times_are_kept_to_the_nanosecond() -> None:
    packets = [body for kind, body in blocks_of(recording_of([b"a", b"b"])) if kind == 6]
    times = [(high << 32) | low for high, low in (struct.unpack_from("<II", body, 4) for body in packets)]
    assert times == [UNIX_NS, UNIX_NS + 1]


def test_direction_swaps_the_two_sides() -> None:
    packets = [packet for _, packet in dpkt.pcapng.Reader(io.BytesIO(recording_of([b"in", b"out"])))]
    assert [(udp_of(packet).sport, udp_of(packet).dport) for packet in packets] == [(50_000, 9000), (9000, 50_000)]
    flags = [body[-8:-4] for kind, body in blocks_of(recording_of([b"in", b"out"])) if kind == 6]
    assert [int.from_bytes(flag, "little") for flag in flags] == [1, 2]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%2"])
def test_headers_have_valid_checksums(host: str) -> None:
    packet = ip_packet(Peer(host, 1), Peer(host, 2), b"odd")
    if ":" in host:
        assert len(packet) == 40 + 8 + 3
        pseudo = packet[8:40] + struct.pack(">IBBBB", 11, 0, 0, 0, 17)
        assert internet_checksum(pseudo + packet[40:]) == 0
    else:
        assert internet_checksum(packet[:20]) == 0


def test_an_ipv4_peer_of_an_ipv6_endpoint_is_written_as_mapped() -> None:
    packet = ip_packet(Peer("127.0.0.1", 1), Peer("::1", 2), b"")
    assert socket.inet_ntop(socket.AF_INET6, packet[8:24]) == "::ffff:127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_packets_of_a_stream_are_segments_that_follow_each_other(host: str) -> None:
    here, peer, other = Peer(host, 9000), Peer(host, 50_000), Peer(host, 50_001)
    packets = [b"/a\0\0", bytes(150_000), b"/b\0\0"]
    file = io.BytesIO()
    writer = PcapngWriter(file, "test")
    interface = writer.add_interface("tcp://127.0.0.1:9000")
    for packet in packets:
        writer.add_stream(interface, UNIX_NS, Direction.IN, here, peer, packet)
        writer.add_stream(interface, UNIX_NS, Direction.OUT, here, peer, b"/ok\0")
        writer.add_stream(interface, UNIX_NS, Direction.IN, here, other, packet)
    streams: dict[tuple[int, int], bytes] = {}
    for _, packet in dpkt.pcapng.Reader(io.BytesIO(file.getvalue())):
        ip = (dpkt.ip.IP if packet[0] >> 4 == 4 else dpkt.ip6.IP6)(packet)
        segment = ip.data
        key = segment.sport, segment.dport
        assert segment.seq == 1 + len(streams.get(key, b""))
        # What the other side has sent so far is acknowledged.
        assert segment.ack == 1 + len(streams.get((segment.dport, segment.sport), b""))
        pseudo = ip.src + ip.dst + struct.pack(">IBBBB", len(bytes(segment)), 0, 0, 0, 6)
        assert internet_checksum(pseudo + bytes(segment)) == 0
        streams[key] = streams.get(key, b"") + bytes(segment.data)
    whole = b"".join(struct.pack(">I", len(packet)) + packet for packet in packets)
    assert streams == {
        (50_000, 9000): whole,
        (50_001, 9000): whole,
        (9000, 50_000): b"\0\0\0\4/ok\0" * 3,
    }


def test_a_file_cut_anywhere_keeps_its_whole_blocks() -> None:
    content = recording_of([b"abcd"] * 5)
    whole = blocks_of(content)
    for cut in range(len(content)):
        assert blocks_of(content[:cut]) == whole[: len(blocks_of(content[:cut]))]


def test_tshark_decodes_it_as_osc(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed (Debian package tshark)")
    path = tmp_path / "recording.pcapng"
    path.write_bytes(recording_of([encode_packet(OscMessage("/synth/freq", "f", (440.0,)))] * 2))
    command = [tshark, "--enable-heuristic", "osc_udp", "-r", str(path), "-T", "fields"]
    command += ["-e", "osc.message.header.path", "-e", "osc.message.float", "-e", "frame.interface_name"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50).stdout.splitlines()
    assert [line.split("\t") for line in lines] == [["/synth/freq", "440", "udp://127.0.0.1:9000"]] * 2
