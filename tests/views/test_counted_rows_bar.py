import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.wishes import SetCountedRows
from osc_workbench.traffic.statistics_feed import CountedRows
from osc_workbench.views.counted_rows_bar import CountedRowsBar
from osc_workbench.views.theme import DARK, LIGHT


@pytest.fixture
def bar(qtbot: QtBot) -> CountedRowsBar:
    bar = CountedRowsBar(LIGHT)
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def down(bar: CountedRowsBar) -> list[CountedRows]:
    return [which for which, button in bar.buttons.items() if button.isChecked()]


def test_a_button_asks_and_goes_down_when_it_is_granted(qtbot: QtBot, bar: CountedRowsBar) -> None:
    wishes: list[object] = []
    bar.wish.connect(wishes.append)
    assert down(bar) == [CountedRows.EVERYTHING]
    qtbot.mouseClick(bar.buttons[CountedRows.SELECTED], Qt.MouseButton.LeftButton)
    assert (wishes, down(bar)) == ([SetCountedRows(CountedRows.SELECTED)], [CountedRows.EVERYTHING])
    bar.set_counted(CountedRows.SELECTED)
    assert down(bar) == [CountedRows.SELECTED]


def test_from_now_on_can_be_asked_again(qtbot: QtBot, bar: CountedRowsBar) -> None:
    wishes: list[object] = []
    bar.wish.connect(wishes.append)
    bar.set_counted(CountedRows.FROM_NOW)
    button = bar.buttons[CountedRows.FROM_NOW]
    for _ in range(2):
        qtbot.keyClick(button, Qt.Key.Key_Space)
    assert (len(wishes), down(bar)) == (2, [CountedRows.FROM_NOW])


def test_progress_comes_and_goes_without_moving_the_buttons(bar: CountedRowsBar) -> None:
    places = [button.pos() for button in bar.buttons.values()]
    assert not bar.progress.isVisible()
    bar.show_progress(0.421)
    assert (bar.progress.isVisible(), bar.progress.value()) == (True, 42)
    assert [button.pos() for button in bar.buttons.values()] == places
    bar.show_progress(1.0)
    assert not bar.progress.isVisible()
    assert [button.pos() for button in bar.buttons.values()] == places


def test_progress_can_be_seen_in_both_themes(bar: CountedRowsBar) -> None:
    bar.show_progress(0.5)
    for colours in (LIGHT, DARK):
        bar.set_colours(colours)
        image = bar.progress.grab().toImage()
        middle = image.height() // 2
        seen = [image.pixelColor(x, middle) for x in (image.width() // 4, image.width() * 3 // 4)]
        assert seen == [colours.accent, colours.base]


def test_the_buttons_say_what_they_do(bar: CountedRowsBar) -> None:
    assert [button.text() for button in bar.buttons.values()] == ["Everything", "From now on", "Selected rows"]
    assert all(button.toolTip() and button.accessibleDescription() for button in bar.buttons.values())
    assert bar.progress.accessibleName()
