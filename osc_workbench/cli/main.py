"""`osc-workbench COMMAND`: reads the command line and runs one command.

Data goes to stdout, messages to stderr. Exit status: 0 done, 1 done with reservations (a time-out, a line that could
not be read), 2 could not (usage, port taken).
"""

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from osc_workbench import __version__
from osc_workbench.net.errors import EndpointError
from osc_workbench.osc.errors import OscEncodeError

PROGRAM = "osc-workbench"
DONE, RESERVATIONS, COULD_NOT = 0, 1, 2

# Each module has `add_arguments(parser)` and `run(options) -> exit status`; it is imported only when it is called.
_COMMANDS = {
    "gui": "open the window (the default)",
    "decode": "packets in hex to JSON, line by line",
    "encode": "packets in text or JSON to hex, line by line",
    "listen": "print what arrives",
    "match": "addresses that match a pattern, line by line",
    "send": "send packets",
}


class Parser(argparse.ArgumentParser):
    """Reports a mistake in one line that says what and how."""

    def error(self, message: str) -> NoReturn:
        say(f"{self.prog}: {message}. See: {self.prog} --help")
        sys.exit(COULD_NOT)


def say(text: str) -> None:
    """Write one line to stderr. A program whose messages nobody reads any more goes on."""
    try:
        print(" ".join(text.splitlines()), file=sys.stderr, flush=True)
    except OSError:
        _lead_nowhere(sys.stderr.fileno())


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _prepare_streams() -> None:
    """Stand in for streams that were closed before we started, and let no character stop the program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode, closefd=False))  # noqa: SIM115 it stays open
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status."""
    _prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words.insert(0, "gui")
    if words[0] not in _COMMANDS:
        _top_parser().parse_args(words)
    parser = Parser(prog=f"{PROGRAM} {words[0]}", description=_COMMANDS[words[0]].capitalize() + ".")
    module = importlib.import_module(f"osc_workbench.cli.{words[0]}")
    module.add_arguments(parser)
    # Intermixed, so that options may stand between positional words: `send URL --bundle TEXT TEXT`.
    options = parser.parse_intermixed_args(words[1:])
    run: Callable[[argparse.Namespace], int] = module.run
    try:
        return run(options)
    except (EndpointError, OscEncodeError) as error:
        say(f"{parser.prog}: {error}")
        return COULD_NOT
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; it has what it wanted.
        _lead_nowhere(sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _top_parser() -> Parser:
    width = max(map(len, _COMMANDS))
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [COMMAND] ...",
        description="See, compose and record Open Sound Control.",
        epilog="commands:\n" + "\n".join(f"  {name:{width}}  {text}" for name, text in _COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("command", choices=list(_COMMANDS), metavar="COMMAND", help="one of those below")
    return parser


if __name__ == "__main__":
    sys.exit(main())
