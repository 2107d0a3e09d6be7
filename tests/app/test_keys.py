"""Keys in the whole window: none has two meanings, and letters that are typed do nothing else."""

from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.app.actions import ACTIONS
from osc_workbench.app.view_keys import VIEW_KEYS
from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.codec import encode_packet
from osc_workbench.views.key_sheet import KeySheet
from osc_workbench.views.reachable_actions import palette_entry, reachable_actions, shown_keys
from osc_workbench.views.traffic_view import TrafficView
from tests.doubles.stored import put
from tests.doubles.traffic import numbered
from tests.doubles.window import add_rule


@pytest.fixture(autouse=True)
def filled(qtbot: QtBot, workbench: Workbench) -> None:
    workbench._urls[1] = "udp://127.0.0.1:9000"
    put(workbench.session.store, [encode_packet(packet) for packet in numbered(3)])
    workbench.refresh()
    workbench.window.log.select(1)
    with qtbot.waitActive(workbench.window):
        workbench.window.activateWindow()


def sheets(workbench: Workbench) -> list[KeySheet]:
    return [sheet for sheet in workbench.window.findChildren(KeySheet) if sheet.isVisible()]


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def address(workbench: Workbench) -> QLineEdit:
    return workbench.window.endpoints.form.address


def cell_of_a_rule(workbench: Workbench) -> QLineEdit:
    """Edit the cell of a rule."""
    workbench.actions["focus responders"].trigger()
    add_rule(workbench, "/ping", "/pong ,i 1")
    workbench.refresh()
    table = workbench.responders.table
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 0))
    table.edit(table.currentIndex())
    assert table.state() is QAbstractItemView.State.EditingState
    (editor,) = table.viewport().findChildren(QLineEdit)
    return editor


def palette_field(workbench: Workbench) -> QLineEdit:
    workbench.actions["palette"].trigger()
    return workbench.palette.edit


@pytest.mark.parametrize("field_of", [address, cell_of_a_rule, palette_field])
def test_letters_typed_into_a_field_are_no_shortcuts(
    qtbot: QtBot, workbench: Workbench, field_of: Callable[[Workbench], QLineEdit]
) -> None:
    field = field_of(workbench)
    field.setFocus()
    assert field.hasFocus()
    field.clear()
    qtbot.keyClicks(field, "F?:f")
    assert field.text() == "F?:f"
    assert workbench.actions["follow"].isChecked()
    assert sheets(workbench) == []


@pytest.mark.parametrize("part", ["log", "tree", "bytes"])
def test_single_letters_work_where_nothing_is_typed(qtbot: QtBot, workbench: Workbench, part: str) -> None:
    window = workbench.window
    widget = {"log": window.log, "tree": window.packet.tree, "bytes": window.packet.bytes}[part]
    widget.setFocus()
    assert widget.hasFocus()
    qtbot.keyClick(widget, "F")
    assert not workbench.actions["follow"].isChecked()
    qtbot.keyClick(widget, "?")
    (sheet,) = sheets(workbench)
    qtbot.keyClick(sheet.edit, Qt.Key.Key_Escape)
    assert sheets(workbench) == []


def test_the_sheet_opens_while_something_is_typed(qtbot: QtBot, workbench: Workbench) -> None:
    address(workbench).setFocus()
    qtbot.keyClick(address(workbench), Qt.Key.Key_F1)
    (sheet,) = sheets(workbench)
    sheet.reject()


def test_a_colon_opens_the_palette_in_the_log_alone(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.window.packet.tree.setFocus()
    qtbot.keyClick(workbench.window.packet.tree, ":")
    assert not workbench.palette.isVisible()
    workbench.window.log.setFocus()
    qtbot.keyClick(workbench.window.log, ":")
    assert workbench.palette.isVisible()
    qtbot.keyClick(workbench.palette.edit, Qt.Key.Key_Escape)
    assert isinstance(focused(), TrafficView)


def shortcuts(workbench: Workbench) -> tuple[list[str], set[str]]:
    """Return the keys that work in the whole window, and those that work in one view."""
    anywhere: list[str] = []
    in_a_view: set[str] = set()
    actions = [action for _, action in reachable_actions(workbench.window)]
    for owner in (*actions, *workbench.window.findChildren(QShortcut)):
        is_action = isinstance(owner, QAction)
        keys = [key.toString() for key in (owner.shortcuts() if is_action else owner.keys())]
        context = owner.shortcutContext() if is_action else owner.context()
        if context in (Qt.ShortcutContext.WidgetShortcut, Qt.ShortcutContext.WidgetWithChildrenShortcut):
            in_a_view.update(keys)
        else:
            anywhere += keys
    return anywhere, in_a_view


def test_no_two_actions_share_a_shortcut(workbench: Workbench) -> None:
    anywhere, in_a_view = shortcuts(workbench)
    assert "Ctrl+Shift+P" in anywhere
    assert ":" in in_a_view
    assert [keys for keys, count in Counter(anywhere).items() if count > 1] == []
    # Qt does neither if the window and the view that has the keyboard both have the same.
    assert in_a_view & set(anywhere) == set()


def test_no_shortcut_is_the_beginning_of_another(workbench: Workbench) -> None:
    anywhere, in_a_view = shortcuts(workbench)
    keys = [QKeySequence(text) for text in (*anywhere, *in_a_view)]
    partial_match = QKeySequence.SequenceMatch.PartialMatch
    assert [(one, other) for one in keys for other in keys if one.matches(other) is partial_match] == []


def test_a_key_of_a_view_is_no_shortcut_of_the_window(workbench: Workbench) -> None:
    anywhere, _ = shortcuts(workbench)
    assert [row for row in VIEW_KEYS if set(anywhere) & set(row.keys)] == []


def test_every_action_of_the_table_is_in_the_palette_with_a_name_of_its_own(workbench: Workbench) -> None:
    places = reachable_actions(workbench.window)
    assert {id(workbench.actions[row.name]) for row in ACTIONS} <= {id(place.action) for place in places}
    names = Counter(palette_entry(place).name for place in places)
    assert [name for name, count in names.items() if count > 1] == []
    assert ("Layout", "Column Peer") in names
    assert ("Layout", "Connections") in names
    assert all(path and title for path, title in names)


def test_the_palette_does_what_was_chosen(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.window.log.setFocus()
    workbench.actions["palette"].trigger()
    qtbot.keyClicks(workbench.palette.edit, "clear log")
    qtbot.keyClick(workbench.palette.edit, Qt.Key.Key_Return)
    assert workbench.traffic_model.rowCount() == 0
    assert workbench.window.log.hasFocus()


def test_the_palette_says_why_the_last_column_has_to_stay(qtbot: QtBot, workbench: Workbench) -> None:
    for action in workbench.window.log.header.column_actions[1:]:
        if action.isChecked():
            action.trigger()
    workbench.actions["palette"].trigger()
    qtbot.keyClicks(workbench.palette.edit, "column number")
    assert workbench.palette.tip.whole_text == "Not available now: one column has to stay"


def test_keys_of_views_are_written_as_qt_writes_them() -> None:
    for row in VIEW_KEYS:
        assert row.text
        assert all(QKeySequence(keys).toString() == keys and shown_keys(keys) for keys in row.keys)
