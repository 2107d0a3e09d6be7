"""The bytes of a packet: offsets, hex digits and characters, with the bytes of one field marked."""

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from osc_workbench.views.theme import Colours, data_font

_BYTES_OF_LINE = 16
_OFFSET_DIGITS = 5
# Where, in characters, the hex digits and the text begin; a gap stands after eight bytes.
_HEX_COLUMN = _OFFSET_DIGITS + 2
_TEXT_COLUMN = _HEX_COLUMN + 3 * _BYTES_OF_LINE + 2
_LINE_WIDTH = _TEXT_COLUMN + _BYTES_OF_LINE


class HexView(QAbstractScrollArea):
    """Paints the lines in sight only.

    byte_selected: offset of a byte that was clicked or reached by an arrow key.
    """

    byte_selected = Signal(int)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = b""
        self._marked = range(0)
        self._error: int | None = None
        self._cursor = 0
        self._colours = colours
        self.setFont(data_font())
        self.setAccessibleName("Bytes of the packet")
        self.setProperty("pane", True)
        self._advance = self.fontMetrics().horizontalAdvance("0")
        self._line_height = self.fontMetrics().height() + 2
        self.setMinimumWidth(self._advance * (_LINE_WIDTH + 2) + self.verticalScrollBar().sizeHint().width() + 8)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.viewport().update()

    def set_bytes(self, data: bytes, error_offset: int | None) -> None:
        """Show these bytes; the one where decoding stopped is underlined."""
        self._data, self._error, self._marked, self._cursor = data, error_offset, range(0), 0
        self._update_range()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def mark(self, offset: int, size: int) -> None:
        """Mark the bytes of a field and bring their beginning into sight."""
        self._marked = range(offset, min(offset + size, len(self._data)))
        self._cursor = offset
        bar = self.verticalScrollBar()
        line = offset // _BYTES_OF_LINE
        if not bar.value() <= line < bar.value() + self._visible_lines():
            bar.setValue(max(0, line - 1))
        self.viewport().update()

    def _visible_lines(self) -> int:
        return max(1, self.viewport().height() // self._line_height)

    def _update_range(self) -> None:
        lines = -(-len(self._data) // _BYTES_OF_LINE)
        self.verticalScrollBar().setRange(0, max(0, lines - self._visible_lines()))
        self.verticalScrollBar().setPageStep(self._visible_lines())

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_range()

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self._line_height * 12)

    def _hex_x(self, place: int) -> int:
        return self._advance * (1 + _HEX_COLUMN + 3 * place + (place >= _BYTES_OF_LINE // 2))

    def _text_x(self, place: int) -> int:
        return self._advance * (1 + _TEXT_COLUMN + place)

    def _offset_at(self, position: QPoint) -> int | None:
        line = self.verticalScrollBar().value() + position.y() // self._line_height
        for place in range(_BYTES_OF_LINE):
            in_hex = (
                self._hex_x(place) - self._advance // 2 <= position.x() < self._hex_x(place) + self._advance * 5 // 2
            )
            in_text = self._text_x(place) <= position.x() < self._text_x(place) + self._advance
            if in_hex or in_text:
                offset = line * _BYTES_OF_LINE + place
                return offset if offset < len(self._data) else None
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        offset = self._offset_at(event.position().toPoint())
        if offset is not None:
            self.byte_selected.emit(offset)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -_BYTES_OF_LINE,
            Qt.Key.Key_Down: _BYTES_OF_LINE,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._data:
            super().keyPressEvent(event)
            return
        # A step to the right leaves the marked field, so that arrows walk from field to field.
        start = self._marked.stop - 1 if step > 0 and self._marked else self._cursor
        self.byte_selected.emit(min(max(0, start + step), len(self._data) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._colours
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), colours.base)
        painter.setFont(self.font())
        ascent = self.fontMetrics().ascent() + 1
        first = self.verticalScrollBar().value()
        for number in range(first, first + self._visible_lines() + 1):
            start = number * _BYTES_OF_LINE
            line = self._data[start : start + _BYTES_OF_LINE]
            if not line:
                break
            top = (number - first) * self._line_height
            self._paint_marks(painter, start, len(line), top)
            painter.setPen(colours.muted)
            painter.drawText(self._advance, top + ascent, f"{start:0{_OFFSET_DIGITS}x}")
            painter.setPen(colours.text)
            half = _BYTES_OF_LINE // 2
            painter.drawText(self._hex_x(0), top + ascent, line[:half].hex(" "))
            painter.drawText(self._hex_x(half), top + ascent, line[half:].hex(" "))
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in line)
            painter.drawText(self._text_x(0), top + ascent, text)
        painter.end()

    def _paint_marks(self, painter: QPainter, start: int, count: int, top: int) -> None:
        for place in range(count):
            offset = start + place
            if offset in self._marked:
                joined = offset + 1 in self._marked and place + 1 < count
                right = self._hex_x(place + 1) if joined else self._hex_x(place) + 2 * self._advance + 2
                left = self._hex_x(place) - (2 if offset == self._marked.start or place == 0 else 0)
                painter.fillRect(left, top, right - left, self._line_height, self._colours.selection)
                painter.fillRect(self._text_x(place), top, self._advance, self._line_height, self._colours.selection)
            if offset == self._error:
                painter.setPen(QPen(self._colours.error, 2))
                y = top + self._line_height - 2
                painter.drawLine(self._hex_x(place), y, self._hex_x(place) + 2 * self._advance, y)
