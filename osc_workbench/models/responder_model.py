"""The rules that answer, as a table that can be edited."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.traffic.responder import Responder

_Index = QModelIndex | QPersistentModelIndex
TO_SENDER = "the sender"
_PATTERN, _TEXT, _TARGET = 0, 1, 2
_FIELDS = {_PATTERN: "pattern", _TEXT: "text", _TARGET: "target"}


class ResponderRow:
    """A rule, its place, and how often it has answered."""

    __slots__ = ("count", "place", "rule")

    def __init__(self, place: int, rule: Responder, count: int) -> None:
        self.place = place
        self.rule = rule
        self.count = count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResponderRow) and (self.rule, self.count) == (other.rule, other.count)

    __hash__ = None  # type: ignore[assignment]  # compared by what it shows, which changes


RESPONDER_COLUMNS = (
    Column("When this arrives", lambda row: row.rule.pattern, sample="/synth/*/frequency"),
    Column("send", lambda row: row.rule.text),
    Column("to", lambda row: row.rule.target or TO_SENDER, sample="udp://127.0.0.1:57110"),
    Column("Answered", lambda row: f"{row.count:,}", True, "10,000,000"),
)


class ResponderModel(ValueTable):
    """Rules with a check mark each; an edit that cannot be is refused with the reason.

    rules_changed: the rules as the user wants them. refused: why an edit was not taken, "" when one was.
    """

    rules_changed = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(RESPONDER_COLUMNS, lambda row: row.place, parent)

    @property
    def rules(self) -> tuple[Responder, ...]:
        return tuple(row.rule for row in self._rows)

    def show_rules(self, rules: Sequence[Responder], counts: Sequence[int]) -> None:
        self.set_rows([ResponderRow(place, *row) for place, row in enumerate(zip(rules, counts, strict=True))])

    def add(self, pattern: str, text: str, target: str) -> bool:
        """Add a rule; False if it was refused."""
        return self._change(lambda: (*self.rules, Responder(pattern.strip(), text.strip(), target.strip())))

    def remove(self, place: int) -> None:
        self._change(lambda: self.rules[:place] + self.rules[place + 1 :])

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == _PATTERN:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in _FIELDS else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role == Qt.ItemDataRole.CheckStateRole and index.column() == _PATTERN:
            is_enabled = self._rows[index.row()].rule.is_enabled
            return Qt.CheckState.Checked if is_enabled else Qt.CheckState.Unchecked
        if index.isValid() and role == Qt.ItemDataRole.EditRole and index.column() in _FIELDS:
            return getattr(self._rows[index.row()].rule, _FIELDS[index.column()])
        return super().data(index, role)

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid():
            return False
        if role == Qt.ItemDataRole.CheckStateRole:
            changes: dict[str, Any] = {"is_enabled": Qt.CheckState(value) is Qt.CheckState.Checked}
        elif role == Qt.ItemDataRole.EditRole and index.column() in _FIELDS:
            text = str(value).strip()
            changes = {_FIELDS[index.column()]: "" if text == TO_SENDER else text}
        else:
            return False
        place = index.row()
        return self._change(
            lambda: tuple(
                replace(rule, **changes) if number == place else rule for number, rule in enumerate(self.rules)
            )
        )

    def _change(self, make: Callable[[], tuple[Responder, ...]]) -> bool:
        try:
            rules = make()
        except OscEncodeError as error:
            self.refused.emit(str(error))
            return False
        self.refused.emit("")
        if rules != self.rules:
            self.rules_changed.emit(rules)
        return True
