"""What the endpoint bar says about an endpoint, and what the status bar says about all of them."""

import enum
from dataclasses import dataclass

from osc_workbench.traffic.record import EndpointState, EndpointStatus


class Lamp(enum.Enum):
    """How an endpoint fares, at a glance."""

    STOPPED = "stopped"
    IDLE = "idle"
    ACTIVE = "receiving"
    ERROR = "failed"


@dataclass(frozen=True, slots=True)
class EndpointLook:
    """Texts of one endpoint.

    rates: what comes in now. totals: since it was added. warning: loss and what to do about it, "" if there is none.
    """

    endpoint_id: int
    lamp: Lamp
    url: str
    rates: str
    totals: str
    warning: str
    problem: str
    can_start: bool


def look_of(status: EndpointStatus) -> EndpointLook:
    lamp = _lamp_of(status)
    return EndpointLook(
        endpoint_id=status.endpoint_id,
        lamp=lamp,
        url=status.url,
        rates=f"{lamp.value} · {_rate(status.packets_per_second)} packets/s · {size_text(status.octets_per_second)}/s",
        totals=_totals(status),
        warning=_loss(status),
        problem=f"{status.problem} {status.remedy}".strip(),
        can_start=status.state in (EndpointState.CLOSED, EndpointState.FAILED),
    )


def exposure_of(status: EndpointStatus) -> str:
    """Say so when other machines can reach an endpoint."""
    host = status.url.partition("://")[2].rpartition(":")[0].strip("[]")
    if status.state is not EndpointState.OPEN or host.startswith("127.") or host in ("::1", "localhost"):
        return ""
    return "reachable from other machines"


def _lamp_of(status: EndpointStatus) -> Lamp:
    if status.state is EndpointState.FAILED:
        return Lamp.ERROR
    if status.state is not EndpointState.OPEN:
        return Lamp.STOPPED
    return Lamp.ACTIVE if status.packets_per_second > 0 else Lamp.IDLE


def _totals(status: EndpointStatus) -> str:
    dropped = "unknown" if status.dropped is None else f"{status.dropped:,}"
    text = f"{status.packets:,} received · {dropped} dropped"
    rare = [f"{status.malformed:,} malformed"] if status.malformed else []
    rare += [f"{status.sent:,} sent"] if status.sent else []
    return "\n".join([text, " · ".join(rare)] if rare else [text])


def _loss(status: EndpointStatus) -> str:
    parts = []
    if status.dropped:
        parts.append(
            f"{status.dropped:,} lost in the kernel: its buffer of {size_text(status.buffer_granted)} was full"
            + (" (net.core.rmem_max limits it)." if status.buffer_granted < status.buffer_asked else ".")
        )
    if status.discarded:
        parts.append(f"{status.discarded:,} discarded: they came faster than they could be stored.")
    return " ".join(parts)


def buffer_text(status: EndpointStatus) -> str:
    """Say how large the kernel's receive buffer is."""
    if not status.buffer_granted:
        return ""
    text = f"Receive buffer {size_text(status.buffer_granted)}"
    return text if status.buffer_granted >= status.buffer_asked else f"{text} of {size_text(status.buffer_asked)} asked"


def size_text(octets: float) -> str:
    """Return a number of bytes with a unit."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if octets < 1024 or unit == "GiB":
            break
        octets /= 1024
    return f"{octets:.0f} {unit}" if unit == "B" or octets >= 100 else f"{octets:.1f} {unit}"


def _rate(per_second: float) -> str:
    if 0 < per_second < 0.1:
        return "under 0.1"
    return f"{per_second:,.1f}" if 0 < per_second < 10 else f"{per_second:,.0f}"
