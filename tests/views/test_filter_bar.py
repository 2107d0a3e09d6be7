from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.filter_history import FilterHistory, SavedFilter
from osc_workbench.models.filter_text import without_noise
from osc_workbench.models.wishes import SetFilter
from osc_workbench.traffic.query import parse_query
from osc_workbench.views.filter_bar import FilterBar
from osc_workbench.views.filter_edit import EditState
from osc_workbench.views.filter_help import FilterHelp
from osc_workbench.views.theme import DARK, LIGHT, apply_theme

KEY = Qt.Key
HISTORY = FilterHistory(("/new", "/old"), (SavedFilter("mine", "/saved"),))


class Around:
    """A window with the bar over a log, and what the bar wished for."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.window = QWidget()
        self.bar = FilterBar(LIGHT)
        self.log = QWidget()
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.bar)
        layout.addWidget(self.log, 1)
        self.wishes: list[SetFilter] = []
        self.bar.wish.connect(self.wishes.append)
        qtbot.addWidget(self.window)
        self.window.resize(900, 500)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.edit = self.bar.edit
        self.edit.setFocus()

    def type(self, text: str) -> None:
        self._qtbot.keyClicks(self.edit, text)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self._qtbot.keyClick(self.edit, key)

    def click(self, button: QWidget) -> None:
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def asked(self) -> str:
        return self.wishes[-1].text

    @property
    def message(self) -> str:
        return self.bar.message.label.text()


@pytest.fixture
def around(qtbot: QtBot) -> Around:
    return Around(qtbot)


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    yield qapp
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


# What is asked.


def test_what_is_typed_is_asked_as_far_as_it_can_be_read(around: Around) -> None:
    around.type("any>1x")
    assert [wish.text for wish in around.wishes] == ["a", "an", "any", "any>1"]
    assert around.edit.state is EditState.INVALID
    around.press(KEY.Key_Backspace)
    assert around.edit.state is EditState.VALID
    assert len(around.wishes) == 4


def test_what_is_wrong_is_said_only_as_long_as_it_is(around: Around) -> None:
    height = around.bar.height()
    around.bar.set_text("/a arg[0]>")
    assert around.message.startswith("Column 4: Something is missing after “arg[0]>”.")
    assert "Column 4" in around.edit.toolTip()
    assert "still shows" in around.edit.toolTip()
    assert not around.edit.fault_area().isEmpty()
    assert around.bar.height() == height
    around.type("5")
    assert around.message == ""
    assert around.edit.fault_area().isEmpty()
    assert "argument 0 is greater than 5" in around.edit.toolTip()


def test_matches_are_highlighted_instead_on_request(around: Around) -> None:
    around.bar.set_text("/a")
    around.click(around.bar.highlights)
    assert around.bar.is_highlighting
    assert around.wishes[-1] == SetFilter("/a", True)
    around.bar.set_highlighting(False)
    assert around.wishes[-1] == SetFilter("/a", False)
    assert around.bar.shows.isChecked()


def test_a_term_joins_the_filter_and_can_be_undone(around: Around) -> None:
    around.bar.set_text("/a or /b")
    around.bar.add_term("type:f", True)
    assert around.bar.text == "(/a or /b) -type:f"
    around.edit.undo()
    assert around.bar.text == "/a or /b"


def test_a_term_joins_the_last_filter_that_could_be_read(around: Around) -> None:
    around.bar.set_text("/a")
    around.bar.set_text("/a arg[0]>")
    around.bar.add_term("dir:in")
    assert around.bar.text == "/a dir:in"


def test_a_term_that_does_not_fit_is_refused_with_the_reason(around: Around) -> None:
    around.bar.set_text("x" * 9_999)
    around.bar.add_term("dir:in")
    assert around.bar.text == "x" * 9_999
    assert "cannot be joined" in around.message


# Noise.


def test_a_chip_hides_noise_without_changing_the_text(qtbot: QtBot, around: Around) -> None:
    around.bar.set_text("/a or /b")
    with qtbot.waitSignal(around.bar.hidden_changed) as changed:
        around.click(around.bar.chips.buttons["status"])
    assert changed.args == [("status",)]
    assert around.bar.text == "/a or /b"
    assert around.asked == "(/a or /b) -(address:/status or address:/status.reply)"
    assert "Hidden: status." in around.edit.accessibleDescription()
    around.bar.set_text("")
    assert around.asked == "-(address:/status or address:/status.reply)"
    around.bar.set_hidden_noise(())
    assert around.asked == ""


def test_nothing_is_hidden_while_matches_are_highlighted(around: Around) -> None:
    around.bar.set_hidden_noise(["clocks"])
    around.bar.set_text("/a")
    around.bar.set_highlighting(True)
    assert around.wishes[-1] == SetFilter("/a", True)
    assert not around.bar.chips.buttons["clocks"].isEnabled()
    around.bar.set_highlighting(False)
    assert around.asked == without_noise("/a", around.bar.chips.hidden)
    assert around.bar.hidden_noise == ("clocks",)


# What was found.


def test_the_count_says_how_many_of_all_match(around: Around) -> None:
    bar = around.bar
    bar.show_result(10_000_000, 10_000_000, 1.0)
    assert bar.count.text() == "10,000,000 messages"
    bar.set_text("/a")
    bar.show_result(1234, 10_000_000, 0.456)
    assert bar.count.text() == "1,234 of 10,000,000   45 %"
    bar.show_result(1234, 10_000_000, 1.0)
    assert bar.count.text() == "1,234 of 10,000,000"
    bar.set_text("")
    bar.set_hidden_noise(["status"])
    bar.show_result(5, 9, 1.0)
    assert bar.count.text() == "5 of 9"


@pytest.mark.parametrize(
    ("shown", "total", "progress", "state"),
    [
        (0, 10, 1.0, EditState.BARREN),
        (0, 10, 0.5, EditState.VALID),
        (0, 0, 1.0, EditState.VALID),
        (1, 10, 1.0, EditState.VALID),
    ],
)
def test_a_filter_that_matches_nothing_of_something_is_barren(
    around: Around, shown: int, total: int, progress: float, state: EditState
) -> None:
    around.bar.set_text("/a")
    around.bar.show_result(shown, total, progress)
    assert around.edit.state is state
    assert around.message == ("No message matches." if state is EditState.BARREN else "")


def test_a_term_that_is_to_blame_is_dropped_with_one_click(around: Around) -> None:
    bar = around.bar
    bar.set_text("/a arg[0]>5")
    bar.show_result(0, 10, 1.0)
    bar.show_empty(("arg[0]>5", "/a", 7))
    bar.show_result(0, 10, 1.0)
    assert bar.message.button.isVisible()
    around.click(bar.message.button)
    assert bar.text == around.asked == "/a"
    assert not bar.message.button.isVisible()
    assert around.edit.state is EditState.VALID


def test_noise_that_is_to_blame_is_shown_again(around: Around) -> None:
    bar = around.bar
    bar.set_text("/status")
    bar.set_hidden_noise(["status", "meters"])
    ((_, _), (term, rest), _) = parse_query(around.asked).without_terms()
    bar.show_empty((term, rest, 7))
    around.click(bar.message.button)
    assert bar.hidden_noise == ("meters",)
    assert bar.text == "/status"
    assert parse_query(around.asked).explain() == parse_query(rest).explain()


def test_new_matches_take_the_message_away(around: Around) -> None:
    around.bar.set_text("/a")
    around.bar.show_empty(None)
    around.bar.show_result(1, 10, 1.0)
    assert around.message == ""
    assert around.edit.state is EditState.VALID


def test_a_filter_that_cannot_be_read_stays_red_whatever_is_found(around: Around) -> None:
    around.bar.set_text("(")
    around.bar.show_result(0, 10, 1.0)
    around.bar.show_empty(("a", "b", 1))
    assert around.edit.state is EditState.INVALID
    assert around.message.startswith("Column 1:")


# History.


def test_enter_keeps_the_filter_and_goes_to_the_log(qtbot: QtBot, around: Around) -> None:
    around.type("/kept")
    with qtbot.waitSignals([around.bar.left, around.bar.history_changed]):
        around.press(KEY.Key_Return)
    assert around.bar.history.queries == ("/kept",)
    around.bar.set_text("arg[0]>")
    with qtbot.assertNotEmitted(around.bar.left):
        around.press(KEY.Key_Return)
    assert around.bar.history.queries == ("/kept",)


def test_a_filter_that_stands_for_a_while_is_kept(qtbot: QtBot, around: Around) -> None:
    assert around.bar.memory.used.interval() == 1000
    around.bar.memory.used.setInterval(0)
    with qtbot.waitSignal(around.bar.history_changed) as changed:
        around.bar.set_text("/stood")
    assert changed.args == [FilterHistory(("/stood",))]
    around.bar.set_text("arg[0]>")
    assert not around.bar.memory.used.isActive()


def test_up_and_down_go_through_the_history_and_down_leaves(qtbot: QtBot, around: Around) -> None:
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


def test_the_menus_put_filters_in_and_keep_them(around: Around) -> None:
    memory = around.bar.memory
    around.bar.set_history(HISTORY)
    memory.menu.actions()[1].trigger()
    assert around.asked == "/old"
    assert around.bar.history.queries == ("/old", "/new")
    memory.saved.fill_menu()
    (action,) = (action for action in memory.saved.menu().actions() if action.text() == "mine")
    action.trigger()
    assert around.asked == "/saved"


def test_the_arrow_in_the_line_opens_the_history(qtbot: QtBot, around: Around) -> None:
    around.bar.set_history(HISTORY)
    around.bar.memory.action.trigger()
    qtbot.waitUntil(around.bar.memory.menu.isVisible)
    around.bar.memory.menu.close()


def test_a_name_that_is_refused_is_explained_in_the_bar(around: Around) -> None:
    around.bar.memory.saved.refused.emit("“x” was not taken.")
    assert around.message == "“x” was not taken."


# Keys.


def test_escape_clears_first_and_leaves_then(qtbot: QtBot, around: Around) -> None:
    around.bar.set_text("/a")
    with qtbot.assertNotEmitted(around.bar.left):
        around.press(KEY.Key_Escape)
    assert around.asked == ""
    with qtbot.waitSignal(around.bar.left):
        around.press(KEY.Key_Escape)
    around.edit.undo()
    assert around.bar.text == "/a"


def test_the_keyboard_comes_with_all_selected(around: Around) -> None:
    around.bar.set_text("/a")
    around.bar.explain.setFocus()
    around.bar.focus_edit()
    assert around.edit.hasFocus()
    around.type("b")
    assert around.bar.text == "b"


def test_the_clear_button_asks_for_everything(around: Around) -> None:
    around.bar.set_text("/a")
    around.edit.clear()
    assert around.asked == ""
    assert around.edit.state is EditState.EMPTY


def test_completions_come_from_the_log(around: Around) -> None:
    around.bar.set_sources(lambda: ["/synth/1"], lambda: ["udp://127.0.0.1:9000"])
    around.type("/s")
    around.press(KEY.Key_Tab)
    assert around.bar.text == "/synth/"
    around.press(KEY.Key_Tab)
    assert around.asked == "/synth/1"


# Help and looks.


def test_the_filter_is_explained_in_words_as_it_changes(around: Around) -> None:
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
def test_nothing_is_cut_off(qtbot: QtBot, themed: QApplication, width: int, colours: object) -> None:
    apply_theme(themed, DARK if colours is DARK else LIGHT)
    around = Around(qtbot)
    bar = around.bar
    bar.set_colours(DARK if colours is DARK else LIGHT)
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


def test_every_part_has_a_name_or_a_text(around: Around) -> None:
    bar = around.bar
    for part in (bar.edit, bar.count, bar.explain, bar.memory.saved, *bar.chips.buttons.values(), bar.message.label):
        assert part.accessibleName()
    for button in (bar.shows, bar.highlights, bar.explain, bar.memory.saved, *bar.chips.buttons.values()):
        assert button.toolTip()
