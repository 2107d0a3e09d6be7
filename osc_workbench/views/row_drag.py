"""Dragging with the mouse over the rows of a log; at its edges it scrolls."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QTimer

# At the edges a row goes by in this time, and more of them the farther away the mouse is.
_INTERVAL_MS = 40


class RowDrag(QObject):
    """drag_to: is told where the mouse is, again and again while it is outside of the rows."""

    def __init__(self, drag_to: Callable[[QPoint], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._drag_to = drag_to
        self._position: QPoint | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_active(self) -> bool:
        return self._position is not None

    def start(self, position: QPoint) -> None:
        self._position = position

    def move(self, position: QPoint) -> None:
        self._position = position
        # A mouse that moves all the time must not scroll faster than one that rests.
        if not self._timer.isActive():
            self._go_on()

    def end(self) -> None:
        self._position = None
        self._timer.stop()

    def _go_on(self) -> None:
        if self._position is not None and self._drag_to(self._position):
            self._timer.start()
