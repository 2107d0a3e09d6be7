"""The header of the message log: widths, order and choice of columns."""

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from osc_workbench.models.traffic_columns import NAMES, RIGHT_ALIGNED, Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.views.reachable_actions import REASON

# Room at the left edge of the rows for marks, and for the bracket that joins the messages of a bundle.
GUTTER = 26
_PADDING = 4
# From the left, with widths in characters; Arguments takes what is left, but never less than _LEAST_WIDTH.
_WIDTHS = {
    Column.NUMBER: 8,
    Column.TIME: 15,
    Column.DELTA: 11,
    Column.TIME_TAG: 14,
    Column.DIRECTION: 4,
    Column.ENDPOINT: 15,
    Column.PEER: 15,
    Column.ADDRESS: 26,
    Column.TYPE_TAGS: 8,
    Column.ARGUMENTS: 44,
    Column.COMMENT: 24,
    Column.COUNT: 7,
    Column.SIZE: 6,
}
_LEAST_WIDTH = 14
_HIDDEN_AT_FIRST = (Column.DELTA, Column.TIME_TAG, Column.COMMENT, Column.COUNT)


class ColumnPlace(NamedTuple):
    """Where the texts of a column are painted: left edge and width, in pixels."""

    column: Column
    left: int
    room: int
    is_right_aligned: bool


class ShownColumns(NamedTuple):
    """The columns that are shown, in the order of the enumeration; the leftmost one has the gutter."""

    places: list[ColumnPlace]
    gutter_left: int
    has_comments: bool


class TrafficHeader(QHeaderView):
    """Columns can be moved, resized and hidden; `saveState` keeps all of it.

    column_actions: one checkable action a column, for menus.
    """

    def __init__(self, model: TrafficModel, metrics: QFontMetrics, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._model = model
        self._wants_counts = True
        self.setModel(model)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setStretchLastSection(False)
        self.setMinimumSectionSize(32)
        advance = metrics.horizontalAdvance("0")
        for place, (column, width) in enumerate(_WIDTHS.items()):
            self.moveSection(self.visualIndex(column), place)
            self.resizeSection(column, width * advance + 12 + (0 if place else GUTTER))
            self.setSectionHidden(column, column in _HIDDEN_AT_FIRST)
        self.setSectionResizeMode(Column.ARGUMENTS, QHeaderView.ResizeMode.Fixed)
        self._least_width = _LEAST_WIDTH * advance
        self.sectionResized.connect(self._on_section_resized)
        self.column_actions = [self._make_action(column) for column in Column]
        self._menu = QMenu(self)
        self._menu.addActions(self.column_actions)
        self._menu.aboutToShow.connect(self.check_actions)
        self._initial_state = self.saveState()
        model.modelReset.connect(self.check_actions)
        self.check_actions()

    def _make_action(self, column: Column) -> QAction:
        name = NAMES[column]
        action = QAction(f"Column {name}", self)
        action.setCheckable(True)
        action.setToolTip(f"Show or hide the column {name}")
        action.setStatusTip(action.toolTip())
        action.setProperty(REASON, "repeats are not counted" if column is Column.COUNT else "one column has to stay")
        action.triggered.connect(self._show_checked)
        return action

    def shown_columns(self) -> ShownColumns:
        """Return the columns that are shown, where they are now."""
        shown = self._shown()
        leftmost = min(shown, key=self.visualIndex)
        places = []
        for column in shown:
            before = _PADDING + (GUTTER if column is leftmost else 0)
            room = self.sectionSize(column) - before - _PADDING
            places.append(
                ColumnPlace(column, self.sectionViewportPosition(column) + before, room, column in RIGHT_ALIGNED)
            )
        return ShownColumns(places, self.sectionViewportPosition(leftmost), Column.COMMENT in shown)

    def _shown(self) -> list[Column]:
        return [column for column in Column if not self.isSectionHidden(column)]

    def check_actions(self) -> None:
        """Check the actions of the columns that are shown; the last of them cannot be hidden.

        Counts are shown only while there is something to count.
        """
        has_counts = self._model.has_counts
        self.setSectionHidden(Column.COUNT, not (has_counts and self._wants_counts))
        lasting = [column for column in self._shown() if column is not Column.COUNT]
        if not lasting:
            # So it can be in a file of settings.
            self.setSectionHidden(Column.ADDRESS, False)
            lasting = [Column.ADDRESS]
        for column, action in zip(Column, self.column_actions, strict=True):
            action.setChecked(not self.isSectionHidden(column))
            action.setEnabled(has_counts if column is Column.COUNT else lasting != [column])
        self._fit_arguments()

    def _fit_arguments(self) -> None:
        """Give Arguments what the others leave of the width."""
        if not self.isSectionHidden(Column.ARGUMENTS):
            others = self.length() - self.sectionSize(Column.ARGUMENTS)
            self.resizeSection(Column.ARGUMENTS, max(self._least_width, self.width() - others))

    def _on_section_resized(self, column: int, _before: int, _now: int) -> None:
        if column != Column.ARGUMENTS:
            self._fit_arguments()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_arguments()

    def reset_columns(self) -> None:
        """Show the columns that were shown at first where they were at first."""
        self.restoreState(self._initial_state)
        self._wants_counts = True
        self.check_actions()

    def _show_checked(self) -> None:
        for column, action in zip(Column, self.column_actions, strict=True):
            self.setSectionHidden(column, not action.isChecked())
        if self._model.has_counts:
            self._wants_counts = self.column_actions[Column.COUNT].isChecked()
        self.check_actions()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._menu.popup(event.globalPos())
