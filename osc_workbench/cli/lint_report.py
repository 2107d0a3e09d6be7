"""What lint found in the packets that a command printed."""

import argparse
from collections import Counter
from collections.abc import Iterable

import numpy as np

from osc_workbench.cli.main import PROGRAM, say
from osc_workbench.session import Session
from osc_workbench.traffic.lint_rules import RULES, Severity, mask_of
from osc_workbench.traffic.record import PacketRecord


def can_mute(options: argparse.Namespace) -> bool:
    """Tell whether what `--mute` names are rules and `--lint` is there to ask them; says what is wrong."""
    known = {rule.id for rule in RULES}
    unknown = next((rule_id for rule_id in options.mute if rule_id not in known), None)
    if unknown is not None:
        names = ", ".join(sorted(known))
        say(f"{PROGRAM} listen: There is no rule “{unknown:.40}” of lint. Rules: {names}.")
    elif options.mute and not options.lint:
        say(f"{PROGRAM} listen: --mute leaves rules of --lint out, which is missing. Add --lint.")
        return False
    return unknown is None


class LintReport:
    """Counts findings, a message at a time; rules in `muted` are left out."""

    def __init__(self, session: Session, muted: Iterable[str]) -> None:
        self._store = session.store
        self._lint = session.lint
        self._rules = [rule for rule in RULES if rule.id not in set(muted)]
        self._mask = np.uint32(mask_of(rule.id for rule in self._rules))
        self._counts: Counter[str] = Counter()

    def take(self, record: PacketRecord) -> tuple[str, ...]:
        """Count what the messages of a packet have broken, and return the rules, each once."""
        # All rows of a packet are in one chunk.
        chunk, place = self._store.chunk_at(record.row - record.position)
        findings = chunk.findings[place : place + record.count] & self._mask
        present = int(np.bitwise_or.reduce(findings))
        names = []
        for rule in self._rules if present else ():
            if present >> rule.bit & 1:
                names.append(rule.id)
                self._counts[rule.id] += int(np.count_nonzero(findings & np.uint32(1 << rule.bit)))
        return tuple(names)

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
        if not parts:
            parts.append("nothing found")
        if self._lint.without_history:
            parts.append(f"{self._lint.without_history} messages of too many addresses not compared with earlier ones")
        return f"lint: {'; '.join(parts)}"
