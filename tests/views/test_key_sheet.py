from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from osc_workbench.models.key_rows import KeyRow
from osc_workbench.views.key_sheet import KeySheet
from osc_workbench.views.theme import LIGHT, apply_theme

# As many as a grown program has: nine menus and views with ten keys each.
ROWS = tuple(
    KeyRow(where, (f"Ctrl+{letter}",), f"{where}: do {letter}")
    for where in ("File", "Edit", "View", "Layout", "Help", "Log", "Bytes", "Tree", "Server")
    for letter in "ABCDEFGHIJ"
)
FEW = (KeyRow("Help", ("?", "F1"), "Keyboard"), KeyRow("View", ("F",), "<b>Follow</b> & end"))


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[QMainWindow]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    apply_theme(qapp, LIGHT)
    window = QMainWindow()
    window.resize(1280, 800)
    with qtbot.waitActive(window):
        window.show()
    yield window
    window.deleteLater()
    # No event loop runs between tests: the many labels of the sheets would pile up.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


def opened(qtbot: QtBot, rows: tuple[KeyRow, ...], window: QMainWindow) -> KeySheet:
    sheet = KeySheet(rows, window)
    sheet.open()
    qtbot.waitUntil(sheet.edit.hasFocus)
    return sheet


def texts(sheet: KeySheet) -> list[str]:
    return [label.text() for label in sheet.area.widget().findChildren(QLabel)]


def test_many_keys_fit_a_usual_window_without_scrolling(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, ROWS, window)
    assert sheet.area.verticalScrollBar().maximum() == 0
    assert sheet.width() <= 1280
    assert sheet.height() <= 800
    assert len(texts(sheet)) == 2 * len(ROWS) + 9


def test_no_text_is_cut_off(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, ROWS, window)
    content = sheet.area.widget()
    for label in content.findChildren(QLabel):
        assert label.width() >= min(label.sizeHint().width(), label.fontMetrics().horizontalAdvance(label.text()))
        assert label.height() >= label.fontMetrics().height()
        right = label.mapTo(content, label.rect().topRight()).x()
        assert right < sheet.area.viewport().width()


def test_in_a_small_window_it_scrolls_in_fewer_columns(qtbot: QtBot, window: QMainWindow) -> None:
    window.resize(700, 400)
    sheet = opened(qtbot, ROWS, window)
    assert sheet.width() <= 700
    assert sheet.height() <= 400
    assert sheet._column_count == 1 + (sheet.width() >= 2 * 330 + 32)
    bar = sheet.area.verticalScrollBar()
    assert bar.maximum() > 0
    qtbot.keyClick(sheet.edit, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    qtbot.keyClick(sheet.edit, Qt.Key.Key_PageUp)
    assert bar.value() == 0


def test_it_is_searched_by_typing(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, ROWS, window)
    qtbot.keyClicks(sheet.edit, "server ctrl+c")
    assert texts(sheet) == ["Server", "Ctrl+C", "Server: do C"]
    sheet.edit.clear()
    assert len(texts(sheet)) == 2 * len(ROWS) + 9


def test_a_search_that_finds_nothing_says_so(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, FEW, window)
    qtbot.keyClicks(sheet.edit, " <b>none ")
    assert texts(sheet) == ["No key is about “<b>none”."]


def test_a_question_mark_is_a_search_and_no_shortcut(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, FEW, window)
    qtbot.keyClicks(sheet.edit, "?")
    assert texts(sheet) == ["Help", "?", "F1", "Keyboard"]


def test_escape_closes_it(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, FEW, window)
    qtbot.keyClicks(sheet.edit, "key")
    qtbot.keyClick(sheet.edit, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_enter_does_not_close_it(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, FEW, window)
    qtbot.keyClick(sheet.edit, Qt.Key.Key_Return)
    assert sheet.isVisible()


def test_texts_are_plain_and_named(qtbot: QtBot, window: QMainWindow) -> None:
    sheet = opened(qtbot, FEW, window)
    labels = sheet.area.widget().findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    names = {label.accessibleName() for label in labels}
    assert {"? or F1: Keyboard", "F: <b>Follow</b> & end"} <= names


def test_without_keys_it_opens(qtbot: QtBot, window: QMainWindow) -> None:
    assert opened(qtbot, (), window).isVisible()
