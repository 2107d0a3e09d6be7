"""`osc-workbench match`: which addresses a pattern matches, one a line, answered line by line."""

import argparse
import io
import sys
from collections.abc import Callable

from osc_workbench.cli.main import DONE, RESERVATIONS, say
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.pattern import VERSIONS, AddressGlob, AddressPattern

_Read = Callable[[str], AddressPattern | AddressGlob]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read addresses from stdin, one a line, and print those that PATTERN matches. Without PATTERN, read lines of a "
        "pattern, a tab and an address, and answer each with true or false."
    )
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="such as '/synth/*/freq'")
    parser.add_argument("--glob", action="store_true", help="PATTERN is a glob of a receiver: ** for any levels, no //")
    parser.add_argument("--version", choices=VERSIONS, default="1.1", help="of OSC; 1.0 has no // (default 1.1)")


def run(options: argparse.Namespace) -> int:
    def read(text: str) -> AddressPattern | AddressGlob:
        return AddressGlob(text) if options.glob else AddressPattern(text, options.version)

    return _answer(read) if options.pattern is None else _filter(read(options.pattern))


def _filter(pattern: AddressPattern | AddressGlob) -> int:
    if pattern.fault:
        raise OscEncodeError(f"{pattern.text!r:.80} can match nothing: {pattern.fault}")
    # An address goes out as it came in, byte for byte, whatever the locale.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    for line in sys.stdin:
        address = line.removesuffix("\n")
        if pattern.matches(address):
            print(address, flush=True)
    return DONE


def _answer(read: _Read) -> int:
    status = DONE
    for number, line in enumerate(sys.stdin, 1):
        text, tab, address = line.removesuffix("\n").partition("\t")
        if not tab:
            status = RESERVATIONS
            say(f"line {number}: there is no tab between a pattern and an address in {text!r:.80}")
        print("true" if tab and read(text).matches(address) else "false", flush=True)
    return status
