from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.connection_model import (
    ConnectionRow,
    PendingRow,
    make_connection_model,
    make_pending_model,
)
from osc_workbench.models.value_table import ValueTable
from osc_workbench.models.wishes import CancelPending, CloseConnections
from osc_workbench.traffic.record import ConnectionStatus, Peer, PendingStatus
from osc_workbench.views.connections_view import ConnectionsView, PendingView
from osc_workbench.views.theme import LIGHT, apply_theme
from osc_workbench.views.value_table_view import ValueTableView

PEERS = [Peer("127.0.0.1", 50_000 + number) for number in range(4)]
CONNECTIONS = [ConnectionRow(1, "tcp://127.0.0.1:9000", ConnectionStatus(peer, "slip")) for peer in PEERS]
BUNDLE = PendingStatus(7, 1, PEERS[0], 2.5, "#bundle 0x1 { /a }")
NEITHER, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Around:
    """A view in a window with another field, and what it asked for."""

    def __init__(self, qtbot: QtBot, view: ConnectionsView | PendingView, model: ValueTable) -> None:
        self.view = view
        self.model = model
        self.window = QWidget()
        self.elsewhere = QLineEdit(readOnly=True)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.elsewhere)
        layout.addWidget(view)
        self.wishes: list[object] = []
        view.wish.connect(self.wishes.append)
        qtbot.addWidget(self.window)
        self.window.resize(1000, 300)
        with qtbot.waitExposed(self.window):
            self.window.show()


@pytest.fixture
def around(qtbot: QtBot) -> Around:
    model = make_connection_model()
    model.set_rows(CONNECTIONS)
    return Around(qtbot, ConnectionsView(model), model)


def place_of(table: ValueTableView, row: int) -> QPoint:
    return table.visualRect(table.model().index(row, 1)).center()


def click(qtbot: QtBot, around: Around, row: int, modifier: Qt.KeyboardModifier = NEITHER) -> None:
    table = around.view.table
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place_of(table, row))


def test_selected_connections_are_closed_with_the_button(qtbot: QtBot, around: Around) -> None:
    click(qtbot, around, 1)
    click(qtbot, around, 3, CONTROL)
    qtbot.mouseClick(around.view.button, Qt.MouseButton.LeftButton)
    assert around.wishes == [CloseConnections(((1, PEERS[1]), (1, PEERS[3])))]


def test_selected_connections_are_closed_with_delete(qtbot: QtBot, around: Around) -> None:
    around.view.setFocus()
    qtbot.waitUntil(around.view.table.hasFocus)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Delete):
        qtbot.keyClick(around.view.table, key)
    assert around.wishes == [CloseConnections(((1, PEERS[around.view.table.currentIndex().row()]),))]


def test_delete_in_another_part_of_the_window_closes_nothing(qtbot: QtBot, around: Around) -> None:
    click(qtbot, around, 1)
    around.elsewhere.setFocus()
    qtbot.waitUntil(around.elsewhere.hasFocus)
    qtbot.keyClick(around.elsewhere, Qt.Key.Key_Delete)
    assert around.wishes == []


def test_without_a_selection_there_is_nothing_to_do(qtbot: QtBot, around: Around) -> None:
    around.view.table.setFocus()
    qtbot.waitUntil(around.view.table.hasFocus)
    assert not around.view.button.isEnabled()
    around.view.table.clearSelection()
    qtbot.keyClick(around.view.table, Qt.Key.Key_Delete)
    assert around.wishes == []


def test_the_button_follows_the_selection(qtbot: QtBot, around: Around) -> None:
    button = around.view.button
    click(qtbot, around, 1)
    assert button.isEnabled()
    around.model.set_rows([CONNECTIONS[1], CONNECTIONS[0], CONNECTIONS[3]])
    assert around.view.table.selected_rows() == [0]
    around.model.set_rows([CONNECTIONS[0], CONNECTIONS[3]])
    assert not button.isEnabled()
    click(qtbot, around, 1)
    around.model.set_rows([])
    assert not button.isEnabled()


def test_counters_that_go_on_keep_selection_and_columns(qtbot: QtBot, around: Around) -> None:
    click(qtbot, around, 2)
    header = around.view.table.horizontalHeader()
    before = [header.sectionSize(section) for section in range(header.count())]
    for packets in (10, 1_000_000):
        around.model.set_rows(
            [row._replace(status=replace(row.status, packets=packets, octets=packets << 10)) for row in CONNECTIONS]
        )
    assert around.view.table.selected_rows() == [2]
    assert [header.sectionSize(section) for section in range(header.count())] == before


def test_texts_of_a_known_width_are_not_cut(qtbot: QtBot, qapp: QApplication, around: Around) -> None:
    before = qapp.styleSheet(), qapp.palette()
    try:
        apply_theme(qapp, LIGHT)
        pending = make_pending_model()
        for table in (around.view.table, PendingView(pending, around.view).table):
            for section, column in enumerate(table.model().columns):
                rest = table.columnWidth(section) - table.fontMetrics().horizontalAdvance(column.sample)
                # The theme keeps some room on both sides of a text, Qt a little more.
                assert rest >= 2 * (4 + 3)
    finally:
        qapp.setStyleSheet(before[0])
        qapp.setPalette(before[1])


def test_a_bundle_is_cancelled_with_mouse_and_keyboard(qtbot: QtBot) -> None:
    model = make_pending_model()
    model.set_rows([PendingRow("udp://127.0.0.1:9000", BUNDLE), PendingRow("u", replace(BUNDLE, number=8, due_in=9))])
    around = Around(qtbot, PendingView(model), model)
    assert not around.view.button.isEnabled()
    click(qtbot, around, 1)
    qtbot.mouseClick(around.view.button, Qt.MouseButton.LeftButton)
    around.view.setFocus()
    qtbot.waitUntil(around.view.table.hasFocus)
    qtbot.keyClick(around.view.table, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(around.view.table, Qt.Key.Key_Delete)
    assert around.wishes == [CancelPending((8,)), CancelPending((7, 8))]


def test_an_empty_table_says_what_belongs_there(qtbot: QtBot, around: Around) -> None:
    table = around.view.table
    filled = table.viewport().grab().toImage()
    around.model.set_rows([])
    empty = table.viewport().grab().toImage()
    table._hint = ""
    assert len({image.cacheKey() for image in (filled, empty)}) == 2
    assert table.viewport().grab().toImage() != empty


def test_names_are_there_for_a_screen_reader(qtbot: QtBot, around: Around) -> None:
    pending = PendingView(make_pending_model())
    qtbot.addWidget(pending)
    assert [view.table.accessibleName() for view in (around.view, pending)] == ["TCP connections", "Bundles that wait"]
    for view in (around.view, pending):
        assert view.button.text()
        assert "Delete" in view.button.toolTip()


def test_tab_goes_from_the_table_to_the_button(qtbot: QtBot, around: Around) -> None:
    click(qtbot, around, 0)
    qtbot.keyClick(around.view.table, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is around.view.button
    qtbot.keyClick(around.view.button, Qt.Key.Key_Space)
    assert around.wishes == [CloseConnections(((1, PEERS[0]),))]


def test_the_summary_comes_and_goes(around: Around) -> None:
    around.view.show_summary("4 connections")
    assert around.view.summary.text() == "4 connections"
    around.view.show_summary("")
    assert around.view.summary.text() == ""
