"""`osc-workbench decode`: packets in hex to JSON, or streams to the packets in them, answered line by line."""

import argparse
import json
import sys
from functools import partial
from typing import Any

from osc_workbench.cli.main import DONE, RESERVATIONS
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.traffic.record_lines import decode_to_json

_NOT_HEX = {"code": "not-hex", "offset": 0, "reason": "the line is not bytes in hex"}
_NOT_CHUNKS = {"code": "not-chunks", "offset": 0, "reason": "the line is not a JSON list of chunks in hex"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read packets in hex from stdin, one a line, and answer each with a line of JSON: "
        '{"packet": ..., "issues": [...]} or {"error": {"code", "offset", "reason"}}.'
    )
    parser.add_argument(
        "--framing",
        choices=[framing.value for framing in Framing],
        help="read a stream from each line instead, a JSON list of chunks in hex as they arrived, and answer with "
        '{"packets": [HEX, ...], "bad": N, "pending": BYTES, "closed": true|false}',
    )


def run(options: argparse.Namespace) -> int:
    read, refusal = _read_packet, _NOT_HEX
    if options.framing is not None:
        read, refusal = partial(_read_stream, Framing(options.framing)), _NOT_CHUNKS
    status = DONE
    for line in sys.stdin:
        try:
            answer = read(line)
        except ValueError:
            status = RESERVATIONS
            answer = {"error": refusal}
        print(json.dumps(answer), flush=True)
    return status


def _read_packet(line: str) -> dict[str, Any]:
    return decode_to_json(bytes.fromhex(line))


def _read_stream(framing: Framing, line: str) -> dict[str, Any]:
    framer = make_framer(framing)
    for chunk in _chunks(line):
        framer.receive_data(chunk)
    return {
        "packets": [packet.hex() for packet in framer.take_packets()],
        "bad": framer.bad,
        "pending": framer.pending,
        "closed": bool(framer.closed),
    }


def _chunks(line: str) -> list[bytes]:
    """Return the chunks of one stream. Raises ValueError."""
    try:
        chunks = json.loads(line)
    except RecursionError:
        raise ValueError from None
    if not isinstance(chunks, list) or not all(isinstance(chunk, str) for chunk in chunks):
        raise ValueError
    return [bytes.fromhex(chunk) for chunk in chunks]
