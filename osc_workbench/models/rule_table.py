"""Rules as a table: each with a check mark, edited in place, and an edit that cannot be is refused with the reason."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.models.value_table import Column, ValueTable

_Index = QModelIndex | QPersistentModelIndex
# The check marks stand in the first column.
_CHECKED = 0


class RuleTable(ValueTable):
    """Its rows have a `number`, by which they are known again after an edit, and a `rule`, a dataclass that raises
    ValueError for what cannot be and has the field is_enabled.

    fields: the name of the rule's field that a column edits.
    rules_changed: the rules as the user wants them. refused: why an edit was not taken, "" when one was.
    """

    rules_changed = Signal(object)
    refused = Signal(str)

    def __init__(self, columns: Sequence[Column], fields: Mapping[int, str], parent: QObject | None = None) -> None:
        super().__init__(columns, lambda row: row.number, parent)
        self._fields = fields
        self._numbers = count(1)

    @property
    def rules(self) -> tuple[Any, ...]:
        return tuple(row.rule for row in self._rows)

    def remove(self, places: Collection[int]) -> None:
        self._change(lambda: tuple(rule for place, rule in enumerate(self.rules) if place not in places))

    def value_of(self, _column: int, text: str) -> str:
        """Return what a text that was typed into a column means."""
        return text

    def fault_of(self, _rules: tuple[Any, ...]) -> str:
        """Say why these rules cannot be, though each of them could; "" if they can."""
        return ""

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == _CHECKED:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in self._fields else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role == Qt.ItemDataRole.CheckStateRole and index.column() == _CHECKED:
            is_enabled = self._rows[index.row()].rule.is_enabled
            return Qt.CheckState.Checked if is_enabled else Qt.CheckState.Unchecked
        if index.isValid() and role == Qt.ItemDataRole.EditRole and index.column() in self._fields:
            return getattr(self._rows[index.row()].rule, self._fields[index.column()])
        return super().data(index, role)

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid():
            return False
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == _CHECKED:
            changes: dict[str, Any] = {"is_enabled": Qt.CheckState(value) is Qt.CheckState.Checked}
        elif role == Qt.ItemDataRole.EditRole and index.column() in self._fields:
            changes = {self._fields[index.column()]: self.value_of(index.column(), str(value).strip())}
        else:
            return False
        place = index.row()
        return self._change(
            lambda: tuple(
                replace(rule, **changes) if number == place else rule for number, rule in enumerate(self.rules)
            )
        )

    def _change(self, make: Callable[[], tuple[Any, ...]]) -> bool:
        """Wish for other rules, or refuse them; return whether they can be."""
        try:
            rules = make()
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        fault = self.fault_of(rules)
        self.refused.emit(fault)
        if not fault and rules != self.rules:
            self.rules_changed.emit(rules)
        return not fault
