import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.connection_model import make_connection_model
from osc_workbench.models.packet_model import PacketModel
from osc_workbench.models.responder_model import ResponderModel
from osc_workbench.models.traffic_model import Column, TrafficModel
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.connections_view import ConnectionsView
from osc_workbench.views.endpoint_bar import EndpointBar
from osc_workbench.views.main_window import MainWindow
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.responders_view import RespondersView
from osc_workbench.views.theme import DARK, LIGHT, apply_theme
from osc_workbench.views.traffic_view import TrafficView
from osc_workbench.views.value_table_view import ValueTableView
from tests.doubles.traffic import HandFedStore, record_of, url_of
from tests.osc.samples import EVERY_TAG


def no_fault(_target: str) -> str:
    return ""


def make_window(qtbot: QtBot) -> MainWindow:
    model = PacketModel()
    window = MainWindow(
        TrafficView(TrafficModel(HandFedStore(), url_of), LIGHT),
        PacketView(model, LIGHT),
        EndpointBar(LIGHT),
        {
            "responders": ("Responders", RespondersView(ResponderModel(no_fault), LIGHT)),
            "connections": ("Connections", ConnectionsView(make_connection_model())),
        },
    )
    model.set_record(record_of(EVERY_TAG))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    return make_window(qtbot)


def columns(window: MainWindow) -> list[tuple[int, bool]]:
    header = window.log.header
    return [(header.visualIndex(column), header.isSectionHidden(column)) for column in Column]


def change_layout(window: MainWindow) -> None:
    window.resize(1100, 700)
    window.endpoint_dock.hide()
    window.log.header.moveSection(0, 3)
    window.log.header.resizeSection(Column.ADDRESS, 333)
    window.log.header.column_actions[Column.PEER].trigger()
    window.packet.splitter.setSizes([0, 900])


def test_a_layout_comes_back_in_another_window(qtbot: QtBot, window: MainWindow) -> None:
    change_layout(window)
    other = make_window(qtbot)
    other.restore_layout(window.layout_state())
    # The width is that of the offscreen screen, which is narrower than the window.
    assert other.height() == window.height()
    assert not other.endpoint_dock.isVisible()
    assert columns(other) == columns(window)
    assert other.log.header.sectionSize(Column.ADDRESS) == 333
    assert not other.log.header.column_actions[Column.PEER].isChecked()
    assert other.packet.splitter.sizes()[0] == 0


def test_resetting_brings_panels_and_columns_back(window: MainWindow) -> None:
    before = columns(window), window.log.header.sectionSize(Column.ADDRESS)
    change_layout(window)
    window.reset_layout()
    assert (columns(window), window.log.header.sectionSize(Column.ADDRESS)) == before
    assert window.endpoint_dock.isVisible()


@pytest.mark.parametrize("garbage", [b"", b"garbage", bytes(100), b"\xff" * 1000])
def test_a_layout_that_makes_no_sense_changes_nothing(window: MainWindow, garbage: bytes) -> None:
    before = columns(window), window.size(), window.packet_dock.isVisible()
    window.restore_layout(dict.fromkeys(window.layout_state(), QByteArray(garbage)))
    window.restore_layout({})
    assert (columns(window), window.size(), window.packet_dock.isVisible()) == before


def test_a_long_problem_does_not_widen_the_window(window: MainWindow) -> None:
    width = window.minimumSizeHint().width()
    window.show_problem("It went wrong. " * 100, "details <b>of it</b>")
    assert window.minimumSizeHint().width() == width
    assert window._problem.text().endswith("…")
    assert "<b>" not in window._problem.toolTip()
    window.show_problem("")
    assert (window._problem.text(), window._problem.toolTip()) == ("", "")


def test_closing_is_asked_for_and_left_to_the_program(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.closing):
        window.close()
    assert window.isVisible()


def test_the_window_fits_a_small_screen(window: MainWindow) -> None:
    smallest = window.minimumSizeHint()
    assert (smallest.width() <= 1024, smallest.height() <= 600) == (True, True)


def test_the_keyboard_reaches_every_part(window: MainWindow) -> None:
    window.endpoints.form.address.setFocus()
    seen = []
    for _ in range(30):
        window.focusNextChild()
        seen.append(window.focusWidget())
    for part in (window.endpoints.form.address, window.log, window.packet.tree, window.packet.bytes):
        assert part in seen


def test_the_keyboard_passes_over_what_is_behind_other_tabs(qtbot: QtBot, window: MainWindow) -> None:
    window.show_panel("responders")
    qtbot.waitUntil(lambda: shown_panels(window) == [False, True, False])
    window.log.setFocus()
    for step in (window.focusNextChild, window.focusPreviousChild):
        seen = []
        for _ in range(30):
            step()
            seen.append(window.focusWidget())
        assert {window.log, window.panels["responders"].widget().table} <= set(seen)
        hidden = (window.packet_dock, window.panels["connections"])
        assert not any(dock.isAncestorOf(part) for dock in hidden for part in seen)


