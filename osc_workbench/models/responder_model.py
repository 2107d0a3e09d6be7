"""The rules that answer, as a table that can be edited."""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from PySide6.QtCore import QObject

from osc_workbench.models.rule_table import RuleTable
from osc_workbench.models.value_table import Column
from osc_workbench.traffic.responder import Responder

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


class ResponderModel(RuleTable):
    """Rules that answer. target_fault: says what is wrong with a target, "" if nothing is."""

    def __init__(self, target_fault: Callable[[str], str], parent: QObject | None = None) -> None:
        super().__init__(RESPONDER_COLUMNS, _FIELDS, parent)
        self._target_fault = target_fault

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

    def value_of(self, _column: int, text: str) -> str:
        return "" if text == TO_SENDER else text

    def fault_of(self, rules: tuple[Responder, ...]) -> str:
        faults = (self._target_fault(rule.target) for rule in rules if rule.target and rule not in self.rules)
        return next(filter(None, faults), "")
