"""The menu of a cell: filter for it, exclude it, colour it, copy its packet in every form."""

from itertools import product

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.code_forms import FORMS
from tests.doubles.log_user import LogUser
from tests.doubles.traffic import TRUNCATED_FLOAT

MESSAGE = 2


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    """Row 2 is a message, 3 and 4 are in a bundle, 5 is malformed, 6 has no arguments."""
    user = LogUser(qtbot, workbench)
    user.receive(
        OscMessage("/mixer/1/mute", "i", (1,)),
        OscMessage("/status", "", ()),
        OscMessage("/mixer/2/fader", "fs", (0.5, 'a & "b" <b>')),
        OscBundle(TimeTag(1), (OscMessage("/a", "T", (True,)), OscMessage("/a", "ib", (7, b"\0\1")))),
        TRUNCATED_FLOAT,
        OscMessage("/x?", "", ()),
    )
    return user


def menu_of(user: LogUser, row: int, column: Column) -> QMenu:
    user.log.cell_menu_requested.emit(row, column, QPoint(10, 10))
    (menu,) = [menu for menu in user.log.findChildren(QMenu) if menu.isVisible()]
    return menu


def choose(menu: QMenu, *titles: str) -> None:
    """Trigger the first action whose title begins so, in the menu or a menu below it."""
    action = found(menu, titles[0])
    below = action.menu()
    if isinstance(below, QMenu):
        choose(below, *(titles[1:] or ("",)))
    else:
        action.trigger()
    menu.close()


def found(menu: QMenu, title: str) -> QAction:
    named = [(action.text().replace("&", ""), action) for action in menu.actions()]
    actions = [action for text, action in named if text == title] or [
        action for text, action in named if text.startswith(title)
    ]
    assert actions, title
    return actions[0]


def titles(menu: QMenu) -> list[str]:
    return [action.text().replace("&", "") for action in menu.actions() if action.text()]


def test_each_cell_can_be_filtered_for_excluded_and_coloured(user: LogUser) -> None:
    for column, row in product(Column, (MESSAGE, 3, 5)):
        menu = menu_of(user, row, column)
        assert "Comment…" in titles(menu)
        if not any(title.startswith("Filter for") for title in titles(menu)):
            # There is nothing to ask about a cell of this column, or an empty one.
            assert column in (Column.DELTA, Column.TIME_TAG, Column.COMMENT, Column.COUNT)
            menu.close()
            continue
        choose(menu, "Filter for")
        user.settle()
        assert row in user.rows(), user.bar.text
        user.bar.set_text("")
        choose(menu_of(user, row, column), "Exclude")
        user.settle()
        assert row not in user.rows(), user.bar.text
        user.bar.set_text("")
        choose(menu_of(user, row, column), "Colour", "Teal")
        user.settle()
        assert user.colours()[row] == "teal"
    assert not user.workbench.faults.count


def test_a_term_is_added_to_the_filter_that_is_there(user: LogUser) -> None:
    user.filter("/mixer/**")
    choose(menu_of(user, MESSAGE, Column.ARGUMENTS), "Exclude", "Argument 0 =")
    user.settle()
    assert user.bar.text == "/mixer/** -arg[0]=0.5"
    assert user.rows() == [0]


def test_the_newest_colour_comes_first_and_is_remembered(user: LogUser) -> None:
    for colour in ("Green", "Blue"):
        choose(menu_of(user, MESSAGE, Column.TYPE_TAGS), "Colour", colour)
    user.settle()
    assert user.colours()[MESSAGE] == "blue"
    rules = user.workbench.settings.colour_rules()
    assert [(rule.query, rule.colour) for rule in rules[:1]] == [("type:fs", "blue")]
    assert user.desk.colour_rule_model.rules == rules
    assert len([rule for rule in rules if rule.query == "type:fs"]) == 1


def test_a_packet_is_copied_in_every_form(user: LogUser) -> None:
    beginnings = {
        "notation": '/mixer/2/fader ,fs 0.5 "a & \\"b\\" <b>"',
        "JSON": '{"address": "/mixer/2/fader", "tags": "fs", "args": [0.5, "a & \\"b\\" <b>"]}',
        "sclang": 'NetAddr("127.0.0.1", 9000)',
        "python-osc": "from pythonosc",
        "oscsend": "oscsend ",
        "hex": "2f 6d 69 78 65 72 2f 32",
        "C array": "const unsigned char osc_packet[36] = {\n    0x2f, 0x6d",
    }
    user.select(MESSAGE)
    for form in FORMS:
        choose(menu_of(user, MESSAGE, Column.ADDRESS), "Copy as", form.title)
        copied = QGuiApplication.clipboard().text()
        assert beginnings[form.name] in copied, copied
        assert user.hint == f"Copied 1 packet as {form.title}."


def test_several_packets_are_copied_a_bundle_once(user: LogUser) -> None:
    user.select(MESSAGE, 3, 4)
    choose(menu_of(user, MESSAGE, Column.ADDRESS), "Copy as", "Hex")
    assert len(QGuiApplication.clipboard().text().split("\n")) == 2


def test_the_menu_opens_by_mouse_on_the_cell_below_it(user: LogUser) -> None:
    column = Column.ADDRESS
    header = user.log.header
    place = QPoint(header.sectionViewportPosition(column) + 5, MESSAGE * user.log._row_height + 2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, user.log.viewport().mapToGlobal(place))
    QApplication.sendEvent(user.log.viewport(), event)
    (menu,) = [menu for menu in user.log.findChildren(QMenu) if menu.isVisible()]
    below = found(menu, "Filter for").menu()
    assert isinstance(below, QMenu)
    assert titles(below)[0] == "Address /mixer/2/fader"
    menu.close()


def test_a_row_that_has_gone_meanwhile_has_no_menu(user: LogUser) -> None:
    user.act("clear")
    user.log.cell_menu_requested.emit(MESSAGE, Column.ADDRESS, QPoint(10, 10))
    assert [menu for menu in user.log.findChildren(QMenu) if menu.isVisible()] == []
