"""The message log as a Qt table: what its rows show. They are made when they are looked at, a page at a time."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from osc_workbench.models.next_match import next_match
from osc_workbench.models.row_look import LookMaker, RowLook, TimeMode
from osc_workbench.models.shown_rows_model import Index, ShownRowsModel, never
from osc_workbench.models.traffic_columns import RIGHT_ALIGNED, TIPS, TITLES, Column
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.record import Batch, PacketRecord
from osc_workbench.traffic.store import TrafficStore

_KEPT_LOOKS = 1024
# Here one looks for what is to be said of a whole row.
_REMARKED = (Column.NUMBER, Column.ARGUMENTS)


def _no_colour(_row: int) -> str | None:
    return None


def _no_notes(_record: PacketRecord) -> tuple[str, ...]:
    return ()


class TrafficModel(ShownRowsModel):
    """For the arguments see `LookMaker`."""

    time_mode_changed = Signal()

    def __init__(
        self,
        store: TrafficStore,
        url_of: Callable[[int], str],
        marks: Marks | None = None,
        colour_of: Callable[[int], str | None] = _no_colour,
        notes_of: Callable[[PacketRecord], tuple[str, ...]] = _no_notes,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(store, parent)
        # No marks count as false.
        self._marks = Marks() if marks is None else marks
        self._marks_seen = self._marks.changes
        self._maker = LookMaker(store, url_of, self._marks, colour_of, notes_of)
        self._looks: dict[int, RowLook] = {}
        self._highlight: MatchedRows | None = None
        self._was_highlight_complete = True

    # Rows.

    @property
    def first_row(self) -> int:
        """The row at the top; the oldest one that is kept if none is shown."""
        return self.row_at(0) if self.rowCount() else self._store.first_row

    def record_at(self, index: int) -> PacketRecord:
        """Return a row as a value. Raises IndexError if it is not kept."""
        return self._store.record(self.row_at(index))

    def look(self, index: int) -> RowLook:
        """Return what a row shows. Raises IndexError if there is none."""
        row = self.row_at(index)
        if self._marks.changes != self._marks_seen:
            self._marks_seen = self._marks.changes
            self._looks.clear()
        look = self._looks.get(row)
        if look is None:
            if len(self._looks) >= _KEPT_LOOKS:
                self._looks.clear()
            is_match = self._highlight is not None and row in self._highlight
            above_ns, repeats = self._time_above(index), self.repeats(index)
            look = self._looks[row] = self._maker.look(row, above_ns, repeats, is_match, self.is_latest)
        return look

    def _time_above(self, index: int) -> int | None:
        row = self.row_above(index)
        if row is None or row < self._store.first_row:
            return None
        look = self._looks.get(row)
        return self._store.time_at(row) if look is None else look.unix_ns

    def redraw(self) -> None:
        """Show all rows anew: marks, colours or notes have changed."""
        self._looks.clear()
        self._announce_changed(range(self.rowCount()))

    def _forget(self, row: int | None) -> None:
        if row is None:
            self._looks.clear()
        else:
            self._looks.pop(row, None)

    # Keeping up.

    @property
    def is_complete(self) -> bool:
        """Whether all that is kept has been looked at, also for what is highlighted."""
        return self.is_shown_complete and (self._highlight is None or self._highlight.progress >= 1.0)

    def apply_batch(self, batch: Batch, is_late: Callable[[], bool] = never) -> None:
        """Show what a frame brought."""
        first_row = max(batch.first_row, self._store.first_row)
        if self._maker.reference_ns is None and first_row < min(batch.end_row, self._store.end_row):
            self._maker.reference_ns = self._store.time_at(first_row)
        self.advance(is_late)

    def advance(self, is_late: Callable[[], bool] = never) -> None:
        # Matches come first, so that new rows are shown as such from the start.
        must_redraw = self._advance_highlight(is_late)
        super().advance(is_late)
        if must_redraw:
            self.redraw()

    # What is highlighted.

    def set_highlight(self, rows: MatchedRows | None) -> None:
        """Mark the rows that are shown and among these, which `advance` keeps up to date."""
        self._highlight = rows
        self._was_highlight_complete = False
        self.redraw()

    def next_match(self, row: int, forward: bool) -> int | None:
        """Return the next row that is shown, after this one or before it; a highlighted one if there is a highlight."""
        found = next_match(self._shown, self._highlight, row, forward)
        return None if found is None or self.index_of(found) is None else found

    def _advance_highlight(self, is_late: Callable[[], bool]) -> bool:
        """Look for matches; tell whether any were found among rows that had been shown without."""
        if self._highlight is None:
            return False
        change = self._highlight.advance(is_late)
        was_complete, self._was_highlight_complete = self._was_highlight_complete, self._highlight.progress >= 1.0
        return bool(change.prepended or (change.appended and not was_complete))

    # Times.

    @property
    def time_mode(self) -> TimeMode:
        return self._maker.time_mode

    def set_time_mode(self, mode: TimeMode) -> None:
        self._maker.time_mode = mode
        self._redraw_times()

    @property
    def reference_ns(self) -> int | None:
        """What relative times count from, ns since the Unix epoch; None as long as there is nothing."""
        return self._maker.reference_ns

    def set_reference(self, row: int) -> None:
        """Count relative times from this row on, if it is kept, instead of from the first row that was seen."""
        if self._store.first_row <= row < self._store.end_row:
            self._maker.reference_ns = self._store.time_at(row)
            self._redraw_times()

    def forget_reference(self) -> None:
        """Count relative times from the next row that comes."""
        self._maker.reference_ns = None
        self._redraw_times()

    def _redraw_times(self) -> None:
        self._looks.clear()
        if self.rowCount():
            first, last = self.index(0, Column.TIME), self.index(self.rowCount() - 1, Column.TIME)
            self.dataChanged.emit(first, last, [Qt.ItemDataRole.DisplayRole])
        self.time_mode_changed.emit()

    # The Qt side.

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in RIGHT_ALIGNED:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return None
        try:
            look = self.look(index.row())
        except IndexError:
            # It has just gone, and Qt is being told.
            return None
        text = look.cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in _REMARKED:
            return "\n".join((text, *look.remarks))
        return text

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        column = Column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in RIGHT_ALIGNED else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None
