"""The window that explains the filter: what it means in words, and the table of all terms."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.traffic.query_terms import TERMS
from osc_workbench.views.theme import data_font

_SIZE = QSize(760, 620)
_ROOM_AROUND = 40
_MARGIN = 16
# What stands beside the terms: example, and what it finds.
_BASICS = (
    ("synth", "Addresses that contain a text; case does not count."),
    ("/synth/*/freq", "Addresses that match a pattern of OSC; ** also crosses slashes."),
    ('"two words"', "A text in quotes may hold anything."),
    ("/synth type:f", "Both must be so; “and” may stand between them."),
    ("/synth or /mixer", "One of them is enough."),
    ("-/status", "What does not match; “not” means the same."),
    ("(/a or /b) -type:s", "Brackets hold together what belongs together."),
)


class FilterHelp(QDialog):
    """Stays open beside the filter. example_chosen: a query to put into it."""

    example_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Filter")
        self.meaning = _label("")
        self.meaning.setAccessibleName("What the filter means")
        self.meaning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Terms")
        area.setWidget(self._table())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(_heading("This filter shows"))
        layout.addWidget(self.meaning)
        layout.addWidget(area, 1)
        room = parent.window().size() if parent is not None else _SIZE
        self.resize(_SIZE.boundedTo(room - QSize(_ROOM_AROUND, _ROOM_AROUND)))

    def show_meaning(self, text: str) -> None:
        self.meaning.setText(text)

    def _table(self) -> QWidget:
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 8, _MARGIN, _MARGIN)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._add_rows(grid, "Click an example to try it", _BASICS)
        self._add_rows(grid, "Terms", [(term.example, term.help) for term in TERMS])
        grid.setRowStretch(grid.rowCount(), 1)
        return table

    def _add_rows(self, grid: QGridLayout, heading: str, rows: Sequence[tuple[str, str]]) -> None:
        if grid.rowCount() > 1:
            grid.setRowMinimumHeight(grid.rowCount(), 10)
        grid.addWidget(_heading(heading), grid.rowCount(), 0, 1, 2)
        for example, words in rows:
            line = grid.rowCount()
            button = QPushButton(example.replace("&", "&&"))
            button.setProperty("link", True)
            button.setFont(data_font())
            button.setAccessibleDescription(words)
            button.clicked.connect(partial(self._choose, example))
            grid.addWidget(button, line, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(_label(words), line, 1)

    def _choose(self, example: str, _is_checked: bool = False) -> None:
        self.example_chosen.emit(example)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _heading(text: str) -> QLabel:
    label = _label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
