"""Every datagram that real servers and clients exchanged: it decodes as written down and encodes to the same bytes.

tests/data/scsynth holds captures of scsynth and supernova 3.13.0 (Debian 12), one JSON object a line.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, examine_packet, scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.json_form import packet_from_json, packet_to_json
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscPacket, walk

CAPTURES = Path(__file__).parent.parent / "data" / "scsynth"
# What was sent as a TCP password is no OSC: without its NUL it cannot be read, with a single one the padding is short.
UNREADABLE = {b"sesame", b"wrong"}
SHORT = {b"sesame\0", b"wrong\0"}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CAPTURES / name).read_text().splitlines()]


def datagrams() -> dict[bytes, str]:
    """Return all distinct datagrams, with the file each comes from."""
    found: dict[bytes, str] = {}
    for path in sorted(CAPTURES.glob("*.jsonl")):
        for line in lines(path.name):
            raw = bytes.fromhex(line["hex"])
            for packet in frames(raw) if line.get("framed") else [raw]:
                found[packet] = path.name
    return found


def frames(stream: bytes) -> list[bytes]:
    """Return the packets of a TCP segment, each with its length in front."""
    packets = []
    while stream:
        size = int.from_bytes(stream[:4], "big")
        packets.append(stream[4 : 4 + size])
        stream = stream[4 + size :]
    return packets


DATAGRAMS = [pytest.param(data, id=file) for data, file in datagrams().items() if data not in UNREADABLE]


def as_written_down(packet: OscPacket) -> list[Any]:
    """Return a packet in the form of the "decoded" fields of the captures."""
    if isinstance(packet, OscBundle):
        return ["#bundle", packet.time_tag.value, [as_written_down(element) for element in packet.elements]]
    if packet.type_tags is None:
        return [packet.address, None]
    return [packet.address, "," + packet.type_tags, [_value(argument) for argument in packet.arguments]]


def _value(argument: Any) -> Any:
    if isinstance(argument, tuple):
        return [_value(item) for item in argument]
    return {"blob_hex": argument.hex()} if isinstance(argument, bytes) else argument


@pytest.mark.parametrize(
    "line", lines("golden_samples.jsonl"), ids=lambda line: f"{line['server']} {line['decoded'][0]}"
)
def test_golden_samples_decode_as_written_down(line: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(line["hex"]), line["decoded"]
    if expected[1:] == ["", []]:
        # No type tags but bytes behind the address; we keep these as excess and guess no arguments.
        expected = [expected[0], None]
    assert as_written_down(decode_packet(data)) == expected
    assert as_written_down(examine_packet(data)[0]) == expected


def test_there_are_enough_captures() -> None:
    assert len(datagrams()) > 300


@pytest.mark.parametrize("data", DATAGRAMS)
def test_every_datagram_encodes_to_the_same_bytes(data: bytes) -> None:
    packet = decode_packet(data)
    if data in SHORT:
        assert encode_packet(packet) == data + bytes(-len(data) % 4)
        return
    for _ in range(5):
        assert encode_packet(decode_packet(data)) == data
    codes = {issue.code for issue in examine_packet(data)[1]}
    assert codes <= {"missing-type-tags", "zero-time-tag", "time-tag-order", "no-slash"}
    assert parse_packet(format_packet(packet)) == packet
    assert packet_from_json(json.loads(json.dumps(packet_to_json(packet)))) == packet


@pytest.mark.parametrize("data", sorted(UNREADABLE & datagrams().keys()))
def test_what_is_no_osc_is_refused(data: bytes) -> None:
    with pytest.raises(OscDecodeError, match="no terminating NUL"):
        decode_packet(data)


@pytest.mark.parametrize("data", DATAGRAMS)
def test_every_datagram_scans_as_it_decodes(data: bytes) -> None:
    packet = decode_packet(data)
    expected = [(message.address, message.type_tags) for message, _ in walk(packet)]
    for _ in range(5):
        scan = scan_packet(data)
        headers = [header for header, _, _ in scan.messages] if isinstance(scan, BundleScan) else [scan]
        assert [(header.address, header.type_tags) for header in headers] == expected
