"""`osc-workbench listen`: print what arrives, one packet a line."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from osc_workbench.cli.lint_report import LintReport, can_mute
from osc_workbench.cli.main import COULD_NOT, DONE, RESERVATIONS, say
from osc_workbench.cli.packet_filter import PacketFilter, read_query
from osc_workbench.cli.running import run_until_stopped, wait_for_any
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.session import Session
from osc_workbench.traffic.query import Query
from osc_workbench.traffic.record import Batch, Direction, EndpointStatus, PacketRecord
from osc_workbench.traffic.record_lines import json_line, text_line
from osc_workbench.traffic.responder import Responder
from osc_workbench.traffic.store import TrafficStore

# One round of flushing and printing; between rounds the kernel's buffer is drained.
_ROUND_BUDGET = 0.02
_IDLE_WAIT = 0.1
# Rows are printed once and then forgotten; a round brings far fewer than this.
_KEPT_ROWS, _KEPT_BYTES = 1 << 18, 64 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("urls", nargs="+", metavar="URL", help="where to listen, e.g. udp://127.0.0.1:9000")
    parser.add_argument("--format", choices=("text", "jsonl"), default="text", help="text (default) or JSON lines")
    add_selection_arguments(parser)
    parser.add_argument("--for", type=positive_number, metavar="SECONDS", dest="duration", help="end after SECONDS")
    parser.add_argument("--record", type=Path, metavar="FILE", help="record everything as pcapng; FILE must be new")
    add_handler_arguments(parser)
    parser.add_argument("--stats", type=Path, metavar="FILE", help="write counters as JSON, replaced every second")


def add_selection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that tell which packets matter."""
    parser.add_argument(
        "--filter",
        metavar="QUERY",
        help="print only packets with a message that QUERY matches; write --filter=QUERY if it begins with -",
    )
    parser.add_argument("--lint", action="store_true", help="say what breaks the rules; exit 1 if it is an error")
    parser.add_argument("--mute", action="append", default=[], metavar="RULE", help="leave a rule of --lint out")
    parser.add_argument(
        "--count", type=positive_integer, metavar="N", help="end after N packets have arrived (that QUERY matches)"
    )


