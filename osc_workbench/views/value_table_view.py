"""A plain table for a ValueTable: whole rows are selected, and an empty one says what belongs in it."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from osc_workbench.models.value_table import ValueTable

_PADDING = 28
_MARGIN = 24


class ValueTableView(QTableView):
    """hint: what an empty table says. delete_pressed: on the keyboard, in this table."""

    delete_pressed = Signal()

    def __init__(self, model: ValueTable, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self.setModel(model)
        self.setAccessibleName(name)
        self.setProperty("pane", True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        metrics = self.fontMetrics()
        for section, column in enumerate(model.columns):
            if column.sample:
                widest = max(metrics.horizontalAdvance(text) for text in (column.sample, column.title))
                header.resizeSection(section, widest + _PADDING)
            else:
                header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        shortcut = QShortcut(QKeySequence.StandardKey.Delete, self)
        # Delete in another part of the window must not take anything away here.
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.delete_pressed)
        model.rowsInserted.connect(self.viewport().update)
        model.rowsRemoved.connect(self.viewport().update)

    def selected_rows(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model().rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().placeholderText().color())
        area: QRect = self.viewport().rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._hint)
        painter.end()
