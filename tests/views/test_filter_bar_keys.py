"""The keys of the filter bar, what it remembers, and how it looks."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from osc_workbench.models.filter_history import FilterHistory, SavedFilter
from osc_workbench.views.filter_edit import EditState
from osc_workbench.views.filter_help import FilterHelp
from osc_workbench.views.theme import DARK, LIGHT, Colours, apply_theme
from tests.doubles.filtering import BarWindow

KEY = Qt.Key
HISTORY = FilterHistory(("/new", "/old"), (SavedFilter("mine", "/saved"),))


@pytest.fixture
def around(qtbot: QtBot) -> BarWindow:
    return BarWindow(qtbot)


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    yield qapp
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


# History.


def test_enter_keeps_the_filter_and_goes_to_the_log(qtbot: QtBot, around: BarWindow) -> None:
    around.type("/kept")
    with qtbot.waitSignals([around.bar.left, around.bar.history_changed]):
        around.press(KEY.Key_Return)
    assert around.bar.history.queries == ("/kept",)
    around.bar.set_text("arg[0]>")
    with qtbot.assertNotEmitted(around.bar.left):
        around.press(KEY.Key_Return)
    assert around.bar.history.queries == ("/kept",)


def test_a_filter_that_stands_for_a_while_is_kept(qtbot: QtBot, around: BarWindow) -> None:
    assert around.bar.memory.used.interval() == 1000
    around.bar.memory.used.setInterval(0)
    with qtbot.waitSignal(around.bar.history_changed) as changed:
        around.bar.set_text("/stood")
    assert changed.args == [FilterHistory(("/stood",))]
    around.bar.set_text("arg[0]>")
    assert not around.bar.memory.used.isActive()


def test_up_and_down_go_through_the_history_and_down_leaves(qtbot: QtBot, around: BarWindow) -> None:
    around.bar.set_history(HISTORY)
    around.press(KEY.Key_Up)
    assert around.bar.text == around.asked == "/new"
    around.press(KEY.Key_Up, KEY.Key_Up)
    assert around.bar.text == "/old"
    around.press(KEY.Key_Down, KEY.Key_Down)
    assert around.bar.text == ""
    with qtbot.waitSignal(around.bar.left):
        around.press(KEY.Key_Down)
    around.type("mine")
    around.press(KEY.Key_Up)
    assert around.bar.text == "mine"


def test_the_menus_put_filters_in_and_keep_them(around: BarWindow) -> None:
    memory = around.bar.memory
    around.bar.set_history(HISTORY)
    memory.menu.actions()[1].trigger()
    assert around.asked == "/old"
    assert around.bar.history.queries == ("/old", "/new")
    memory.saved.fill_menu()
    (action,) = (action for action in memory.saved.menu().actions() if action.text() == "mine")
    action.trigger()
    assert around.asked == "/saved"


def test_the_arrow_in_the_line_opens_the_history(qtbot: QtBot, around: BarWindow) -> None:
    around.bar.set_history(HISTORY)
    around.bar.memory.action.trigger()
    qtbot.waitUntil(around.bar.memory.menu.isVisible)
    around.bar.memory.menu.close()


def test_a_name_that_is_refused_is_explained_in_the_bar(around: BarWindow) -> None:
    around.bar.memory.saved.refused.emit("“x” was not taken.")
    assert around.message == "“x” was not taken."


# Keys.


def test_escape_clears_first_and_leaves_then(qtbot: QtBot, around: BarWindow) -> None:
    around.bar.set_text("/a")
    with qtbot.assertNotEmitted(around.bar.left):
        around.press(KEY.Key_Escape)
    assert around.asked == ""
    with qtbot.waitSignal(around.bar.left):
        around.press(KEY.Key_Escape)
    around.edit.undo()
    assert around.bar.text == "/a"


def test_the_keyboard_comes_with_all_selected(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.bar.explain.setFocus()
    around.bar.focus_edit()
    assert around.edit.hasFocus()
    around.type("b")
    assert around.bar.text == "b"


def test_the_clear_button_asks_for_everything(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.edit.clear()
    assert around.asked == ""
    assert around.edit.state is EditState.EMPTY


def test_completions_come_from_the_log(around: BarWindow) -> None:
    around.bar.set_sources(lambda: ["/synth/1"], lambda: ["udp://127.0.0.1:9000"])
    around.type("/s")
    around.press(KEY.Key_Tab)
    assert around.bar.text == "/synth/"
    around.press(KEY.Key_Tab)
    assert around.asked == "/synth/1"


# Help and looks.


def test_the_filter_is_explained_in_words_as_it_changes(around: BarWindow) -> None:
    around.bar.set_text("/a")
    around.click(around.bar.explain)
    (window,) = around.bar.findChildren(FilterHelp)
    assert window.meaning.text() == "Messages where the address contains “/a”."
    around.bar.set_text("(")
    assert window.meaning.text().startswith("Column 1:")
    window.example_chosen.emit("has:nan")
    assert around.asked == "has:nan"
    around.click(around.bar.explain)
    assert around.bar.findChildren(FilterHelp) == [window]


@pytest.mark.parametrize("width", [700, 1400])
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_nothing_is_cut_off(qtbot: QtBot, themed: QApplication, width: int, colours: Colours) -> None:
    apply_theme(themed, colours)
    around = BarWindow(qtbot)
    bar = around.bar
    bar.set_colours(colours)
    around.window.resize(width, 400)
    bar.set_text("/synth arg[0]>5")
    bar.show_result(0, 100_000_000, 1.0)
    bar.show_empty(("arg[0]>5", "/synth", 1234))
    qtbot.waitUntil(lambda: bar.width() > width - 60)
    assert around.window.width() == width
    for part in (*bar.findChildren(QToolButton), *bar.findChildren(QLabel)):
        if part.isVisible() and part.parent() is not around.edit:
            assert part.width() >= part.sizeHint().width(), part.text()
            assert part.mapTo(bar, part.rect().bottomRight()).x() <= bar.width()
    assert around.edit.width() >= 300
    assert bar.height() < 120


def test_every_part_has_a_name_or_a_text(around: BarWindow) -> None:
    bar = around.bar
    for part in (bar.edit, bar.count, bar.explain, bar.memory.saved, *bar.chips.buttons.values(), bar.message.label):
        assert part.accessibleName()
    for button in (bar.shows, bar.highlights, bar.explain, bar.memory.saved, *bar.chips.buttons.values()):
        assert button.toolTip()
