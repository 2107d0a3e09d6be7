import random
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.packet import OscMessage
from tests.doubles.log_window import Log
from tests.doubles.traffic import numbered


@pytest.fixture(autouse=True)
def no_tool_tip_left() -> Iterator[None]:
    yield
    QToolTip.hideText()


def test_the_header_stands_right_above_the_rows_from_the_start(log: Log) -> None:
    header, viewport = log.view.header.geometry(), log.view.viewport().geometry()
    assert header.bottom() + 1 == viewport.top()
    assert header.height() == log.view.header.sizeHint().height()
    assert (header.left(), header.width()) == (viewport.left(), viewport.width())


def test_an_empty_log_says_what_to_do(qtbot: QtBot) -> None:
    log = Log(qtbot)
    before = log.view.viewport().grab().toImage()
    log.view.set_placeholder("Send something.")
    assert log.view.viewport().grab().toImage() != before


def tip_at(log: Log, row: int, column: Column) -> str:
    return log.view._tip_at(log.place_of(row, column))


def test_a_cut_off_text_has_a_tool_tip_and_others_have_none(log: Log) -> None:
    text = "y" * 300
    log.receive(OscMessage("/short", "s", (text,)))
    assert tip_at(log, 200, Column.ARGUMENTS) == f'"{text}"'
    assert tip_at(log, 200, Column.ADDRESS) == ""
    assert log.view._tip_at(QPoint(5, 100_000)) == ""


def test_what_is_odd_about_a_packet_is_in_the_tool_tip(log: Log) -> None:
    log.receive(OscMessage("noslash", "i", (1,)))
    assert tip_at(log, 200, Column.ARGUMENTS) == "1\nthe address does not start with a slash"


def test_a_tool_tip_shows_markup_from_the_network_as_it_is(qtbot: QtBot, log: Log) -> None:
    log.receive(OscMessage("/a", "s", ("<img src='file:///etc/passwd'>" * 20,)))
    place = log.place_of(200, Column.ARGUMENTS)
    event = QHelpEvent(QEvent.Type.ToolTip, place, log.view.viewport().mapToGlobal(place))
    QApplication.sendEvent(log.view.viewport(), event)
    assert QToolTip.isVisible()
    assert "&lt;img src=" in QToolTip.text()
    assert "<img" not in QToolTip.text()


def test_only_rows_in_sight_are_looked_at(log: Log) -> None:
    log.receive(*numbered(50_000))
    log.model.redraw()
    log.view.viewport().grab()
    assert len(log.model._looks) <= log.page + 2


def test_what_was_painted_last_is_the_end_of_what_is_shown(log: Log) -> None:
    log.filter("any<100")
    log.view.viewport().grab()
    assert log.view.newest_painted == 99


def test_values_that_change_in_place_are_painted(qtbot: QtBot) -> None:
    log = Log(qtbot)
    log.show_latest()
    log.receive(OscMessage("/a", "i", (1,)))
    before = log.view.viewport().grab().toImage()
    log.receive(OscMessage("/a", "i", (2,)))
    assert log.view.viewport().grab().toImage() != before


def on_screen(log: Log) -> QImage:
    """Return what the rows look like on the screen, where only what has changed is painted."""
    # What one round of events shows for the first time is painted in the next.
    for _ in range(2):
        QApplication.processEvents()
    return rows_of(log, log.view.screen().grabWindow(log.view.winId()))


def painted_anew(log: Log) -> QImage:
    return rows_of(log, log.view.grab())


def rows_of(log: Log, picture: QPixmap) -> QImage:
    return picture.copy(log.view.viewport().geometry()).toImage().convertToFormat(QImage.Format.Format_RGB32)


def test_the_frame_of_the_current_row_stays_at_the_edges_when_texts_move_sideways(qtbot: QtBot, log: Log) -> None:
    with qtbot.waitActive(log.view):
        log.view.activateWindow()
    log.view.setFocus()
    log.view.header.resizeSection(Column.ADDRESS, 1500)
    log.view.select(199)
    assert on_screen(log) == painted_anew(log)
    log.view.horizontalScrollBar().setValue(37)
    assert on_screen(log) == painted_anew(log)


@pytest.mark.parametrize("seed", range(3))
def test_painting_what_has_changed_is_as_good_as_painting_all(qtbot: QtBot, seed: int) -> None:
    chance = random.Random(seed)
    log = Log(qtbot)
    log.receive(*numbered(200))
    actions = (
        lambda: log.receive(*numbered(chance.randrange(40))),
        lambda: log.wheel(chance.choice((-2, -1, 1, 2))),
        lambda: log.view.select(chance.randrange(200)),
        lambda: log.view.horizontalScrollBar().setValue(chance.randrange(100)),
        lambda: log.filter(chance.choice(("", "any<150"))),
        lambda: log.model.set_paused(not log.model.is_paused),
        log.show_latest,
        log.clear,
    )
    for _ in range(25):
        chance.choices(actions, (8, 4, 4, 2, 2, 2, 1, 1))[0]()
        assert on_screen(log) == painted_anew(log)
