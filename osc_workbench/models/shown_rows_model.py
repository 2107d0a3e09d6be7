"""The rows of the log that are shown, as rows of a Qt table: which they are, not what they look like."""

from collections.abc import Callable

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.shown_rows import AllRows, Change, ShownRows
from osc_workbench.traffic.store import TrafficStore

Index = QModelIndex | QPersistentModelIndex


def never() -> bool:
    return False


def at_once() -> bool:
    return True


class ShownRowsModel(QAbstractTableModel):
    """Rows are those of the store, by number; an index is where a row is shown, from 0 at the top.

    completed: all that is kept has been looked at for what is to be shown.
    held_back_changed: the view is paused or not, or more is held back by it.

    Strategy. When `ShownRows.advance` tells what it did, it has done all of it, but Qt is told step by step. Between
    the steps `_count` is what Qt knows of, and `_offset` leads from an index of then to one of now.
    While paused only rows from before the pause count, whatever else `ShownRows` finds. In a table of latest values
    such rows would be overwritten, so that one is left alone until the end of the pause.
    """

    completed = Signal()
    held_back_changed = Signal()

    def __init__(self, store: TrafficStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._shown: ShownRows = AllRows(store)
        self._shown.advance(at_once)
        self._count = len(self._shown)
        self._offset = 0
        self._end_row = store.end_row
        self._was_complete = True
        self._is_replacing = False
        self._paused_end: int | None = None
        # The last row at the time of a pause, and how many rows it stood for.
        self._held: tuple[int, int] | None = None
        self._is_frozen = False

    @property
    def shown(self) -> ShownRows:
        return self._shown

    @property
    def is_latest(self) -> bool:
        """Whether rows are the latest ones of their addresses, in the order of addresses instead of time."""
        return isinstance(self._shown, LatestRows)

    @property
    def has_counts(self) -> bool:
        """Whether a row can stand for more than one message."""
        return self.is_latest or (isinstance(self._shown, MatchedRows) and self._shown.is_folded)

    @property
    def is_shown_complete(self) -> bool:
        """Whether all that is kept has been looked at for what is to be shown."""
        return self._is_frozen or self._shown.progress >= 1.0

    @property
    def is_replacing(self) -> bool:
        """Whether the rows that are being removed make room for others that come in the same step."""
        return self._is_replacing

    @property
    def oldest_row(self) -> int:
        """The oldest row that is kept, shown or not."""
        return self._store.first_row

    @property
    def end_row(self) -> int:
        """One past the newest row that could be shown."""
        return self._end_row if self._paused_end is None else self._paused_end

    # Where rows are.

    def row_at(self, index: int) -> int:
        """Return the row at a place. Raises IndexError."""
        if not 0 <= index < self._count:
            raise IndexError(f"there is no shown row {index}")
        return self._shown.row_at(index + self._offset)

    def row_above(self, index: int) -> int | None:
        """Return the row above a place, None if there is none, or no longer."""
        return self.row_at(index - 1) if index > max(0, -self._offset) else None

    def index_of(self, row: int) -> int | None:
        """Return where a row is shown, or the row that stands for it; None if it is not."""
        index = self._shown.index_of(row)
        if index is None and isinstance(self._shown, LatestRows):
            newest = self._shown.newest_of(row)
            index = None if newest is None else self._shown.index_of(newest)
        return None if index is None or not 0 <= index - self._offset < self._count else index - self._offset

    def index_near(self, row: int) -> int | None:
        """Return where a row is shown, or the next one that is, or the last; None if there is none.

        In a table of latest values there is no next one.
        """
        index = self.index_of(row)
        if index is not None or self.is_latest or not self._count:
            return index
        return min(self._count - self.count_from(row), self._count - 1)

    def count_from(self, row: int) -> int:
        """Return how many rows are shown from this one on; not for a table of latest values."""
        place = self._shown.place_of(row) - self._offset
        return self._count - min(max(0, place), self._count)

    def repeats(self, index: int) -> int:
        """Return how many messages a shown row stands for. Raises IndexError."""
        if self._held is not None and self.row_at(index) == self._held[0]:
            return self._held[1]
        return self._shown.repeats(index + self._offset)

    # Other rows.

    def set_shown(self, rows: ShownRows) -> None:
        """Show other rows; `advance` goes on with looking for them."""
        self.beginResetModel()
        rows.advance(at_once)
        self._shown = rows
        self._held, self._is_frozen = None, False
        self._forget(None)
        self._count = self._visible_count()
        self._was_complete = self.is_shown_complete
        self.endResetModel()

    @property
    def is_paused(self) -> bool:
        return self._paused_end is not None

    @property
    def held_back(self) -> int:
        """How many messages have come and are kept since the view was paused."""
        if self._paused_end is None:
            return 0
        return self._store.end_row - max(self._paused_end, self._store.first_row)

    def set_paused(self, is_paused: bool) -> None:
        """Let the picture stand still, except that what is no longer kept goes; or show what has come meanwhile."""
        if is_paused == self.is_paused:
            return
        if is_paused:
            self._paused_end = self._end_row
            if self.is_latest:
                self._is_frozen = self.is_shown_complete
            elif self._count and self.is_shown_complete:
                self._held = self.row_at(self._count - 1), self.repeats(self._count - 1)
        else:
            self._resume()
        self.held_back_changed.emit()

    def _resume(self) -> None:
        index = None if self._held is None else self.index_of(self._held[0])
        self._paused_end, self._held, self._is_frozen = None, None, False
        if self.is_latest:
            self._apply(self._shown.advance(at_once))
        else:
            self._apply(Change(changed=range(0) if index is None else range(index, index + 1)))

    # Keeping up.

    def advance(self, is_late: Callable[[], bool] = never) -> None:
        """Look at what is new, and at some of what is left until it is late; makes one change of each kind at most."""
        if not self._is_frozen:
            self._apply(self._shown.advance(is_late))
            self._is_frozen = self.is_paused and self.is_latest and self.is_shown_complete
        elif self._count and self._store.first_row >= self.end_row:
            self._remove(self._count, 0)
        if self._end_row != self._store.end_row:
            self._end_row = self._store.end_row
            if self.is_paused:
                self.held_back_changed.emit()
        was_complete, self._was_complete = self._was_complete, self.is_shown_complete
        if self._was_complete and not was_complete:
            self.completed.emit()

    def _apply(self, change: Change) -> None:
        trimmed = min(change.trimmed, self._count)
        kept = self._count - trimmed
        prepended = change.prepended if kept else 0
        count = self._visible_count()
        appended = count - kept - prepended
        changed = range(max(0, change.changed.start), min(change.changed.stop, count))
        if trimmed or len(changed) > 1:
            self._forget(None)
        self._is_replacing = not kept and count > 0
        if trimmed:
            self._remove(trimmed, prepended)
        self._is_replacing = False
        if prepended:
            self._insert(0, prepended)
            # Until now it had nothing above it.
            self._forget(self.row_at(prepended))
        if appended:
            self._insert(kept + prepended, appended)
        if len(changed) == 1:
            self._forget(self.row_at(changed[0]))
        self._announce_changed(changed)

    def _visible_count(self) -> int:
        if self._paused_end is None or self.is_latest:
            return len(self._shown)
        return self._shown.place_of(self._paused_end)

    def _remove(self, count: int, prepended: int) -> None:
        """Remove rows at the top. prepended: how many others will take their place."""
        self._offset = prepended - count
        self.beginRemoveRows(QModelIndex(), 0, count - 1)
        self._count -= count
        self._offset = prepended
        self.endRemoveRows()

    def _insert(self, first: int, count: int) -> None:
        """Insert rows at the top or at the end."""
        self._offset = 0 if first else count
        self.beginInsertRows(QModelIndex(), first, first + count - 1)
        self._count += count
        self._offset = 0
        self.endInsertRows()

    def _announce_changed(self, indices: range) -> None:
        if indices:
            last = self.index(indices[-1], self.columnCount() - 1)
            self.dataChanged.emit(self.index(indices[0], 0), last, [Qt.ItemDataRole.DisplayRole])

    def _forget(self, row: int | None) -> None:
        """Be told that a row may look different, or with None that all may."""

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else self._count
