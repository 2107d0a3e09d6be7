"""The small signs of the filter bar, drawn: not every font has them."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIZE = 16
# Screens show one or two points for each.
_RATIOS = (1, 2)
# Lines as points on a square of 16 by 16; each list is one stroke.
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "valid": (((3, 8.5), (6.5, 12), (13, 4.5)),),
    "invalid": (((4, 4), (12, 12)), ((12, 4), (4, 12))),
    "barren": (((8, 2), (14.5, 13.5), (1.5, 13.5), (8, 2)), ((8, 6.5), (8, 9.5)), ((8, 11.6), (8, 11.7))),
    "history": (((4, 6.5), (8, 10.5), (12, 6.5)),),
    "hidden": (((2.5, 13.5), (13.5, 2.5)),),
    "shown": (),
}
_EYES = ("hidden", "shown")


def make_icon(name: str, colour: QColor) -> QIcon:
    """Return "valid", "invalid", "barren", "history", "hidden" or "shown" in this colour."""
    icon = QIcon()
    for ratio in _RATIOS:
        pixmap = QPixmap(SIZE * ratio, SIZE * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        _draw(pixmap, name, colour)
        # A sign that cannot be pressed says as much as one that can.
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):
            icon.addPixmap(pixmap, mode)
    return icon


def _draw(pixmap: QPixmap, name: str, colour: QColor) -> None:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for stroke in _STROKES[name]:
        painter.drawPolyline([QPointF(*point) for point in stroke])
    if name in _EYES:
        lids = QPainterPath(QPointF(1.5, 8))
        lids.quadTo(QPointF(8, 0.5), QPointF(14.5, 8))
        lids.quadTo(QPointF(8, 15.5), QPointF(1.5, 8))
        painter.drawPath(lids)
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(6.5, 6.5, 3, 3))
    painter.end()
