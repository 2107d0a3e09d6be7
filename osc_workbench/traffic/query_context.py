"""What conditions may ask about rows beyond their columns, and what a bound condition is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import Link

Mask = npt.NDArray[np.bool_]


def _own_name(address: str | int) -> tuple[str, ...]:
    return (str(address),)


def _numbered(endpoint_id: int) -> str:
    return f"endpoint {endpoint_id}"


@dataclass(frozen=True, slots=True)
class QueryContext:
    """The log that a query is asked of.

    url_of: the URL of an endpoint. names_of: the texts an address is known by; a command number has a name, too.
    start_ns: what relative times count from, ns since the Unix epoch; None: the first row that is kept.
    """

    store: TrafficStore
    url_of: Callable[[int], str] = _numbered
    names_of: Callable[[str | int], tuple[str, ...]] = _own_name
    marks: Marks = field(default_factory=Marks)
    start_ns: int | None = None

    @property
    def origin_ns(self) -> int:
        """What relative times count from; 0 while there is nothing."""
        if self.start_ns is not None:
            return self.start_ns
        return self.store.time_at(self.store.first_row) if len(self.store) else 0


class Test(Protocol):
    """A condition that is bound to one log; remembers what it has worked out, so it may serve one log only."""

    def mask(self, view: RowView) -> Mask:
        """Return which of these rows it matches; with `needs_history` the views must come in order, each row once."""


class Condition(Protocol):
    """What a term means. Values, so equal ones are the same question."""

    @property
    def needs_history(self) -> bool:
        """Whether the answer for a row depends on those before it."""

    def explain(self) -> str:
        """Return a clause, such as “the address contains "x"”."""

    def bind(self, context: QueryContext) -> Test:
        """Return the condition ready to be asked of a log."""


class LinkValues:
    """One value for each link, worked out once."""

    def __init__(self, context: QueryContext, function: Callable[[Link], bool]) -> None:
        self._links = context.store.links.links
        self._function = function
        self._values = np.zeros(0, np.bool_)

    def mask(self, view: RowView) -> Mask:
        if len(self._values) < len(self._links):
            new = [self._function(link) for link in self._links[len(self._values) :]]
            self._values = np.concatenate((self._values, np.array(new, np.bool_)))
        return self._values[view.links]


def places_mask(view: RowView, places: npt.NDArray[Any]) -> Mask:
    """Return a mask of these places of a view."""
    mask = np.zeros(len(view), np.bool_)
    mask[places] = True
    return mask
