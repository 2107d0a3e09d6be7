"""`osc-workbench send`: send packets written in the text notation."""

import argparse
import asyncio
import re
from dataclasses import replace

from osc_workbench.cli.listen import positive_integer, positive_number
from osc_workbench.cli.main import DONE, RESERVATIONS, say
from osc_workbench.cli.running import run_until_stopped, wait_for_any
from osc_workbench.net.clients import source_host
from osc_workbench.net.endpoint import resolve
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.session import Session
from osc_workbench.traffic.record import Direction, Role
from osc_workbench.traffic.record_lines import text_line

_TIME = re.compile(r"immediately|0x[0-9a-fA-F]{1,16}|\+\d{1,9}(\.\d+)?|\+\.\d+", re.ASCII)
# On this machine a refusal is there as soon as the datagram is sent; the loop only has to turn.
_REFUSAL_WAIT = 0.01
# Rounds a second with --repeat, and how long before its time a round is handed to the deadline thread.
_RATE, _READY = 10.0, 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where to send, e.g. udp://127.0.0.1:57110")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a packet, e.g. '/synth/1/freq ,f 440.0'")
    parser.add_argument(
        "--bundle",
        nargs="?",
        const="immediately",
        metavar="TIME",
        help="send all of them as one bundle; TIME is immediately (default), +SECONDS from now, or 0x and hex digits",
    )
    parser.add_argument("--repeat", type=positive_integer, default=1, metavar="N", help="send everything N times")
    parser.add_argument(
        "--rate", type=positive_number, metavar="HZ", help=f"rounds per second with --repeat (default {_RATE:g})"
    )
    parser.add_argument(
        "--wait-reply",
        type=positive_number,
        metavar="SECONDS",
        help="print the first reply; exit 1 if none comes in time",
    )


def run(options: argparse.Namespace) -> int:
    if options.bundle is not None and not _TIME.fullmatch(options.bundle):
        if options.bundle.startswith(("+", "0x")):
            raise OscEncodeError(f"{options.bundle!r} is no time; write immediately, +SECONDS, or 0x and hex digits.")
        # `--bundle '/a 1' '/b 2'`: what looks like no time is the first packet.
        options.texts.insert(0, options.bundle)
        options.bundle = "immediately"
    if not options.texts:
        raise OscEncodeError("There is no packet to send; give at least one TEXT, e.g. '/synth/1/freq ,f 440.0'.")
    url = EndpointUrl.parse(options.url)
    packets = [_parse(text) for text in options.texts]
    return run_until_stopped(lambda stopping: _send(url, packets, options, stopping))


def _parse(text: str) -> OscPacket:
    try:
        return parse_packet(text)
    except OscEncodeError as error:
        raise OscEncodeError(f"{text!r} is no packet: {error}") from None


async def _send(
    url: EndpointUrl, packets: list[OscPacket], options: argparse.Namespace, stopping: asyncio.Event
) -> int:
    session = Session()
    problems: list[str] = []
    arrived = asyncio.Event()
    session.on_problem = problems.append
    session.on_arrival = arrived.set
    try:
        _, address = await resolve(asyncio.get_running_loop(), url)
        target = replace(url, host=address[0])
        endpoint_id = _add_sender(session, target)
        await session.open_endpoint(endpoint_id)
        clock = session.clock
        start = clock.time()
        for number in range(options.repeat):
            due = start + number / (options.rate or _RATE)
            await wait_for_any((stopping,), due - _READY - clock.time())
            if stopping.is_set():
                break
            outgoing = [_bundle(packets, options.bundle, clock.unix_ns())] if options.bundle else packets
            for packet in outgoing:
                if options.repeat == 1:
                    await session.send(packet, target, endpoint_id)
                else:
                    await session.send_at(due, packet, target, endpoint_id)
        while len(session.deadlines):
            await asyncio.sleep(_READY)
        if options.wait_reply:
            return await _print_reply(session, arrived, stopping, options.wait_reply, problems)
        await asyncio.sleep(_REFUSAL_WAIT)
    finally:
        session.close()
        # One turn of the loop, in which a connection ends.
        await asyncio.sleep(0)
    for problem in dict.fromkeys(problems):
        say(problem)
    return RESERVATIONS if problems else DONE


def _add_sender(session: Session, target: EndpointUrl) -> int:
    if target.is_tcp:
        return session.add_endpoint(target, Role.CONNECT, reconnect=False)
    return session.add_endpoint(replace(target, host=source_host(target.host), port=0))


def _bundle(packets: list[OscPacket], time: str, now_ns: int) -> OscBundle:
    if time == "immediately":
        time_tag = TimeTag.IMMEDIATELY
    elif time.startswith("+"):
        time_tag = TimeTag.from_unix_ns(now_ns) + float(time[1:])
    else:
        time_tag = TimeTag(int(time, 16))
    return OscBundle(time_tag, packets)


async def _print_reply(
    session: Session, arrived: asyncio.Event, stopping: asyncio.Event, seconds: float, problems: list[str]
) -> int:
    deadline = session.clock.time() + seconds
    while (left := deadline - session.clock.time()) > 0 and not problems and not stopping.is_set():
        batch = session.flush(None)
        for row in range(batch.first_row, batch.end_row):
            record = session.store.record(row)
            if record.direction is Direction.IN:
                print(text_line(record, str(session.endpoint_url(record.endpoint_id))))
                return DONE
        arrived.clear()
        await wait_for_any((arrived, stopping), min(left, 0.1))
    nothing = "Stopped before a reply came." if stopping.is_set() else f"No reply within {seconds:g} s."
    for problem in dict.fromkeys(problems) or [nothing]:
        say(problem)
    return RESERVATIONS
