"""Every datagram that real servers and clients exchanged: it decodes as written down and encodes to the same bytes.

tests/data/scsynth holds captures of scsynth and supernova 3.13.0 (Debian 12), one JSON object a line.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, examine_packet, scan_packet
from osc_workbench.osc.json_form import packet_from_json, packet_to_json
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket, walk

CAPTURES = Path(__file__).parent.parent / "data" / "scsynth"
# What the TCP password test of the capture sent: text that is no OSC at all, read as an address without type tags.
PASSWORDS = {b"sesame\0", b"wrong\0", b"sesame", b"wrong"}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CAPTURES / name).read_text().splitlines()]


def datagrams() -> dict[bytes, str]:
    """Return all distinct datagrams, with the file each comes from."""
    found: dict[bytes, str] = {}
    for path in sorted(CAPTURES.glob("*.jsonl")):
        for line in lines(path.name):
            raw = bytes.fromhex(line["hex"])
            # The TCP captures hold the length in front of each packet.
            found[raw[4:] if line.get("framed") else raw] = path.name
    return found


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
    data = bytes.fromhex(line["hex"])
    assert as_written_down(decode_packet(data)) == line["decoded"]
    assert as_written_down(examine_packet(data)[0]) == line["decoded"]


def test_there_are_enough_captures() -> None:
    assert len(datagrams()) > 300


@pytest.mark.parametrize(("data", "file"), [pytest.param(data, file, id=file) for data, file in datagrams().items()])
def test_every_datagram_encodes_to_the_same_bytes(data: bytes, file: str) -> None:
    for _ in range(5):
        packet = decode_packet(data)
        if data in PASSWORDS:
            assert isinstance(packet, OscMessage)
            assert packet.type_tags is None
            return
        assert encode_packet(packet) == data
    codes = {issue.code for issue in examine_packet(data)[1]}
    assert codes <= {"missing-type-tags", "zero-time-tag", "time-tag-order", "no-slash"}
    assert parse_packet(format_packet(packet)) == packet
    assert packet_from_json(json.loads(json.dumps(packet_to_json(packet)))) == packet


@pytest.mark.parametrize(("data", "file"), [pytest.param(data, file, id=file) for data, file in datagrams().items()])
def test_every_datagram_scans_as_it_decodes(data: bytes, file: str) -> None:
    packet = decode_packet(data)
    expected = [(message.address, message.type_tags) for message, _ in walk(packet)]
    for _ in range(5):
        scan = scan_packet(data)
        headers = [header for header, _, _ in scan.messages] if isinstance(scan, BundleScan) else [scan]
        assert [(header.address, header.type_tags) for header in headers] == expected
