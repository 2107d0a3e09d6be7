"""A table of addresses or peers: sorted by a click on a title, with what can be done with the selected row."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QBrush,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStyleOptionViewItem, QWidget

from osc_workbench.models.statistics_model import DESCENDING, FlowTable, ShareRole, WarningRole, table_text
from osc_workbench.models.wishes import AddFilterTerm
from osc_workbench.views.theme import Colours
from osc_workbench.views.tip_delegate import TipDelegate
from osc_workbench.views.value_table_view import ValueTableView

_HINT = "Nothing has been counted yet."
_Index = QModelIndex | QPersistentModelIndex
# Room beside a text: the theme's padding and Qt's own.
_CELL_ROOM, _TITLE_ROOM = 15, 15
_NAME_WIDTH = 140
_BAR_WIDTH, _BAR_HEIGHT, _BAR_MARGIN = 32, 8, 7
_TOUCHES = (QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _FlowDelegate(TipDelegate):
    """Colours warnings, and draws shares as bars beside their figures."""

    def __init__(self, colours: Colours, parent: QWidget) -> None:
        super().__init__(parent)
        self.colours = colours

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if index.data(WarningRole):
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setBrush(role, QBrush(self.colours.warning))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        share = index.data(ShareRole)
        if share is not None:
            self._paint_bar(painter, QRectF(option.rect), share)

    def _paint_bar(self, painter: QPainter, cell: QRectF, share: float) -> None:
        top = cell.center().y() - _BAR_HEIGHT / 2
        # The least share can be seen, too.
        width = max(1.0, _BAR_WIDTH * share)
        painter.fillRect(QRectF(cell.left() + _BAR_MARGIN, top, width, _BAR_HEIGHT), self.colours.accent)


class FlowTableView(ValueTableView):
    """wish: AddFilterTerm for the selected row. flow_table: its model."""

    wish = Signal(object)

    def __init__(self, model: FlowTable, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(model, model.source.what[1].capitalize(), _HINT, parent)
        self.flow_table = model
        self._chosen: tuple[Hashable, ...] = ()
        self._delegate = _FlowDelegate(colours, self)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self._set_columns()
        self._add_actions(*model.source.what)
        self.doubleClicked.connect(self._filter)
        self.selectionModel().selectionChanged.connect(self._enable_actions)
        self._enable_actions()

    def set_colours(self, colours: Colours) -> None:
        self._delegate.colours = colours
        self.viewport().update()

    def _set_columns(self) -> None:
        font = QFont(self.font())
        # Digits of the same width, where the font has them.
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)
        header = self.horizontalHeader()
        cells, titles = self.fontMetrics(), header.fontMetrics()
        for section, column in enumerate(self.flow_table.columns):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            width = cells.horizontalAdvance(column.sample) + _CELL_ROOM if column.sample else _NAME_WIDTH
            title = titles.horizontalAdvance(f"{column.title} {DESCENDING}")
            header.resizeSection(section, max(width, title + _TITLE_ROOM))
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.flow_table.sort_by)

    def _add_actions(self, one: str, many: str) -> None:
        self._of_query = (
            self._action(f"Show only this {one}", self._filter),
            self._action(f"Hide this {one}", self._exclude),
        )
        self._copy_row = self._action("Copy row", self._copy_selected)
        copy_all = self._action("Copy table", self._copy_table)
        menu = QMenu(f"Sort {many} by", self)
        for section, column in enumerate(self.flow_table.columns):
            menu.addAction(column.title).triggered.connect(partial(self.flow_table.sort_by, section))
        self.addActions([*self._of_query, self._copy_row, copy_all, menu.menuAction()])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _action(self, text: str, command: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(command)
        return action

    # The chosen row.

    @property
    def chosen(self) -> tuple[Hashable, ...]:
        """The key of the row that the user has chosen last; it need not be there any more."""
        return self._chosen

    def selected_value(self) -> Any:
        """Return the selected row, None if there is none."""
        rows = self.selected_rows()
        return self.flow_table.rows[rows[0]] if rows else None

    def seen(self) -> list[Hashable]:
        """Return the keys of the rows that can be seen."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        rows = self.flow_table.rows[max(0, first) : last + 1 if last >= 0 else None]
        return [self.flow_table.source.key(row) for row in rows]

    def keep_choice(self) -> None:
        """Select the chosen row again if it is back; otherwise, see to it that some row is selected."""
        key = self.flow_table.source.key
        row = self.selected_value()
        if row is not None and self._chosen in ((), (key(row),)):
            return
        keys = list(map(key, self.flow_table.rows))
        wanted = next((keys.index(chosen) for chosen in self._chosen if chosen in keys), None)
        if wanted is not None or (row is None and keys):
            self.selectRow(wanted or 0)

    def _note_choice(self) -> None:
        """What is selected after a key or a click is what the user wants; Qt also selects when a row goes."""
        row = self.selected_value()
        if row is not None:
            self._chosen = (self.flow_table.source.key(row),)

    def _enable_actions(self) -> None:
        for action in self._of_query:
            action.setEnabled(bool(self._query()))
        self._copy_row.setEnabled(self.selectionModel().hasSelection())

    # What can be done with a row.

    def _filter(self) -> None:
        self._wish_term(exclude=False)

    def _exclude(self) -> None:
        self._wish_term(exclude=True)

    def _wish_term(self, exclude: bool) -> None:
        query = self._query()
        if query:
            self.wish.emit(AddFilterTerm(query, exclude))

    def _query(self) -> str:
        row = self.selected_value()
        return "" if row is None else self.flow_table.source.query(row, self.flow_table.rows)

    def _copy_selected(self) -> None:
        QGuiApplication.clipboard().setText(table_text(self.flow_table, self.selected_rows()))

    def _copy_table(self) -> None:
        QGuiApplication.clipboard().setText(table_text(self.flow_table, range(len(self.flow_table.rows))))

    # Mouse, keyboard, size.

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in _TOUCHES:
            self.flow_table.touch()
        is_done = super().viewportEvent(event)
        if event.type() is QEvent.Type.MouseButtonPress:
            self._note_choice()
        return is_done

    def event(self, event: QEvent) -> bool:
        # The window has this key for the log; here it is ours.
        if event.type() is QEvent.Type.ShortcutOverride and _is_copy(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.flow_table.touch()
        if _is_copy(event):
            self._copy_selected()
        elif event.key() in _ENTER and self.selectionModel().hasSelection():
            self._filter()
        else:
            super().keyPressEvent(event)
            self._note_choice()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the room that is left to the column of names; where there is too little, one scrolls."""
        super().resizeEvent(event)
        names = next((place for place, column in enumerate(self.flow_table.columns) if not column.sample), 0)
        header = self.horizontalHeader()
        others = header.length() - header.sectionSize(names)
        header.resizeSection(names, max(_NAME_WIDTH, self.viewport().width() - others))


def _is_copy(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy)
