"""Endpoints, and bundles that wait, as values that can be shown."""

from osc_workbench.net.binding import BUFFER_ASKED
from osc_workbench.net.endpoint import Endpoint
from osc_workbench.net.handling import Origin
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.scheduler import PendingBundle
from osc_workbench.traffic.record import EndpointStatus, PendingStatus
from osc_workbench.traffic.tally import Tally

_PENDING_TEXT = 120


def status_of(endpoint: Endpoint, tally: Tally, now: float) -> EndpointStatus:
    """Return how an endpoint fares, without its connections, which can be many."""
    packets_per_second, octets_per_second = tally.rates(now)
    return EndpointStatus(
        endpoint_id=endpoint.endpoint_id,
        url=str(endpoint.url),
        state=endpoint.state,
        role=endpoint.role,
        problem=endpoint.problem,
        remedy=endpoint.remedy,
        packets=tally.packets,
        octets=tally.octets,
        sent=tally.sent,
        malformed=tally.malformed,
        dropped=endpoint.dropped,
        discarded=tally.discarded,
        packets_per_second=packets_per_second,
        octets_per_second=octets_per_second,
        buffer_granted=endpoint.buffer_granted,
        # The buffer of a stream only makes its sender wait.
        buffer_asked=0 if endpoint.url.is_tcp else BUFFER_ASKED,
        bad_frames=endpoint.bad_frames,
        refused=endpoint.refused,
        retry_in=endpoint.retry_in,
    )


def status_of_pending(pending: PendingBundle[Origin], now: float) -> PendingStatus:
    """Return a bundle that waits; `now` is monotonic seconds."""
    text = format_packet(pending.bundle)
    return PendingStatus(
        number=pending.number,
        endpoint_id=pending.origin.endpoint_id,
        peer=pending.origin.peer,
        due_in=pending.due - now,
        text=text if len(text) <= _PENDING_TEXT else text[: _PENDING_TEXT - 1] + "…",
    )
