"""`osc-workbench decode`: packets in hex to JSON, one a line, answered line by line."""

import argparse
import json
import sys
from typing import Any

from osc_workbench.cli.main import DONE, RESERVATIONS
from osc_workbench.osc.codec import examine_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.json_form import packet_to_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read packets in hex from stdin, one a line, and answer each with a line of JSON: "
        '{"packet": ..., "issues": [...]} or {"error": {"code", "offset", "reason"}}.'
    )


def run(options: argparse.Namespace) -> int:
    status = DONE
    for line in sys.stdin:
        try:
            answer = decode_to_json(bytes.fromhex(line))
        except ValueError:
            status = RESERVATIONS
            answer = {"error": {"code": "not-hex", "offset": 0, "reason": "the line is not bytes in hex"}}
        print(json.dumps(answer), flush=True)
    return status


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
