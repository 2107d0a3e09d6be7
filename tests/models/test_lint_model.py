import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.lint_model import (
    LINT_COLUMNS,
    LintModel,
    SeverityRole,
    badge_text,
    findings_text,
    hint_text,
    row_lines,
)
from osc_workbench.traffic.lint_rules import RULES, Severity
from osc_workbench.traffic.time_text import clock_time
from tests.doubles.linted import FINE, INFINITE, NAN, TAGLESS, LintedLog

NOTHING: frozenset[str] = frozenset()
CHECK = Qt.ItemDataRole.CheckStateRole
MUTE = 4


@pytest.fixture
def log() -> LintedLog:
    log = LintedLog()
    log.receive(FINE, INFINITE, NAN, TAGLESS, NAN)
    return log


@pytest.fixture
def model(log: LintedLog) -> LintModel:
    model = LintModel(log.time_of)
    model.show_findings(log.lint, NOTHING)
    return model


def ids(model: LintModel) -> list[str]:
    return [row.rule.id for row in model.rows]


def cells(model: LintModel, row: int) -> list[str]:
    return [model.index(row, column).data() for column in range(len(LINT_COLUMNS))]


def test_a_rule_with_findings_is_a_row(log: LintedLog, model: LintModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)
    assert ids(model) == ["nan", "infinity", "missing-type-tags"]
    time = clock_time(log.store.time_at(4))[:-3]
    assert cells(model, 0) == ["✕ Error", "Not a number (NaN)", "2", time, ""]
    assert cells(model, 1)[0] == "⚠ Warning"
    assert [model.index(row, 0).data(SeverityRole) for row in (0, 1)] == [Severity.ERROR, Severity.WARNING]


def test_rows_stay_where_they_are_when_others_count_faster(log: LintedLog, model: LintModel) -> None:
    log.receive(*[TAGLESS] * 50)
    model.show_findings(log.lint, NOTHING)
    assert ids(model)[:3] == ["nan", "infinity", "missing-type-tags"]


def test_muted_rules_come_last_and_have_no_severity(log: LintedLog, model: LintModel) -> None:
    model.show_findings(log.lint, frozenset({"nan", "late"}))
    assert ids(model) == ["infinity", "missing-type-tags", "nan", "late"]
    assert cells(model, 2)[4] == "muted"
    assert [model.index(row, 0).data(SeverityRole) for row in (2, 3)] == [None, None]
    assert [model.index(row, MUTE).data(CHECK) for row in (0, 2)] == [Qt.CheckState.Unchecked, Qt.CheckState.Checked]


def test_all_rules_can_be_listed(log: LintedLog, model: LintModel) -> None:
    model.lists_all = True
    model.show_findings(log.lint, frozenset({"infinity"}))
    assert len(ids(model)) == len(RULES)
    assert (ids(model)[:2], ids(model)[-1]) == (["nan", "missing-type-tags"], "infinity")
    assert cells(model, 2)[2:] == ["0", "", ""]
    assert model.index(2, 0).data(SeverityRole) is None


def test_a_check_mark_asks_for_a_rule_to_be_muted(log: LintedLog, model: LintModel) -> None:
    wanted: list[frozenset[str]] = []
    model.muted_changed.connect(wanted.append)
    assert model.index(0, MUTE).flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert model.setData(model.index(0, MUTE), Qt.CheckState.Checked, CHECK)
    assert model.index(0, MUTE).data(CHECK) is Qt.CheckState.Unchecked
    model.show_findings(log.lint, frozenset({"nan"}))
    model.setData(model.index(2, MUTE), Qt.CheckState.Unchecked.value, CHECK)
    model.mute("infinity", True)
    model.mute("nan", True)
    assert wanted == [{"nan"}, set(), {"nan", "infinity"}]


def test_nothing_else_can_be_edited(model: LintModel) -> None:
    assert not model.setData(model.index(0, 1), "x")
    assert not model.setData(model.index(0, 0), Qt.CheckState.Checked, CHECK)
    assert not model.setData(QModelIndex(), Qt.CheckState.Checked, CHECK)
    assert not model.index(0, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable


def test_a_finding_that_is_no_longer_kept_says_so(log: LintedLog, model: LintModel) -> None:
    log.store.clear()
    model.show_findings(log.lint, NOTHING)
    assert cells(model, 0)[3] == "no longer kept"
    assert row_lines(model.rows[0])[2] == "2 findings, the last one in message 5 (no longer kept)."


def test_a_rule_is_told_in_words(log: LintedLog, model: LintModel) -> None:
    title, explanation, figures = row_lines(model.rows[1])
    assert title == "⚠ Warning: Infinite number"
    assert explanation == model.rows[1].rule.explanation
    assert figures == f"1 finding, the last one in message 2 at {clock_time(log.store.time_at(1))[:-3]}."
    model.show_findings(log.lint, frozenset({"late"}))
    assert row_lines(model.rows[3])[2] == "No findings."


def test_the_badge_counts_errors_and_warnings(log: LintedLog) -> None:
    assert badge_text(log.lint, NOTHING) == "✕ 2 ⚠ 2"
    assert badge_text(log.lint, frozenset({"nan"})) == "⚠ 2"
    assert badge_text(LintedLog().lint, NOTHING) == ""
    log.receive(*[NAN] * 98)
    assert badge_text(log.lint, NOTHING).startswith("✕ 99+ ⚠ ")


def test_it_is_said_what_was_found(log: LintedLog) -> None:
    assert findings_text(log.lint, NOTHING) == "5 messages looked at: 2 errors, 2 warnings."
    assert findings_text(log.lint, frozenset({"nan", "infinity", "missing-type-tags"})) == (
        "5 messages looked at: all findings are of muted rules."
    )
    log.lint._inspection.without_history = 7
    assert findings_text(log.lint, NOTHING).endswith(
        " 7 could not be compared with earlier ones: there are too many addresses."
    )


def test_it_is_said_that_nothing_was_found() -> None:
    log = LintedLog()
    assert (findings_text(log.lint, NOTHING), hint_text(log.lint)) == (
        "No messages have been looked at yet.",
        "Messages are looked at as they come.",
    )
    log.receive(FINE)
    assert findings_text(log.lint, NOTHING) == "1 message looked at: no rule was broken."
    assert hint_text(log.lint) == "1 message looked at, and no rule was broken."
    log.lint.clear()
    assert findings_text(log.lint, NOTHING) == "No messages have been looked at yet."
