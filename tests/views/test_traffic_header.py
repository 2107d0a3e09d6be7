from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_columns import NAMES, Column
from osc_workbench.osc.packet import OscMessage
from osc_workbench.views.traffic_header import GUTTER
from tests.doubles.log_window import Log

AT_FIRST = [
    Column.NUMBER,
    Column.TIME,
    Column.DIRECTION,
    Column.ENDPOINT,
    Column.PEER,
    Column.ADDRESS,
    Column.TYPE_TAGS,
    Column.ARGUMENTS,
    Column.SIZE,
]


def shown(log: Log) -> list[Column]:
    """Return the columns that are shown, from the left."""
    header = log.view.header
    return sorted((column for column in Column if not header.isSectionHidden(column)), key=header.visualIndex)


def switch(log: Log, *columns: Column) -> None:
    for column in columns:
        log.view.header.column_actions[column].trigger()


def test_some_columns_are_hidden_at_first(log: Log) -> None:
    assert shown(log) == AT_FIRST
    checked = [column for column in Column if log.view.header.column_actions[column].isChecked()]
    assert checked == sorted(AT_FIRST)


def test_columns_that_are_shown_come_where_they_belong(log: Log) -> None:
    switch(log, Column.DELTA, Column.TIME_TAG, Column.COMMENT)
    assert shown(log)[1:4] == [Column.TIME, Column.DELTA, Column.TIME_TAG]
    assert shown(log)[-3:] == [Column.ARGUMENTS, Column.COMMENT, Column.SIZE]


def test_columns_can_be_hidden_but_not_all(log: Log) -> None:
    switch(log, *(column for column in AT_FIRST if column is not Column.ADDRESS))
    assert shown(log) == [Column.ADDRESS]
    actions = log.view.header.column_actions
    assert not actions[Column.ADDRESS].isEnabled()
    log.view.viewport().grab()
    log.view.header.reset_columns()
    assert shown(log) == AT_FIRST
    assert all(actions[column].isEnabled() for column in AT_FIRST)


def test_counts_are_shown_while_there_is_something_to_count(log: Log) -> None:
    action = log.view.header.column_actions[Column.COUNT]
    assert not action.isEnabled()
    for show in (lambda: log.filter("", True), log.show_latest):
        show()
        assert Column.COUNT in shown(log)
        assert (action.isEnabled(), action.isChecked()) == (True, True)
        log.show_all()
        assert shown(log) == AT_FIRST


def test_counts_stay_hidden_if_that_is_wished(log: Log) -> None:
    log.show_latest()
    switch(log, Column.COUNT)
    log.filter("", True)
    assert Column.COUNT not in shown(log)
    log.view.header.reset_columns()
    assert Column.COUNT in shown(log)


def test_counts_that_go_do_not_leave_a_log_without_columns(log: Log) -> None:
    log.show_latest()
    switch(log, *(column for column in AT_FIRST if column is not Column.SIZE))
    assert not log.view.header.column_actions[Column.SIZE].isEnabled()
    log.show_all()
    assert shown(log) == [Column.SIZE]
    log.view.viewport().grab()


def test_a_stored_state_brings_no_counts_where_there_are_none(qtbot: QtBot, log: Log) -> None:
    log.show_latest()
    state = log.view.header.saveState()
    other = Log(qtbot)
    other.view.header.restoreState(QByteArray(state))
    other.view.header.check_actions()
    assert shown(other) == AT_FIRST


def test_a_stored_state_without_any_column_gets_one(log: Log) -> None:
    header = log.view.header
    for column in Column:
        header.setSectionHidden(column, True)
    header.check_actions()
    assert shown(log) == [Column.ADDRESS]


def test_arguments_take_what_the_others_leave(log: Log) -> None:
    header, width = log.view.header, log.view.viewport().width()
    assert header.length() == width
    before = header.sectionSize(Column.ARGUMENTS)
    header.resizeSection(Column.ADDRESS, header.sectionSize(Column.ADDRESS) - 50)
    assert header.sectionSize(Column.ARGUMENTS) == before + 50
    switch(log, Column.PEER)
    assert header.length() == width
    log.view.resize(1300, 400)
    assert header.length() == log.view.viewport().width()


def test_arguments_never_become_too_narrow_to_be_read(log: Log) -> None:
    log.view.resize(500, 400)
    header = log.view.header
    assert header.sectionSize(Column.ARGUMENTS) >= header.sectionSizeHint(Column.ARGUMENTS)
    assert log.view.horizontalScrollBar().maximum() == header.length() - log.view.viewport().width() > 0


def test_every_column_can_be_called_by_a_name(log: Log) -> None:
    texts = [action.text() for action in log.view.header.column_actions]
    assert texts == [f"Column {NAMES[column]}" for column in Column]
    assert all(text.isascii() for text in texts)
    assert len(set(texts)) == len(Column)


def test_what_is_shown_can_be_painted_in_any_order(log: Log) -> None:
    log.receive(OscMessage("/a", "s", ("x" * 90,)))
    header = log.view.header
    header.moveSection(header.visualIndex(Column.ARGUMENTS), 0)
    columns = header.shown_columns()
    places = {place.column: place.left for place in columns.places}
    assert columns.gutter_left == 0
    assert min(places, key=places.__getitem__) is Column.ARGUMENTS
    assert places[Column.ARGUMENTS] > GUTTER
    log.view.viewport().grab()
