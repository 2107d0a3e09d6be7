import pytest
from PySide6.QtCore import QObject, QPoint
from pytestqt.qtbot import QtBot

from osc_workbench.views.row_drag import RowDrag


class Rows:
    """Rows that want to be told again as often as is left."""

    def __init__(self, again: int = 0) -> None:
        self.parent = QObject()
        self.told: list[QPoint] = []
        self.again = again
        self.drag = RowDrag(self._drag_to, self.parent)

    def _drag_to(self, position: QPoint) -> bool:
        self.told.append(position)
        self.again -= 1
        return self.again >= 0


def test_without_a_press_nothing_is_dragged(qtbot: QtBot) -> None:
    rows = Rows()
    assert not rows.drag.is_active
    rows.drag.start(QPoint(1, 1))
    rows.drag.move(QPoint(1, 2))
    rows.drag.end()
    assert (rows.told, rows.drag.is_active) == ([QPoint(1, 2)], False)


def test_outside_of_the_rows_it_goes_on_with_the_newest_place(qtbot: QtBot) -> None:
    rows = Rows(again=2)
    rows.drag.start(QPoint(0, 0))
    rows.drag.move(QPoint(0, -5))
    rows.drag.move(QPoint(0, -9))
    assert rows.told == [QPoint(0, -5)]
    qtbot.waitUntil(lambda: rows.told == [QPoint(0, -5), QPoint(0, -9), QPoint(0, -9)])
    rows.drag.move(QPoint(0, 3))
    assert rows.told[-1] == QPoint(0, 3)


@pytest.mark.parametrize("again", [0, 100])
def test_an_end_is_an_end(qtbot: QtBot, again: int) -> None:
    rows = Rows(again)
    rows.drag.start(QPoint(0, 0))
    rows.drag.move(QPoint(0, -5))
    rows.drag.end()
    assert not rows.drag._timer.isActive()
