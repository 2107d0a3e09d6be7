"""The header of the message log: widths, order and choice of columns."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QFontMetrics
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from osc_workbench.models.traffic_model import TITLES, Column, TrafficModel
from osc_workbench.views.reachable_actions import REASON
from osc_workbench.views.row_painter import GUTTER

# Column widths in characters; Arguments takes what is left.
_WIDTHS = {
    Column.NUMBER: 8,
    Column.TIME: 15,
    Column.DIRECTION: 4,
    Column.ENDPOINT: 15,
    Column.PEER: 15,
    Column.ADDRESS: 26,
    Column.TYPE_TAGS: 8,
    Column.ARGUMENTS: 44,
    Column.SIZE: 6,
}


class TrafficHeader(QHeaderView):
    """Columns can be moved, resized and hidden; `saveState` keeps all of it.

    column_actions: one checkable action a column, for menus.
    """

    def __init__(self, model: TrafficModel, metrics: QFontMetrics, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setModel(model)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setStretchLastSection(False)
        self.setMinimumSectionSize(32)
        advance = metrics.horizontalAdvance("0")
        for column, width in _WIDTHS.items():
            self.resizeSection(column, width * advance + 12 + (GUTTER if column is Column.NUMBER else 0))
        self.setSectionResizeMode(Column.ARGUMENTS, QHeaderView.ResizeMode.Stretch)
        self.column_actions = [self._make_action(column) for column in Column]
        self._menu = QMenu(self)
        self._menu.addActions(self.column_actions)
        self._menu.aboutToShow.connect(self.check_actions)
        self._initial_state = self.saveState()

    def _make_action(self, column: Column) -> QAction:
        title = "Number" if column is Column.NUMBER else TITLES[column]
        action = QAction(f"Column {title}", self)
        action.setCheckable(True)
        action.setChecked(True)
        action.setToolTip(f"Show or hide the column {title}")
        action.setStatusTip(action.toolTip())
        action.setProperty(REASON, "one column has to stay")
        action.triggered.connect(self._show_checked)
        return action

    def check_actions(self) -> None:
        """Check the actions of the columns that are shown; the last of them cannot be hidden."""
        shown = [column for column in Column if not self.isSectionHidden(column)]
        for column, action in zip(Column, self.column_actions, strict=True):
            action.setChecked(column in shown)
            action.setEnabled(shown != [column])

    def reset_columns(self) -> None:
        """Show all columns where they were at first."""
        self.restoreState(self._initial_state)
        self.check_actions()

    def _show_checked(self) -> None:
        for column, action in zip(Column, self.column_actions, strict=True):
            self.setSectionHidden(column, not action.isChecked())
        self.check_actions()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._menu.popup(event.globalPos())
