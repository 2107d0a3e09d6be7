"""Two tables with one button each: connections that can be closed, bundles that can be cancelled."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from osc_workbench.models.value_table import ValueTable
from osc_workbench.models.wishes import CancelPending, CloseConnections
from osc_workbench.views.value_table_view import ValueTableView


class _TableWithButton(QWidget):
    """wish: what `wish_of` makes of the selected rows when the button or Delete is pressed."""

    wish = Signal(object)

    def __init__(
        self,
        model: ValueTable,
        name: str,
        hint: str,
        button: str,
        wish_of: Callable[[Sequence[Any]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._wish_of = wish_of
        self.table = ValueTableView(model, name, hint)
        self.button = QPushButton(button)
        self.button.clicked.connect(self._on_button)
        self.summary = QLabel()
        self.summary.setProperty("muted", True)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        self.setFocusProxy(self.table)
        self.table.delete_pressed.connect(self._on_button)
        self.table.selectionModel().selectionChanged.connect(self._show_button)
        self._show_button()

    def show_summary(self, text: str) -> None:
        if self.summary.text() != text:
            self.summary.setText(text)

    def _show_button(self) -> None:
        self.button.setEnabled(self.table.selectionModel().hasSelection())

    def _on_button(self) -> None:
        selected = [self._model.rows[number] for number in self.table.selected_rows()]
        if selected:
            self.wish.emit(self._wish_of(selected))


class ConnectionsView(_TableWithButton):
    """The TCP connections of all endpoints."""

    def __init__(self, model: ValueTable, parent: QWidget | None = None) -> None:
        super().__init__(
            model,
            "TCP connections",
            "No TCP connections. Add a TCP server or client at the left.",
            "Close connection",
            lambda rows: CloseConnections(tuple((row.endpoint_id, row.status.peer) for row in rows)),
            parent,
        )
        self.button.setToolTip("End the selected connections (Delete)")


class PendingView(_TableWithButton):
    """The bundles whose handlers wait for their time."""

    def __init__(self, model: ValueTable, parent: QWidget | None = None) -> None:
        super().__init__(
            model,
            "Bundles that wait",
            "No bundle waits. Those with a time tag in the future wait here if a rule or script handles messages.",
            "Cancel bundle",
            lambda rows: CancelPending(tuple(row.status.number for row in rows)),
            parent,
        )
        self.button.setToolTip("Do not run the selected bundles (Delete)")
