"""What the log shows at the moment: filter or highlight, folded or latest only, paused, marks, colours.

It stands between the user's wishes and the model of the log, and sees to it that each frame looks at some more rows
without taking long.
"""

from collections.abc import Callable, Iterator

from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.session import Session
from osc_workbench.traffic.colour_rules import ColourRule, ColourRules
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.query import BoundQuery, Query, parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Batch
from osc_workbench.traffic.row_conditions import IsMarked
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.shown_rows import AllRows, ShownRows

# How many of the newest rows are asked which term of a filter that matches nothing is to blame.
_ASKED_ROWS, _PIECE_ROWS = 200_000, 8_192


class LogState:
    """query: what is asked; empty for everything. highlights: matches are marked instead of the others being hidden."""

    def __init__(self, session: Session, url_of: Callable[[int], str]) -> None:
        self._session = session
        self._url_of = url_of
        self.marks = Marks()
        self.query = parse_query("")
        self.highlights = False
        self.is_folded = False
        self.is_latest = False
        self.model: TrafficModel | None = None
        self.colours = ColourRules(self.context())
        self._highlighted: MatchedRows | None = None
        self._marks_seen = self.marks.changes

    def attach(self, model: TrafficModel) -> None:
        """Show what is to be shown through this model."""
        self.model = model
        self._show()

    def context(self) -> QueryContext:
        """Return what queries are asked of; relative times in them are those that are shown."""
        start_ns = None if self.model is None else self.model.reference_ns
        return QueryContext(self._session.store, self._url_of, address_names, self.marks, start_ns)

    # Wishes.

    def set_query(self, query: Query, highlights: bool) -> None:
        if (query, highlights) != (self.query, self.highlights):
            self.query, self.highlights = query, highlights
            self._show()

    def set_folded(self, is_folded: bool) -> None:
        """Count repeats of the row before with it; not in the table of latest values."""
        self.is_folded = is_folded
        self._show()

    def set_latest(self, is_latest: bool) -> None:
        """Show the newest message of each address only."""
        self.is_latest = is_latest
        self._show()

    def ask_anew(self) -> None:
        """Forget the answers so far: relative times count from elsewhere, or what came before is gone."""
        self.colours.set_rules(self.colours.rules, self.context())
        if not self.query.is_empty:
            self._show()

    def set_colour_rules(self, rules: tuple[ColourRule, ...]) -> None:
        self.colours.set_rules(rules, self.context())
        self._redraw()

    def marks_changed(self) -> None:
        """Show marks as they are now."""
        self._redraw()

    def _bound(self) -> BoundQuery | None:
        return None if self.query.is_empty else self.query.bind(self.context())

    def _show(self) -> None:
        if self.model is None:
            return
        self._marks_seen = self.marks.changes
        self._highlighted = None
        filtering = None if self.highlights else self._bound()
        if self.highlights and not self.query.is_empty:
            self._highlighted = MatchedRows(self._session.store, self._bound())
        self.model.set_highlight(self._highlighted)
        self.model.set_shown(self._shown(filtering))

    def _shown(self, filtering: BoundQuery | None) -> ShownRows:
        store = self._session.store
        if self.is_latest:
            return LatestRows(store, filtering)
        if filtering is not None or self.is_folded:
            return MatchedRows(store, filtering, self.is_folded)
        return AllRows(store)

    def _redraw(self) -> None:
        if self.model is not None:
            self.model.redraw()

    # A frame.

    def apply_batch(self, batch: Batch, is_late: Callable[[], bool]) -> bool:
        """Show what a frame brought, and go on with what is not looked at yet until it is late.

        Return whether the query had to be asked anew, because it is about marks and those have changed.
        """
        assert self.model is not None
        self.marks.trim(batch.trimmed_before)
        is_stale = self._asks_for_marks and self.marks.changes != self._marks_seen
        if is_stale:
            self._show()
        self.model.apply_batch(batch, is_late)
        if self.colours.advance(is_late):
            self.model.redraw()
        return is_stale

    @property
    def _asks_for_marks(self) -> bool:
        return any(isinstance(condition, IsMarked) for condition in self.query.conditions)

    @property
    def progress(self) -> float:
        """How much of what is kept has been looked at for the query, 0 to 1."""
        assert self.model is not None
        rows = self._highlighted if self._highlighted is not None else self.model.shown
        return rows.progress

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be looked at."""
        assert self.model is not None
        return self.model.is_complete and self.colours.progress >= 1.0

    @property
    def matching_count(self) -> int:
        """How many rows the query is known to match."""
        assert self.model is not None
        return len(self._highlighted if self._highlighted is not None else self.model.shown)

    def suggestion(self, is_late: Callable[[], bool]) -> tuple[str, str, int] | None:
        """Return (term, query without it, how many of some rows that matches) for the term that excludes most.

        The rows are the newest ones, as many as can be asked until it is late.
        """
        rests = self.query.without_terms()
        bound = [parse_query(rest).bind(self.context()) for _, rest in rests]
        counts = [0] * len(rests)
        for view in self._newest(any(query.query.needs_history for query in bound)):
            for place, query in enumerate(bound):
                counts[place] += int(query.mask(view).sum())
            if is_late():
                break
        best = max(range(len(rests)), key=counts.__getitem__, default=None)
        return None if best is None or not counts[best] else (*rests[best], counts[best])

    def _newest(self, ascends: bool) -> Iterator[RowView]:
        """Yield views of the newest rows; queries with history need them in ascending order."""
        store = self._session.store
        first_row = max(store.first_row, store.end_row - _ASKED_ROWS)
        starts = range(first_row, store.end_row, _PIECE_ROWS)
        for start in starts if ascends else reversed(starts):
            yield from views_of(store, start, min(start + _PIECE_ROWS, store.end_row))
