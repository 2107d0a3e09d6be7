import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.filter_text import NoiseFilter
from osc_workbench.views.filter_chips import FilterChips
from osc_workbench.views.theme import DARK, LIGHT

NOISE = (NoiseFilter("status", "/status", "The <b>status</b>"), NoiseFilter("clocks", "/clock", "Clocks"))


@pytest.fixture
def chips(qtbot: QtBot) -> FilterChips:
    chips = FilterChips(NOISE, LIGHT)
    qtbot.addWidget(chips)
    with qtbot.waitExposed(chips):
        chips.show()
    return chips


def test_a_click_hides_noise_and_another_shows_it_again(qtbot: QtBot, chips: FilterChips) -> None:
    button = chips.buttons["status"]
    before = button.grab().toImage()
    with qtbot.waitSignal(chips.changed):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert chips.hidden == (NOISE[0],)
    assert button.font().strikeOut()
    assert button.accessibleDescription() == "Hidden: The <b>status</b>."
    assert "<b>" not in button.toolTip()
    with qtbot.waitSignal(chips.changed):
        qtbot.keyClick(button, Qt.Key.Key_Space)
    assert chips.hidden == ()
    assert not button.font().strikeOut()
    button.clearFocus()
    assert before.size() == button.grab().toImage().size()


def test_chips_are_pressed_by_name_and_unknown_names_ignored(qtbot: QtBot, chips: FilterChips) -> None:
    chips.set_hidden(["clocks", "nothing"])
    assert chips.hidden == (NOISE[1],)
    with qtbot.assertNotEmitted(chips.changed):
        chips.set_hidden(["clocks"])


def test_a_chip_without_effect_says_so(chips: FilterChips) -> None:
    chips.set_hidden(["status"])
    chips.set_effective(False)
    button = chips.buttons["status"]
    assert not button.isEnabled()
    assert not button.font().strikeOut()
    assert "Nothing is hidden while" in button.accessibleDescription()
    chips.set_effective(True)
    assert button.font().strikeOut()


def test_signs_change_with_the_theme(chips: FilterChips) -> None:
    icon = chips.buttons["status"].icon().pixmap(16).toImage()
    chips.set_colours(DARK)
    assert chips.buttons["status"].icon().pixmap(16).toImage() != icon
