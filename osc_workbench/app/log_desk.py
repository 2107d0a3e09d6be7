"""The log with all that is asked about it: filter bar, statistics, lint and colour rules, each beside what it shows."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from osc_workbench.app.log_state import LogState
from osc_workbench.app.settings import Settings
from osc_workbench.models.colour_rule_model import ColourRuleModel
from osc_workbench.models.lint_model import badge_text
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.models.wishes import SetFilter
from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.session import Session
from osc_workbench.traffic.colour_rules import ColourRule
from osc_workbench.traffic.lint_rules import RULES, mask_of
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.record import Batch, EndpointStatus, PacketRecord
from osc_workbench.traffic.statistics_feed import CountedRows, StatisticsFeed
from osc_workbench.views.colour_rules_view import ColourRulesView
from osc_workbench.views.filter_bar import FilterBar
from osc_workbench.views.lint_view import LintView
from osc_workbench.views.statistics_view import StatisticsView
from osc_workbench.views.theme import Colours

# A frame's share for looking at rows that were not looked at yet, seconds each.
_SHOWN_SHARE, _COUNTED_SHARE = 0.008, 0.006
# How long it may take to find out which term of a filter is to blame that matches nothing; seldom asked.
_SUGGESTED_SHARE = 0.02
# Painting a table of figures takes longer than a frame; twice a second is as often as figures can be read.
_STATISTICS_INTERVAL = 0.45
# More addresses than anybody reads through while completing.
_COMPLETED_ADDRESSES = 20_000
# More rows than can ever come.
_OPEN_END = 1 << 62


class LogDesk:
    """state: what the log shows. model: the log itself. muted: rules of lint of which nothing is said."""

    def __init__(self, session: Session, settings: Settings, url_of: Callable[[int], str], colours: Colours) -> None:
        self._session = session
        self._settings = settings
        self._url_of = url_of
        self.muted = frozenset(settings.muted_rules())
        self._told = self._mask()
        self.state = LogState(session, url_of)
        self.marks = self.state.marks
        self.model = TrafficModel(session.store, url_of, self.marks, self.state.colours.colour_of, self._notes_of)
        self.state.attach(self.model)
        self.feed = StatisticsFeed(session.store)
        self._statistics_shown = 0.0
        self._ranges: Sequence[range] = (range(_OPEN_END),)
        self._is_barren_told = False
        self.filter_bar = FilterBar(colours)
        self.statistics = StatisticsView(url_of, colours)
        self.lint = LintView(self._time_of, colours)
        self.colour_rule_model = ColourRuleModel()
        self.colour_rules = ColourRulesView(self.colour_rule_model, colours)
        self.filter_bar.set_sources(self._addresses, self._endpoints)
        self.filter_bar.set_history(settings.filter_history())
        self.filter_bar.history_changed.connect(settings.set_filter_history)
        self._colour_by(settings.colour_rules())

    @property
    def views(self) -> tuple[FilterBar, StatisticsView, LintView, ColourRulesView]:
        """Whatever can wish for something."""
        return self.filter_bar, self.statistics, self.lint, self.colour_rules

    @property
    def panels(self) -> dict[str, tuple[str, QWidget]]:
        """The panels by name, each with its title."""
        return {
            "statistics": ("Statistics", self.statistics),
            "lint": ("Lint", self.lint),
            "colours": ("Colour rules", self.colour_rules),
        }

    def set_colours(self, colours: Colours) -> None:
        for view in (self.filter_bar, self.statistics, self.lint, self.colour_rules):
            view.set_colours(colours)

    def _addresses(self) -> Sequence[str]:
        seen = dict.fromkeys(self._session.store.headers.addresses[:_COMPLETED_ADDRESSES])
        # A command number is best known by its name, which comes last.
        return [address_names(address)[-1] for address in seen if address is not None]

    def _time_of(self, row: int) -> int | None:
        store = self._session.store
        return store.time_at(row) if store.first_row <= row < store.end_row else None

    def _endpoints(self) -> Sequence[str]:
        return [status.url for status in self._session.statuses()]

    # Wishes.

    def restore_noise(self) -> None:
        """Hide the noise that was hidden at the last start; for when wishes are granted."""
        self.filter_bar.set_hidden_noise(self._settings.hidden_noise())
        self.filter_bar.hidden_changed.connect(self._settings.set_hidden_noise)

    def set_filter(self, wish: SetFilter) -> None:
        self.state.set_query(parse_query(wish.text), wish.highlights)
        self._is_barren_told = False
        self.restart_statistics()

    def set_counted(self, which: CountedRows, selected: Sequence[range]) -> None:
        """Make statistics of other rows, from scratch."""
        self.statistics.set_counted(which)
        store = self._session.store
        if which is CountedRows.SELECTED:
            self._ranges = selected
        else:
            first = store.end_row if which is CountedRows.FROM_NOW else 0
            self._ranges = (range(first, _OPEN_END),)
        self.restart_statistics()

    def restart_statistics(self) -> None:
        query = self.state.query
        self.feed.restart_with(None if query.is_empty else query.bind(self.state.context()), self._ranges)

    def ask_anew(self) -> None:
        """Ask again whatever is asked: relative times count from elsewhere, or what came before is gone."""
        self.state.ask_anew()
        self.restart_statistics()

    def clear(self) -> None:
        """Begin from nothing, like the log: relative times count from what comes next."""
        self.model.forget_reference()
        self.ask_anew()

    def set_muted(self, ids: Sequence[str]) -> None:
        """Say nothing of findings of these rules, in later sessions, too."""
        self.muted = frozenset(ids)
        self._told = self._mask()
        self._settings.set_muted_rules(ids)
        self.model.redraw()

    def set_colour_rules(self, rules: tuple[ColourRule, ...]) -> None:
        """Colour by these rules from now on, in later sessions, too."""
        self._colour_by(rules)
        self._settings.set_colour_rules(rules)

    def _colour_by(self, rules: tuple[ColourRule, ...]) -> None:
        self.state.set_colour_rules(rules)
        self.colour_rule_model.show_rules(rules)

    # Lint in the log.

    def _mask(self) -> int:
        return mask_of(rule.id for rule in RULES if rule.id not in self.muted)

    def _notes_of(self, record: PacketRecord) -> tuple[str, ...]:
        """Return what lint has to say about a row; that it is malformed is seen anyway."""
        return () if record.is_malformed else self._session.lint.explain(record, self._told)

    # A frame.

    def apply_batch(self, batch: Batch) -> bool:
        """Show what a frame brought; return whether there is more to be looked at."""
        time = self._session.clock.time
        end = time() + _SHOWN_SHARE
        if self.state.apply_batch(batch, lambda: time() >= end):
            self.restart_statistics()
        is_complete = self.state.is_complete
        if _is_seen(self.statistics):
            end = time() + _COUNTED_SHARE
            self.feed.advance(lambda: time() >= end)
            is_complete = is_complete and self.feed.is_complete
        return not is_complete

    def hurry(self) -> None:
        """Show all figures at the next chance: the user has changed something."""
        self._statistics_shown = 0.0

    def show_status(self, statuses: Sequence[EndpointStatus]) -> None:
        """Show figures that change all the time; not more than four times a second."""
        store = self._session.store
        self.filter_bar.show_result(self.state.matching_count, len(store), self.state.progress)
        self._explain_emptiness()
        now = self._session.clock.time()
        if _is_seen(self.statistics) and now - self._statistics_shown >= _STATISTICS_INTERVAL:
            self._statistics_shown = now
            self.statistics.show_statistics(self.feed, statuses, self._session.clock.unix_ns())
        if _is_seen(self.lint):
            self.lint.show_lint(self._session.lint, self.muted)
        if _is_seen(self.colour_rules):
            colours = self.state.colours
            self.colour_rule_model.show_rules(colours.rules, colours.counts())

    @property
    def emptiness(self) -> str:
        """What a log says in which nothing is shown, although there are messages."""
        return "No message matches the filter." if self.state.progress >= 1 else "Looking for messages that match…"

    def lint_badge(self) -> str:
        """Return how many errors and warnings lint has found, "" for none."""
        return badge_text(self._session.lint, self.muted)

    def _explain_emptiness(self) -> None:
        """Say which term of a filter that matches nothing is to blame, once."""
        is_barren = not self.state.query.is_empty and self.state.progress >= 1 and not self.state.matching_count
        if is_barren and len(self._session.store) and not self._is_barren_told:
            time = self._session.clock.time
            end = time() + _SUGGESTED_SHARE
            self.filter_bar.show_empty(self.state.suggestion(lambda: time() >= end))
        self._is_barren_told = is_barren and bool(len(self._session.store))


def _is_seen(view: QWidget) -> bool:
    # A panel behind another tab is visible to Qt, but none of it is to be seen.
    return view.isVisible() and not view.visibleRegion().isEmpty()
