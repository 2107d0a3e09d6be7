"""The statistics panel as a whole."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.models.wishes import AddFilterTerm, SetCountedRows
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import EndpointState, EndpointStatus, Peer
from osc_workbench.traffic.statistics_feed import CountedRows
from osc_workbench.views.statistics_view import StatisticsView
from osc_workbench.views.theme import DARK, LIGHT
from tests.doubles.counted import CountedLog, counting
from tests.doubles.traffic import url_of

STATUS = EndpointStatus(1, "udp://127.0.0.1:9000", EndpointState.OPEN, packets=6)
ADDRESSES, PEERS, ENDPOINTS = range(3)


class Panel:
    """A panel in a window, and the log it is about."""

    def __init__(self, qtbot: QtBot) -> None:
        self.log = CountedLog()
        self.view = StatisticsView(url_of, LIGHT)
        self.statuses = [STATUS]
        self.wishes: list[object] = []
        self.view.wish.connect(self.wishes.append)
        qtbot.addWidget(self.view)
        self.view.resize(1400, 260)
        with qtbot.waitActive(self.view):
            self.view.show()
            self.view.activateWindow()

    def receive(self, **counts: int) -> None:
        self.log.receive(*counting(**counts))
        self.refresh()

    def refresh(self) -> None:
        self.log.wait(1.0)
        self.view.show_statistics(self.log.feed, self.statuses, self.log.now_ns)

    @property
    def figures(self) -> list[str]:
        return self.view.detail.figures.toPlainText().splitlines()

    @property
    def summary(self) -> str:
        return self.view.summary.whole_text


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    panel = Panel(qtbot)
    panel.receive(a=3, b=2, c=1)
    return panel


def test_before_anything_is_counted_the_panel_says_so(qtbot: QtBot) -> None:
    panel = Panel(qtbot)
    assert (panel.summary, panel.figures) == ("", [])
    panel.refresh()
    assert panel.summary == "0 messages"
    panel.view.grab()


def test_the_selected_row_is_told_in_words_and_pictures(panel: Panel) -> None:
    assert panel.figures[0] == "/a"
    assert panel.view.detail.gaps.picture is not None
    panel.view.addresses.selectRow(2)
    assert panel.figures[0] == "/c"
    assert panel.view.detail.gaps.picture is None


def test_figures_go_on_while_a_row_stays_selected(panel: Panel) -> None:
    panel.receive(a=4)
    assert panel.figures[1].startswith("7 messages, ")


def test_peers_are_shown_on_a_tab_of_their_own(panel: Panel) -> None:
    panel.log.receive(*counting(a=1), peer=Peer("::1", 9))
    panel.view.tabs.setCurrentIndex(PEERS)
    assert [row.link.peer.port for row in panel.view.peers.flow_table.rows] == [50_000, 9]
    assert panel.figures[0] == "← 127.0.0.1:50000"
    panel.view.tabs.setCurrentIndex(ADDRESSES)
    assert panel.figures[0] == "/a"


def test_endpoints_are_shown_without_figures_of_a_row(panel: Panel) -> None:
    panel.view.tabs.setCurrentIndex(ENDPOINTS)
    assert panel.view.endpoints.model().index(0, 0).data() == STATUS.url
    assert not panel.view.detail.isVisible()
    panel.statuses = [STATUS, replace(STATUS, endpoint_id=2, url="tcp://127.0.0.1:1")]
    panel.refresh()
    assert panel.view.endpoints.model().rowCount() == 2
    panel.view.tabs.setCurrentIndex(PEERS)
    assert panel.view.detail.isVisible()


def test_only_the_table_in_front_is_worked_out(panel: Panel) -> None:
    assert panel.view.peers.flow_table.rowCount() == 0
    panel.view.tabs.setCurrentIndex(ENDPOINTS)
    panel.receive(a=9)
    assert panel.view.addresses.flow_table.rows[0].flow.count == 3


def test_what_is_counted_is_said_at_the_top(panel: Panel) -> None:
    assert panel.summary == "6 messages"
    panel.log.feed.restart(parse_query("/a").bind(QueryContext(panel.log.store)), 0, None)
    panel.refresh()
    assert panel.view.rows_bar.progress.isVisible()
    panel.log.feed.advance(lambda: False)
    panel.refresh()
    assert panel.summary == "3 messages of 6 match the filter"
    assert not panel.view.rows_bar.progress.isVisible()


def test_totals_and_losses_are_said_at_the_bottom(panel: Panel) -> None:
    totals = panel.view.totals
    assert totals.whole_text.startswith("1 endpoint: 6 packets received")
    assert LIGHT.muted.name() in totals.styleSheet()
    panel.statuses = [replace(STATUS, dropped=3)]
    panel.refresh()
    assert totals.whole_text.startswith("⚠ 1 endpoint: ")
    assert "3 dropped by the kernel" in totals.whole_text
    assert LIGHT.warning.name() in totals.styleSheet()
    panel.view.set_colours(DARK)
    assert DARK.warning.name() in totals.styleSheet()


def test_a_range_is_wished_and_then_said(qtbot: QtBot, panel: Panel) -> None:
    qtbot.mouseClick(panel.view.rows_bar.buttons[CountedRows.FROM_NOW], Qt.MouseButton.LeftButton)
    assert panel.wishes == [SetCountedRows(CountedRows.FROM_NOW)]
    panel.view.set_counted(CountedRows.FROM_NOW)
    assert panel.view.rows_bar.buttons[CountedRows.FROM_NOW].isChecked()


def test_wishes_of_both_tables_go_on(qtbot: QtBot, panel: Panel) -> None:
    qtbot.keyClick(panel.view.addresses, Qt.Key.Key_Return)
    panel.view.tabs.setCurrentIndex(PEERS)
    qtbot.keyClick(panel.view.peers, Qt.Key.Key_Return)
    assert panel.wishes == [AddFilterTerm("address:/a"), AddFilterTerm("(peer:127.0.0.1:50000 dir:in)")]


def test_the_keyboard_gets_everywhere(qtbot: QtBot, panel: Panel) -> None:
    panel.view.setFocus()
    assert panel.view.addresses.hasFocus()
    view = panel.view
    wanted = {view.tabs, view.addresses, view.detail.figures, view.detail.gaps, view.detail.lateness}
    wanted |= set(view.rows_bar.buttons.values())
    seen = set()
    for _ in range(20):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen.add(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert wanted <= seen


def test_every_part_has_a_name(panel: Panel) -> None:
    view = panel.view
    parts = (view.tabs, view.summary, view.totals, view.addresses, view.peers, view.endpoints)
    assert all(part.accessibleName() for part in parts)
    assert [view.tabs.tabText(place) for place in range(3)] == ["Addresses", "Peers", "Endpoints"]


def test_markup_from_the_network_is_shown_as_it_is(panel: Panel) -> None:
    panel.log.receive(*[OscMessage("/<img src=x>", "", ())] * 9)
    panel.refresh()
    panel.refresh()
    assert panel.view.addresses.model().index(0, 0).data() == '"/<img src=x>"'
    panel.view.addresses.selectRow(0)
    assert panel.figures[0] == '"/<img src=x>"'
