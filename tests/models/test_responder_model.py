from collections.abc import Sequence

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.responder_model import TO_SENDER, ResponderModel
from osc_workbench.traffic.responder import Responder

PING = Responder("/ping", "/pong ,i 1")
SEEN = Responder("/tracker/**", "/seen", "udp://127.0.0.1:9001")
OFF = Responder("/off", "/x", is_enabled=False)
RULES = (PING, SEEN, OFF)
CHECK = Qt.ItemDataRole.CheckStateRole
EDIT = Qt.ItemDataRole.EditRole


def target_fault(target: str) -> str:
    return "" if target.startswith("udp://") else f"{target} is no target."


class Answers:
    """A model with the rules it asked for and what it refused."""

    def __init__(self, rules: Sequence[Responder] = RULES) -> None:
        self.model = ResponderModel(target_fault)
        self.model.show_rules(rules, [0] * len(rules))
        self.wanted: list[tuple[Responder, ...]] = []
        self.refused: list[str] = []
        self.model.rules_changed.connect(self.wanted.append)
        self.model.refused.connect(self.refused.append)

    def edit(self, row: int, column: int, value: object, role: int = EDIT) -> bool:
        return self.model.setData(self.model.index(row, column), value, role)


@pytest.fixture
def answers() -> Answers:
    return Answers()


def test_rules_are_shown_with_their_counts(answers: Answers, qtmodeltester: ModelTester) -> None:
    model = answers.model
    model.show_rules(RULES, (0, 1234, 0))
    qtmodeltester.check(model)
    assert [[model.index(row, column).data() for column in range(4)] for row in range(3)] == [
        ["/ping", "/pong ,i 1", TO_SENDER, "0"],
        ["/tracker/**", "/seen", "udp://127.0.0.1:9001", "1,234"],
        ["/off", "/x", TO_SENDER, "0"],
    ]
    assert model.rules == RULES


def test_a_rule_is_checked_as_long_as_it_answers(answers: Answers) -> None:
    states = [answers.model.index(row, 0).data(CHECK) for row in range(3)]
    assert states == [Qt.CheckState.Checked, Qt.CheckState.Checked, Qt.CheckState.Unchecked]
    assert answers.model.index(0, 1).data(CHECK) is None


def test_what_can_be_edited_and_checked_says_so(answers: Answers) -> None:
    flags = [answers.model.flags(answers.model.index(0, column)) for column in range(4)]
    assert [bool(flag & Qt.ItemFlag.ItemIsEditable) for flag in flags] == [True, True, True, False]
    assert [bool(flag & Qt.ItemFlag.ItemIsUserCheckable) for flag in flags] == [True, False, False, False]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        (0, " /other ", Responder("/other", "/pong ,i 1")),
        (1, "/pong ,f 2.0", Responder("/ping", "/pong ,f 2.0")),
        (2, "udp://[::1]:7000", Responder("/ping", "/pong ,i 1", "udp://[::1]:7000")),
    ],
)
def test_an_edit_is_asked_for_and_shown_when_it_is_done(
    answers: Answers, column: int, value: str, rule: Responder
) -> None:
    assert answers.edit(0, column, value)
    assert answers.wanted == [(rule, SEEN, OFF)]
    assert answers.refused == [""]
    # What is shown is what the session does, so it changes when the session says so.
    assert answers.model.rules == RULES
    answers.model.show_rules(answers.wanted[0], (0, 0, 0))
    assert answers.model.rules[0] == rule


@pytest.mark.parametrize("text", ["", "  ", TO_SENDER])
def test_an_empty_target_is_the_sender(answers: Answers, text: str) -> None:
    assert answers.edit(1, 2, text)
    assert answers.wanted[0][1] == Responder("/tracker/**", "/seen")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, "ping", "slash"),
        (0, "", "slash"),
        (0, "/a[", "/a["),
        (1, "", "no packet"),
        (1, "/pong ,i x", "/pong ,i x"),
        (1, "#bundle x { /a }", "#bundle x"),
        (2, "http://x", "http://x is no target."),
    ],
)
def test_a_refused_edit_says_why_and_changes_nothing(answers: Answers, column: int, value: str, reason: str) -> None:
    assert not answers.edit(0, column, value)
    assert answers.wanted == []
    assert len(answers.refused) == 1
    assert reason in answers.refused[0]
    assert answers.model.rules == RULES


