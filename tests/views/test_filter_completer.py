import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.views.filter_completer import FilterCompleter
from osc_workbench.views.filter_edit import FilterEdit
from osc_workbench.views.theme import LIGHT

KEY = Qt.Key
ADDRESSES = ["/synth/1/freq", "/synth/2/freq", "/a b/c", *(f"/mixer/{number}" for number in range(30))]


class Around:
    """A window with a line that completes."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.window = QWidget()
        self.edit = FilterEdit(LIGHT)
        self.below = QWidget()
        self.below.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.edit)
        layout.addWidget(self.below, 1)
        self.completer = FilterCompleter(self.edit)
        self.completer.set_sources(lambda: ADDRESSES, lambda: ["udp://127.0.0.1:9000"])
        self.popup = self.completer.popup
        qtbot.addWidget(self.window)
        self.window.resize(700, 400)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.edit.setFocus()

    def type(self, text: str) -> None:
        self._qtbot.keyClicks(self.edit, text)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self._qtbot.keyClick(self.edit, key)

    @property
    def offered(self) -> list[str]:
        return [completion.text for completion in self.popup.model.completions] if self.popup.isVisible() else []

    @property
    def current(self) -> str:
        return self.popup.current.text if self.popup.current else ""


@pytest.fixture
def around(qtbot: QtBot) -> Around:
    return Around(qtbot)


def test_completions_are_offered_while_one_types(around: Around) -> None:
    around.type("ty")
    assert around.offered == ["type:"]
    around.type("pe:")
    assert around.offered == ["i", "f", "s", "none"]
    around.type("f")
    assert around.offered == []
    assert around.edit.text() == "type:f"
    assert around.edit.hasFocus()


@pytest.mark.parametrize("text", [" ", "/a ", "(", "-", "type:f ("])
def test_nothing_is_offered_where_a_word_may_begin(around: Around, text: str) -> None:
    around.type(text)
    assert around.offered == []


def test_alt_and_down_offers_everything(qtbot: QtBot, around: Around) -> None:
    qtbot.keyClick(around.edit, KEY.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert {"address:", "type:", "changed", "bytes:"} <= set(around.offered)


def test_tab_takes_the_first_and_goes_on_with_the_next_level(around: Around) -> None:
    around.type("/syn")
    around.press(KEY.Key_Tab)
    assert around.edit.text() == "/synth/"
    assert around.offered[:2] == ["/synth/1/", "/synth/2/"]
    around.press(KEY.Key_Tab, KEY.Key_Tab)
    assert around.edit.text() == "/synth/1/freq"
    assert around.offered == []
    assert around.edit.hasFocus()


def test_enter_takes_only_what_was_chosen(qtbot: QtBot, around: Around) -> None:
    around.type("/syn")
    with qtbot.waitSignal(around.edit.confirmed):
        around.press(KEY.Key_Return)
    assert around.edit.text() == "/syn"
    assert around.offered == []
    around.type("th")
    around.press(KEY.Key_Down, KEY.Key_Down)
    assert around.current == "/synth/1/freq"
    with qtbot.assertNotEmitted(around.edit.confirmed):
        around.press(KEY.Key_Return)
    assert around.edit.text() == "/synth/1/freq"


def test_up_and_down_go_round_by_way_of_what_was_typed(around: Around) -> None:
    around.type("has:n")
    seen = []
    for _ in range(len(around.offered) + 2):
        around.press(KEY.Key_Down)
        seen.append(around.current)
    assert seen == [*around.offered, "", around.offered[0]]
    around.press(KEY.Key_Up, KEY.Key_Up)
    assert around.current == around.offered[-1]


def test_page_keys_move_further_and_stop_at_the_ends(around: Around) -> None:
    around.type("/mixer/")
    around.press(KEY.Key_PageDown)
    assert around.current == around.offered[8]
    for _ in range(9):
        around.press(KEY.Key_PageDown)
    assert around.current == around.offered[-1]
    around.press(KEY.Key_PageUp)
    assert around.current == around.offered[-10]


def test_escape_closes_the_list_and_leaves_the_text(qtbot: QtBot, around: Around) -> None:
    around.type("/syn")
    with qtbot.assertNotEmitted(around.edit.escaped):
        around.press(KEY.Key_Escape)
    assert around.offered == []
    assert around.edit.text() == "/syn"
    with qtbot.waitSignal(around.edit.escaped):
        around.press(KEY.Key_Escape)


def test_a_click_takes_a_row_and_the_keyboard_stays(qtbot: QtBot, around: Around) -> None:
    around.type("type:")
    view = around.popup.list
    place = view.visualRect(around.popup.model.index(1)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert around.edit.text() == "type:f"
    assert around.edit.hasFocus()


def test_the_list_goes_when_the_cursor_or_the_keyboard_does(around: Around) -> None:
    around.type("/syn")
    around.press(KEY.Key_Left)
    assert around.offered == []
    around.press(KEY.Key_End)
    around.type("t")
    assert around.offered != []
    around.below.setFocus()
    assert around.offered == []


def test_the_list_stays_within_the_window(qtbot: QtBot, around: Around) -> None:
    around.type("/mixer/")
    popup = around.popup
    assert around.window.rect().contains(popup.geometry())
    assert popup.y() >= around.edit.geometry().bottom()
    assert popup.list.verticalScrollBar().maximum() > 0
    around.edit.clear()
    around.type("ty")
    qtbot.waitUntil(lambda: popup.list.verticalScrollBar().maximum() == 0)


def test_a_completion_in_the_middle_replaces_its_word_only(around: Around) -> None:
    around.edit.setText("😀 /synx type:f")
    around.edit.setCursorPosition(7)
    around.press(KEY.Key_Backspace)
    around.type("n")
    around.press(KEY.Key_Tab)
    assert around.edit.text() == "😀 /synth/ type:f"
    assert around.edit.cursorPosition() == len("xx /synth/")


def test_an_address_with_a_space_is_put_in_quotes(around: Around) -> None:
    around.type("/a")
    around.press(KEY.Key_Tab)
    assert around.edit.text() == '"/a b/"'
    assert around.offered == ['"/a b/c"']


def test_a_text_that_is_put_in_offers_nothing_and_can_be_undone(around: Around) -> None:
    around.type("mine")
    around.completer.replace_text("/syn")
    assert around.offered == []
    around.edit.undo()
    assert around.edit.text() == "mine"
