"""The bytes of a packet: offsets, hex digits and characters, with the bytes of one field and of hits marked."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
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
        self._hits: list[range] = []
        self._current_hit = range(0)
        self._error: int | None = None
        self._cursor = 0
        self._colours = colours
        self.setFont(data_font())
        self.setAccessibleName("Bytes of the packet")
        self.setProperty("pane", True)
        # A character can be some pixels and a half wide, which adds up along a line.
        self._advance = QFontMetricsF(self.font()).horizontalAdvance("0" * _LINE_WIDTH) / _LINE_WIDTH
        self._line_height = self.fontMetrics().height() + 2
        self.setMinimumWidth(self._x(_LINE_WIDTH + 2) + self.verticalScrollBar().sizeHint().width() + 8)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.viewport().update()

    @property
    def current_offset(self) -> int:
        """The offset from which keys and searches go on: of the field or hit that was marked last."""
        return self._cursor

    def set_bytes(self, data: bytes, error_offset: int | None) -> None:
        """Show these bytes without marks; the one where decoding stopped is underlined."""
        self._data, self._error, self._marked, self._cursor = data, error_offset, range(0), 0
        self._hits, self._current_hit = [], range(0)
        self._update_range()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def mark(self, offset: int, size: int) -> None:
        """Mark the bytes of a field and bring their beginning into sight."""
        self._marked = range(offset, min(offset + size, len(self._data)))
        self._bring_into_sight(offset)

    def set_hits(self, offsets: Sequence[int], length: int, current: range | None) -> None:
        """Mark what was found, ascending; the current hit is marked stronger and brought into sight."""
        self._hits = _merged(offsets, length)
        self._current_hit = current or range(0)
        if current is not None:
            self._bring_into_sight(current.start)
        self.viewport().update()

    def _bring_into_sight(self, offset: int) -> None:
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

    def _x(self, column: int) -> int:
        """Return where a character begins, counted from the left border."""
        return round(self._advance * column)

    def _hex_x(self, place: int) -> int:
        return self._x(_hex_column(place))

    def _hex_end(self, place: int) -> int:
        return self._x(_hex_column(place) + 2)

    def _text_x(self, place: int) -> int:
        return self._x(1 + _TEXT_COLUMN + place)

    def _offset_at(self, position: QPoint) -> int | None:
        line = self.verticalScrollBar().value() + position.y() // self._line_height
        for place in range(_BYTES_OF_LINE):
            margin = self._advance / 2
            in_hex = self._hex_x(place) - margin <= position.x() < self._hex_end(place) + margin
            in_text = self._text_x(place) <= position.x() < self._text_x(place + 1)
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
            self._paint_marks(painter, range(start, start + len(line)), top)
            painter.setPen(colours.muted)
            painter.drawText(self._x(1), top + ascent, f"{start:0{_OFFSET_DIGITS}x}")
            painter.setPen(colours.text)
            half = _BYTES_OF_LINE // 2
            painter.drawText(self._hex_x(0), top + ascent, line[:half].hex(" "))
            painter.drawText(self._hex_x(half), top + ascent, line[half:].hex(" "))
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in line)
            painter.drawText(self._text_x(0), top + ascent, text)
        painter.end()

    def _paint_marks(self, painter: QPainter, line: range, top: int) -> None:
        self._paint_stretch(painter, _overlap(self._marked, line), top, self._colours.selection)
        for hit in self._hits_in(line):
            self._paint_stretch(painter, _overlap(hit, line), top, self._colours.match)
        current = _overlap(self._current_hit, line)
        # The frame tells the current hit from the others without its colour.
        self._paint_stretch(painter, current, top, self._colours.match_current, self._colours.text)
        if self._error is not None and self._error in line:
            place, y = self._error - line.start, top + self._line_height - 2
            painter.setPen(QPen(self._colours.error, 2))
            painter.drawLine(self._hex_x(place), y, self._hex_end(place), y)

    def _hits_in(self, line: range) -> list[range]:
        first = bisect_right(self._hits, line.start, key=attrgetter("stop"))
        last = bisect_left(self._hits, line.stop, key=attrgetter("start"))
        return self._hits[first:last]

    def _paint_stretch(
        self, painter: QPainter, stretch: range, top: int, fill: QColor, frame: QColor | None = None
    ) -> None:
        """Paint the ground of some bytes of one line, in both columns."""
        if not stretch:
            return
        first, last = stretch.start % _BYTES_OF_LINE, (stretch.stop - 1) % _BYTES_OF_LINE
        left, right = self._hex_x(first) - 2, self._hex_end(last) + 2
        text_left, text_right = self._text_x(first), self._text_x(last + 1)
        for start, end in ((left, right), (text_left, text_right)):
            painter.fillRect(start, top, end - start, self._line_height, fill)
            if frame is not None:
                painter.setPen(frame)
                painter.drawRect(start, top, end - start - 1, self._line_height - 1)


def _hex_column(place: int) -> int:
    return 1 + _HEX_COLUMN + 3 * place + (place >= _BYTES_OF_LINE // 2)


def _overlap(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _merged(offsets: Sequence[int], length: int) -> list[range]:
    """Return hits that overlap as one, so that painting them takes as long as painting the bytes."""
    merged: list[range] = []
    for offset in offsets:
        if merged and offset < merged[-1].stop:
            merged[-1] = range(merged[-1].start, offset + length)
        else:
            merged.append(range(offset, offset + length))
    return merged
