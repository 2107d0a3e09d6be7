"""The lint panel: what is wrong with the traffic, what it means, and where it is."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QSplitter,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.lint_model import LintModel, LintRow, SeverityRole, findings_text, hint_text
from osc_workbench.models.wishes import AddFilterTerm, JumpToFinding, SetMutedRules
from osc_workbench.traffic.lint import Lint
from osc_workbench.traffic.lint_rules import Severity
from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.lint_detail_view import LintDetailView
from osc_workbench.views.theme import Colours
from osc_workbench.views.tip_delegate import TipDelegate
from osc_workbench.views.value_table_view import ValueTableView

_Index = QModelIndex | QPersistentModelIndex
_SPLIT = (760, 560)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SEVERITY = 0


class _LintDelegate(TipDelegate):
    """Colours severities; muted rules are muted."""

    def __init__(self, colours: Colours, parent: QWidget) -> None:
        super().__init__(parent)
        self.colours = colours

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        severity = index.data(SeverityRole)
        colours = {Severity.ERROR: self.colours.error, Severity.WARNING: self.colours.warning}
        colour = self.colours.muted if severity is None else colours.get(severity)
        if colour is None or (severity is not None and index.column() != _SEVERITY):
            return
        option.palette.setBrush(QPalette.ColorRole.Text, QBrush(colour))
        if severity is not None:
            # On the selection muted texts would read badly.
            option.palette.setBrush(QPalette.ColorRole.HighlightedText, QBrush(colour))


class _LintTable(ValueTableView):
    """next_wished: the next finding of the selected rule."""

    next_wished = Signal()

    def set_hint(self, hint: str) -> None:
        """hint: what an empty table says."""
        self._hint = hint
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self.next_wished.emit()
        else:
            super().keyPressEvent(event)


class LintView(QWidget):
    """wish: JumpToFinding, AddFilterTerm or SetMutedRules.

    time_of: the time of a row in ns since the Unix epoch, None if it is no longer kept.
    """

    wish = Signal(object)

    def __init__(self, time_of: Callable[[int], int | None], colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Lint, frozenset[str]] | None = None
        self.model = LintModel(time_of, self)
        self.table = _LintTable(self.model, "Rules of lint", "")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._delegate = _LintDelegate(colours, self)
        self.table.setItemDelegate(self._delegate)
        self.summary = ElidedLabel()
        self.summary.setAccessibleName("What lint has found")
        self.list_all = QCheckBox("List all rules")
        self.list_all.setToolTip("Also list the rules that nothing has broken")
        self.detail = LintDetailView(colours)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.list_all)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.detail)
        # In a narrow window neither may take all the room.
        for place, share in enumerate(_SPLIT):
            self.splitter.setStretchFactor(place, share)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes(_SPLIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.splitter, 1)
        # The keyboard enters at the table and goes on in the order of insertion: what came before would be passed over.
        layout.insertLayout(0, top)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.list_all.toggled.connect(self._on_list_all)
        self.table.selectionModel().selectionChanged.connect(self._show_detail)
        self.table.next_wished.connect(partial(self._jump, True))
        self.table.doubleClicked.connect(self._on_double_click)
        self.detail.next.clicked.connect(partial(self._jump, True))
        self.detail.previous.clicked.connect(partial(self._jump, False))
        self.detail.only.clicked.connect(self._show_only)
        self.detail.mute.clicked.connect(self._toggle_muted)
        self.model.muted_changed.connect(self._on_muted_changed)

    def set_colours(self, colours: Colours) -> None:
        self._delegate.colours = colours
        self.table.viewport().update()
        self.detail.set_colours(colours)

    def show_lint(self, lint: Lint, muted: frozenset[str]) -> None:
        """Show what was found so far. muted: ids of rules that the user does not want to hear of."""
        self._shown = (lint, muted)
        text = findings_text(lint, muted)
        if text != self.summary.whole_text:
            self.summary.show_text(text)
            self.table.set_hint(hint_text(lint))
        self.model.show_findings(lint, muted)
        if self.model.rows and not self.table.selected_rows():
            self.table.selectRow(0)
        self._show_detail()

    def _selected(self) -> LintRow | None:
        rows = self.table.selected_rows()
        return self.model.rows[rows[0]] if rows else None

    def _show_detail(self) -> None:
        self.detail.show_row(self._selected())

    def _on_list_all(self, lists_all: bool) -> None:
        self.model.lists_all = lists_all
        if self._shown is not None:
            self.show_lint(*self._shown)

    # What can be done with a rule.

    def _on_double_click(self, index: QModelIndex) -> None:
        # A double click on a check box is two clicks.
        if not index.flags() & Qt.ItemFlag.ItemIsUserCheckable:
            self._jump(True)

    def _jump(self, forward: bool) -> None:
        row = self._selected()
        if row is not None and row.count:
            self.wish.emit(JumpToFinding(row.rule.id, forward))

    def _show_only(self) -> None:
        row = self._selected()
        if row is not None:
            self.wish.emit(AddFilterTerm(f"lint:{row.rule.id}"))

    def _toggle_muted(self) -> None:
        row = self._selected()
        if row is not None:
            self.model.mute(row.rule.id, not row.is_muted)

    def _on_muted_changed(self, muted: frozenset[str]) -> None:
        self.wish.emit(SetMutedRules(tuple(sorted(muted))))
