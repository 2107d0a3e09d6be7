"""What is selected in the message log: one current row, and any number of rows for actions that take many."""

from collections.abc import Iterator
from itertools import chain

from PySide6.QtCore import QModelIndex, QObject, Signal

from osc_workbench.models.selected_rows import SelectedRows
from osc_workbench.models.shown_rows_model import ShownRowsModel


class RowSelection(QObject):
    """Stays on its rows whatever comes, goes, or is shown instead.

    current_changed: the current row, None when there is none.

    Strategy. In the log, ranges of rows are kept, so that a selection outlives a filter. A table of latest values has
    new rows all the time, but addresses stay at their places, so there ranges of places are kept; `_key` is either.
    When the current row is hidden by a filter, the nearest one is current until the one that was chosen comes back.
    """

    current_changed = Signal(object)
    selection_changed = Signal()

    def __init__(self, model: ShownRowsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._current: int | None = None
        self._chosen: int | None = None
        # Whether what is shown has not been looked at far enough to find the chosen row again.
        self._is_pending = False
        self._selected = SelectedRows()
        self._anchor: int | None = None
        self._has_only_current = True
        self._is_latest = model.is_latest
        model.modelReset.connect(self._on_reset)
        model.completed.connect(self._find_chosen)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsRemoved.connect(self._on_rows_removed)
        model.dataChanged.connect(self._follow_address)

    @property
    def current(self) -> int | None:
        """The current row."""
        return self._current

    @property
    def current_index(self) -> int | None:
        return None if self._current is None else self._model.index_of(self._current)

    def is_selected(self, index: int, row: int) -> bool:
        """Tell whether the row that is shown at this index is selected."""
        return (index if self._is_latest else row) in self._selected

    @property
    def count(self) -> int:
        """How many of the rows that are shown are selected."""
        if self._is_latest:
            return sum(map(len, self._selected.ranges))
        count_from = self._model.count_from
        return sum(count_from(rows.start) - count_from(rows.stop) for rows in self._selected.ranges)

    @property
    def ranges(self) -> tuple[range, ...]:
        """The selected rows as ranges, ascending."""
        if not self._is_latest:
            return self._selected.ranges
        return tuple(range(row, row + 1) for row in sorted(self.rows()))

    def rows(self) -> Iterator[int]:
        """Yield the selected rows that are shown, from the top; others may come and go meanwhile."""
        if self._is_latest:
            return iter([self._model.row_at(place) for places in self._selected.ranges for place in places])
        between = self._model.shown.rows_between
        return chain.from_iterable(between(rows.start, rows.stop) for rows in self._selected.ranges)

    # The user's wishes.

    def choose(self, row: int | None) -> None:
        """Select a row alone, or the nearest one that is shown; None: select nothing."""
        index = None if row is None else self._model.index_near(row)
        if row is None or index is None:
            self._clear()
        else:
            self._select_for(index, max(row, self._model.oldest_row))

    def select(self, index: int) -> None:
        """Select what is shown there, and nothing else."""
        self._has_only_current = True
        self._anchor = None
        self._select_up_to(index)

    def toggle(self, index: int) -> None:
        """Add a row to those that are selected, or take it out."""
        self._has_only_current = False
        self._anchor = key = self._key(index)
        change = self._selected.remove if key in self._selected else self._selected.add
        change(key, key + 1)
        self._set_current(self._model.row_at(index))
        self.selection_changed.emit()

    def move_to(self, index: int) -> None:
        """Make a row current, whether it is selected or not."""
        self._anchor = self._key(index)
        self._set_current(self._model.row_at(index))

    def extend_to(self, index: int) -> None:
        """Select all from the row that was selected last to this one, which becomes current."""
        self._has_only_current = self._anchor is None
        self._select_up_to(index)

    def select_all(self) -> None:
        last = self._model.rowCount() - 1
        if last >= 0:
            self._has_only_current = False
            is_changed = self._replace(self._key(0), self._key(last))
            if self._current is None:
                self._set_current(self._model.row_at(last))
            if is_changed:
                self.selection_changed.emit()

    def _key(self, index: int) -> int:
        return index if self._is_latest else self._model.row_at(index)

    def _select_up_to(self, index: int) -> None:
        """Select from the anchor, or from here if there is none; all of that is done when it is told."""
        key = self._key(index)
        self._anchor = key if self._anchor is None else self._anchor
        is_changed = self._replace(self._anchor, key)
        self._set_current(self._model.row_at(index))
        if is_changed:
            self.selection_changed.emit()

    def _replace(self, one: int, other: int) -> bool:
        """Select one range only; tell whether that is something else than before."""
        before = self._selected.ranges
        self._selected.clear()
        self._selected.add(min(one, other), max(one, other) + 1)
        return self._selected.ranges != before

    def _clear(self) -> None:
        self._chosen = None
        self._is_pending = False
        self._change_current(None)
        self._deselect()

    def _set_current(self, row: int) -> None:
        self._chosen = row
        self._is_pending = False
        self._change_current(row)

    def _change_current(self, row: int | None) -> None:
        if row != self._current:
            self._current = row
            self.current_changed.emit(row)

    # The model's changes.

    def _on_reset(self) -> None:
        if self._is_latest or self._model.is_latest:
            # Ranges of rows and of places cannot be turned into each other, nor places of two tables.
            self._is_latest = self._model.is_latest
            self._deselect()
        self._is_pending = self._chosen is not None
        self._find_chosen()

    def _find_chosen(self) -> None:
        """Make the chosen row current again as soon as it is found, or the nearest one if it is not shown."""
        if not self._is_pending or self._chosen is None:
            return
        model, is_complete = self._model, self._model.is_shown_complete
        index = model.index_near(self._chosen) if is_complete else model.index_of(self._chosen)
        self._is_pending = index is None and not is_complete
        if self._is_pending:
            return
        if index is not None and self._has_only_current:
            self._select_for(index, self._chosen)
            return
        if self._has_only_current:
            self._deselect()
        self._change_current(None if index is None else model.row_at(index))

    def _select_for(self, index: int, row: int) -> None:
        """Select what is shown there in place of a row."""
        self.select(index)
        self._chosen = row

    def _deselect(self) -> None:
        self._has_only_current = True
        self._anchor = None
        if self._selected.ranges:
            self._selected.clear()
            self.selection_changed.emit()

    def _on_rows_inserted(self, _parent: QModelIndex, _first: int, _last: int) -> None:
        self._find_chosen()
        self._follow_address()

    def _on_rows_removed(self, _parent: QModelIndex, _first: int, _last: int) -> None:
        if not self._is_latest:
            self._trim(self._model.oldest_row)
        elif not self._model.is_replacing:
            self._clear()
        else:
            # Addresses have other places now.
            self._deselect()
            self._is_pending = self._chosen is not None

    def _trim(self, oldest_row: int) -> None:
        is_trimmed = self._selected.trim(oldest_row)
        if self._current is not None and self._current < oldest_row:
            self._change_current(None)
        if self._chosen is not None and self._chosen < oldest_row:
            self._chosen = self._current
        if is_trimmed:
            self.selection_changed.emit()

    def _follow_address(self) -> None:
        """In a table of latest values, stay on the newest row of the address."""
        if self._is_latest and self._current is not None and not self._is_pending:
            index = self.current_index
            if index is not None:
                self._set_current(self._model.row_at(index))
