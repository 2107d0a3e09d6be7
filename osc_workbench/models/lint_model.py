"""What lint has found, as a table with a row for each rule, and in a few words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.models.endpoint_model import counted
from osc_workbench.models.value_table import Column, ValueTable
from osc_workbench.traffic.lint import Lint
from osc_workbench.traffic.lint_rules import RULES, LintRule, Severity
from osc_workbench.traffic.time_text import clock_time

_Index = QModelIndex | QPersistentModelIndex
# The severity of a row, None if its rule is muted or was not broken.
SeverityRole = Qt.ItemDataRole.UserRole
SIGNS = {Severity.ERROR: "✕", Severity.WARNING: "⚠", Severity.INFO: "ℹ"}  # noqa: RUF001 no letter is meant
_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ORDER = list(Severity)
# A badge says how bad it is, not how long it has been so.
_BADGE_LIMIT = 99
_MUTE = 4


@dataclass(frozen=True, slots=True)
class LintRow:
    """A rule and its findings.

    last_row: the newest, None if there is none. last_ns: when that was, None if the row is no longer kept.
    """

    rule: LintRule
    count: int
    last_row: int | None
    last_ns: int | None
    is_muted: bool


def _last_text(row: LintRow) -> str:
    if row.last_row is None:
        return ""
    return "no longer kept" if row.last_ns is None else clock_time(row.last_ns)[:-3]


LINT_COLUMNS = (
    Column("Severity", lambda row: severity_text(row.rule), sample="⚠ Warning"),
    Column("Rule", lambda row: row.rule.title),
    Column("Count", lambda row: f"{row.count:,}", True, "10,000,000"),
    Column("Last", _last_text, True, "no longer kept"),
    Column("Mute", lambda row: "muted" if row.is_muted else "", sample="□ muted"),
)


def severity_text(rule: LintRule) -> str:
    return f"{SIGNS[rule.severity]} {rule.severity.value.capitalize()}"


class LintModel(ValueTable):
    """Rules with a check mark each; what is muted comes last.

    muted_changed: the ids of the rules that are to be muted, as a frozenset.
    time_of: the time of a row in ns since the Unix epoch, None if it is no longer kept.
    lists_all: whether rules without findings are shown.
    """

    muted_changed = Signal(object)

    def __init__(self, time_of: Callable[[int], int | None], parent: QObject | None = None) -> None:
        super().__init__(LINT_COLUMNS, lambda row: row.rule.id, parent)
        self._time_of = time_of
        self._muted: frozenset[str] = frozenset()
        self.lists_all = False

    def show_findings(self, lint: Lint, muted: frozenset[str]) -> None:
        self._muted = muted
        rows = [self._row(lint, rule) for rule in RULES if self._is_shown(lint, rule)]
        self.set_rows(sorted(rows, key=lambda row: (row.is_muted, not row.count, _ORDER.index(row.rule.severity))))

    def _is_shown(self, lint: Lint, rule: LintRule) -> bool:
        return self.lists_all or bool(lint.counts[rule.id]) or rule.id in self._muted

    def _row(self, lint: Lint, rule: LintRule) -> LintRow:
        last = lint.last_row[rule.id]
        time = None if last is None else self._time_of(last)
        return LintRow(rule, lint.counts[rule.id], last, time, rule.id in self._muted)

    def mute(self, rule_id: str, is_muted: bool) -> None:
        """Ask for a rule to be muted, or to be so no longer."""
        muted = self._muted | {rule_id} if is_muted else self._muted - {rule_id}
        if muted != self._muted:
            self.muted_changed.emit(muted)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == _MUTE else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid():
            row: LintRow = self._rows[index.row()]
            if role == SeverityRole:
                return row.rule.severity if row.count and not row.is_muted else None
            if role == Qt.ItemDataRole.CheckStateRole and index.column() == _MUTE:
                return Qt.CheckState.Checked if row.is_muted else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.CheckStateRole or index.column() != _MUTE:
            return False
        self.mute(self._rows[index.row()].rule.id, Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


# In a few words.


def _counts(lint: Lint, muted: frozenset[str]) -> dict[Severity, int]:
    """Return the findings of each severity, those of muted rules left out."""
    counts = dict.fromkeys(Severity, 0)
    for rule in RULES:
        if rule.id not in muted:
            counts[rule.severity] += lint.counts[rule.id]
    return counts


def badge_text(lint: Lint, muted: frozenset[str]) -> str:
    """Return how many errors and warnings there are, as short as can be; "" if there are none."""
    counts = _counts(lint, muted)
    return " ".join(
        f"{SIGNS[severity]} {_badge_count(counts[severity])}"
        for severity in (Severity.ERROR, Severity.WARNING)
        if counts[severity]
    )


def _badge_count(count: int) -> str:
    return str(count) if count <= _BADGE_LIMIT else f"{_BADGE_LIMIT}+"


def findings_text(lint: Lint, muted: frozenset[str]) -> str:
    """Say how many messages were looked at, and what was found."""
    if not lint.looked_at:
        return "No messages have been looked at yet."
    looked = f"{counted(lint.looked_at, 'message')} looked at"
    found = ", ".join(counted(count, _NOUNS[severity]) for severity, count in _counts(lint, muted).items() if count)
    if not found:
        found = "all findings are of muted rules" if any(lint.counts.values()) else "no rule was broken"
    text = f"{looked}: {found}."
    if lint.without_history:
        text += f" {lint.without_history:,} could not be compared with earlier ones: there are too many addresses."
    return text


def hint_text(lint: Lint) -> str:
    """Return what stands in place of rules while none was broken."""
    looked = f"{counted(lint.looked_at, 'message')} looked at, and no rule was broken."
    return looked if lint.looked_at else "Messages are looked at as they come."


def row_lines(row: LintRow) -> tuple[str, str, str]:
    """Return title, explanation and figures of a rule."""
    last = "" if row.last_row is None else f", the last one in message {row.last_row + 1:,}"
    when = f" at {_last_text(row)}" if row.last_ns is not None else (" (no longer kept)" if last else "")
    figures = f"{counted(row.count, 'finding')}{last}{when}." if row.count else "No findings."
    return f"{severity_text(row.rule)}: {row.rule.title}", row.rule.explanation, figures
