"""The pin on PySide6 rests on this: with 6.12.0 on Python 3.11 every emit loses a reference to True."""

import sys
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

# Few enough that the interpreter still lives to report the loss, which aborts it sooner or later.
ROUNDS = 100
# The interpreter itself moves a count by a few; from Python 3.12 on these objects are immortal.
TOLERANCE = 20


class Source(QObject):
    fired = Signal(int)

    def customEvent(self, event: QEvent) -> None:
        """Give the binding a virtual that returns None."""


def reference_changes(action: Callable[[], object]) -> list[int]:
    """Return by how much the counts of None, True and False change while `action` runs ROUNDS times."""
    before = [sys.getrefcount(constant) for constant in (None, True, False)]
    for _ in range(ROUNDS):
        action()
    after = [sys.getrefcount(constant) for constant in (None, True, False)]
    return [later - earlier for earlier, later in zip(before, after, strict=True)]


def test_emitting_a_signal_keeps_the_references_to_constants() -> None:
    source = Source()
    source.fired.connect(lambda value: None)
    changes = reference_changes(lambda: source.fired.emit(1))
    assert max(map(abs, changes)) < TOLERANCE, changes


def test_a_virtual_that_returns_none_keeps_the_references_to_constants() -> None:
    source = Source()
    event = QEvent(QEvent.Type.User)
    changes = reference_changes(lambda: QCoreApplication.sendEvent(source, event))
    assert max(map(abs, changes)) < TOLERANCE, changes