def add_handler_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that let the program answer."""
    parser.add_argument(
        "--reply",
        action="append",
        default=[],
        metavar="RULE",
        help="answer what arrives, e.g. '/ping -> /pong ,i 1'; can be repeated",
    )
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="Python file with handlers; loaded again when it changes"
    )


def positive_integer(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def positive_number(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def run(options: argparse.Namespace) -> int:
    urls = [EndpointUrl.parse(text) for text in options.urls]
    rules = [Responder.parse(text) for text in options.reply]
    query = read_query(options.filter or "", "listen")
    if query is None or not can_mute(options):
        return COULD_NOT
    return run_until_stopped(Listening(urls, rules, query, options).run)


class Listening:
    """One run of the command."""

    def __init__(
        self, urls: list[EndpointUrl], rules: list[Responder], query: Query, options: argparse.Namespace
    ) -> None:
        self._urls = urls
        self._rules = rules
        self._options = options
        self._session = Session(store=TrafficStore(_KEPT_ROWS, _KEPT_BYTES))
        self._session.on_problem = self._session.on_news = say
        self._printed = 0
        self._received = 0
        self._stats_problem = ""
        self._filter = None if query.is_empty else PacketFilter(query, self._session)
        self._lint = LintReport(self._session, options.mute) if options.lint else None
        self._line = json_line if options.format == "jsonl" else text_line

    async def run(self, stopping: asyncio.Event) -> int:
        session = self._session
        arrived = asyncio.Event()
        session.on_arrival = arrived.set
        session.set_responders(self._rules)
        watching: asyncio.Task[None] | None = None
        try:
            if self._options.script:
                watching = session.start_script(self._options.script)
            if self._options.record:
                session.start_recording(self._options.record)
            for url in self._urls:
                endpoint_id = session.add_endpoint(url)
                await session.open_endpoint(endpoint_id)
                say(f"ready {session.endpoint_url(endpoint_id)}")
            return await self._print_all(stopping, arrived)
        finally:
            session.close()
            if watching is not None:
                watching.cancel()
            # One turn of the loop, in which connections and handlers end.
            await asyncio.sleep(0)

    async def _print_all(self, stopping: asyncio.Event, arrived: asyncio.Event) -> int:
        clock = self._session.clock
        start = clock.time()
        deadline = start + self._options.duration if self._options.duration else None
        next_stats = start + 1.0
        self._write_stats()
        try:
            while not stopping.is_set() and not self._is_done():
                now = clock.time()
                if deadline is not None and now >= deadline:
                    break
                if now >= next_stats:
                    self._update_stats()
                    next_stats = now + 1.0
                wait = min(_IDLE_WAIT, next_stats - now, (deadline or now + 1) - now)
                await wait_for_any((arrived, stopping), wait)
                arrived.clear()
                self._print(self._session.flush(_ROUND_BUDGET))
                if self._session.backlog:
                    arrived.set()
            # What arrived before the end is printed, too; closing fetches what the kernel still holds.
            for status in self._session.statuses():
                self._session.close_endpoint(status.endpoint_id)
            while self._session.backlog and not self._is_done():
                self._print(self._session.flush(_ROUND_BUDGET))
        finally:
            self._update_stats()
            self._print_summary(clock.time() - start)
        is_short = bool(self._options.count) and not self._is_done() and not stopping.is_set()
        return RESERVATIONS if is_short or (self._lint is not None and self._lint.has_errors) else DONE

    def _is_done(self) -> bool:
        return self._options.count is not None and self._received >= self._options.count

    def _print(self, batch: Batch) -> None:
        lines = []
        for record in _packets(self._session, batch) if self._filter is None else self._filter.packets(batch):
            if self._is_done():
                break
            url = self._session.endpoint_url(record.endpoint_id)
            findings = None if self._lint is None else self._lint.take(record)
            lines.append(self._line(record, str(url), findings))
            self._printed += 1
            # Our own answers are printed, too, but do not count as what arrives.
            self._received += record.direction is Direction.IN
        if lines:
            lines.append("")
            sys.stdout.write("\n".join(lines))
            sys.stdout.flush()

    def _update_stats(self) -> None:
        """Write the statistics; a full disk is announced once and does not end the listening."""
        problem = ""
        try:
            self._write_stats()
        except EndpointError as error:
            problem = str(error)
            if problem != self._stats_problem:
                say(problem)
        self._stats_problem = problem

    def _write_stats(self) -> None:
        path: Path | None = self._options.stats
        if path is None:
            return
        statuses = self._session.statuses()
        counters = {
            "received": sum(status.packets for status in statuses),
            "bytes": sum(status.octets for status in statuses),
            "malformed": sum(status.malformed for status in statuses),
            "dropped": _dropped(statuses),
            "discarded": sum(status.discarded for status in statuses),
            "sent": sum(status.sent for status in statuses),
            "bad_frames": sum(status.bad_frames for status in statuses),
            "unanswered": self._session.handling.counters.unanswered,
            "printed": self._printed,
            "recorded": self._session.recorder.recorded if self._session.recorder else 0,
            "backlog": self._session.backlog,
        }
        # A reader sees the old file or the new one, never half of one.
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_text(json.dumps(counters) + "\n")
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise EndpointError(f"The statistics cannot be written to {path}: {error.strerror}.") from None

    def _print_summary(self, seconds: float) -> None:
        statuses = self._session.statuses()
        received = sum(status.packets for status in statuses)
        octets = sum(status.octets for status in statuses)
        dropped = _dropped(statuses)
        parts = [
            f"received {received} packets ({octets} bytes) in {seconds:.1f} s",
            f"printed {self._printed}",
            f"malformed {sum(status.malformed for status in statuses)}",
            f"dropped by the kernel {'unknown' if dropped is None else dropped}",
            f"discarded {sum(status.discarded for status in statuses)}",
        ]
        more = {
            "sent": sum(status.sent for status in statuses),
            "unreadable frames": sum(status.bad_frames for status in statuses),
            "not answered": self._session.handling.counters.unanswered,
            "failed handlers": self._session.handling.counters.failures,
            "late bundles": self._session.handling.scheduler.late,
            "bundles beyond the limit": self._session.handling.scheduler.refused,
        }
        parts += [f"{name} {count}" for name, count in more.items() if count]
        say(", ".join(parts))
        if self._lint is not None:
            say(self._lint.summary())


def _dropped(statuses: tuple[EndpointStatus, ...]) -> int | None:
    drops = [status.dropped for status in statuses]
    return None if None in drops else sum(drop or 0 for drop in drops)


def _packets(session: Session, batch: Batch) -> Iterator[PacketRecord]:
    """Yield one record for each packet of a batch: that of its first message."""
    row = batch.first_row
    while row < batch.end_row:
        if row < session.store.first_row:
            row = session.store.first_row
            continue
        record = session.store.record(row)
        yield record
        row += record.count - record.position
