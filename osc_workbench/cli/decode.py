"""`osc-workbench decode`: packets in hex to JSON, one a line, answered line by line."""

import argparse
import json
import sys

from osc_workbench.cli.main import DONE, RESERVATIONS
from osc_workbench.traffic.record_lines import decode_to_json


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
