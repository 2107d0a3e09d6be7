"""A table of any length that paints the rows in sight and nothing else.

Its own scroll area instead of a QTableView: that takes 3 ms a frame at 50,000 messages a second where a table view
takes 10, and following the end moves the picture up and paints the new rows only.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from osc_workbench.models.row_selection import RowSelection
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.views.log_scroller import LogScroller
from osc_workbench.views.row_painter import RowPainter
from osc_workbench.views.theme import Colours, data_font
from osc_workbench.views.tool_tips import plain_tip
from osc_workbench.views.traffic_header import TrafficHeader


class RowArea(QAbstractScrollArea):
    """Shows a TrafficModel and what is selected in it; what the user does to the rows is up to others.

    newest_painted: the store row painted last at the end of the log, for measuring.
    """

    def __init__(self, model: TrafficModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._placeholder = ""
        self.newest_painted = -1
        # Painting all rows can take longer than what else the window does may wait; replace it at will.
        self.between_rows: Callable[[], None] = _wait_for_nothing
        self.setFont(data_font())
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._header = TrafficHeader(model, self.fontMetrics(), self)
        self._header.sectionResized.connect(self._on_header_changed)
        self._header.sectionMoved.connect(self._on_header_changed)
        self._painter = RowPainter(colours, self.fontMetrics())
        self._row_height = self._painter.row_height
        # What follows the model's changes comes in this order: selection, scroll bar, picture.
        self._selection = RowSelection(model, self)
        self._scroller = LogScroller(self.verticalScrollBar(), model, self._selection, self)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.dataChanged.connect(self._on_data_changed)
        for changed in (
            model.rowsRemoved,
            model.modelReset,
            self._selection.current_changed,
            self._selection.selection_changed,
        ):
            changed.connect(self._repaint)

    @property
    def header(self) -> TrafficHeader:
        return self._header

    def set_colours(self, colours: Colours) -> None:
        self._painter = RowPainter(colours, self.fontMetrics())
        self.viewport().update()

    def set_placeholder(self, text: str) -> None:
        """Say what to do while there are no rows."""
        if text != self._placeholder:
            self._placeholder = text
            self.viewport().update()

    # What has to be painted.

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first:
            self._update_rows(first, last)
        else:
            self.viewport().update()

    def _on_data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self._update_rows(first.row(), last.row())

    def _repaint(self) -> None:
        self.viewport().update()

    def _update_rows(self, first: int, last: int) -> None:
        top = self.verticalScrollBar().value()
        # Of the row below the page the upper part is in sight.
        first_in_sight, last_in_sight = max(first, top), min(last, top + self._scroller.page)
        if first_in_sight <= last_in_sight:
            y = (first_in_sight - top) * self._row_height
            height = (last_in_sight - first_in_sight + 1) * self._row_height
            self.viewport().update(QRect(0, y, self.viewport().width(), height))

    def _on_header_changed(self) -> None:
        across = self.horizontalScrollBar()
        across.setRange(0, max(0, self._header.length() - self.viewport().width()))
        across.setPageStep(self.viewport().width())
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if dx:
            self._header.setOffset(self.horizontalScrollBar().value())
        # The frame of the current row ends at the edges of the view, so it does not move sideways with the texts.
        if dx or self._scroller.is_moving or abs(dy) >= self._scroller.page:
            self.viewport().update()
        else:
            self.viewport().scroll(0, dy * self._row_height)
        if dy and not self._scroller.is_moving:
            self._scroller.on_scrolled(dy > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        viewport = self.viewport().geometry()
        height = self._header.sizeHint().height()
        self._header.setGeometry(viewport.left(), viewport.top() - height, viewport.width(), height)
        self._on_header_changed()
        self._scroller.set_page(max(1, viewport.height() // self._row_height))

    def sizeHint(self) -> QSize:
        return QSize(900, 480)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # Painting.

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
        columns = self._header.shown_columns()
        top = self.verticalScrollBar().value()
        first = top + area.top() // self._row_height
        last = top + area.bottom() // self._row_height
        width = self.viewport().width()
        current = self._selection.current if self.hasFocus() else None
        for index in range(first, last + 1):
            y = (index - top) * self._row_height
            if index >= count:
                self._painter.paint_rest(painter, QRect(0, y, width, area.bottom() - y + 1))
                break
            self.between_rows()
            look = self._model.look(index)
            is_selected = self._selection.is_selected(index, look.row)
            self._painter.paint_row(painter, y, width, columns, look, is_selected, look.row == current)
        if last >= count - 1:
            self.newest_painted = self._model.row_at(count - 1)

    # What is under the mouse.

    def _index_at(self, position: QPoint) -> int | None:
        index = self.verticalScrollBar().value() + position.y() // self._row_height
        return index if 0 <= index < self._model.rowCount() else None

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.ToolTip:
            return super().viewportEvent(event)
        assert isinstance(event, QHelpEvent)
        QToolTip.showText(event.globalPos(), plain_tip(self._tip_at(event.pos())), self.viewport())
        return True

    def _tip_at(self, position: QPoint) -> str:
        """Return what is not to be seen of a cell: the rest of its text, or what is to be said of the row."""
        row, column = self._index_at(position), self._header.logicalIndexAt(position.x())
        if row is None or column < 0:
            return ""
        index = self._model.index(row, column)
        tip: str = index.data(Qt.ItemDataRole.ToolTipRole)
        text: str = index.data()
        fits = self.fontMetrics().horizontalAdvance(text) + 8 <= self._header.sectionSize(column)
        return "" if fits and tip == text else tip


def _wait_for_nothing() -> None:
    return None
