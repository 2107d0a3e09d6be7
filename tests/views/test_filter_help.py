import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_terms import TERMS
from osc_workbench.views.filter_help import FilterHelp


@pytest.fixture
def help_(qtbot: QtBot) -> FilterHelp:
    help_ = FilterHelp()
    qtbot.addWidget(help_)
    with qtbot.waitExposed(help_):
        help_.show()
    return help_


def examples(help_: FilterHelp) -> dict[str, QPushButton]:
    return {button.text().replace("&&", "&"): button for button in help_.findChildren(QPushButton)}


def test_every_term_is_there_with_its_help_and_an_example(help_: FilterHelp) -> None:
    texts = {label.text() for label in help_.findChildren(QLabel)}
    buttons = examples(help_)
    for term in TERMS:
        assert term.help in texts
        assert term.example in buttons
        assert buttons[term.example].accessibleDescription()


def test_every_example_can_be_read(help_: FilterHelp) -> None:
    for example in examples(help_):
        assert parse_query(example).conditions


def test_a_click_on_an_example_chooses_it_and_the_window_stays(qtbot: QtBot, help_: FilterHelp) -> None:
    with qtbot.waitSignal(help_.example_chosen) as chosen:
        qtbot.mouseClick(examples(help_)["arg[0]>0.5"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["arg[0]>0.5"]
    assert help_.isVisible()


def test_the_meaning_is_plain_text(help_: FilterHelp) -> None:
    help_.show_meaning("Messages where the address contains “<b>x</b>”.")
    assert help_.meaning.text() == "Messages where the address contains “<b>x</b>”."
    assert help_.meaning.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("width", [520, 760])
def test_nothing_is_cut_off_at_the_side(qtbot: QtBot, help_: FilterHelp, width: int) -> None:
    help_.resize(width, 500)
    (area,) = help_.findChildren(QScrollArea)
    qtbot.waitUntil(lambda: area.widget().width() <= area.viewport().width())
    for part in area.widget().findChildren(QWidget):
        assert part.geometry().right() <= area.widget().width()
