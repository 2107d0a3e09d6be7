"""Which rows are counted: three buttons, and how far the counting has got."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from osc_workbench.models.wishes import SetCountedRows
from osc_workbench.traffic.statistics_feed import CountedRows
from osc_workbench.views.theme import Colours

_TEXTS = {
    CountedRows.EVERYTHING: ("Everything", "Count all messages that are kept"),
    CountedRows.FROM_NOW: ("From now on", "Count from now on, starting at zero; press again to start anew"),
    CountedRows.SELECTED: ("Selected rows", "Count the rows that are selected in the log now"),
}


class CountedRowsBar(QWidget):
    """wish: SetCountedRows; which button is down changes only when `set_counted` says so."""

    wish = Signal(object)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counted = CountedRows.EVERYTHING
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(90, 10)
        self.progress.setAccessibleName("Counting the messages")
        # Buttons must not move when it comes and goes.
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.progress)
        self.buttons = {which: self._button(which) for which in CountedRows}
        for button in self.buttons.values():
            layout.addWidget(button)
        self.set_counted(self._counted)
        self.show_progress(1.0)
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        # Fusion fills it in the colour of the selection, which is too pale to tell how far it is.
        frame, ground, fill = (colour.name() for colour in (colours.muted, colours.base, colours.accent))
        self.progress.setStyleSheet(
            f"QProgressBar {{ border: 1px solid {frame}; border-radius: 3px; background: {ground}; }}"
            f"QProgressBar::chunk {{ background: {fill}; }}"
        )

    def _button(self, which: CountedRows) -> QToolButton:
        title, tip = _TEXTS[which]
        button = QToolButton()
        button.setText(title)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(partial(self._on_click, which))
        return button

    def _on_click(self, which: CountedRows) -> None:
        self.set_counted(self._counted)
        self.wish.emit(SetCountedRows(which))

    def set_counted(self, which: CountedRows) -> None:
        self._counted = which
        for each, button in self.buttons.items():
            button.setChecked(each is which)

    def show_progress(self, progress: float) -> None:
        """progress: 0 to 1."""
        self.progress.setVisible(progress < 1)
        self.progress.setValue(int(progress * 100))
