"""The colour rules as a table that can be edited and put in order."""

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt

from osc_workbench.models.rule_table import RuleTable
from osc_workbench.models.value_table import Column
from osc_workbench.traffic.colour_rules import COLOURS, RULES_LIMIT, ColourRule

_Index = QModelIndex | QPersistentModelIndex
COLOUR, QUERY, MEANING, MATCHED = range(4)
_FIELDS = {COLOUR: "colour", QUERY: "query"}
# A query can be long, and its explanation is longer.
_TIP_LIMIT = 1000


class ColourRuleRow(NamedTuple):
    """A rule and how many rows its query is known to match, None if nobody counts.

    number: from 1, by which the rule is known again when it was edited or moved.
    """

    number: int
    rule: ColourRule
    matched: int | None


COLOUR_RULE_COLUMNS = (
    Column("Colour", lambda row: row.rule.colour, sample="[x] [x] orange v"),
    Column("Query", lambda row: row.rule.query),
    Column("Which means", lambda row: row.rule.explanation),
    Column("Matched", lambda row: "" if row.matched is None else f"{row.matched:,}", True, "10,000,000"),
)


class ColourRuleModel(RuleTable):
    """Rules of colours, of which the first that matches wins; they can be moved."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLOUR_RULE_COLUMNS, _FIELDS, parent)

    @property
    def free_colour(self) -> str:
        """A colour that no rule has; the first one if all are taken."""
        taken = {rule.colour for rule in self.rules}
        return next((colour for colour in COLOURS if colour not in taken), COLOURS[0])

    def show_rules(self, rules: Sequence[ColourRule], counts: Sequence[int | None] = ()) -> None:
        """Show rules and how many rows each is known to match, as far as that is known."""
        # A cell that is being edited must not be reported as changed: the view would undo what was typed.
        first_column = MATCHED if tuple(rules) == self.rules else 0
        rows = zip_longest(self._numbers_of(rules), rules, counts[: len(rules)])
        self.set_rows([ColourRuleRow(*row) for row in rows], first_column)

    def _numbers_of(self, rules: Sequence[ColourRule]) -> list[int]:
        """Return the numbers of these rules: one that was moved or edited keeps its own, a new one gets the next."""
        left = {row.number: row.rule for row in self._rows}
        known = [_take_number(left, rule) for rule in rules]
        # What is not known by its content may be an edited rule, which stands where it stood.
        here = [row.number for row in self._rows]
        numbers = []
        for number, old in zip_longest(known, here[: len(known)], fillvalue=0):
            is_edited = number == 0 and left.pop(old, None) is not None
            numbers.append(old if is_edited else number or next(self._numbers))
        return numbers

    def query_fault(self, query: str) -> str:
        """Say why no rule can have this query, "" if one can."""
        try:
            ColourRule(query.strip(), COLOURS[0])
        except ValueError as error:
            return str(error)
        return ""

    def add(self, query: str, colour: str) -> bool:
        """Add a rule at the end; False if it was refused."""
        if len(self._rows) >= RULES_LIMIT:
            self.refused.emit(f"There are {RULES_LIMIT} colour rules already. Remove one first.")
            return False
        return self._change(lambda: (*self.rules, ColourRule(query.strip(), colour)))

    def move(self, places: Collection[int], step: int) -> None:
        """Move rules by one place, -1 for up and 1 for down, as far as they can go."""
        self._change(lambda: tuple(self.rules[place] for place in self._order(places, step)))

    def can_move(self, places: Collection[int], step: int) -> bool:
        return self._order(places, step) != list(range(len(self._rows)))

    def _order(self, places: Collection[int], step: int) -> list[int]:
        """Return the places in the order that a move gives them."""
        order = list(range(len(self._rows)))
        for place in sorted(places, reverse=step > 0):
            other = place + step
            if 0 <= other < len(order) and order[other] not in places:
                order[place], order[other] = order[other], order[place]
        return order

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role == Qt.ItemDataRole.ToolTipRole:
            return self._rows[index.row()].rule.explanation[:_TIP_LIMIT]
        return super().data(index, role)


def _take_number(left: dict[int, ColourRule], rule: ColourRule) -> int:
    """Take a rule that is the same out of those that are left, and return its number; 0 if there is none."""
    number = next((number for number, other in left.items() if other == rule), 0)
    left.pop(number, None)
    return number
