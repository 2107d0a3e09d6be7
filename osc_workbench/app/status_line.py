"""The status line: how much comes, is kept and is lost, and what does not go on as usual."""

from collections.abc import Sequence

from osc_workbench.models.endpoint_model import size_text
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.session import Session
from osc_workbench.traffic.record import EndpointStatus

_SPACE = "   ·   "
# Fonts without emoji have no sign of their own for a pause.
_PAUSED = "❚❚ "


def status_line(
    session: Session, model: TrafficModel, statuses: Sequence[EndpointStatus], backlog: int, is_stopped: bool
) -> str:
    """is_stopped: whether sources were closed together. backlog: packets that wait to be stored."""
    standstill = _standstill(session, model, is_stopped)
    store = session.store
    rate = sum(status.packets_per_second for status in statuses)
    dropped = sum((status.dropped or 0) + status.discarded for status in statuses)
    # A small window has no room for everything.
    kept = (
        "messages kept"
        if standstill
        else f"of at most {store.limit_rows:,} messages kept, {size_text(store.size_bytes)}"
    )
    parts = (
        *([_PAUSED + ", ".join(standstill)] if standstill else []),
        f"{rate:,.0f} packets/s",
        f"{len(store):,} {kept}",
        f"backlog {backlog:,}",
        f"{dropped:,} lost",
    )
    return _SPACE.join(parts)


def _standstill(session: Session, model: TrafficModel, is_stopped: bool) -> list[str]:
    """Say what does not go on as usual: recording, the picture, the sources."""
    parts = []
    if not session.is_storing:
        parts.append(f"not recording ({session.not_stored:,} passed by)")
    if model.is_paused:
        parts.append(f"view paused ({model.held_back:,} held back)")
    if is_stopped:
        parts.append("sources stopped")
    return parts
