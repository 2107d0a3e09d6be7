"""`osc-workbench send`: send packets written in the text notation."""

import argparse
import asyncio
import re
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from osc_workbench.cli.listen import positive_integer, positive_number
from osc_workbench.cli.main import DONE, RESERVATIONS, say
from osc_workbench.cli.running import run_until_stopped, wait_for_any
from osc_workbench.net.clients import source_host
from osc_workbench.net.deadlines import call_on
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
# Packets that wait for the thread, at most, and how often it is looked whether a stream was taken.
_AHEAD_LIMIT, _TAKEN_WAIT = 1000, 0.001


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
        is_done = await _unless_stopped(_send_all(session, url, packets, options), stopping)
        if options.wait_reply:
            return await _print_reply(session, arrived, stopping, options.wait_reply, problems)
        if not is_done and options.repeat == 1:
            problems.append("Stopped before everything was sent.")
        if not url.is_tcp:
            await asyncio.sleep(_REFUSAL_WAIT)
    finally:
        session.close()
        # One turn of the loop, in which a connection ends.
        await asyncio.sleep(0)
    for problem in dict.fromkeys(problems):
        say(problem)
    return RESERVATIONS if problems else DONE


async def _send_all(session: Session, url: EndpointUrl, packets: list[OscPacket], options: argparse.Namespace) -> None:
    """Send every round at its time, and return when the system has taken them all."""
    _, address = await resolve(asyncio.get_running_loop(), url)
    target = replace(url, host=address[0])
    endpoint_id = _add_sender(session, target)
    await session.open_endpoint(endpoint_id)
    clock = session.clock
    start = due = clock.time()
    handed = None
    for number in range(options.repeat):
        await asyncio.sleep(max(0.0, due - _READY - clock.time()))
        # What is late already need not wait for the thread, only for what was handed to it before.
        is_late = clock.time() >= due
        if handed is not None and (is_late or len(session.deadlines) > _AHEAD_LIMIT):
            await _until_left(session, handed)
            handed = None
        # The time of a bundle counts from when it leaves, not from when it is handed over.
        leaves_ns = clock.unix_ns() + max(0, round(1e9 * (due - clock.time())))
        outgoing = [_bundle(packets, options.bundle, leaves_ns)] if options.bundle else packets
        for packet in outgoing:
            if is_late:
                await session.send(packet, target, endpoint_id)
            else:
                await session.send_at(due, packet, target, endpoint_id)
                handed = due
        due = start + (number + 1) / (options.rate or _RATE)
    if handed is not None:
        await _until_left(session, handed)
    if target.is_tcp and not options.wait_reply:
        # All of it was taken; a peer that ends the connection now has what it wanted.
        session.on_problem = _ignore


def _ignore(_problem: str) -> None:
    """What happens after the end is no problem of ours."""


async def _until_left(session: Session, due: float) -> None:
    """Wait until what was to leave up to this time has left, and the system has taken it."""
    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The thread does one thing after the other, so after this one all those before are done.
    session.deadlines.at(due, lambda: call_on(loop, left.set))
    await left.wait()
    while any(connection.waiting for status in session.statuses() for connection in status.connections):
        await asyncio.sleep(_TAKEN_WAIT)


async def _unless_stopped(work: Coroutine[Any, Any, None], stopping: asyncio.Event) -> bool:
    """Do some work; False if it had to be given up because the program is to stop."""
    loop = asyncio.get_running_loop()
    doing, stopped = loop.create_task(work), loop.create_task(stopping.wait())
    try:
        await asyncio.wait((doing, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        doing.cancel()
        stopped.cancel()
        await asyncio.gather(doing, stopped, return_exceptions=True)
    if doing.cancelled():
        return False
    doing.result()
    return True


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
    while (left := deadline - session.clock.time()) > 0 and not stopping.is_set():
        # What went wrong may have come after the reply, so that is looked for first.
        is_last = bool(problems)
        batch = session.flush(None)
        for row in range(batch.first_row, batch.end_row):
            record = session.store.record(row)
            if record.direction is Direction.IN:
                print(text_line(record, str(session.endpoint_url(record.endpoint_id))))
                return DONE
        if is_last:
            break
        arrived.clear()
        await wait_for_any((arrived, stopping), min(left, 0.1))
    nothing = "Stopped before a reply came." if stopping.is_set() else f"No reply within {seconds:g} s."
    for problem in dict.fromkeys(problems) or [nothing]:
        say(problem)
    return RESERVATIONS
