"""Where the log is scrolled to: at its end while it follows, else on the same rows whatever comes and goes."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QModelIndex, QObject, Signal
from PySide6.QtWidgets import QScrollBar

from osc_workbench.models.row_selection import RowSelection
from osc_workbench.models.shown_rows_model import ShownRowsModel


class LogScroller(QObject):
    """Moves the scroll bar of a log when its rows change; the log says what the user does.

    is_moving: the bar is moved along with the rows, so that what was in sight stays there.

    Strategy. When other rows are to be shown, an anchor is dropped: a row, or the current one if it is in sight, and
    the line where it stands. It holds until the user scrolls, so a filter that is taken away again leaves no trace.
    """

    following_changed = Signal(bool)

    def __init__(self, bar: QScrollBar, model: ShownRowsModel, selection: RowSelection, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._model = model
        self._selection = selection
        self._page = 1
        self._is_following = True
        # When following ended, all rows before this one had been in sight or above.
        self._seen_end = 0
        # The row, None for the current one, and its line counted from the top.
        self._anchor: tuple[int | None, int] | None = None
        self.is_moving = False
        model.modelAboutToBeReset.connect(self._drop_anchor)
        model.modelReset.connect(self._settle)
        model.completed.connect(self._settle)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsRemoved.connect(self._on_rows_removed)

    @property
    def page(self) -> int:
        """How many rows fit into the view."""
        return self._page

    def set_page(self, page: int) -> None:
        self._page = page
        self._update_range()
        if self._is_following:
            self._to_end()

    @property
    def is_following(self) -> bool:
        return self._is_following

    def set_following(self, is_following: bool) -> None:
        if is_following:
            self._anchor = None
            self._to_end()
        else:
            self._seen_end = self._model.end_row
        if is_following != self._is_following:
            self._is_following = is_following
            self.following_changed.emit(is_following)

    @property
    def unseen(self) -> int:
        """How many rows have come since following ended; addresses in a table of latest values are not counted."""
        return 0 if self._is_following or self._model.is_latest else self._model.count_from(self._seen_end)

    def bring_into_sight(self, index: int) -> None:
        top = self._bar.value()
        if index < top:
            self._bar.setValue(index)
        elif index >= top + self._page:
            self._bar.setValue(index - self._page + 1)

    def on_scrolled(self, up: bool) -> None:
        """Be told that the bar has moved in one of the directions, and not along with the rows."""
        self._anchor = None
        is_at_end = self._bar.value() >= self._bar.maximum()
        if is_at_end and not self._is_following:
            self.set_following(True)
        elif not is_at_end and self._is_following and up:
            self.set_following(False)

    # The model's changes.

    def _drop_anchor(self) -> None:
        if not self._is_following and self._anchor is None and self._model.rowCount():
            top, current = self._bar.value(), self._selection.current_index
            if current is not None and top <= current < top + self._page:
                self._anchor = None, current - top
            else:
                self._anchor = self._model.row_at(min(top, self._model.rowCount() - 1)), 0

    def _settle(self) -> None:
        self._update_range()
        if self._is_following:
            self._to_end()
        elif self._anchor is not None:
            row, line = self._anchor
            index = self._selection.current_index if row is None else self._model.index_near(row)
            if index is not None:
                self._move_to(index - line)

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        is_above = first == 0 and last + 1 < self._model.rowCount()
        if is_above and not self._is_following and self._anchor is None:
            self._update_range()
            self._move_to(self._bar.value() + last + 1)
        else:
            self._settle()

    def _on_rows_removed(self, _parent: QModelIndex, _first: int, last: int) -> None:
        if self._model.is_replacing:
            return
        if not self._model.rowCount():
            self.set_following(True)
        if not self._is_following:
            self._move_to(max(0, self._bar.value() - last - 1))
        self._settle()

    def _update_range(self) -> None:
        with self._moving_along(not self._is_following):
            self._bar.setRange(0, max(0, self._model.rowCount() - self._page))
            self._bar.setPageStep(self._page)

    def _to_end(self) -> None:
        self._bar.setValue(self._bar.maximum())

    def _move_to(self, value: int) -> None:
        with self._moving_along(True):
            self._bar.setValue(value)

    @contextmanager
    def _moving_along(self, is_moving: bool) -> Iterator[None]:
        self.is_moving = is_moving
        try:
            yield
        finally:
            self.is_moving = False
