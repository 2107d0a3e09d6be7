"""All figures of one address or peer in words, and two of its distributions as pictures."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from osc_workbench.traffic.flow_counts import FlowHistograms
from osc_workbench.views.histogram_view import HistogramView
from osc_workbench.views.theme import Colours


class FlowDetailView(QSplitter):
    """The text at the left, the pictures at the right."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.figures = QPlainTextEdit()
        self.figures.setReadOnly(True)
        self.figures.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.figures.setTabChangesFocus(True)
        self.figures.setProperty("pane", True)
        self.figures.setAccessibleName("Figures of the selected row")
        self.figures.setPlaceholderText("Select a row to see all its figures.")
        self.gaps = HistogramView("Gaps", "Time between messages", "Too few messages.", colours)
        self.lateness = HistogramView("Early ← → late", "Lateness of time tags", "No time tags.", colours)
        pictures = QWidget()
        layout = QVBoxLayout(pictures)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for picture in (self.gaps, self.lateness):
            layout.addWidget(picture, 1)
        self.addWidget(self.figures)
        self.addWidget(pictures)
        self.setChildrenCollapsible(False)

    def set_colours(self, colours: Colours) -> None:
        for picture in (self.gaps, self.lateness):
            picture.set_colours(colours)

    def show_figures(self, lines: Sequence[str], histograms: FlowHistograms | None) -> None:
        """lines: () if nothing is selected."""
        self._show_text("\n".join(lines))
        self.gaps.show_histogram(None if histograms is None else histograms.gaps)
        self.lateness.show_histogram(None if histograms is None else histograms.lateness)

    def _show_text(self, text: str) -> None:
        # Text that is being selected stays as it is, to be copied; what is read stays where it is.
        is_same_row = text.partition("\n")[0] == self.figures.toPlainText().partition("\n")[0]
        if text == self.figures.toPlainText() or (is_same_row and self.figures.textCursor().hasSelection()):
            return
        bar = self.figures.verticalScrollBar()
        place = bar.value() if is_same_row else 0
        self.figures.setPlainText(text)
        bar.setValue(place)
