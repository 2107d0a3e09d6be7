"""The message log: what the user does to its rows, with mouse and keyboard."""

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from osc_workbench.models.traffic_columns import Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.views.new_rows_pill import NewRowsPill
from osc_workbench.views.row_area import RowArea
from osc_workbench.views.row_drag import RowDrag
from osc_workbench.views.row_speaker import RowSpeaker
from osc_workbench.views.theme import Colours

_NO_MODIFIER, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
_CONTROL, _KEYPAD = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.KeypadModifier
# Where the menu of the keyboard opens if the address is not in sight.
_MENU_LEFT = 20


class TrafficView(RowArea):
    """Shows a TrafficModel; follows its end until the user scrolls up.

    current_changed: the store row that has the focus, None when it is gone.
    cell_menu_requested: store row, column and place on the screen of the cell whose menu is wished.
    resume_requested: the user wants to see what is held back by a pause.
    """

    current_changed = Signal(object)
    selection_changed = Signal()
    following_changed = Signal(bool)
    resume_requested = Signal()
    # A row can be more than an int of Qt holds.
    cell_menu_requested = Signal(object, int, QPoint)

    def __init__(self, model: TrafficModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(model, colours, parent)
        self.menu = QMenu(self)
        self.setAccessibleName("Message log")
        self.setProperty("pane", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self._pill = NewRowsPill(self)
        self._pill.clicked.connect(self._on_pill_clicked)
        self._drag = RowDrag(self._drag_to, self)
        self._speaker = RowSpeaker(model, self._selection, self)
        self._selection.current_changed.connect(self.current_changed)
        self._selection.selection_changed.connect(self.selection_changed)
        self._scroller.following_changed.connect(self.following_changed)
        for changed in (
            self._scroller.following_changed,
            model.held_back_changed,
            model.rowsRemoved,
            model.modelReset,
            model.completed,
        ):
            changed.connect(self._update_pill)
        self.set_colours(colours)
        self.setViewportMargins(0, self._header.sizeHint().height(), 0, 0)

    def set_colours(self, colours: Colours) -> None:
        super().set_colours(colours)
        self._pill.set_colours(colours)

    # Following the end.

    @property
    def is_following(self) -> bool:
        return self._scroller.is_following

    def follow(self) -> None:
        self.set_following(True)

    def set_following(self, following: bool) -> None:
        self._scroller.set_following(following)

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        super()._on_rows_inserted(_parent, first, last)
        self._update_pill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_pill()

    def _update_pill(self) -> None:
        area = self.viewport().geometry()
        if self._model.is_paused:
            self._pill.show_held_back(self._model.held_back, area)
        else:
            self._pill.show_count(self._scroller.unseen, area)

    def _on_pill_clicked(self) -> None:
        if self._model.is_paused:
            self.resume_requested.emit()
        else:
            self.follow()

    # What is selected.

    @property
    def current_row(self) -> int | None:
        """The store row that has the focus."""
        return self._selection.current

    @property
    def selected_count(self) -> int:
        """How many of the rows that are shown are selected."""
        return self._selection.count

    def selected_rows(self) -> Iterator[int]:
        """Yield the store rows that are shown and selected, from the top."""
        return self._selection.rows()

    def selected_ranges(self) -> tuple[range, ...]:
        """Return the ranges of store rows that are selected, ascending; some of their rows may not be shown."""
        return self._selection.ranges

    def select(self, row: int | None) -> None:
        """Select a store row, or the nearest one that is shown, and bring it into sight."""
        self._selection.choose(row)
        self._bring_current_into_sight()

    def _bring_current_into_sight(self) -> None:
        index = self._selection.current_index
        if index is not None:
            self._scroller.bring_into_sight(index)

    # The mouse.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        index = self._index_at(position)
        if index is None:
            return
        if event.button() is Qt.MouseButton.LeftButton:
            if event.modifiers() & _SHIFT:
                self._selection.extend_to(index)
            elif event.modifiers() & _CONTROL:
                self._selection.toggle(index)
            else:
                self._selection.select(index)
            self._drag.start(position)
        elif self._selection.is_selected(index, self._model.row_at(index)):
            self._selection.move_to(index)
        else:
            self._selection.select(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag.is_active and event.buttons() & Qt.MouseButton.LeftButton:
            self._drag.move(event.position().toPoint())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag.end()

    def _drag_to(self, position: QPoint) -> bool:
        """Select up to the row at this place, or scroll if it lies outside; True as long as that has to go on."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        beyond = min(0, position.y()) + max(0, position.y() - height + 1)
        if beyond:
            rows = abs(beyond) // self._row_height + 1
            bar.setValue(bar.value() + (rows if beyond > 0 else -rows))
        y = min(max(0, position.y()), height - 1)
        index = min(bar.value() + y // self._row_height, self._model.rowCount() - 1)
        if index >= 0 and index != self._selection.current_index:
            # Rows that run away under the mouse cannot be selected.
            self._scroller.set_following(False)
            self._selection.extend_to(index)
        return beyond != 0

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._request_menu_of_current()
            return
        place = self.viewport().mapFromGlobal(event.globalPos())
        index, column = self._index_at(place), self._header.logicalIndexAt(place.x())
        if index is not None:
            row = self._model.row_at(index)
            self.cell_menu_requested.emit(row, Column.ADDRESS if column < 0 else column, event.globalPos())

    def _request_menu_of_current(self) -> None:
        self._bring_current_into_sight()
        index = self._selection.current_index
        if index is not None:
            left = max(_MENU_LEFT, self._header.sectionViewportPosition(Column.ADDRESS))
            below = (index - self.verticalScrollBar().value() + 1) * self._row_height
            position = self.viewport().mapToGlobal(QPoint(left, below))
            self.cell_menu_requested.emit(self._model.row_at(index), Column.ADDRESS, position)

    # The keyboard.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page, count = self._scroller.page, self._model.rowCount()
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -count,
            Qt.Key.Key_End: count,
        }
        step, modifiers = steps.get(Qt.Key(event.key())), event.modifiers() & ~_KEYPAD
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self._selection.select_all()
        elif step is None or modifiers not in (_NO_MODIFIER, _SHIFT):
            super().keyPressEvent(event)
        elif count:
            current = self._selection.current_index
            here = count if current is None else current
            move = self._selection.extend_to if modifiers == _SHIFT else self._selection.select
            move(min(max(0, here + step), count - 1))
            self._bring_current_into_sight()
