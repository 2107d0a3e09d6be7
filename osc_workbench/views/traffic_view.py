"""The message log: a table of any length that paints the rows in sight and nothing else.

Its own scroll area instead of a QTableView: that takes 3 ms a frame at 50,000 messages a second where a table view
takes 10, and following the end moves the picture up and paints the new rows only.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QToolTip, QWidget

from osc_workbench.models.traffic_model import Column, TrafficModel
from osc_workbench.views.new_rows_pill import NewRowsPill
from osc_workbench.views.row_painter import RowPainter
from osc_workbench.views.theme import Colours, data_font
from osc_workbench.views.tool_tips import plain_tip
from osc_workbench.views.traffic_header import TrafficHeader


class TrafficView(QAbstractScrollArea):
    """Shows a TrafficModel; follows its end until the user scrolls up.

    current_changed: the store row that was selected, None when it is gone.
    newest_painted: the store row painted last at the end of the log, for measuring.
    """

    current_changed = Signal(object)
    following_changed = Signal(bool)

    def __init__(self, model: TrafficModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._current: int | None = None
        self._following = True
        self._unseen = 0
        self._trimming = False
        self._placeholder = ""
        self.newest_painted = -1
        # Painting all rows can take longer than what else the window does may wait; replace it at will.
        self.between_rows: Callable[[], None] = _wait_for_nothing
        self.menu = QMenu(self)
        self.setFont(data_font())
        self.setAccessibleName("Message log")
        self.setProperty("pane", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self._header = TrafficHeader(model, self.fontMetrics(), self)
        self._header.sectionResized.connect(self._on_header_changed)
        self._header.sectionMoved.connect(self._on_header_changed)
        self._painter = RowPainter(colours, self.fontMetrics())
        self._row_height = self._painter.row_height
        self._pill = NewRowsPill(self)
        self._pill.clicked.connect(self.follow)
        self.set_colours(colours)
        self.setViewportMargins(0, self._header.sizeHint().height(), 0, 0)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsRemoved.connect(self._on_rows_removed)
        model.dataChanged.connect(self._on_data_changed)

    @property
    def header(self) -> TrafficHeader:
        return self._header

    def set_colours(self, colours: Colours) -> None:
        self._painter = RowPainter(colours, self.fontMetrics())
        self._pill.set_colours(colours)
        self.viewport().update()

    def set_placeholder(self, text: str) -> None:
        """Say what to do while there are no rows."""
        if text != self._placeholder:
            self._placeholder = text
            self.viewport().update()

    # Following the end.

    @property
    def is_following(self) -> bool:
        return self._following

    def follow(self) -> None:
        self.set_following(True)

    def set_following(self, following: bool) -> None:
        if following:
            self._unseen = 0
            self._pill.hide()
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def _show_unseen(self) -> None:
        self._pill.show_count(self._unseen, self.viewport().geometry())

    # The model's changes.

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        was_empty = first == 0
        self._update_range()
        if self._following:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        else:
            self._unseen += last - first + 1
            self._show_unseen()
        if was_empty:
            self.viewport().update()
        else:
            self._update_rows(first, last)

    def _on_rows_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.verticalScrollBar()
        if not self._following:
            # What is in sight stays where it is for as long as it is kept.
            self._trimming = True
            bar.setValue(max(0, bar.value() - (last - first + 1)))
            self._trimming = False
        self._update_range()
        if self._current is not None and self._current < self._model.first_row:
            self._set_current(None)
        if not self._model.rowCount():
            self.set_following(True)
        elif not self._following:
            self._unseen = min(self._unseen, self._model.rowCount())
            self._show_unseen()
        self.viewport().update()

    def _on_data_changed(self) -> None:
        self.viewport().update()

    def _on_header_changed(self) -> None:
        self._update_range()
        self.viewport().update()

    def _update_range(self) -> None:
        visible = self._visible_rows()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._model.rowCount() - visible))
        bar.setPageStep(visible)
        across = self.horizontalScrollBar()
        across.setRange(0, max(0, self._header.length() - self.viewport().width()))
        across.setPageStep(self.viewport().width())

    def _visible_rows(self) -> int:
        return max(1, self.viewport().height() // self._row_height)

    def _update_rows(self, first: int, last: int) -> None:
        top = self.verticalScrollBar().value()
        first_in_sight, last_in_sight = max(first, top), min(last, top + self._visible_rows())
        if first_in_sight <= last_in_sight:
            y = (first_in_sight - top) * self._row_height
            height = (last_in_sight - first_in_sight + 1) * self._row_height
            self.viewport().update(QRect(0, y, self.viewport().width(), height))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if self._trimming:
            return
        if dx:
            self._header.setOffset(self.horizontalScrollBar().value())
        if abs(dy) < self._visible_rows():
            self.viewport().scroll(dx, dy * self._row_height)
        else:
            self.viewport().update()
        at_end = self.verticalScrollBar().value() >= self.verticalScrollBar().maximum()
        if at_end and not self._following:
            self.set_following(True)
        elif not at_end and self._following and dy > 0:
            self.set_following(False)

    # Selection.

    @property
    def current_row(self) -> int | None:
        """The store row that is selected."""
        return self._current

    def select(self, row: int | None) -> None:
        """Select a store row and bring it into sight."""
        self._set_current(row)
        if row is not None:
            self._bring_into_sight(row - self._model.first_row)

    def _set_current(self, row: int | None) -> None:
        if row == self._current:
            return
        self._current = row
        self.viewport().update()
        if row is not None and row >= self._model.first_row:
            look = self._model.look(row - self._model.first_row)
            titles = (self._model.headerData(column, Qt.Orientation.Horizontal) for column in Column)
            cells = [f"{title} {text}" for title, text in zip(titles, look.cells, strict=True) if text]
            self.setAccessibleDescription(", ".join([*cells, *look.notes]))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.current_changed.emit(row)

    def _bring_into_sight(self, model_row: int) -> None:
        bar = self.verticalScrollBar()
        if model_row < bar.value():
            bar.setValue(model_row)
        elif model_row >= bar.value() + self._visible_rows():
            bar.setValue(model_row - self._visible_rows() + 1)

    def _row_at(self, position: QPoint) -> int | None:
        model_row = self.verticalScrollBar().value() + position.y() // self._row_height
        return self._model.first_row + model_row if 0 <= model_row < self._model.rowCount() else None

    # Events.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint())
        if row is not None:
            self._set_current(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._current is None or self.menu.isEmpty():
            return
        position = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._bring_into_sight(self._current - self._model.first_row)
            below = self._current - self._model.first_row - self.verticalScrollBar().value() + 1
            position = self.viewport().mapToGlobal(QPoint(20, below * self._row_height))
        self.menu.popup(position)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.ToolTip:
            return super().viewportEvent(event)
        assert isinstance(event, QHelpEvent)
        QToolTip.showText(event.globalPos(), plain_tip(self._tip_at(event.pos())), self.viewport())
        return True

    def _tip_at(self, position: QPoint) -> str:
        """Return what is not to be seen of a cell: the rest of its text, or what is odd about the packet."""
        row, column = self._row_at(position), self._header.logicalIndexAt(position.x())
        if row is None or column < 0:
            return ""
        index = self._model.index(row - self._model.first_row, column)
        tip: str = index.data(Qt.ItemDataRole.ToolTipRole)
        text: str = index.data()
        fits = self.fontMetrics().horizontalAdvance(text) + 8 <= self._header.sectionSize(column)
        return "" if fits and tip == text else tip

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -self._visible_rows(),
            Qt.Key.Key_PageDown: self._visible_rows(),
            Qt.Key.Key_Home: -self._model.rowCount(),
            Qt.Key.Key_End: self._model.rowCount(),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        last = self._model.rowCount() - 1
        if last < 0:
            return
        here = last + 1 if self._current is None else self._current - self._model.first_row
        self.select(self._model.first_row + min(max(0, here + step), last))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        viewport = self.viewport().geometry()
        height = self._header.sizeHint().height()
        self._header.setGeometry(viewport.left(), viewport.top() - height, viewport.width(), height)
        self._update_range()
        if self._following:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        if self._pill.isVisible():
            self._show_unseen()

    def sizeHint(self) -> QSize:
        return QSize(900, 480)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        if self._model.rowCount():
            self._paint_rows(painter, event.rect())
        else:
            self._painter.paint_placeholder(painter, self.viewport().rect(), self._placeholder)
        # Left to Python's reference counting, the painter would sometimes outlive the event.
        painter.end()

    def _paint_rows(self, painter: QPainter, area: QRect) -> None:
        count = self._model.rowCount()
        columns = [
            (column, self._header.sectionViewportPosition(column), self._header.sectionSize(column))
            for column in Column
            if not self._header.isSectionHidden(column)
        ]
        top = self.verticalScrollBar().value()
        first = top + area.top() // self._row_height
        last = top + area.bottom() // self._row_height
        width = self.viewport().width()
        for model_row in range(first, last + 1):
            y = (model_row - top) * self._row_height
            if model_row >= count:
                self._painter.paint_rest(painter, QRect(0, y, width, area.bottom() - y + 1))
                break
            self.between_rows()
            look = self._model.look(model_row)
            selected = look.row == self._current
            self._painter.paint_row(painter, y, width, columns, look, selected, selected and self.hasFocus())
        if last >= count - 1:
            self.newest_painted = self._model.first_row + count - 1


def _wait_for_nothing() -> None:
    return None
