"""What a view can ask for. The composition root connects each wish to a command."""

from dataclasses import dataclass

from osc_workbench.traffic.colour_rules import ColourRule
from osc_workbench.traffic.record import Peer, Role
from osc_workbench.traffic.responder import Responder
from osc_workbench.traffic.statistics_feed import CountedRows


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


@dataclass(frozen=True, slots=True)
class AddFilterTerm:
    """Show only what matches this query, too, or what does not."""

    query: str
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class SetFilter:
    """Show only what matches this query, or with `highlights` everything, with the matches marked."""

    text: str
    highlights: bool = False


@dataclass(frozen=True, slots=True)
class SetCountedRows:
    """Make statistics of these rows, from scratch."""

    which: CountedRows


@dataclass(frozen=True, slots=True)
class JumpToFinding:
    """Select the next row, or the one before, that breaks this rule of lint."""

    rule_id: str
    forward: bool = True


@dataclass(frozen=True, slots=True)
class SetMutedRules:
    """Say nothing of findings of these rules of lint."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetColourRules:
    """Colour messages by these rules and no others; the first that matches wins."""

    rules: tuple[ColourRule, ...]


Wish = (
    AddEndpoint
    | StartEndpoint
    | StopEndpoint
    | RemoveEndpoint
    | CloseConnections
    | CancelPending
    | SetResponders
    | ShowPanel
    | AddFilterTerm
    | SetFilter
    | SetCountedRows
    | JumpToFinding
    | SetMutedRules
    | SetColourRules
)
