"""The TCP connections of all endpoints, and the bundles that wait, as tables."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject

from osc_workbench.models.endpoint_model import counted, size_text
from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.traffic.record import ConnectionStatus, EndpointStatus, PendingStatus

_FRAMINGS = {"length": "length prefix", "slip": "SLIP", "auto": "not known yet"}


class ConnectionRow(NamedTuple):
    endpoint_id: int
    url: str
    status: ConnectionStatus


class PendingRow(NamedTuple):
    url: str
    status: PendingStatus


CONNECTION_COLUMNS = (
    Column("Peer", lambda row: str(row.status.peer), sample="255.255.255.255:65535"),
    Column("Endpoint", lambda row: row.url),
    Column("Framing", lambda row: _FRAMINGS.get(row.status.framing, row.status.framing), sample="not known yet"),
    Column("Received", lambda row: f"{row.status.packets:,}", True, "10,000,000"),
    Column("Bytes", lambda row: size_text(row.status.octets), True, "1023.9 MiB"),
    Column("Sent", lambda row: f"{row.status.sent:,}", True, "10,000,000"),
    Column("Unreadable", lambda row: f"{row.status.bad:,}" if row.status.bad else "", True, "10,000"),
    Column("To be sent", lambda row: size_text(row.status.waiting) if row.status.waiting else "", True, "1023.9 KiB"),
)

PENDING_COLUMNS = (
    Column("Due in", lambda row: due_text(row.status.due_in), True, "59 min 59 s"),
    Column("From", lambda row: str(row.status.peer or ""), sample="255.255.255.255:65535"),
    Column("Endpoint", lambda row: row.url, sample="udp://127.0.0.1:57110"),
    Column("Bundle", lambda row: row.status.text),
)


def make_connection_model(parent: QObject | None = None) -> ValueTable:
    return ValueTable(CONNECTION_COLUMNS, lambda row: (row.endpoint_id, row.status.peer), parent)


def make_pending_model(parent: QObject | None = None) -> ValueTable:
    return ValueTable(PENDING_COLUMNS, lambda row: row.status.number, parent)


def connection_rows(statuses: Sequence[EndpointStatus]) -> list[ConnectionRow]:
    return [
        ConnectionRow(status.endpoint_id, status.url, connection)
        for status in statuses
        for connection in status.connections
    ]


def pending_texts(pending: Sequence[PendingStatus], count: int) -> dict[int, str]:
    """Say for each endpoint how many bundles wait and when the next one is due.

    pending: those that are shown, the next one first, out of `count`.
    """
    waiting: dict[int, list[PendingStatus]] = {}
    for bundle in pending:
        waiting.setdefault(bundle.endpoint_id, []).append(bundle)
    prefix = "over " if count > len(pending) else ""
    return {
        endpoint_id: f"{prefix}{_waiting_text(len(bundles))}, next {_in_text(bundles[0].due_in)}"
        for endpoint_id, bundles in waiting.items()
    }


def pending_summary(shown: int, count: int, refused: int) -> str:
    """Say how many bundles wait, how many of them are shown, and how many had to be refused."""
    parts = [_waiting_text(count)] if count else []
    parts += [f"the first {shown:,} are shown"] if shown < count else []
    parts += [f"{refused:,} refused because too many waited"] if refused else []
    return ", ".join(parts)


def _waiting_text(count: int) -> str:
    return f"{counted(count, 'bundle')} {'waits' if count == 1 else 'wait'}"


def _in_text(due_in: float) -> str:
    text = due_text(due_in)
    return text if text == "now" else f"in {text}"


def due_text(seconds: float) -> str:
    """Return a countdown, with as much detail as its length deserves."""
    if seconds < 0.05:
        return "now"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days:,} d {hours} h"
