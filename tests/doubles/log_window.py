"""A message log on the screen, and hands that scroll and click in it."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_columns import Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction
from osc_workbench.traffic.shown_rows import AllRows
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.views.theme import LIGHT
from osc_workbench.views.traffic_view import TrafficView
from tests.doubles.traffic import HandFedStore, url_of


def matched(store: TrafficStore, text: str, is_folded: bool = False) -> MatchedRows:
    """Return the rows that a query matches; an empty one is no query."""
    return MatchedRows(store, parse_query(text).bind(QueryContext(store)) if text else None, is_folded)


def no_colour(_row: int) -> str | None:
    return None


class Log:
    """A log on the screen, and a store to feed it from."""

    def __init__(
        self, qtbot: QtBot, limit_rows: int = 5_000_000, colour_of: Callable[[int], str | None] = no_colour
    ) -> None:
        self.store = HandFedStore(limit_rows)
        self.marks = Marks()
        self.model = TrafficModel(self.store, url_of, self.marks, colour_of)
        self.view = TrafficView(self.model, LIGHT)
        qtbot.addWidget(self.view)
        self.view.resize(1000, 400)
        with qtbot.waitExposed(self.view):
            self.view.show()
        self.bar = self.view.verticalScrollBar()

    def receive(self, *packets: bytes | OscMessage | OscBundle, direction: Direction = Direction.IN) -> None:
        self.model.apply_batch(self.store.receive(*packets, direction=direction))

    def clear(self) -> None:
        self.store.clear()
        self.model.apply_batch(self.store.batch(self.store.end_row))

    # What is shown.

    def filter(self, text: str, is_folded: bool = False) -> None:
        """Show what a query matches, all at once."""
        self.model.set_shown(matched(self.store, text, is_folded))
        self.model.advance()

    def show_all(self) -> None:
        self.model.set_shown(AllRows(self.store))

    def show_latest(self) -> None:
        self.model.set_shown(LatestRows(self.store, None))
        self.model.advance()

    def rows(self) -> list[int]:
        return [self.model.row_at(index) for index in range(self.model.rowCount())]

    # Where it is scrolled to.

    @property
    def page(self) -> int:
        return self.view._scroller.page

    @property
    def top_row(self) -> int:
        return self.model.row_at(self.bar.value())

    def line_of(self, row: int) -> int:
        """Return in which line from the top a row stands."""
        index = self.model.index_of(row)
        assert index is not None
        return index - self.bar.value()

    def is_at_end(self) -> bool:
        return self.bar.value() == self.bar.maximum()

    @property
    def pill_text(self) -> str:
        return self.view._pill.text() if self.view._pill.isVisible() else ""

    # The mouse.

    def place_of(self, row: int, column: Column = Column.ADDRESS) -> QPoint:
        x = self.view.header.sectionViewportPosition(column) + 5
        return QPoint(x, self.line_of(row) * self.view._row_height + 2)

    def click(
        self,
        row: int,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        QTest.mouseClick(self.view.viewport(), button, modifier, self.place_of(row))

    def wheel(self, steps: int) -> None:
        """Turn the wheel; up is positive."""
        place = QPointF(50, 50)
        event = QWheelEvent(
            place,
            self.view.viewport().mapToGlobal(place),
            QPoint(),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.view.viewport(), event)
