from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.colour_rule_model import COLOUR, MATCHED, MEANING, QUERY, ColourRuleModel
from osc_workbench.traffic.colour_rules import COLOURS, RULES_LIMIT, ColourRule

LATE = ColourRule("late>5ms", "purple")
FREQ = ColourRule("/synth/*/freq", "teal")
OFF = ColourRule("lint", "yellow", is_enabled=False)
RULES = (LATE, FREQ, OFF)
CHECK = Qt.ItemDataRole.CheckStateRole
EDIT = Qt.ItemDataRole.EditRole
TIP = Qt.ItemDataRole.ToolTipRole


class Rules:
    """A model with the rules it asked for and what it refused."""

    def __init__(self, rules: Sequence[ColourRule] = RULES) -> None:
        self.model = ColourRuleModel()
        self.model.show_rules(rules)
        self.wanted: list[tuple[ColourRule, ...]] = []
        self.refused: list[str] = []
        self.model.rules_changed.connect(self.wanted.append)
        self.model.refused.connect(self.refused.append)

    def edit(self, row: int, column: int, value: object, role: int = EDIT) -> bool:
        return self.model.setData(self.model.index(row, column), value, role)

    def cells(self, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> list[object]:
        return [self.model.index(row, column).data(role) for row in range(self.model.rowCount())]


@pytest.fixture
def rules() -> Rules:
    return Rules()


def test_rules_are_shown_with_their_meaning_and_counts(rules: Rules, qtmodeltester: ModelTester) -> None:
    rules.model.show_rules(RULES, (0, 1234567, None))
    qtmodeltester.check(rules.model)
    assert rules.cells(COLOUR) == ["purple", "teal", "yellow"]
    assert rules.cells(QUERY) == ["late>5ms", "/synth/*/freq", "lint"]
    assert rules.cells(MEANING) == [rule.explanation for rule in RULES] == rules.cells(QUERY, TIP)
    assert rules.cells(MATCHED) == ["0", "1,234,567", ""]
    assert rules.model.rules == RULES


@pytest.mark.parametrize("counts", [(), (1,), (1, 2, 3, 4)])
def test_counts_are_shown_as_far_as_there_are_any(rules: Rules, counts: Sequence[int]) -> None:
    rules.model.show_rules(RULES, counts)
    assert rules.cells(MATCHED) == [*map(str, counts[:3]), *[""] * (3 - len(counts))]


def test_a_rule_is_checked_as_long_as_it_colours(rules: Rules) -> None:
    assert rules.cells(COLOUR, CHECK) == [Qt.CheckState.Checked, Qt.CheckState.Checked, Qt.CheckState.Unchecked]
    assert rules.cells(QUERY, CHECK) == [None] * 3


def test_what_can_be_edited_and_checked_says_so(rules: Rules) -> None:
    flags = [rules.model.flags(rules.model.index(0, column)) for column in range(4)]
    assert [bool(flag & Qt.ItemFlag.ItemIsEditable) for flag in flags] == [True, True, False, False]
    assert [bool(flag & Qt.ItemFlag.ItemIsUserCheckable) for flag in flags] == [True, False, False, False]


def test_a_long_query_has_a_tip_that_ends(rules: Rules) -> None:
    rules.model.show_rules([ColourRule(" ".join(["type:i"] * 200), "red")])
    assert len(str(rules.cells(QUERY, TIP)[0])) == 1000


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [(QUERY, "  late>6ms ", ColourRule("late>6ms", "purple")), (COLOUR, "grey", ColourRule("late>5ms", "grey"))],
)
def test_an_edit_is_asked_for_and_shown_when_it_is_done(
    rules: Rules, column: int, value: str, rule: ColourRule
) -> None:
    assert rules.edit(0, column, value)
    assert rules.wanted == [(rule, FREQ, OFF)]
    assert rules.refused == [""]
    assert rules.model.rules == RULES
    rules.model.show_rules(rules.wanted[0])
    assert rules.model.rules[0] == rule


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [(QUERY, "late>", "Column 6"), (QUERY, " ", "needs a query"), (COLOUR, "pink", "pink"), (COLOUR, "", "no colour")],
)
def test_a_refused_edit_says_why_and_changes_nothing(rules: Rules, column: int, value: str, reason: str) -> None:
    assert not rules.edit(0, column, value)
    assert rules.wanted == []
    assert len(rules.refused) == 1
    assert reason in rules.refused[0]


@pytest.mark.parametrize("state", [Qt.CheckState.Unchecked, Qt.CheckState.Unchecked.value])
def test_a_rule_can_be_switched_off_and_on(rules: Rules, state: object) -> None:
    assert rules.edit(0, COLOUR, state, CHECK)
    assert rules.edit(2, COLOUR, Qt.CheckState.Checked, CHECK)
    assert rules.wanted == [(replace(LATE, is_enabled=False), FREQ, OFF), (LATE, FREQ, replace(OFF, is_enabled=True))]


