"""One rule of lint: what it means, and what can be done about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from osc_workbench.models.lint_model import LintRow, row_lines
from osc_workbench.traffic.lint_rules import Severity
from osc_workbench.views.theme import Colours

_HINT = "Select a rule to see what it means. “List all rules” shows what is looked for."


class LintDetailView(QWidget):
    """previous, next, only, mute: buttons for whoever does it."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: LintRow | None = None
        self.title, self.explanation, self.figures = _label(), _label(), _label()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.figures.setProperty("muted", True)
        self.previous = _button("Previous", "Select the finding before the current message")
        self.next = _button("Next", "Select the next finding after the current message (Enter in the table)")
        self.only = _button("Show only these", "Add this rule to the filter of the log")
        self.mute = _button("Mute", "Say no more of findings of this rule, or again")
        self._lay_out()
        self.set_colours(colours)
        self.show_row(None)

    def _lay_out(self) -> None:
        text = QWidget()
        lines = QVBoxLayout(text)
        lines.setContentsMargins(8, 6, 8, 6)
        for label in (self.title, self.explanation, self.figures):
            lines.addWidget(label)
        lines.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(text)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName("About the selected rule")
        self.area.setProperty("pane", True)
        buttons = QHBoxLayout()
        for button in (self.previous, self.next, self.only, self.mute):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.area, 1)
        layout.addLayout(buttons)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._colour_title()

    def show_row(self, row: LintRow | None) -> None:
        """row: None if no rule is selected."""
        if row == self._row and self.title.text():
            return
        self._row = row
        lines = ("", _HINT, "") if row is None else row_lines(row)
        for label, text in zip((self.title, self.explanation, self.figures), lines, strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        self.area.setAccessibleDescription(" ".join(lines))
        for button in (self.previous, self.next, self.only):
            button.setEnabled(row is not None and row.count > 0)
        self.mute.setEnabled(row is not None)
        self.mute.setText("Unmute" if row is not None and row.is_muted else "Mute")
        self._colour_title()

    def _colour_title(self) -> None:
        colours = {Severity.ERROR: self._colours.error, Severity.WARNING: self._colours.warning}
        row = self._row
        severity = row.rule.severity if row is not None and row.count and not row.is_muted else None
        colour = self._colours.text if severity is None else colours.get(severity, self._colours.text)
        self.title.setStyleSheet(f"color: {colour.name()};")


def _label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button