def shown_panels(window: MainWindow) -> list[bool]:
    docks = (window.packet_dock, *window.panels.values())
    return [not dock.widget().visibleRegion().isEmpty() for dock in docks]


def test_panels_share_the_place_of_the_packet_which_is_in_front(window: MainWindow) -> None:
    assert window.tabifiedDockWidgets(window.packet_dock) == list(window.panels.values())
    assert shown_panels(window) == [True, False, False]
    (tabs,) = (bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    assert [tabs.tabText(index) for index in range(tabs.count())] == ["Packet", "Responders", "Connections"]


def test_a_panel_is_shown_with_the_keyboard_in_its_table(qtbot: QtBot, window: MainWindow) -> None:
    for number, name in enumerate(window.panels, 1):
        window.show_panel(name)
        qtbot.waitUntil(lambda number=number: shown_panels(window)[number])
        table = window.panels[name].widget().table
        qtbot.waitUntil(table.hasFocus)


def test_a_panel_that_was_closed_is_shown_again(qtbot: QtBot, window: MainWindow) -> None:
    window.panels["connections"].close()
    assert not window.panels["connections"].isVisible()
    window.show_panel("connections")
    qtbot.waitUntil(lambda: shown_panels(window) == [False, False, True])


def test_the_place_of_panels_comes_back_in_another_window(qtbot: QtBot, window: MainWindow) -> None:
    window.panels["responders"].hide()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.panels["connections"])
    other = make_window(qtbot)
    other.restore_layout(window.layout_state())
    assert not other.panels["responders"].isVisible()
    qtbot.waitUntil(lambda: shown_panels(other) == [True, False, True])
    other.reset_layout()
    qtbot.waitUntil(lambda: other.panels["responders"].isVisible())
    assert other.tabifiedDockWidgets(other.packet_dock) == list(other.panels.values())


def test_the_panel_in_front_comes_back_in_another_window(qtbot: QtBot, window: MainWindow) -> None:
    window.show_panel("connections")
    qtbot.waitUntil(lambda: shown_panels(window) == [False, False, True])
    other = make_window(qtbot)
    other.restore_layout(window.layout_state())
    qtbot.waitUntil(lambda: shown_panels(other) == [False, False, True])


def test_columns_of_a_panel_come_back_and_can_be_reset(qtbot: QtBot, window: MainWindow) -> None:
    header = window.panels["connections"].widget().table.horizontalHeader()
    before = header.sectionSize(0)
    header.resizeSection(0, 222)
    other = make_window(qtbot)
    other.restore_layout(window.layout_state())
    assert other.panels["connections"].widget().table.horizontalHeader().sectionSize(0) == 222
    window.reset_layout()
    assert header.sectionSize(0) == before


def assert_focus_shows(qtbot: QtBot, window: MainWindow, part: QWidget) -> None:
    """What has the focus differs from what has not, and by something that stands out."""
    window.endpoint_dock.setFocus()
    unfocused = part.grab().toImage()
    part.setFocus()
    qtbot.waitUntil(part.hasFocus)
    focused = part.grab().toImage()
    accent = DARK.accent.rgb()
    points = [(x, y) for x in range(focused.width()) for y in range(focused.height())]
    marked = sum(focused.pixel(x, y) == accent != unfocused.pixel(x, y) for x, y in points)
    assert marked >= 20, part


def assert_current_cell_shows(qtbot: QtBot, table: ValueTableView) -> None:
    """The cell that F2 edits stands out among those of its row, which are all selected."""
    table.model().show_rules((Responder("/ping", "/pong"),), (0,))
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    for column in range(3):
        table.setCurrentIndex(table.model().index(0, column))
        image = table.viewport().grab().toImage()
        for other in range(3):
            cell = table.visualRect(table.model().index(0, other))
            line = {image.pixelColor(cell.center().x(), y).name() for y in range(cell.top(), cell.bottom() + 1)}
            assert (DARK.accent.name() in line) is (other == column)


def test_focus_can_be_seen(qtbot: QtBot, qapp: QApplication, window: MainWindow) -> None:
    before = qapp.styleSheet(), qapp.palette()
    try:
        apply_theme(qapp, DARK)
        # Where another test has left the mouse, something may show that it is under it.
        QTest.mouseMove(window.windowHandle(), QPoint(2, window.height() - 3))
        qtbot.waitUntil(lambda: not window.endpoints.form.broadcast.underMouse())
        form, responders = window.endpoints.form, window.panels["responders"].widget()
        parts = [window.log, window.packet.tree, window.packet.bytes, form.address, form.add, form.kind, form.broadcast]
        for part in parts:
            assert_focus_shows(qtbot, window, part)
        window.show_panel("responders")
        qtbot.waitUntil(responders.table.hasFocus)
        for part in (responders.table, responders.pattern, responders.target, responders.add):
            assert_focus_shows(qtbot, window, part)
        assert_current_cell_shows(qtbot, responders.table)
    finally:
        qapp.setStyleSheet(before[0])
        qapp.setPalette(before[1])
