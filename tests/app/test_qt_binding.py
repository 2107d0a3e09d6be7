"""The pin on PySide6 rests on this: 6.12.0 on Python 3.11 loses a reference to None with every emit."""

import sys

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Signal

ROUNDS = 1000
# Immortal objects (Python 3.12 on) do not count; before, the interpreter itself moves the figure by a few.
TOLERANCE = 50


class Source(QObject):
    fired = Signal(object)


class EmptyModel(QAbstractListModel):
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 1

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> None:
        return None


def test_emitting_a_signal_keeps_the_references_to_none() -> None:
    source = Source()
    source.fired.connect(lambda value: None)
    before = sys.getrefcount(None)
    for _ in range(ROUNDS):
        source.fired.emit(None)
    assert abs(sys.getrefcount(None) - before) < TOLERANCE


def test_a_virtual_that_returns_none_keeps_the_references_to_none() -> None:
    model = EmptyModel()
    index = model.index(0)
    before = sys.getrefcount(None)
    for _ in range(ROUNDS):
        model.itemData(index)
    assert abs(sys.getrefcount(None) - before) < TOLERANCE
