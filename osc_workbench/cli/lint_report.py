"""What lint found in the packets that a command printed."""

from collections import Counter
from collections.abc import Iterable

from osc_workbench.cli.main import say
from osc_workbench.session import Session
from osc_workbench.traffic.lint_rules import RULES, Severity
from osc_workbench.traffic.record import PacketRecord


def are_rules(ids: Iterable[str]) -> bool:
    """Tell whether these are rules; says which one is not."""
    known = {rule.id for rule in RULES}
    for rule_id in ids:
        if rule_id not in known:
            say(f"There is no rule “{rule_id:.40}” of lint. Rules: {', '.join(sorted(known))}.")
            return False
    return True


class LintReport:
    """Counts findings, a message at a time; rules in `muted` are left out."""

    def __init__(self, session: Session, muted: Iterable[str]) -> None:
        self._store = session.store
        self._rules = [rule for rule in RULES if rule.id not in set(muted)]
        self._mask = sum(1 << rule.bit for rule in self._rules)
        self._counts: Counter[str] = Counter()

    def take(self, record: PacketRecord) -> tuple[str, ...]:
        """Count what the messages of a packet have broken, and return the rules, each once."""
        first = record.row - record.position
        found: dict[str, None] = {}
        for row in range(first, first + record.count):
            chunk, local = self._store.chunk_at(row)
            findings = int(chunk.findings[local]) & self._mask
            if findings:
                names = [rule.id for rule in self._rules if findings >> rule.bit & 1]
                self._counts.update(names)
                found.update(dict.fromkeys(names))
        return tuple(found)

    @property
    def has_errors(self) -> bool:
        return any(self._counts[rule.id] for rule in self._rules if rule.severity is Severity.ERROR)

    def summary(self) -> str:
        """Return one line: how many findings of each severity, and of each rule."""
        parts = []
        for severity in Severity:
            rules = [rule for rule in self._rules if rule.severity is severity and self._counts[rule.id]]
            count = sum(self._counts[rule.id] for rule in rules)
            if count:
                details = ", ".join(f"{rule.id} {self._counts[rule.id]}" for rule in rules)
                parts.append(f"{severity.value} {count} ({details})")
        return "lint: " + ("; ".join(parts) or "nothing found")
