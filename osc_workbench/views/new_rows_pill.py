"""The pill that says how many rows are not in sight, and leads there."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from osc_workbench.views.theme import Colours

# Fonts without emoji have no sign of their own for a pause.
_PAUSED = "❚❚"


class NewRowsPill(QPushButton):
    """Floats at the bottom of a log; hidden while all is to be seen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_colours(self, colours: Colours) -> None:
        self.setStyleSheet(
            f"QPushButton {{ background: {colours.accent.name()}; color: {colours.base.name()}; border: none;"
            " border-radius: 10px; padding: 4px 14px; font-weight: bold; }"
        )

    def show_count(self, count: int, area: QRect) -> None:
        """Say how many rows are new, at the bottom of this area; with none, be hidden."""
        if count:
            self._show(f"▼ {count:,} new", "New messages, go to the end", area)
        else:
            self.hide()

    def show_held_back(self, count: int, area: QRect) -> None:
        """Say that the view is paused, and how many rows wait because of that."""
        text = f"{_PAUSED} {count:,} held back" if count else f"{_PAUSED} Paused"
        self._show(text, "The view is paused, go on", area)

    def _show(self, text: str, name: str, area: QRect) -> None:
        if self.text() != text:
            self.setText(text)
            self.setAccessibleName(name)
            self.adjustSize()
        self.move(area.center().x() - self.width() // 2, area.bottom() - self.height() - 10)
        self.show()
