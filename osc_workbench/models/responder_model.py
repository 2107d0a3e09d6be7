"""The rules that answer, as a table that can be edited."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import count
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.traffic.responder import Responder

_Index = QModelIndex | QPersistentModelIndex
TO_SENDER = "the sender"
_PATTERN, _TEXT, _TARGET, _COUNT = range(4)
_FIELDS = {_PATTERN: "pattern", _TEXT: "text", _TARGET: "target"}


class ResponderRow(NamedTuple):
    """A rule, how often it has answered, and a number by which it is known again when it was edited."""

    number: int
    rule: Responder
    answered: int


RESPONDER_COLUMNS = (
    Column("When this arrives", lambda row: row.rule.pattern, sample="/synth/*/voice/*/frequency"),
    Column("send", lambda row: row.rule.text),
    Column("to", lambda row: row.rule.target or TO_SENDER, sample="udp://127.0.0.1:57110"),
    Column("Matched", lambda row: f"{row.answered:,}", True, "10,000,000"),
)


class ResponderModel(ValueTable):
    """Rules with a check mark each; an edit that cannot be is refused with the reason.

    rules_changed: the rules as the user wants them. refused: why an edit was not taken, "" when one was.
    target_fault: says what is wrong with a target, "" if nothing is.
    """

    rules_changed = Signal(object)
    refused = Signal(str)

    def __init__(self, target_fault: Callable[[str], str], parent: QObject | None = None) -> None:
        super().__init__(RESPONDER_COLUMNS, lambda row: row.number, parent)
        self._target_fault = target_fault
        self._numbers = count()

    @property
    def rules(self) -> tuple[Responder, ...]:
        return tuple(row.rule for row in self._rows)

    def show_rules(self, rules: Sequence[Responder], counts: Sequence[int]) -> None:
        # A cell that is being edited must not be reported as changed: the view would undo what was typed.
        first_column = _COUNT if tuple(rules) == self.rules else 0
        self.set_rows(list(map(ResponderRow, self._numbers_of(rules), rules, counts)), first_column)

    def _numbers_of(self, rules: Sequence[Responder]) -> list[int]:
        """Return the numbers of these rules: one that was edited keeps its own, a new one gets the next."""
        numbers: list[int] = []
        for _, first, end, new_first, new_end in SequenceMatcher(None, self.rules, rules, False).get_opcodes():
            known = [row.number for row in self._rows[first:end]][: new_end - new_first]
            numbers += known + [next(self._numbers) for _ in range(new_end - new_first - len(known))]
        return numbers

    def add(self, pattern: str, text: str, target: str) -> bool:
        """Add a rule; False if it was refused."""
        return self._change(lambda: (*self.rules, Responder(pattern.strip(), text.strip(), target.strip())))

    def remove(self, places: Collection[int]) -> None:
        self._change(lambda: tuple(rule for place, rule in enumerate(self.rules) if place not in places))

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
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == _PATTERN:
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
        faults = [self._target_fault(rule.target) for rule in rules if rule.target and rule not in self.rules]
        fault = next(filter(None, faults), "")
        self.refused.emit(fault)
        if not fault and rules != self.rules:
            self.rules_changed.emit(rules)
        return not fault
