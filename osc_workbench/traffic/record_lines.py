"""One packet with its circumstances as one line, for people or for programs."""

import json
from collections.abc import Sequence
from typing import Any

from osc_workbench.osc.codec import decode_packet, examine_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.json_form import packet_to_json
from osc_workbench.osc.notation import format_packet
from osc_workbench.traffic.record import Direction, PacketRecord
from osc_workbench.traffic.time_text import rfc3339

_ARROWS = {Direction.IN: "<-", Direction.OUT: "->"}


def text_line(record: PacketRecord, endpoint: str, findings: Sequence[str] | None = None) -> str:
    """Return time, endpoint, direction, peer and the packet in the notation, or why it is none and its bytes in hex.

    findings: rules of lint that it breaks, to be named at the end; None if nobody looked.
    """
    peer = "(peer not kept)" if record.peer is None else str(record.peer)
    try:
        text = format_packet(decode_packet(record.packet))
    except OscDecodeError as error:
        text = f"malformed: {error}: {record.packet.hex()}"
    note = f"  (lint: {', '.join(findings)})" if findings else ""
    return f"{rfc3339(record.unix_ns)} {endpoint} {_ARROWS[record.direction]} {peer} {text}{note}"


def json_line(record: PacketRecord, endpoint: str, findings: Sequence[str] | None = None) -> str:
    """Return what `decode` answers for the packet, with number, time, direction, endpoint and peer.

    findings: as for `text_line`; a list under "lint".
    """
    line: dict[str, Any] = {
        "number": record.packet_number + 1,
        "time": rfc3339(record.unix_ns),
        "direction": record.direction.value,
        "endpoint": endpoint,
        "peer": None if record.peer is None else str(record.peer),
        **decode_to_json(record.packet),
    }
    if "error" in line:
        line["hex"] = record.packet.hex()
    if findings is not None:
        line["lint"] = list(findings)
    return json.dumps(line)


def decode_to_json(data: bytes) -> dict[str, Any]:
    """Return the packet and its issues, or the error, as a JSON value."""
    try:
        packet, issues = examine_packet(data)
    except OscDecodeError as error:
        return {"error": {"code": error.code, "offset": error.offset, "reason": error.reason}}
    return {
        "packet": packet_to_json(packet),
        "issues": [{"code": issue.code, "offset": issue.offset} for issue in issues],
    }
