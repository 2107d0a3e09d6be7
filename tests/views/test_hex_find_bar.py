import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from osc_workbench.traffic.byte_pattern import BytePattern, parse_byte_pattern
from osc_workbench.views.hex_find_bar import HexFindBar
from osc_workbench.views.theme import DARK, LIGHT

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def bar(qtbot: QtBot) -> HexFindBar:
    bar = HexFindBar(LIGHT)
    qtbot.addWidget(bar)
    bar.resize(600, 60)
    with qtbot.waitActive(bar):
        bar.show()
        bar.activateWindow()
    bar.start()
    qtbot.waitUntil(bar.field.hasFocus)
    return bar


def test_the_pattern_is_read_with_each_letter(qtbot: QtBot, bar: HexFindBar) -> None:
    seen: list[BytePattern | None] = []
    bar.pattern_changed.connect(seen.append)
    qtbot.keyClicks(bar.field, "2f6")
    assert seen == [None, parse_byte_pattern("2f"), None]
    bar.field.clear()
    assert (seen[-1], bar.pattern) == (None, None)


def test_a_mistake_is_said_in_words_under_the_field(bar: HexFindBar) -> None:
    hint = bar.message.text()
    assert "any byte" in hint
    bar.field.setText("2f 6")
    assert bar.message.text() == "Column 4: 6 is half a byte; a byte has two hex digits, and ?? is any byte."
    assert bar.message.y() >= bar.field.geometry().bottom()
    assert LIGHT.error.name() in bar.message.styleSheet()
    bar.set_colours(DARK)
    assert DARK.error.name() in bar.message.styleSheet()
    for text in ("2f 66", "", " "):
        bar.field.setText(text)
        assert bar.message.text() == hint
        assert DARK.muted.name() in bar.message.styleSheet()


def test_a_mistake_is_no_markup_and_makes_the_bar_no_wider(bar: HexFindBar) -> None:
    bar.field.setText("2f")
    width = bar.minimumSizeHint().width()
    bar.field.setText("<b>" + "x" * 5000)
    assert bar.message.textFormat() is Qt.TextFormat.PlainText
    assert bar.minimumSizeHint().width() == width


def test_enter_goes_to_the_next_hit_and_with_shift_to_the_previous(qtbot: QtBot, bar: HexFindBar) -> None:
    wishes: list[str] = []
    bar.next_wished.connect(lambda: wishes.append("next"))
    bar.previous_wished.connect(lambda: wishes.append("previous"))
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    qtbot.keyClick(bar.field, Qt.Key.Key_Enter)
    qtbot.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    assert wishes == ["next", "next", "previous"]


def test_buttons_do_what_they_are_named(qtbot: QtBot, bar: HexFindBar) -> None:
    bar.show_count("1 of 2", True)
    wishes: list[str] = []
    for name, button, signal in (
        ("next", bar.next, bar.next_wished),
        ("previous", bar.previous, bar.previous_wished),
        ("close", bar.close_button, bar.close_wished),
    ):
        signal.connect(lambda *_, name=name: wishes.append(name))
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert button.accessibleName()
        assert "(" in button.toolTip()
    assert wishes == ["next", "previous", "close"]


def test_without_hits_there_is_nowhere_to_go(bar: HexFindBar) -> None:
    bar.show_count("no hits", False)
    assert (bar.count.text(), bar.next.isEnabled(), bar.previous.isEnabled()) == ("no hits", False, False)


def test_starting_again_selects_the_text(qtbot: QtBot, bar: HexFindBar) -> None:
    bar.field.setText("2f")
    bar.start()
    qtbot.keyClicks(bar.field, "66")
    assert bar.field.text() == "66"


def test_every_colour_of_the_bar_is_of_the_theme(bar: HexFindBar) -> None:
    assert QColor(bar.message.styleSheet().removeprefix("color: ").removesuffix(";")) == LIGHT.muted
