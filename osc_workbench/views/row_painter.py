"""Painting one row of the message log."""

from operator import attrgetter

from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from osc_workbench.models.row_look import BundlePart, RowLook
from osc_workbench.models.traffic_columns import Column
from osc_workbench.traffic.record import Direction
from osc_workbench.views.theme import Colours
from osc_workbench.views.traffic_header import ShownColumns

# In the gutter from the left: a bar for a match, a bar and a star for a mark, the bracket of a bundle.
_MATCH_WIDTH = 3
_MARK_LEFT, _MARK_WIDTH = 4, 2
_STAR_LEFT, _STAR_WIDTH = 7, 11
_SPINE_LEFT, _TICK = 20, 5
# Here the end tells more than the beginning: the port.
_ELIDED_LEFT = (Column.ENDPOINT, Column.PEER)
_MUTED = (Column.NUMBER, Column.ENDPOINT, Column.TYPE_TAGS, Column.SIZE, Column.COMMENT)
_ABSENT = "-"


class RowPainter:
    """Paints rows in given colours with a font whose characters are all equally wide."""

    def __init__(self, colours: Colours, metrics: QFontMetrics) -> None:
        self._colours = colours
        self._pens = [[self._pens_of(is_selected, out) for out in (False, True)] for is_selected in (False, True)]
        self._metrics = metrics
        self._advance = metrics.horizontalAdvance("0")
        self.row_height = metrics.height() + 4
        self._baseline = 2 + metrics.ascent()

    def paint_row(
        self,
        painter: QPainter,
        y: int,
        width: int,
        columns: ShownColumns,
        look: RowLook,
        is_selected: bool,
        has_focus: bool,
    ) -> None:
        """Paint a row at `y`."""
        painter.fillRect(0, y, width, self.row_height, self._background(look, is_selected))
        pens = self._pens[is_selected][look.direction is Direction.OUT]
        pen: QColor | None = None
        for column, left, room, is_right_aligned in columns.places:
            if column is Column.ARGUMENTS and (look.is_malformed or look.notes or look.comment):
                self._paint_arguments(painter, y, columns, look, left, room, pens)
                pen = None
                continue
            text = look.cells[column]
            if not text:
                continue
            colour = pens[column] if text != _ABSENT else pens[Column.COMMENT]
            if colour is not pen:
                pen = colour
                painter.setPen(colour)
            # In most cells all has room, and a call for each of them would be noticed.
            if len(text) * self._advance > room or not text.isascii():
                text = self._elided(text, room, column in _ELIDED_LEFT)
            if is_right_aligned:
                left += room - self._width(text)
            painter.drawText(left, y + self._baseline, text)
        if look.is_marked or look.is_match or look.part is not BundlePart.NONE:
            self._paint_gutter(painter, columns.gutter_left, y, look)
        if has_focus:
            painter.setPen(QPen(self._colours.accent, 1))
            painter.drawRect(0, y, width - 1, self.row_height - 1)

    def paint_rest(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, self._colours.base)

    def paint_placeholder(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.fillRect(area, self._colours.base)
        painter.setPen(self._colours.muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _pens_of(self, is_selected: bool, is_outgoing: bool) -> list[QColor]:
        """Return the colour of the text in each column."""
        colours = self._colours
        normal = colours.selection_text if is_selected else colours.text
        pens = [colours.muted if column in _MUTED and not is_selected else normal for column in Column]
        pens[Column.DIRECTION] = colours.outgoing if is_outgoing else colours.incoming
        return pens

    def _background(self, look: RowLook, is_selected: bool) -> QColor:
        colours = self._colours
        if is_selected:
            return colours.selection
        if look.is_malformed:
            return colours.error_base
        if look.is_match:
            return colours.match_base
        ruled = None if look.colour is None else colours.rules.get(look.colour)
        if ruled is not None:
            return ruled
        if look.direction is Direction.OUT:
            return colours.outgoing_base
        return colours.alternate if look.row & 1 else colours.base

    def _width(self, text: str) -> int:
        return len(text) * self._advance if text.isascii() else self._metrics.horizontalAdvance(text)

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

    def _paint_arguments(
        self,
        painter: QPainter,
        y: int,
        columns: ShownColumns,
        look: RowLook,
        left: int,
        room: int,
        pens: list[QColor],
    ) -> None:
        """Paint a sign for what is wrong or odd, the arguments or the reason, and what the user has written."""
        if look.is_malformed:
            left, room = self._reason_place(columns, look, left, room)
        if look.is_malformed or look.notes:
            left, room = self._paint_sign(painter, y, look, left, room)
        text = look.cells[Column.ARGUMENTS]
        comment = f"— {look.comment}" if look.comment and not columns.has_comments else ""
        kept = min(self._width(comment) + self._advance, room // 2) if comment and text else 0
        text = self._elided(text, room - kept, False)
        painter.setPen(self._colours.error if look.is_malformed else pens[Column.ARGUMENTS])
        painter.drawText(left, y + self._baseline, text)
        if comment:
            used = self._width(text) + self._advance if text else 0
            painter.setPen(pens[Column.COMMENT])
            painter.drawText(left + used, y + self._baseline, self._elided(comment, room - used, False))

    def _reason_place(self, columns: ShownColumns, look: RowLook, left: int, room: int) -> tuple[int, int]:
        """Return place and width of the reason of a malformed packet: it takes the room of empty cells before it."""
        begin: int | None = None
        for place in sorted(columns.places, key=attrgetter("left")):
            if place.column is Column.ARGUMENTS:
                break
            if look.cells[place.column]:
                begin = None
            elif begin is None:
                begin = place.left
        return (left, room) if begin is None else (begin, room + left - begin)

    def _paint_sign(self, painter: QPainter, y: int, look: RowLook, left: int, room: int) -> tuple[int, int]:
        """Paint a cross for a malformed packet, a warning sign for an odd one; return what is left for the text."""
        size = 2 * self._advance
        if room >= size:
            painter.setPen(self._colours.error if look.is_malformed else self._colours.warning)
            box = QRect(left, y, size - 2, self.row_height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "✕" if look.is_malformed else "⚠")
        return left + size, room - size

    def _paint_gutter(self, painter: QPainter, x: int, y: int, look: RowLook) -> None:
        colours = self._colours
        if look.is_match:
            painter.fillRect(x, y, _MATCH_WIDTH, self.row_height, colours.warning)
        if look.is_marked:
            painter.fillRect(x + _MARK_LEFT, y, _MARK_WIDTH, self.row_height, colours.accent)
            painter.setPen(colours.accent)
            box = QRect(x + _STAR_LEFT, y, _STAR_WIDTH, self.row_height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "★")
        if look.part is not BundlePart.NONE:
            self._paint_bracket(painter, x + _SPINE_LEFT, y, look.part)

    def _paint_bracket(self, painter: QPainter, spine: int, y: int, part: BundlePart) -> None:
        """Join the rows of a bundle: ┌ │ └, and [ for one of a single message."""
        painter.setPen(QPen(self._colours.bracket, 2))
        top = y + 4 if part in (BundlePart.FIRST, BundlePart.ONLY) else y
        bottom = y + self.row_height - (5 if part in (BundlePart.LAST, BundlePart.ONLY) else 1)
        lines = [QLine(spine, top, spine, bottom)]
        if part in (BundlePart.FIRST, BundlePart.ONLY):
            lines.append(QLine(spine, top, spine + _TICK, top))
        if part in (BundlePart.LAST, BundlePart.ONLY):
            lines.append(QLine(spine, bottom, spine + _TICK, bottom))
        painter.drawLines(lines)
