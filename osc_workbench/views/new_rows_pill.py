"""The pill that says how many new rows stand below those in sight, and leads there."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from osc_workbench.views.theme import Colours


class NewRowsPill(QPushButton):
    """Floats at the bottom of a log; hidden while nothing is new."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("New messages, go to the end")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_colours(self, colours: Colours) -> None:
        self.setStyleSheet(
            f"QPushButton {{ background: {colours.accent.name()}; color: {colours.base.name()}; border: none;"
            " border-radius: 10px; padding: 4px 14px; font-weight: bold; }"
        )

    def show_count(self, count: int, area: QRect) -> None:
        """Say how many rows are new, at the bottom of this area."""
        self.setText(f"▼ {count:,} new")
        self.adjustSize()
        self.move(area.center().x() - self.width() // 2, area.bottom() - self.height() - 10)
        self.setVisible(count > 0)
