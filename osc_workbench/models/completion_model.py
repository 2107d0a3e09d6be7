"""Completions of a query as a list for Qt."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from osc_workbench.traffic.query_completion import Completion

_Index = QModelIndex | QPersistentModelIndex
# The role under which a row is had whole, as a Completion.
CompletionRole = Qt.ItemDataRole.UserRole


class CompletionModel(QAbstractListModel):
    """One completion a row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._completions: tuple[Completion, ...] = ()

    @property
    def completions(self) -> tuple[Completion, ...]:
        return self._completions

    def set_completions(self, completions: Sequence[Completion]) -> None:
        self.beginResetModel()
        self._completions = tuple(completions)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._completions)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        completion = self._completions[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return completion.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{completion.text}, {completion.help}"
        return completion if role == CompletionRole else None
