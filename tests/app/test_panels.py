"""Statistics, lint and colour rules beside the log, what is remembered of them, and the window they stand in."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.app.application import _focus
from osc_workbench.app.faults import Faults
from osc_workbench.app.log_actions import LOG_ACTIONS, PANEL_ACTIONS
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.cli.gui import VIEWS
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.packet import OscMessage
from osc_workbench.session import Session
from osc_workbench.traffic.statistics_feed import CountedRows
from osc_workbench.views.key_sheet import KeySheet
from osc_workbench.views.theme import LIGHT
from tests.doubles.log_user import LogUser, faders
from tests.doubles.traffic import TRUNCATED_FLOAT, numbered
from tests.doubles.window import cells

NAN = float("nan")


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    """Rows 0 to 3 are faders, two of them NaN; 4 to 9 are numbered, 10 is malformed."""
    user = LogUser(qtbot, workbench)
    user.receive(*faders([1, NAN, 2, NAN]), *numbered(6), TRUNCATED_FLOAT)
    return user


# Statistics.


def counts(user: LogUser) -> dict[str, int]:
    rows = user.desk.statistics.addresses.flow_table.rows
    return {str(row.address): row.flow.count for row in rows}


def test_statistics_count_what_the_filter_matches(user: LogUser) -> None:
    user.act("focus statistics")
    assert counts(user) == {"/n": 6, "/fader": 4, "None": 1}
    user.filter("has:nan or arg[0]>3")
    assert counts(user) == {"/fader": 2, "/n": 2}


def test_statistics_can_start_at_zero_or_be_of_selected_rows(user: LogUser) -> None:
    user.act("focus statistics")
    panel = user.desk.statistics
    user.click(panel.rows_bar.buttons[CountedRows.FROM_NOW])
    assert counts(user) == {}
    user.receive(*numbered(2))
    assert counts(user) == {"/n": 2}
    user.select(0, 1, 4)
    user.click(panel.rows_bar.buttons[CountedRows.SELECTED])
    assert counts(user) == {"/fader": 2, "/n": 1}
    assert panel.rows_bar.buttons[CountedRows.SELECTED].isChecked()
    user.click(panel.rows_bar.buttons[CountedRows.EVERYTHING])
    assert counts(user) == {"/n": 8, "/fader": 4, "None": 1}


def test_an_address_in_the_statistics_can_be_filtered_for(user: LogUser) -> None:
    user.act("focus statistics")
    user.desk.statistics.addresses.selectRow(0)
    QTest.keyClick(user.desk.statistics.addresses, Qt.Key.Key_Return)
    user.settle()
    assert user.rows() == [4, 5, 6, 7, 8, 9]


# Lint.


def choose_rule(user: LogUser, rule_id: str) -> None:
    table, model = user.desk.lint.table, user.desk.lint.model
    table.selectRow(next(place for place, row in enumerate(model.rows) if row.rule.id == rule_id))


def test_lint_counts_findings_and_leads_to_them(user: LogUser) -> None:
    user.act("focus lint")
    assert {row.rule.id: row.count for row in user.desk.lint.model.rows} == {"nan": 2, "malformed": 1}
    assert user.window.panels["lint"].windowTitle() == "Lint  ✕ 3"
    choose_rule(user, "nan")
    detail = user.desk.lint.detail
    user.select(0)
    visited = []
    for button in (detail.next, detail.next, detail.previous):
        user.click(button)
        visited.append(user.log.current_row)
    assert visited == [1, 3, 1]
    user.click(detail.only)
    assert user.bar.text == "lint:nan"
    assert user.rows() == [1, 3]


def test_a_muted_rule_says_nothing_in_rows_and_badge_and_is_remembered(user: LogUser) -> None:
    user.act("focus lint")
    assert user.model.look(1).notes
    choose_rule(user, "nan")
    user.click(user.desk.lint.detail.mute)
    assert not user.model.look(1).notes
    assert user.desk.lint_badge() == "✕ 1"
    assert user.workbench.settings.muted_rules() == ("nan",)
    user.select(0)
    user.press("e")
    assert user.log.current_row == 10
    choose_rule(user, "nan")
    user.click(user.desk.lint.detail.mute)
    assert user.model.look(1).notes


# Colour rules.


def test_a_rule_colours_rows_and_counts_them(user: LogUser) -> None:
    user.act("focus colours")
    view = user.desk.colour_rules
    view.colour.setCurrentText("blue")
    QTest.keyClicks(view.query, "/n arg[0]<2")
    user.click(view.add)
    assert [user.model.look(row).colour for row in (4, 5, 6)] == ["blue", "blue", None]
    assert cells(view.table)[-1][1:] == ["/n arg[0]<2", view.table.model().index(3, 2).data(), "2"]
    user.receive(*numbered(1))
    assert cells(view.table)[-1][-1] == "3"


# What is remembered.


@pytest.fixture
def again(qtbot: QtBot, qapp: QApplication, user: LogUser, settings: Settings) -> Iterator[LogUser]:
    """The window at the next start."""
    user.act("focus colours")
    QTest.keyClicks(user.desk.colour_rules.query, "/n")
    user.click(user.desk.colour_rules.add)
    user.desk.set_muted(("nan",))
    user.filter("/fader")
    QTest.keyClick(user.bar.edit, Qt.Key.Key_Return)
    user.bar.memory.saved._save("/fader", "mine")
    user.click(user.bar.chips.buttons["clocks"])
    user.window.log.header.column_actions[Column.DELTA].trigger()
    user.desk.lint.splitter.setSizes([300, 700])
    settings.set_layout(user.window.layout_state())
    assert settings.save()
    stored = QSettings(settings._store.fileName(), QSettings.Format.IniFormat)
    workbench = Workbench(qapp, Session(), Settings(stored), Faults(), LIGHT)
    workbench.window.restore_layout(workbench.settings.layout())
    workbench.window.show()
    yield LogUser(qtbot, workbench)
    workbench.close()


def test_the_next_start_finds_it_all_as_it_was(again: LogUser) -> None:
    again.receive(OscMessage("/clock"), *faders([NAN]), *numbered(1))
    assert again.rows() == [1, 2]
    assert again.bar.hidden_noise == ("clocks",)
    assert again.colours()[1] is not None
    assert not again.model.look(0).notes
    assert again.bar.history.queries == ("/fader",)
    assert [kept.name for kept in again.bar.history.saved] == ["mine"]
    assert not again.log.header.isSectionHidden(Column.DELTA)
    table, detail = again.desk.lint.splitter.sizes()
    assert table < detail


def test_resetting_the_layout_covers_the_panels(user: LogUser) -> None:
    user.select(4)
    splitters = [user.desk.lint.splitter, user.desk.statistics.splitter, user.window.packet.splitter]
    before = [splitter.sizes() for splitter in splitters]
    for splitter in splitters:
        splitter.setSizes([400, 900])
    user.desk.statistics.addresses.horizontalHeader().resizeSection(1, 222)
    user.window.panels["statistics"].hide()
    user.act("reset layout")
    assert user.window.panels["statistics"].isVisible()
    assert user.desk.statistics.addresses.horizontalHeader().sectionSize(1) != 222
    assert [splitter.sizes() for splitter in splitters] == before


# The window.


def test_each_view_of_the_command_line_gets_the_keyboard(qtbot: QtBot, user: LogUser) -> None:
    parts: dict[str, QWidget] = {
        "log": user.log,
        "filter": user.bar.edit,
        "endpoints": user.window.endpoints.form.address,
        "detail": user.window.packet.tree,
        "statistics": user.desk.statistics.addresses,
        "lint": user.desk.lint.table,
        "colours": user.desk.colour_rules.table,
        "responders": user.workbench.responders.table,
        "connections": user.workbench.connections.table,
        "pending": user.workbench.pending.table,
    }
    for view in VIEWS:
        _focus(user.workbench, view)
        qtbot.waitUntil(parts[view].hasFocus)


def test_palette_and_key_sheet_know_the_actions_of_the_log(user: LogUser) -> None:
    user.select(4)
    user.act("palette")
    QTest.keyClicks(user.workbench.palette.edit, "latest of")
    QTest.keyClick(user.workbench.palette.edit, Qt.Key.Key_Return)
    assert user.workbench.actions["latest"].isChecked()
    user.act("keys")
    (sheet,) = user.window.findChildren(KeySheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    for row in (*LOG_ACTIONS, *PANEL_ACTIONS):
        assert not row.shortcut or row.text.replace("&", "").rstrip("…") in texts, row.text
    sheet.reject()


@pytest.mark.parametrize("size", [(1024, 700), (1400, 900)])
def test_nothing_is_cut_off_in_a_small_or_large_window(qtbot: QtBot, user: LogUser, size: tuple[int, int]) -> None:
    for name in ("record", "pause", "stop sources"):
        user.act(name)
    user.receive(*numbered(9))
    user.window.resize(*size)
    for name in user.window.panels:
        user.window.show_panel(name)
        qtbot.wait(1)
        assert (user.window.width(), user.window.height()) == size
        for part in user.window.findChildren(QToolButton) + user.window.findChildren(QPushButton):
            if part.isVisible() and part.text() and not part.visibleRegion().isEmpty():
                assert part.width() >= part.minimumSizeHint().width(), part.text()
                assert user.window.rect().contains(
                    part.rect().translated(part.mapTo(user.window, part.rect().topLeft()))
                )
    status = user.window._counts
    assert status.width() >= status.sizeHint().width()
    toolbar = user.window.toolbar
    buttons = [toolbar.widgetForAction(action) for action in toolbar.actions()]
    assert all(button is not None and button.isVisible() for button in buttons)
