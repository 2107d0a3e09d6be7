"""A small picture of the colour of a rule. It always stands beside the colour's name."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap

from osc_workbench.views.theme import Colours

_SIZE = 14
# Sharp on screens with up to two pixels a point.
_SCALE = 2


def colour_icon(colours: Colours, name: str) -> QIcon:
    """Return a square in a colour of the rules, with a frame that can be seen on every background.

    Raises KeyError for a name that is no colour of the rules.
    """
    pixmap = QPixmap(_SIZE * _SCALE, _SIZE * _SCALE)
    pixmap.fill(colours.rules[name])
    painter = QPainter(pixmap)
    painter.setPen(QPen(colours.muted, _SCALE))
    edge = _SCALE / 2
    painter.drawRect(QRectF(edge, edge, pixmap.width() - _SCALE, pixmap.height() - _SCALE))
    painter.end()
    icon = QIcon(pixmap)
    # Qt would tint it in selected rows, which makes it another colour.
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
