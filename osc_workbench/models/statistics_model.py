"""Statistics of addresses and of peers as tables that are sorted, and stand still between."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt

from osc_workbench.models.calm_order import CALM_TOLERANCE, RearrangePace, SortKey, arranged
from osc_workbench.models.figure_text import milliseconds, percent_text, rate_text
from osc_workbench.models.flow_source import ADDRESSES, FlowSource, peer_source
from osc_workbench.models.statistics_text import (
    drift_text,
    first_range_text,
    has_nan,
    has_type_change,
    name_text,
    peer_text,
    rest_text,
    types_text,
)
from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.traffic.export import harmless_cell
from osc_workbench.traffic.flow_counts import FlowStatistics
from osc_workbench.traffic.lateness import LatenessStatistics
from osc_workbench.traffic.statistics import TrafficStatistics

_Index = QModelIndex | QPersistentModelIndex
# More rows nobody reads. Working out the figures of one takes some 15 us, so not all are new each time: of 500 rows
# every one is a second old at most.
ROWS_LIMIT, PORTION = 500, 150
ASCENDING, DESCENDING = "▴", "▾"
# A share of 0 to 1 to draw as a bar; whether a cell is a warning.
ShareRole = Qt.ItemDataRole.UserRole
WarningRole = Qt.ItemDataRole.UserRole + 1


class FlowColumn(NamedTuple):
    """key: by what it is sorted; None comes last. tip: what the figure means."""

    column: Column
    key: Callable[[Any], SortKey]
    tip: str
    share: Callable[[Any], float] | None = None
    warns: Callable[[Any], bool] | None = None


def _flow(row: Any) -> FlowStatistics:
    flow: FlowStatistics = row.flow
    return flow


def _number(title: str, sample: str, text: Callable[[FlowStatistics], str], key: Callable, tip: str) -> FlowColumn:
    return FlowColumn(Column(title, lambda row: text(row.flow), True, sample), lambda row: key(row.flow), tip)


def _late(read: Callable[[LatenessStatistics], float | None]) -> Callable[[FlowStatistics], float | None]:
    return lambda flow: None if flow.lateness is None else read(flow.lateness)


def _first_number(row: Any) -> float | None:
    return row.arguments[0].minimum if row.arguments else None


ADDRESS_COLUMN = FlowColumn(
    Column("Address", lambda row: name_text(row.address)),
    lambda row: name_text(row.address),
    "OSC address; what is not decodable has none",
)
TYPES_COLUMN = FlowColumn(
    Column("Types", types_text, sample="⚠ ,fff ,iii"),
    types_text,
    "Type tags, the most frequent first; ⚠ if messages differ",
    warns=has_type_change,
)
NUMBERS_COLUMN = FlowColumn(
    Column("First number", first_range_text, sample="-0.1234 to 999.9"),
    _first_number,
    "From the least to the greatest value of the first argument that is a number; ⚠ if it was NaN",
    warns=has_nan,
)
SHARE_COLUMN = FlowColumn(
    Column("Share %", lambda row: percent_text(row.flow.share), True, "▮▮▮▮ 100.0"),
    lambda row: row.flow.share,
    "Of all messages that are counted",
    share=lambda row: row.flow.share,
)
COUNT_COLUMNS = (
    _number("Count", "1,000,000", lambda flow: f"{flow.count:,}", lambda flow: flow.count, "Messages"),
    _number("Rate /s", "50,000", lambda flow: rate_text(flow.rate_hz), lambda flow: flow.rate_hz, "In the last second"),
    SHARE_COLUMN,
)
TIME_COLUMNS = (
    _number(
        "Gap ms",
        "100,000",
        lambda flow: milliseconds(flow.median_gap),
        lambda flow: flow.median_gap,
        "Median of the time between messages, less than 9 % off",
    ),
    _number(
        "99 % ms",
        "100,000",
        lambda flow: milliseconds(flow.gap_percentile_99),
        lambda flow: flow.gap_percentile_99,
        "99 of 100 messages come within this time after the one before",
    ),
    _number(
        "Late ms",
        "-100,000",
        lambda flow: milliseconds(_late(lambda late: late.median)(flow)),
        _late(lambda late: late.median),
        "Median of how long after its time tag a message came; negative if early",
    ),
    _number(
        "Worst ms",
        "-100,000",
        lambda flow: milliseconds(_late(lambda late: late.worst_late)(flow)),
        _late(lambda late: late.worst_late),
        "The longest that a message came after its time tag; negative if all were early",
    ),
    _number(
        "Drift ppm",
        "+1,000.0",
        lambda flow: drift_text(flow.lateness),
        _late(lambda late: late.drift_ppm),
        "How fast the sender's clock runs ahead of this one, in millionths; ≈ 0 if less than can be told",
    ),
    _number(
        "Bursts",
        "1,000",
        lambda flow: f"{flow.bursts:,}",
        lambda flow: flow.bursts,
        "Times of 0.1 s with at least 10 messages, and more than four times as many as usual",
    ),
)


class FlowTable(ValueTable):
    """The addresses or peers with the most messages, at most ROWS_LIMIT.

    Rows stay where they are while their figures change, and come into order now and then. A table that is full also
    keeps its rows until then, though others may have overtaken them.
    source: of the rows. is_cut: whether there are more than are shown.
    """

    def __init__(self, columns: Sequence[FlowColumn], source: FlowSource, parent: QObject | None = None) -> None:
        super().__init__([column.column for column in columns], source.key, parent)
        self.source = source
        self.is_cut = False
        self._flow_columns = tuple(columns)
        self._latest: Sequence[Any] = ()
        self._sort_column, self._is_descending = 1, True
        self._pace = RearrangePace()
        self._statistics: TrafficStatistics | None = None
        # Rows by their keys, as they were worked out last, and whose turn it is next.
        self._known: dict[Hashable, Any] = {}
        self._turn = 0
        # How many messages there were when the rows were arranged last.
        self._arranged_at = -1

    def touch(self) -> None:
        """Note that somebody points or types at the table: rows stay where they are for a second."""
        self._pace.touch()

    def refresh(
        self,
        statistics: TrafficStatistics,
        now_ns: int,
        chosen: Sequence[Hashable] = (),
        seen: Sequence[Hashable] = (),
    ) -> None:
        """Show what statistics say now.

        chosen: keys of rows that are to be shown in any case. seen: keys of rows on which somebody looks.
        """
        if statistics is not self._statistics:
            self._known.clear()
        top = list(self.source.top(statistics, ROWS_LIMIT + 1))
        self.is_cut = len(top) > ROWS_LIMIT
        wanted = dict.fromkeys((*top[:ROWS_LIMIT], *chosen))
        self._work_out(statistics, now_ns, list(wanted), [*chosen, *seen])
        self._latest = [self._known[key] for key in wanted if key in self._known]
        is_live = statistics.count != self._arranged_at
        if statistics is not self._statistics:
            self._statistics = statistics
            self._rearrange()
        else:
            self._show_latest()
            if self._pace.is_due(now_ns):
                self._rearrange(CALM_TOLERANCE if is_live else 0.0)

    def _work_out(
        self, statistics: TrafficStatistics, now_ns: int, wanted: list[Hashable], now: Iterable[Hashable]
    ) -> None:
        """Bring some rows up to date: those that matter now, new ones, and each of the others in turn."""
        self._known = {key: self._known[key] for key in wanted if key in self._known}
        new = [key for key in wanted if key not in self._known][:PORTION]
        turn = (wanted[self._turn :] + wanted[: self._turn])[: PORTION - len(new)]
        self._turn = (self._turn + len(turn)) % max(1, len(wanted))
        for row in self.source.some(statistics, dict.fromkeys((*now, *new, *turn)), now_ns):
            self._known[self._key(row)] = row

    def rest_text(self, statistics: TrafficStatistics) -> str:
        """Say what is not shown, "" if that is nothing."""
        return rest_text(self.source.what, ROWS_LIMIT if self.is_cut else None, self.source.others(statistics))

    def _show_latest(self) -> None:
        keys = list(map(self._key, self._rows))
        fresh = {self._key(row): row for row in self._latest}
        is_full = len(self._rows) >= ROWS_LIMIT
        shown = [fresh.pop(key, row if is_full else None) for key, row in zip(keys, self._rows, strict=True)]
        kept = [row for row in shown if row is not None]
        if is_full or (len(kept) == len(keys) and not fresh):
            self._replace(kept)
        else:
            self.set_rows([*kept, *fresh.values()])

    def _replace(self, rows: Sequence[Any]) -> None:
        """Show other figures of the same rows: of hundreds nearly all have changed, so none is compared."""
        self._rows = list(rows)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))

    def _rearrange(self, tolerance: float = 0.0) -> None:
        places = {self._key(row): place for place, row in enumerate(self._rows)}
        last = len(places)
        # Among equals those that are shown come first, as they stand.
        rows = sorted(self._latest, key=lambda row: places.get(self._key(row), last))
        key = self._flow_columns[self._sort_column].key
        self.set_rows(arranged(rows, key, self._is_descending, tolerance))
        self._arranged_at = -1 if self._statistics is None else self._statistics.count

    def sort_by(self, section: int, _checked: bool = False) -> None:
        """Sort by a column: great numbers and early letters first, the other way if it was so already."""
        column = self.columns[section]
        self._is_descending = not self._is_descending if section == self._sort_column else column.is_number
        self._sort_column = section
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        self._rearrange()

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role in (ShareRole, WarningRole):
            column = self._flow_columns[index.column()]
            ask = column.share if role == ShareRole else column.warns
            return None if ask is None else ask(self._rows[index.row()])
        return super().data(index, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self._flow_columns):
            if role == Qt.ItemDataRole.ToolTipRole:
                return self._flow_columns[section].tip
            # Qt's own sign for the order would lie on the end of a title at the right.
            if role == Qt.ItemDataRole.DisplayRole and section == self._sort_column:
                return f"{self.columns[section].title} {DESCENDING if self._is_descending else ASCENDING}"
        return super().headerData(section, orientation, role)


def make_address_table(parent: QObject | None = None) -> FlowTable:
    columns = (ADDRESS_COLUMN, *COUNT_COLUMNS, TYPES_COLUMN, NUMBERS_COLUMN, *TIME_COLUMNS)
    return FlowTable(columns, ADDRESSES, parent)


def make_peer_table(url_of: Callable[[int], str], parent: QObject | None = None) -> FlowTable:
    """url_of: the URL of an endpoint by its number."""
    peer = FlowColumn(
        Column("Peer", lambda row: peer_text(row.link), sample="← 255.255.255.255:65535"),
        lambda row: peer_text(row.link),
        "The other side: ← received from it, → sent to it",
    )
    endpoint = FlowColumn(
        Column("Endpoint", lambda row: url_of(row.link.endpoint_id)),
        lambda row: url_of(row.link.endpoint_id),
        "The endpoint of this program",
    )
    return FlowTable((peer, *COUNT_COLUMNS, endpoint, *TIME_COLUMNS), peer_source(url_of), parent)


def table_text(table: ValueTable, rows: Sequence[int]) -> str:
    """Return rows of a table, with its titles, as lines of cells between tabs."""
    lines = [[column.title for column in table.columns]]
    lines += [[_cell(column.text(table.rows[row])) for column in table.columns] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)


def _cell(text: str) -> str:
    # URLs come from the user, and may have anything in them.
    return harmless_cell(" ".join(text.split()))