@pytest.mark.parametrize(("column", "role"), [(MEANING, EDIT), (MATCHED, EDIT), (QUERY, CHECK), (COLOUR, TIP)])
def test_what_cannot_be_edited_is_not(rules: Rules, column: int, role: Qt.ItemDataRole) -> None:
    assert not rules.edit(0, column, "/x", role)
    assert not rules.model.setData(QModelIndex(), "/x")
    assert (rules.wanted, rules.refused) == ([], [])


def test_an_edit_that_changes_nothing_asks_for_nothing(rules: Rules) -> None:
    assert rules.edit(0, QUERY, "late>5ms")
    assert (rules.wanted, rules.refused) == ([], [""])


def test_faults_are_told_before_anything_is_done(rules: Rules) -> None:
    assert rules.model.query_fault(" /a ") == ""
    assert rules.model.query_fault("late>").startswith("Column 6: ")
    assert "needs a query" in rules.model.query_fault("")
    assert rules.refused == []


def test_a_rule_is_added_at_the_end(rules: Rules) -> None:
    assert rules.model.add(" /new ", "red")
    assert not rules.model.add("late>", "red")
    assert rules.wanted == [(*RULES, ColourRule("/new", "red"))]
    assert rules.refused[0] == ""
    assert "Column 6" in rules.refused[1]


def test_there_can_be_only_so_many_rules() -> None:
    rules = Rules([ColourRule(f"/{number}", "red") for number in range(RULES_LIMIT)])
    assert not rules.model.add("/new", "red")
    assert rules.wanted == []
    assert rules.refused == ["There are 30 colour rules already. Remove one first."]


def test_a_colour_that_no_rule_has_is_offered(rules: Rules) -> None:
    assert rules.model.free_colour == "red"
    rules.model.show_rules([ColourRule("/a", colour) for colour in COLOURS if colour != "blue"])
    assert rules.model.free_colour == "blue"
    rules.model.show_rules([ColourRule("/a", colour) for colour in COLOURS])
    assert rules.model.free_colour == COLOURS[0]


def test_rules_are_removed_in_one_change(rules: Rules) -> None:
    rules.model.remove([0, 2])
    assert rules.wanted == [(FREQ,)]


@pytest.mark.parametrize(
    ("places", "step", "order"),
    [
        ([1], -1, "bacd"),
        ([1], 1, "acbd"),
        ([0], -1, "abcd"),
        ([3], 1, "abcd"),
        ([1, 2], -1, "bcad"),
        ([1, 2], 1, "adbc"),
        ([0, 2], -1, "acbd"),
        ([0, 1, 3], -1, "abdc"),
        ([1, 3], 1, "acbd"),
        ([0, 3], 1, "bacd"),
        ([], 1, "abcd"),
    ],
)
def test_rules_move_by_one_place_as_far_as_they_can(places: list[int], step: int, order: str) -> None:
    rules = Rules([ColourRule(f"/{letter}", "red") for letter in "abcd"])
    rules.model.move(places, step)
    moved = order != "abcd"
    assert rules.model.can_move(places, step) == moved
    assert rules.wanted == ([tuple(ColourRule(f"/{letter}", "red") for letter in order)] if moved else [])


@pytest.mark.parametrize(
    ("rules_then", "place"),
    [
        ((FREQ, OFF), 0),
        ((LATE, OFF), -1),
        ((LATE, replace(FREQ, query="/edited"), OFF), 1),
        ((FREQ, LATE, OFF), 0),
        ((LATE, OFF, FREQ), 2),
        ((LATE, LATE, FREQ, OFF), 2),
        ((ColourRule("/new", "red"), *RULES), 2),
        ((), -1),
    ],
)
def test_a_rule_stays_selected_while_it_is_edited_and_moved(
    rules: Rules, rules_then: tuple[ColourRule, ...], place: int
) -> None:
    index = QPersistentModelIndex(rules.model.index(1, 0))
    rules.model.show_rules(rules_then)
    assert rules.model.rules == rules_then
    assert index.row() == place


def test_it_is_a_sound_model_through_all_changes(rules: Rules, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(rules.model)
    for then in ((FREQ,), (), (OFF, LATE, LATE), RULES, RULES[::-1], (LATE, LATE, LATE)):
        rules.model.show_rules(then, range(len(then)))
        assert rules.model.rules == then


def test_counting_does_not_touch_what_may_be_edited_now(rules: Rules) -> None:
    columns = []
    rules.model.dataChanged.connect(lambda first, last: columns.append((first.column(), last.column())))
    rules.model.show_rules(RULES, (1, 2, None))
    rules.model.show_rules(RULES, (1, 2, None))
    assert columns == [(MATCHED, MATCHED)]
