"""What a view can ask for. The composition root connects each wish to a command."""

from dataclasses import dataclass

from osc_workbench.traffic.record import Peer, Role
from osc_workbench.traffic.responder import Responder


@dataclass(frozen=True, slots=True)
class AddEndpoint:
    """Listen at this URL, or connect to it, as the user typed it."""

    url: str
    role: Role = Role.LISTEN


@dataclass(frozen=True, slots=True)
class StartEndpoint:
    """Bind or connect again."""

    endpoint_id: int


@dataclass(frozen=True, slots=True)
class StopEndpoint:
    """Give the port back, keep the endpoint."""

    endpoint_id: int


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """Give the port back and forget the endpoint."""

    endpoint_id: int


@dataclass(frozen=True, slots=True)
class CloseConnections:
    """End TCP connections, each named by its endpoint and peer."""

    connections: tuple[tuple[int, Peer], ...]


@dataclass(frozen=True, slots=True)
class CancelPending:
    """Do not run bundles that wait."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SetResponders:
    """Answer by these rules and no others."""

    rules: tuple[Responder, ...]


@dataclass(frozen=True, slots=True)
class ShowPanel:
    """Bring a panel to the front: "connections", "pending" or "responders"."""

    name: str


Wish = (
    AddEndpoint
    | StartEndpoint
    | StopEndpoint
    | RemoveEndpoint
    | CloseConnections
    | CancelPending
    | SetResponders
    | ShowPanel
)
