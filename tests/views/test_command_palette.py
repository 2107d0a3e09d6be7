from collections.abc import Iterator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.views.command_palette import CommandPalette
from osc_workbench.views.reachable_actions import REASON, reachable_actions
from osc_workbench.views.theme import DARK, LIGHT, apply_theme

KEY = Qt.Key
LONG = "Send what is shown to my own machine as often as it is wanted, with its own times and without any end in sight"


class Around:
    """A window with a palette over it, a field beside it, and what was done."""

    def __init__(self, qtbot: QtBot) -> None:
        self.done: list[str] = []
        self.window = QMainWindow()
        self.field, self.table = QLineEdit(), QTableWidget(1, 1)
        self.table.setItem(0, 0, QTableWidgetItem("cell"))
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.addWidget(self.field)
        layout.addWidget(self.table)
        self.window.setCentralWidget(middle)
        menu = self.window.menuBar().addMenu("&View")
        self.actions = {title: menu.addAction(title) for title in ("Follow end", "Clear log", "Fold", "Late", LONG)}
        for number in range(30):
            menu.addAction(f"Panel {number}")
        for title, action in self.actions.items():
            action.triggered.connect(partial(self._note, title))
        self.actions["Follow end"].setCheckable(True)
        self.actions["Clear log"].setShortcut("Ctrl+K")
        self.actions["Clear log"].setStatusTip("Forget all messages")
        self.actions["Late"].setEnabled(False)
        self.actions["Late"].setProperty(REASON, "nothing is late")
        self.palette = CommandPalette(self.window, partial(reachable_actions, self.window))
        qtbot.addWidget(self.window)
        self.window.resize(900, 600)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.field.setFocus()

    def _note(self, title: str, _checked: bool = False) -> None:
        self.done.append(title)

    @property
    def titles(self) -> list[str]:
        return [row.entry.title for row in self.palette.model.rows]

    @property
    def current(self) -> str:
        row = self.palette.current
        return row.entry.title if row else ""

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.palette.edit, key)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.palette.edit, text)


@pytest.fixture
def around(qtbot: QtBot) -> Around:
    around = Around(qtbot)
    around.palette.pop_up()
    return around


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    yield qapp
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


def test_it_takes_the_keyboard_and_offers_everything(around: Around) -> None:
    assert around.palette.edit.hasFocus()
    assert around.titles[:3] == ["Follow end", "Clear log", "Fold"]
    assert len(around.titles) == 35
    assert around.current == "Follow end"


def test_typing_narrows_and_enter_does_it(around: Around) -> None:
    around.type("clear log")
    assert around.titles == ["Clear log"]
    around.press(KEY.Key_Return)
    assert around.done == ["Clear log"]
    assert not around.palette.isVisible()
    assert around.field.hasFocus()


def test_escape_does_nothing_and_gives_the_keyboard_back(around: Around) -> None:
    around.type("clear log")
    around.press(KEY.Key_Escape)
    assert around.done == []
    assert not around.palette.isVisible()
    assert around.field.hasFocus()


def test_arrows_move_while_the_cursor_stays_in_the_field(around: Around) -> None:
    around.press(KEY.Key_Down, KEY.Key_Down)
    assert around.current == "Fold"
    around.press(KEY.Key_Up, KEY.Key_Up, KEY.Key_Up)
    assert around.current == "Panel 29"
    around.press(KEY.Key_Down)
    assert around.current == "Follow end"
    around.press(KEY.Key_PageDown)
    assert around.current == "Panel 7"
    around.press(KEY.Key_PageDown, KEY.Key_PageDown, KEY.Key_PageDown)
    assert around.current == "Panel 29"
    around.press(KEY.Key_PageUp)
    assert around.current == "Panel 17"
    assert around.palette.list.visualRect(around.palette.list.currentIndex()).intersects(around.palette.list.rect())
    assert around.palette.edit.hasFocus()


def test_tab_stays_in_the_field(around: Around) -> None:
    around.press(KEY.Key_Tab, KEY.Key_Backtab)
    assert around.palette.edit.hasFocus()


