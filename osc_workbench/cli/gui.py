"""`osc-workbench gui`: open the window. The only command that needs Qt, which is imported when it runs."""

import argparse
import os
import socket
import sys
from pathlib import Path

from osc_workbench.cli.listen import add_handler_arguments, positive_number
from osc_workbench.cli.main import COULD_NOT
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.responder import Responder

VIEWS = (
    "log",
    "filter",
    "endpoints",
    "detail",
    "statistics",
    "lint",
    "colours",
    "responders",
    "connections",
    "pending",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listen", action="append", default=[], metavar="URL", help="listen there; can be repeated")
    parser.add_argument("--connect", action="append", default=[], metavar="URL", help="connect there; can be repeated")
    parser.add_argument("--demo", action="store_true", help="send demo traffic to an endpoint of our own")
    parser.add_argument("--record", type=Path, metavar="FILE", help="record everything as pcapng; FILE must be new")
    add_handler_arguments(parser)
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="save a picture of the window and end")
    parser.add_argument(
        "--after", type=positive_number, default=3.0, metavar="SECONDS", help="when to take the picture (default 3)"
    )
    parser.add_argument("--view", choices=VIEWS, help="the view that has the keyboard focus")
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="for this run only")


def run(options: argparse.Namespace) -> int:
    for text in options.listen + options.connect:
        EndpointUrl.parse(text)
    rules = tuple(Responder.parse(text) for text in options.reply)
    missing = _missing_display()
    if missing:
        if not options.screenshot:
            advice = "Take a picture with --screenshot FILE, or use `osc-workbench listen`."
            print(f"osc-workbench gui: {missing} {advice}", file=sys.stderr)
            return COULD_NOT
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from osc_workbench.app.application import run_application
    except ImportError as error:
        print(
            f"osc-workbench gui: Qt cannot be loaded: {error}. Run ./run once; it installs what is missing.",
            file=sys.stderr,
        )
        return COULD_NOT
    return run_application(options, rules)


def _missing_display() -> str:
    """Say why Qt will find no screen, "" if it should; without one it would abort the program."""
    if sys.platform != "linux" or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "There is no display (DISPLAY and WAYLAND_DISPLAY are unset)."
    number = display[1:].partition(".")[0]
    if not display.startswith(":") or not number.isdigit():
        # On another machine, or named in a way only X understands.
        return ""
    # X servers of this machine listen on an abstract socket, on a file, or on both.
    for path in (f"\0/tmp/.X11-unix/X{number}", f"/tmp/.X11-unix/X{number}"):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == 0:
                return ""
    return f"The display {display} does not answer."
