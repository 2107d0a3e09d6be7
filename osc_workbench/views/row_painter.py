"""Painting one row of the message log."""

from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from osc_workbench.models.traffic_model import RIGHT_ALIGNED, BundlePart, Column, RowLook
from osc_workbench.traffic.record import Direction
from osc_workbench.views.theme import Colours

# Room at the left edge for the bracket that joins the messages of a bundle.
GUTTER = 14
_PADDING = 4
# Here the end tells more than the beginning: the port.
_ELIDED_LEFT = (Column.ENDPOINT, Column.PEER)
_MUTED = (Column.NUMBER, Column.ENDPOINT, Column.TYPE_TAGS, Column.SIZE)


class RowPainter:
    """Paints rows in given colours with a font whose characters are all equally wide."""

    def __init__(self, colours: Colours, metrics: QFontMetrics) -> None:
        self._colours = colours
        self._metrics = metrics
        self._advance = metrics.horizontalAdvance("0")
        self.row_height = metrics.height() + 4
        self._baseline = 2 + metrics.ascent()

    def paint_row(
        self,
        painter: QPainter,
        y: int,
        width: int,
        columns: list[tuple[Column, int, int]],
        look: RowLook,
        selected: bool,
        focused: bool,
    ) -> None:
        """Paint a row at `y`. columns: (column, left edge, width) of those that are shown."""
        colours = self._colours
        painter.fillRect(0, y, width, self.row_height, self._background(look, selected))
        text_colour = colours.selection_text if selected else colours.text
        pen_colour: QColor | None = None
        for column, x, size in columns:
            text = look.cells[column]
            if not text:
                continue
            colour = self._text_colour(column, look, selected, text_colour)
            if colour is not pen_colour:
                painter.setPen(colour)
                pen_colour = colour
            left = x + (GUTTER if column is Column.NUMBER else 0) + _PADDING
            if look.is_malformed and column is Column.ARGUMENTS:
                left = self._reason_left(columns, look)
            room = x + size - left - _PADDING
            if column is Column.ARGUMENTS and (look.is_malformed or look.notes):
                left, room = self._paint_mark(painter, y, look, left, room)
                painter.setPen(colour)
            text = self._elided(text, room, column in _ELIDED_LEFT)
            if column in RIGHT_ALIGNED:
                left += room - len(text) * self._advance
            painter.drawText(left, y + self._baseline, text)
        if look.part is not BundlePart.NONE and columns:
            self._paint_bracket(painter, columns[0][1], y, look.part)
        if focused:
            painter.setPen(QPen(colours.accent, 1))
            painter.drawRect(0, y, width - 1, self.row_height - 1)

    def paint_rest(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, self._colours.base)

    def paint_placeholder(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.fillRect(area, self._colours.base)
        painter.setPen(self._colours.muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _background(self, look: RowLook, selected: bool) -> QColor:
        colours = self._colours
        if selected:
            return colours.selection
        if look.is_malformed:
            return colours.error_base
        if look.direction is Direction.OUT:
            return colours.outgoing_base
        return colours.alternate if look.row & 1 else colours.base

    def _text_colour(self, column: Column, look: RowLook, selected: bool, normal: QColor) -> QColor:
        colours = self._colours
        if look.is_malformed and column is Column.ARGUMENTS:
            return colours.error
        if column is Column.DIRECTION:
            return colours.incoming if look.direction is Direction.IN else colours.outgoing
        return colours.muted if column in _MUTED and not selected else normal

    def _elided(self, text: str, room: int, left: bool) -> str:
        if len(text) == 1:
            return text
        if not text.isascii():
            return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        fitting = max(0, room // self._advance)
        if len(text) <= fitting:
            return text
        kept = max(0, fitting - 1)
        return "…" + text[len(text) - kept :] if left else text[:kept] + "…"

    def _reason_left(self, columns: list[tuple[Column, int, int]], look: RowLook) -> int:
        """Return where the reason of a malformed packet begins: it takes the room of empty cells before it."""
        place: int | None = None
        for column, x, _ in sorted(columns, key=lambda entry: entry[1]):
            if column is Column.ARGUMENTS:
                return (x if place is None else place) + _PADDING
            if look.cells[column]:
                place = None
            elif place is None:
                place = x
        raise AssertionError("the reason stands in a column that is shown")

    def _paint_mark(self, painter: QPainter, y: int, look: RowLook, left: int, room: int) -> tuple[int, int]:
        """Paint a cross for a malformed packet, a warning sign for an odd one; return what is left for the text."""
        size = 2 * self._advance
        if room >= size:
            painter.setPen(self._colours.error if look.is_malformed else self._colours.warning)
            box = QRect(left, y, size - 2, self.row_height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "✕" if look.is_malformed else "⚠")
        return left + size, room - size

    def _paint_bracket(self, painter: QPainter, x: int, y: int, part: BundlePart) -> None:
        """Join the rows of a bundle: ┌ │ └, and [ for one of a single message."""
        painter.setPen(QPen(self._colours.bracket, 2))
        spine = x + GUTTER // 2
        top = y + 4 if part in (BundlePart.FIRST, BundlePart.ONLY) else y
        bottom = y + self.row_height - (5 if part in (BundlePart.LAST, BundlePart.ONLY) else 1)
        lines = [QLine(spine, top, spine, bottom)]
        if part in (BundlePart.FIRST, BundlePart.ONLY):
            lines.append(QLine(spine, top, spine + 5, top))
        if part in (BundlePart.LAST, BundlePart.ONLY):
            lines.append(QLine(spine, bottom, spine + 5, bottom))
        painter.drawLines(lines)
