"""What endpoints have received and lost, as a table and as one line."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from osc_workbench.models.endpoint_model import counted
from osc_workbench.models.figure_text import rate_text
from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.traffic.record import EndpointStatus


def _dropped_text(status: EndpointStatus) -> str:
    # The kernel drops datagrams, never parts of a stream.
    if status.url.startswith("tcp"):
        return "-"
    return "unknown" if status.dropped is None else f"{status.dropped:,}"


ENDPOINT_COLUMNS = (
    Column("Endpoint", lambda row: row.url),
    Column("State", lambda row: row.state.value, sample="waiting to try again"),
    Column("Received", lambda row: f"{row.packets:,}", True, "1,000,000,000"),
    Column("Packets /s", lambda row: rate_text(row.packets_per_second), True, "1,000,000"),
    Column("Malformed", lambda row: f"{row.malformed:,}", True, "1,000,000"),
    Column("Dropped by the kernel", _dropped_text, True, "10,000,000"),
    Column("Discarded", lambda row: f"{row.discarded:,}", True, "10,000,000"),
    Column("Sent", lambda row: f"{row.sent:,}", True, "1,000,000,000"),
)


def make_endpoint_table(parent: QObject | None = None) -> ValueTable:
    return ValueTable(ENDPOINT_COLUMNS, lambda row: row.endpoint_id, parent)


def totals_text(statuses: Sequence[EndpointStatus]) -> str:
    """Say what all endpoints have received and lost together."""
    if not statuses:
        return "No endpoints."
    datagrams = [status for status in statuses if not status.url.startswith("tcp")]
    dropped = sum(status.dropped or 0 for status in datagrams)
    unknown = " (not all endpoints tell)" if any(status.dropped is None for status in datagrams) else ""
    rate = sum(status.packets_per_second for status in statuses)
    return "   ·   ".join(
        (
            f"{counted(len(statuses), 'endpoint')}: {sum(status.packets for status in statuses):,} packets received",
            f"{rate_text(rate)} /s",
            f"{sum(status.malformed for status in statuses):,} malformed",
            f"{dropped:,} dropped by the kernel{unknown}",
            f"{sum(status.discarded for status in statuses):,} discarded here",
        )
    )


def has_loss(statuses: Sequence[EndpointStatus]) -> bool:
    return any(status.dropped or status.discarded for status in statuses)
