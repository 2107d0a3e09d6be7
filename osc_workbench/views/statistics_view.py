"""The statistics panel: who talks how much, how regularly and how punctually."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from osc_workbench.models.endpoint_totals import has_loss, make_endpoint_table, totals_text
from osc_workbench.models.statistics_model import make_address_table, make_peer_table
from osc_workbench.models.statistics_text import WARNING, counted_text
from osc_workbench.traffic.record import EndpointStatus
from osc_workbench.traffic.statistics_feed import CountedRows, StatisticsFeed
from osc_workbench.views.counted_rows_bar import CountedRowsBar
from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.flow_detail_view import FlowDetailView
from osc_workbench.views.flow_table_view import FlowTableView
from osc_workbench.views.theme import Colours
from osc_workbench.views.value_table_view import ValueTableView

# Of the width of the panel: the table, and the figures of the selected row.
_SPLIT = (1012, 370)
_FIGURES_SPLIT = (184, 186)


class StatisticsView(QWidget):
    """wish: SetCountedRows or AddFilterTerm.

    url_of: the URL of an endpoint by its number.
    """

    wish = Signal(object)

    def __init__(self, url_of: Callable[[int], str], colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._shown: tuple[StatisticsFeed, Sequence[EndpointStatus], int] | None = None
        self.addresses = FlowTableView(make_address_table(self), colours)
        self.peers = FlowTableView(make_peer_table(url_of, self), colours)
        self._endpoint_table = make_endpoint_table(self)
        self.endpoints = ValueTableView(self._endpoint_table, "Endpoints", "There are no endpoints.")
        self.detail = FlowDetailView(colours)
        self.rows_bar = CountedRowsBar(colours)
        self.summary, self.totals = ElidedLabel(), ElidedLabel()
        self.summary.setAccessibleName("What is counted")
        self.totals.setAccessibleName("Totals of all endpoints")
        self.tabs = QTabBar()
        self._stack = QStackedWidget()
        for table in (self.addresses, self.peers, self.endpoints):
            self.tabs.addTab(table.accessibleName())
            self._stack.addWidget(table)
        self._lay_out()
        self._connect()
        self.set_colours(colours)
        self._show_tab(0)

    def _lay_out(self) -> None:
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("What the table shows")
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.tabs)
        top.addWidget(self.summary, 1)
        top.addWidget(self.rows_bar)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(self.detail)
        # The table needs its room more than the figures of one row, which wrap.
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setCollapsible(0, False)
        self.splitter.setSizes(_SPLIT)
        self.detail.setSizes(_FIGURES_SPLIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        layout.addWidget(self.splitter, 1)
        # The keyboard enters at the table and goes on in the order of insertion: what came before would be passed over.
        layout.insertLayout(0, top)
        layout.addWidget(self.totals)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._show_tab)
        self.rows_bar.wish.connect(self.wish)
        for table in (self.addresses, self.peers):
            table.wish.connect(self.wish)
            table.selectionModel().selectionChanged.connect(self._show_detail)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        for part in (self.addresses, self.peers, self.detail, self.rows_bar):
            part.set_colours(colours)
        self._colour_totals()

    def set_counted(self, which: CountedRows) -> None:
        """Say which rows are counted from now on."""
        self.rows_bar.set_counted(which)

    def show_statistics(self, feed: StatisticsFeed, statuses: Sequence[EndpointStatus], now_ns: int) -> None:
        """Show how things are now, in ns since the Unix epoch; not more than four times a second."""
        self._shown = (feed, statuses, now_ns)
        self.rows_bar.show_progress(feed.progress)
        text = counted_text(feed)
        table = self._flow_table
        if table is None:
            self._endpoint_table.set_rows(statuses)
        else:
            model = table.flow_table
            model.refresh(feed.statistics, now_ns, table.chosen, table.seen())
            table.keep_choice()
            text = ", ".join(filter(None, (text, model.rest_text(feed.statistics))))
            self._show_detail()
        _show_line(self.summary, text)
        warning = f"{WARNING} " if has_loss(statuses) else ""
        _show_line(self.totals, warning + totals_text(statuses))
        self._colour_totals()

    @property
    def _flow_table(self) -> FlowTableView | None:
        """The table that is in front, None if it is the one of endpoints."""
        table = self._stack.currentWidget()
        return table if isinstance(table, FlowTableView) else None

    def _show_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.detail.setVisible(self._flow_table is not None)
        self.setFocusProxy((self.addresses, self.peers, self.endpoints)[place])
        if self._shown is not None:
            self.show_statistics(*self._shown)

    def _show_detail(self) -> None:
        table = self._flow_table
        if table is None or self._shown is None:
            return
        row, source = table.selected_value(), table.flow_table.source
        if row is None:
            self.detail.show_figures((), None)
        else:
            histograms = source.histograms(self._shown[0].statistics, source.key(row))
            self.detail.show_figures(source.lines(row), histograms)

    def _colour_totals(self) -> None:
        colour = self._colours.warning if self.totals.whole_text.startswith(WARNING) else self._colours.muted
        style = f"color: {colour.name()};"
        if self.totals.styleSheet() != style:
            self.totals.setStyleSheet(style)


def _show_line(label: ElidedLabel, text: str) -> None:
    if text != label.whole_text:
        label.show_text(text)
