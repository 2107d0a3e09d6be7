"""What the endpoint bar says about an endpoint, and what the status bar says about all of them."""

import enum
from dataclasses import dataclass
from urllib.parse import parse_qsl

from osc_workbench.traffic.record import EndpointState, EndpointStatus, Role

_FRAMINGS = {"length": "length prefix", "slip": "SLIP", "auto": "framing not known yet"}

_KINDS = {Role.LISTEN: "TCP server", Role.CONNECT: "TCP client"}
# What the button of a card does, by whether it runs or could be started.
_VERBS = {
    Role.LISTEN: {True: "Start listening at", False: "Stop listening at"},
    Role.CONNECT: {True: "Connect to", False: "Disconnect from"},
}


class Lamp(enum.Enum):
    """How an endpoint fares, at a glance."""

    STOPPED = "stopped"
    WAITING = "connecting"
    IDLE = "idle"
    ACTIVE = "receiving"
    ERROR = "failed"


@dataclass(frozen=True, slots=True)
class EndpointLook:
    """Texts of one endpoint.

    kind: what a TCP endpoint is, "" for UDP. rates: what comes in now. totals: since it was added. connections: how
    many there are, "" where that says nothing. warning: loss and what to do about it, "" if there is none. verb: what
    its button does.
    """

    endpoint_id: int
    lamp: Lamp
    url: str
    kind: str
    rates: str
    totals: str
    connections: str
    warning: str
    problem: str
    can_start: bool
    verb: str


def look_of(status: EndpointStatus) -> EndpointLook:
    lamp = _lamp_of(status)
    can_start = status.state in (EndpointState.CLOSED, EndpointState.FAILED)
    return EndpointLook(
        endpoint_id=status.endpoint_id,
        lamp=lamp,
        url=status.url,
        kind=_KINDS[status.role] if status.url.startswith("tcp") else "",
        rates=f"{lamp.value} · {_rate(status.packets_per_second)} packets/s · {size_text(status.octets_per_second)}/s",
        totals=_totals(status),
        connections=_connections(status),
        warning=_loss(status),
        problem=" ".join(filter(None, (status.problem, status.remedy, _retry(status)))),
        can_start=can_start,
        verb=_VERBS[status.role][can_start],
    )


def exposure_of(status: EndpointStatus) -> str:
    """Say so when other machines can reach an endpoint."""
    place, _, options = status.url.partition("://")[2].partition("?")
    host = place.rpartition(":")[0].strip("[]")
    if status.state is not EndpointState.OPEN or status.role is Role.CONNECT:
        return ""
    # A group that was joined on this machine's own interface is heard here only.
    interface = dict(parse_qsl(options)).get("interface", "")
    if any(name.startswith("127.") or name in ("::1", "localhost", "lo") for name in (host, interface)):
        return ""
    return "reachable from other machines"


def _connections(status: EndpointStatus) -> str:
    if not status.url.startswith("tcp") or status.state is not EndpointState.OPEN:
        return ""
    count = len(status.connections)
    if status.role is Role.CONNECT:
        return f"connected, {_FRAMINGS[status.connections[0].framing]}" if count else ""
    return counted(count, "connection")


def _retry(status: EndpointStatus) -> str:
    return "" if status.retry_in is None else f"Next try in {status.retry_in:.0f} s."


def _lamp_of(status: EndpointStatus) -> Lamp:
    if status.state is EndpointState.FAILED:
        return Lamp.ERROR
    if status.state in (EndpointState.OPENING, EndpointState.RETRYING):
        return Lamp.WAITING
    if status.state is not EndpointState.OPEN:
        return Lamp.STOPPED
    return Lamp.ACTIVE if status.packets_per_second > 0 else Lamp.IDLE


def _totals(status: EndpointStatus) -> str:
    text = f"{status.packets:,} received"
    # The kernel drops datagrams, never parts of a stream.
    if not status.url.startswith("tcp"):
        text += " · unknown dropped" if status.dropped is None else f" · {status.dropped:,} dropped"
    rare = [f"{status.malformed:,} malformed"] if status.malformed else []
    rare += [f"{status.sent:,} sent"] if status.sent else []
    rare += [counted(status.bad_frames, "unreadable frame")] if status.bad_frames else []
    rare += [f"{counted(status.refused, 'connection')} refused"] if status.refused else []
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


def counted(count: int, noun: str) -> str:
    """Return "1 connection", "2 connections"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
