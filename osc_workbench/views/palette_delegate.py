"""Painting one row of the command palette: tick, title, path and shortcut, the matching letters in bold."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from osc_workbench.models.palette_model import PaletteEntry, PaletteRow, RowRole

_Index = QModelIndex | QPersistentModelIndex
_PADDING = 8
_TICK_WIDTH = 20
_GAP = 16


class PaletteDelegate(QStyledItemDelegate):
    """Colours are those of the view's palette, so that a change of theme needs no call.

    A row that cannot be chosen is muted and slanted; on the selection, where muted texts read badly, only slanted.
    """

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._row_height = row_height(view)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, self._row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: PaletteRow = index.data(RowRole)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        text, muted = _colours(option.palette, row.entry, is_selected)
        painter.save()
        painter.setClipRect(option.rect)
        if is_selected:
            painter.fillRect(option.rect, option.palette.highlight())
        area = option.rect.adjusted(_PADDING, 0, -_PADDING, 0)
        if row.entry.is_checked:
            _paint_tick(painter, area, text)
        area.setLeft(area.left() + _TICK_WIDTH)
        font = QFont(option.font)
        font.setItalic(not row.entry.is_enabled)
        line = _Line(painter, font, area)
        line.put_right(row.entry.shortcut, muted)
        line.put(row.entry.title, row.title_places, text)
        line.put(row.entry.path, row.path_places, muted)
        painter.restore()


def row_height(view: QAbstractItemView) -> int:
    """Return the height of a row in pixels."""
    return view.fontMetrics().height() + 10


class _Line:
    """A line of texts that are put down from both its ends, each cut off where the room ends."""

    def __init__(self, painter: QPainter, font: QFont, area: QRect) -> None:
        self._painter = painter
        self._area = QRect(area)
        self._font = font
        self._bold = QFont(font)
        self._bold.setBold(True)
        metrics = QFontMetrics(font)
        self._baseline = area.top() + (area.height() - metrics.height()) // 2 + metrics.ascent()

    def put_right(self, text: str, colour: QColor) -> None:
        metrics = QFontMetrics(self._font)
        width = metrics.horizontalAdvance(text)
        self._painter.setFont(self._font)
        self._painter.setPen(colour)
        self._painter.drawText(self._area.right() - width + 1, self._baseline, text)
        self._area.setRight(self._area.right() - width - _GAP)

    def put(self, text: str, bold_places: Sequence[int], colour: QColor) -> None:
        # Bold letters are the wider ones: what fits in bold fits.
        text = QFontMetrics(self._bold).elidedText(text, Qt.TextElideMode.ElideRight, self._area.width())
        self._painter.setPen(colour)
        for run, is_bold in _runs(text, bold_places):
            font = self._bold if is_bold else self._font
            self._painter.setFont(font)
            self._painter.drawText(self._area.left(), self._baseline, run)
            self._area.setLeft(self._area.left() + QFontMetrics(font).horizontalAdvance(run))
        self._area.setLeft(self._area.left() + _GAP)


def _runs(text: str, bold_places: Sequence[int]) -> Iterator[tuple[str, bool]]:
    """Cut a text into parts that are bold or not."""
    bold = set(bold_places)
    for is_bold, run in groupby(enumerate(text), lambda pair: pair[0] in bold):
        yield "".join(letter for _, letter in run), is_bold


def _colours(palette: QPalette, entry: PaletteEntry, is_selected: bool) -> tuple[QColor, QColor]:
    """Return the colours of the title and of what stands beside it."""
    if is_selected:
        return palette.highlightedText().color(), palette.highlightedText().color()
    muted = palette.placeholderText().color()
    return palette.text().color() if entry.is_enabled else muted, muted


def _paint_tick(painter: QPainter, area: QRect, colour: QColor) -> None:
    """Draw it: not every font has one."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 2))
    left, middle = area.left(), area.top() + area.height() / 2
    points = [QPointF(left, middle), QPointF(left + 4, middle + 4), QPointF(left + 11, middle - 4)]
    painter.drawPolyline(points)
