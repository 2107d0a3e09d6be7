import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from osc_workbench.views.hex_pane import HexPane
from osc_workbench.views.theme import LIGHT

DATA = b"/freq..." * 3 + bytes(5000) + b"/freq..."
PLACES = (0, 8, 16, 5024)


@pytest.fixture
def pane(qtbot: QtBot) -> HexPane:
    pane = HexPane(LIGHT)
    qtbot.addWidget(pane)
    pane.addActions([*pane.find_actions, pane.close_action])
    pane.resize(700, 200)
    with qtbot.waitActive(pane):
        pane.show()
        pane.activateWindow()
    pane.show_bytes(DATA, None)
    return pane


def count(pane: HexPane) -> str:
    return pane.find_bar.count.text()


def current(pane: HexPane) -> range:
    return pane.bytes._current_hit


def find(pane: HexPane, text: str) -> None:
    pane.open_find()
    pane.find_bar.field.setText(text)


def test_the_bar_comes_and_goes_with_the_hits(qtbot: QtBot, pane: HexPane) -> None:
    assert not pane.find_bar.isVisible()
    find(pane, '"freq"')
    assert pane.find_bar.isVisible()
    assert [hit.start for hit in pane.bytes._hits] == [place + 1 for place in PLACES]
    qtbot.waitUntil(pane.find_bar.field.hasFocus)
    pane.close_find()
    assert not pane.find_bar.isVisible()
    assert (pane.bytes._hits, len(current(pane))) == ([], 0)
    qtbot.waitUntil(pane.bytes.hasFocus)


def test_closing_leaves_the_keyboard_where_it_is(qtbot: QtBot, pane: HexPane) -> None:
    find(pane, "2f")
    pane.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    pane.setFocus()
    qtbot.waitUntil(pane.hasFocus)
    pane.close_find()
    assert pane.hasFocus()


def test_steps_go_around_in_both_directions(pane: HexPane) -> None:
    shown: list[int] = []
    pane.hit_shown.connect(shown.append)
    find(pane, "2f")
    assert (count(pane), shown) == ("1 of 4", [0])
    for _ in range(4):
        pane.show_next()
    assert (count(pane), shown) == ("1 of 4", [*PLACES, 0])
    pane.show_previous()
    assert (count(pane), current(pane)) == ("4 of 4", range(5024, 5025))


def test_the_current_hit_is_in_sight_above_the_bar(pane: HexPane) -> None:
    find(pane, "2f")
    pane.show_previous()
    first = pane.bytes.verticalScrollBar().value()
    assert first <= 5024 // 16 < first + pane.bytes._visible_lines()
    assert pane.bytes.geometry().bottom() < pane.find_bar.geometry().top()


def test_a_longer_pattern_stays_at_the_hit_it_still_fits(pane: HexPane) -> None:
    find(pane, "2f")
    pane.show_next()
    pane.find_bar.field.setText("2f 66")
    assert (count(pane), current(pane)) == ("2 of 4", range(8, 10))


def test_steps_go_on_from_what_was_selected_since(pane: HexPane) -> None:
    find(pane, "2f")
    pane.bytes.mark(10, 4)
    pane.show_next()
    assert current(pane).start == 16
    pane.bytes.mark(8, 4)
    pane.show_previous()
    assert current(pane).start == 0
    # The beginning of a field that was selected by hand has not been looked at as a hit.
    pane.bytes.mark(8, 4)
    pane.show_next()
    assert current(pane).start == 8


def test_the_pattern_is_searched_again_in_other_bytes(pane: HexPane) -> None:
    find(pane, "2f")
    pane.show_next()
    pane.show_bytes(b"..//", None)
    pane.search_within(range(4))
    assert (count(pane), current(pane)) == ("1 of 2", range(2, 3))
    pane.show_bytes(b"....", None)
    pane.search_within(range(4))
    assert (count(pane), pane.bytes._hits) == ("no hits", [])


def test_hits_elsewhere_in_the_packet_are_marked_but_not_gone_to(pane: HexPane) -> None:
    find(pane, "2f")
    shown: list[int] = []
    pane.hit_shown.connect(shown.append)
    pane.show_bytes(DATA, None)
    pane.search_within(range(100, 200))
    assert (count(pane), shown, len(pane.bytes._hits)) == ("4 hits", [], 4)
    pane.show_next()
    assert (count(pane), shown) == ("1 of 4", [0])


def test_a_mistake_takes_the_hits_away(pane: HexPane) -> None:
    find(pane, "2f")
    pane.find_bar.field.setText("2f 6")
    assert (count(pane), pane.bytes._hits, len(current(pane))) == ("", [], 0)
    pane.show_next()
    pane.show_previous()
    assert count(pane) == ""


def test_a_closed_bar_marks_nothing_in_other_bytes_and_opens_with_its_pattern(pane: HexPane) -> None:
    find(pane, "2f")
    pane.close_find()
    pane.show_bytes(b".../", None)
    pane.search_within(range(4))
    assert pane.bytes._hits == []
    pane.show_next()
    assert (pane.find_bar.isVisible(), count(pane), current(pane)) == (True, "1 of 1", range(3, 4))


def test_keys_find_wherever_the_keyboard_is_in_the_pane(qtbot: QtBot, pane: HexPane) -> None:
    pane.bytes.setFocus()
    qtbot.keyClick(pane.bytes, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(pane.find_bar.field.hasFocus)
    field = pane.find_bar.field
    qtbot.keyClicks(field, "2f")
    for key, shift, place in (
        (Qt.Key.Key_F3, False, 8),
        (Qt.Key.Key_Return, False, 16),
        (Qt.Key.Key_F3, True, 8),
        (Qt.Key.Key_Return, True, 0),
    ):
        modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        qtbot.keyClick(field, key, modifier)
        assert current(pane).start == place
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not pane.find_bar.isVisible()
    qtbot.waitUntil(pane.bytes.hasFocus)
    qtbot.keyClick(pane.bytes, Qt.Key.Key_F3)
    assert pane.find_bar.isVisible()


def test_the_actions_hold_in_their_part_of_the_window_and_escape_only_while_it_closes_something(pane: HexPane) -> None:
    for action in (*pane.find_actions, pane.close_action):
        assert action.shortcutContext() is Qt.ShortcutContext.WidgetWithChildrenShortcut
        assert action.shortcut() != QKeySequence()
    assert not pane.close_action.isEnabled()
    pane.open_find()
    assert pane.close_action.isEnabled()
    pane.close_find()
    assert not pane.close_action.isEnabled()
