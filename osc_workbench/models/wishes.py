"""What a view can ask for. The composition root connects each wish to a command."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddEndpoint:
    """Listen at this URL, as the user typed it."""

    url: str


@dataclass(frozen=True, slots=True)
class StartEndpoint:
    """Bind again."""

    endpoint_id: int


@dataclass(frozen=True, slots=True)
class StopEndpoint:
    """Give the port back, keep the endpoint."""

    endpoint_id: int


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """Give the port back and forget the endpoint."""

    endpoint_id: int


Wish = AddEndpoint | StartEndpoint | StopEndpoint | RemoveEndpoint
