"""The keyboard sheet: all keys of the program by menu and part of the window, searched by typing."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.key_rows import KeyGroup, KeyRow, grouped, in_columns, matching_rows
from osc_workbench.views.reachable_actions import shown_keys

_MAX_COLUMNS = 3
_COLUMN_WIDTH = 330
_COLUMN_GAP = 28
_MARGIN, _SPACING = 16, 12
# What the window around keeps in sight of itself.
_ROOM_AROUND = 40
_STYLE = """
QLabel[key="true"] {
    border: 1px solid palette(mid); border-radius: 3px; padding: 0 4px; background: palette(base);
}
"""


class KeySheet(QDialog):
    """Open it with `open`; Escape closes it. Its size is that of the rows, if `window` has the room.

    window: over which it lies, and which takes no keys meanwhile.
    """

    def __init__(self, rows: Sequence[KeyRow], window: QWidget) -> None:
        super().__init__(window)
        self._rows = tuple(rows)
        self._column_count = _MAX_COLUMNS
        self.setWindowTitle("Keyboard")
        self.setStyleSheet(_STYLE)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Type a key or a word to search for")
        self.edit.setAccessibleName("Search the keys")
        self.edit.setClearButtonEnabled(True)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName("Keys")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(_SPACING)
        layout.addWidget(self.edit)
        layout.addWidget(self.area, 1)
        self.edit.textChanged.connect(self._show_rows)
        self._show_rows()
        self.resize(self._fitting_size(window.size()))
        self.edit.setFocus()

    def _fitting_size(self, room: QSize) -> QSize:
        width = _MAX_COLUMNS * (_COLUMN_WIDTH + _COLUMN_GAP)
        height = self._columns.heightForWidth(width) + self.edit.sizeHint().height() + _SPACING
        wanted = QSize(width, height) + QSize(2 * _MARGIN, 2 * _MARGIN)
        return wanted.boundedTo(room - QSize(_ROOM_AROUND, _ROOM_AROUND))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        count = max(1, min(_MAX_COLUMNS, (self.width() - 2 * _MARGIN) // _COLUMN_WIDTH))
        if count != self._column_count:
            self._column_count = count
            self._show_rows()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll with the keys that the field has no use for."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            QApplication.sendEvent(self.area.verticalScrollBar(), event)
        else:
            super().keyPressEvent(event)

    def _show_rows(self) -> None:
        """Show the rows that have what was typed."""
        text = self.edit.text()
        groups = grouped(matching_rows(self._rows, text))
        content = QWidget()
        columns = self._columns = QHBoxLayout(content)
        # The gap at the right is for the scroll bar.
        columns.setContentsMargins(0, 0, _COLUMN_GAP, 0)
        columns.setSpacing(_COLUMN_GAP)
        for column in in_columns(groups, self._column_count):
            columns.addWidget(_column_of(column), 1)
        # What is found keeps its width when there is less of it.
        for _ in range(self._column_count - columns.count()):
            columns.addStretch(1)
        if not groups:
            nothing = _label(f"No key is about “{text.strip()}”.", muted=True)
            columns.insertWidget(0, nothing, 0, Qt.AlignmentFlag.AlignTop)
        self.area.setWidget(content)


def _column_of(groups: Sequence[KeyGroup]) -> QWidget:
    column = QWidget()
    grid = QGridLayout(column)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for group in groups:
        if grid.rowCount() > 1:
            grid.setRowMinimumHeight(grid.rowCount(), 8)
        heading = _label(group.where)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        for row in group.rows:
            line = grid.rowCount()
            grid.addWidget(_keys_of(row), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_text_of(row), line, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    return column


def _keys_of(row: KeyRow) -> QWidget:
    keys = QWidget()
    layout = QHBoxLayout(keys)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for key in row.keys:
        label = _label(shown_keys(key))
        label.setProperty("key", True)
        layout.addWidget(label)
    layout.addStretch(1)
    return keys


def _text_of(row: KeyRow) -> QLabel:
    label = _label(row.text)
    label.setWordWrap(True)
    label.setAccessibleName(f"{' or '.join(map(shown_keys, row.keys))}: {row.text}")
    return label


def _label(text: str, muted: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if muted:
        label.setProperty("muted", True)
    return label
