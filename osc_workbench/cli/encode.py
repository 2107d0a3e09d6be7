"""`osc-workbench encode`: packets in the text notation or as JSON to hex, one a line, answered line by line."""

import argparse
import json
import sys
from typing import Any

from osc_workbench.cli.main import DONE, RESERVATIONS
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.errors import NotationError, OscEncodeError
from osc_workbench.osc.json_form import packet_from_json
from osc_workbench.osc.notation_parser import parse_packet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read packets from stdin, one a line, as text (/synth/1/freq ,f 440.0) or as the JSON that decode writes, and "
        'answer each with its bytes in hex, or with {"error": {"code", "column", "reason"}}.'
    )


def run(options: argparse.Namespace) -> int:
    status = DONE
    for line in sys.stdin:
        try:
            answer = encode_line(line.strip()).hex()
        except NotationError as error:
            status = RESERVATIONS
            answer = json.dumps({"error": {"code": "notation", "column": error.column, "reason": error.reason}})
        except (OscEncodeError, RecursionError) as error:
            status = RESERVATIONS
            reason = str(error) if isinstance(error, OscEncodeError) else "the JSON is nested too deep"
            answer = json.dumps({"error": {"code": "values", "column": 1, "reason": reason}})
        print(answer, flush=True)
    return status


def encode_line(line: str) -> bytes:
    """Return the bytes of one line of text or JSON; an empty line is the empty packet. Raises OscEncodeError."""
    if not line:
        return b""
    if not line.startswith("{"):
        return encode_packet(parse_packet(line))
    try:
        value: Any = json.loads(line)
    except ValueError as error:
        column = error.colno if isinstance(error, json.JSONDecodeError) else 1
        raise NotationError(column, f"this is not JSON: {error}") from None
    if isinstance(value, dict) and "packet" in value:
        value = value["packet"]
    return encode_packet(packet_from_json(value))