@pytest.mark.parametrize("state", [Qt.CheckState.Unchecked, Qt.CheckState.Unchecked.value])
def test_a_rule_can_be_switched_off_and_on(answers: Answers, state: object) -> None:
    assert answers.edit(0, 0, state, CHECK)
    assert answers.wanted[-1][0] == Responder("/ping", "/pong ,i 1", is_enabled=False)
    assert answers.edit(2, 0, Qt.CheckState.Checked, CHECK)
    assert answers.wanted[-1][2] == Responder("/off", "/x")


@pytest.mark.parametrize(("column", "role"), [(3, EDIT), (1, CHECK), (0, Qt.ItemDataRole.ToolTipRole)])
def test_what_cannot_be_edited_is_not(answers: Answers, column: int, role: Qt.ItemDataRole) -> None:
    assert not answers.edit(0, column, "/x", role)
    assert not answers.model.setData(QModelIndex(), "/x")
    assert (answers.wanted, answers.refused) == ([], [])


def test_an_edit_that_changes_nothing_asks_for_nothing(answers: Answers) -> None:
    assert answers.edit(0, 0, "/ping")
    assert (answers.wanted, answers.refused) == ([], [""])


def test_a_rule_is_added_at_the_end(answers: Answers) -> None:
    assert answers.model.add(" /new ", " /answer ", " udp://127.0.0.1:7 ")
    assert answers.wanted == [(*RULES, Responder("/new", "/answer", "udp://127.0.0.1:7"))]


@pytest.mark.parametrize("fields", [("new", "/a", ""), ("/new", "/a ,i", ""), ("/new", "/a", "nonsense")])
def test_a_rule_that_cannot_be_is_not_added(answers: Answers, fields: tuple[str, str, str]) -> None:
    assert not answers.model.add(*fields)
    assert answers.wanted == []
    assert answers.refused[0]


def test_rules_are_removed_in_one_change(answers: Answers) -> None:
    answers.model.remove([0, 2])
    assert answers.wanted == [(SEEN,)]


def test_a_stored_rule_with_a_bad_target_hinders_no_other_change() -> None:
    answers = Answers((Responder("/a", "/b", "nonsense"), PING))
    answers.model.remove([1])
    assert answers.edit(1, 1, "/c")
    assert not answers.edit(0, 2, "more nonsense")
    assert len(answers.wanted) == 2


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ((SEEN, OFF), 0),
        ((PING, OFF), -1),
        ((PING, Responder("/edited", "/seen"), OFF), 1),
        ((*RULES, PING), 1),
        ((OFF, PING, SEEN), 2),
        ((PING, PING, SEEN, OFF), 2),
        ((), -1),
    ],
)
def test_a_rule_stays_selected_while_others_come_and_go(
    answers: Answers, rules: tuple[Responder, ...], place: int
) -> None:
    index = QPersistentModelIndex(answers.model.index(1, 0))
    answers.model.show_rules(rules, [0] * len(rules))
    assert answers.model.rules == rules
    assert index.row() == place


def test_it_is_a_sound_model_through_all_changes(answers: Answers, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(answers.model)
    for rules in ((SEEN,), (), (OFF, PING, PING), RULES, RULES[::-1]):
        answers.model.show_rules(rules, range(len(rules)))
        assert answers.model.rules == rules


def test_counting_does_not_touch_what_may_be_edited_now(answers: Answers) -> None:
    columns = []
    answers.model.dataChanged.connect(lambda first, last: columns.append((first.column(), last.column())))
    answers.model.show_rules(RULES, (1, 2, 3))
    answers.model.show_rules(RULES, (1, 2, 3))
    assert columns == [(3, 3)]