def test_a_click_does_it(qtbot: QtBot, around: Around) -> None:
    view = around.palette.list
    place = view.visualRect(view.model().index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert around.done == ["Fold"]
    assert around.field.hasFocus()


def test_a_click_elsewhere_closes_it_and_keeps_the_keyboard_there(qtbot: QtBot, around: Around) -> None:
    qtbot.mouseClick(around.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not around.palette.isVisible()
    assert around.table.hasFocus()


def test_what_cannot_be_done_now_says_why_and_is_not_done(around: Around) -> None:
    around.type("late")
    assert around.current == "Late"
    assert around.palette.tip.whole_text == "Not available now: nothing is late"
    around.press(KEY.Key_Return)
    assert around.done == []
    assert around.palette.isVisible()


def test_what_cannot_be_done_any_more_is_not_done(around: Around) -> None:
    around.type("fold")
    around.actions["Fold"].setEnabled(False)
    around.press(KEY.Key_Return)
    assert around.done == []
    assert around.palette.tip.whole_text == "Not available now"


def test_an_action_that_is_gone_does_no_harm(around: Around) -> None:
    gone = QAction("Gone", around.window)
    around.palette.pop_up()
    around.type("gone")
    shiboken6.delete(gone)
    around.press(KEY.Key_Return)
    assert around.palette.tip.whole_text == "Not available now"


def test_a_switch_is_thrown_and_shown(around: Around) -> None:
    around.press(KEY.Key_Return)
    assert around.actions["Follow end"].isChecked()
    around.palette.pop_up()
    assert around.palette.model.rows[0].entry.is_checked is True


def test_what_was_done_last_comes_first(around: Around) -> None:
    around.type("clear log")
    around.press(KEY.Key_Return)
    around.palette.pop_up()
    assert around.titles[:2] == ["Clear log", "Follow end"]
    assert around.palette.edit.text() == ""


def test_without_a_match_nothing_is_done(around: Around) -> None:
    around.type("zzz")
    around.press(KEY.Key_Return, KEY.Key_Down, KEY.Key_PageUp)
    assert around.done == []
    assert "zzz" in around.palette.tip.whole_text
    assert not around.palette.list.isVisible()
    around.press(KEY.Key_Backspace, KEY.Key_Backspace, KEY.Key_Backspace)
    assert around.palette.list.isVisible()


def test_shortcuts_of_the_window_wait(qtbot: QtBot, around: Around) -> None:
    qtbot.keyClick(around.palette.edit, KEY.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert around.done == []
    around.press(KEY.Key_Escape)
    qtbot.keyClick(around.field, KEY.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert around.done == ["Clear log"]


def test_popping_up_again_starts_anew_and_still_knows_the_way_back(around: Around) -> None:
    around.type("clear log")
    around.palette.pop_up()
    assert around.palette.edit.text() == ""
    around.press(KEY.Key_Escape)
    assert around.field.hasFocus()


def test_the_keyboard_goes_to_the_table_whose_cell_was_edited(qtbot: QtBot, around: Around) -> None:
    around.press(KEY.Key_Escape)
    around.table.setFocus()
    around.table.editItem(around.table.item(0, 0))
    around.palette.pop_up()
    qtbot.waitUntil(lambda: around.table.state() is QTableWidget.State.NoState)
    around.press(KEY.Key_Escape)
    assert around.table.hasFocus()


def test_without_a_way_back_the_keyboard_does_not_stay(around: Around) -> None:
    around.field.hide()
    around.table.hide()
    around.press(KEY.Key_Escape)
    assert not around.palette.isVisible()
    assert not around.palette.edit.hasFocus()


def test_it_lies_near_the_top_in_the_middle_and_inside(around: Around) -> None:
    for width, height in ((1280, 800), (500, 300), (900, 600)):
        around.window.resize(width, height)
        QApplication.processEvents()
        place = around.palette.geometry()
        assert around.window.rect().contains(place)
        assert abs(place.center().x() - width // 2) <= 1
        assert place.top() <= 72


def test_it_is_as_high_as_its_rows(around: Around) -> None:
    full = around.palette.height()
    around.type("clear log")
    assert around.palette.height() < full
    assert around.palette.list.viewport().height() == around.palette._row_height


def test_tips_are_shown_as_plain_text(around: Around) -> None:
    around.actions["Fold"].setStatusTip("<b>Fold</b> & hold")
    around.palette.pop_up()
    around.type("fold")
    assert around.palette.tip.text() == "<b>Fold</b> & hold"
    assert around.palette.tip.textFormat() is Qt.TextFormat.PlainText


def test_a_screen_reader_hears_what_enter_would_do(around: Around) -> None:
    around.type("clear")
    assert around.palette.edit.accessibleDescription() == "Clear log, View, Ctrl+K"
    assert around.palette.edit.accessibleName() == "Command"
    assert around.palette.list.accessibleName() == "Commands"


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_matching_letters_ticks_and_what_is_disabled_look_different(
    qtbot: QtBot, themed: QApplication, around: Around, colours: object
) -> None:
    apply_theme(themed, DARK if colours is DARK else LIGHT)
    view = around.palette.list
    around.palette.edit.setText("")
    plain = view.grab(view.visualRect(view.model().index(2, 0))).toImage()
    around.actions["Fold"].setCheckable(True)
    around.actions["Fold"].setChecked(True)
    around.palette.pop_up()
    ticked = view.grab(view.visualRect(view.model().index(2, 0))).toImage()
    around.actions["Fold"].setEnabled(False)
    around.palette.pop_up()
    disabled = view.grab(view.visualRect(view.model().index(2, 0))).toImage()
    around.type("fo")
    bold = view.grab(view.visualRect(view.model().index(1, 0))).toImage()
    assert around.titles[:2] == ["Follow end", "Fold"]
    pictures = [plain, ticked, disabled, bold]
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[:place])


def test_a_long_name_is_cut_off_before_the_shortcut(around: Around) -> None:
    around.actions[LONG].setShortcut("Ctrl+Alt+Shift+F12")
    around.window.resize(400, 400)
    around.palette.pop_up()
    around.type("send what")
    view = around.palette.list
    row = view.grab(view.visualRect(view.model().index(0, 0))).toImage()
    ground = row.pixelColor(row.width() - 2, 2)
    shortcut = view.fontMetrics().horizontalAdvance("Ctrl+Alt+Shift+F12")
    gap = range(row.width() - 8 - shortcut - 14, row.width() - 8 - shortcut - 2)
    assert all(row.pixelColor(x, y) == ground for x in gap for y in range(row.height()))
