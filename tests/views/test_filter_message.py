import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.views.filter_message import FilterMessage
from osc_workbench.views.theme import DARK, LIGHT

LONG_ERROR = "Column 8: There is no term “foo”. Expected a term such as type: or arg[0]>, or text in quotes."


class Around:
    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.message = FilterMessage(LIGHT)
        QHBoxLayout(self.window).addWidget(self.message)
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def resize(self, width: int) -> None:
        self.window.resize(width, self.window.layout().heightForWidth(width))


@pytest.fixture
def around(qtbot: QtBot) -> Around:
    return Around(qtbot)


def test_an_error_takes_one_line_where_there_is_room_and_more_where_there_is_none(around: Around) -> None:
    around.message.show_error(LONG_ERROR)
    around.resize(1200)
    line = around.message.fontMetrics().height()
    assert around.message.height() < 2 * line
    around.resize(320)
    assert around.message.label.height() >= 2 * line
    assert around.window.minimumSizeHint().width() < 100


def test_what_to_drop_is_a_button_that_does_it(qtbot: QtBot, around: Around) -> None:
    message = around.message
    around.resize(900)
    message.show_barren(("arg[0]>5 & more", "/a", 1234))
    assert message.label.text() == "No message matches."
    assert message.button.accessibleName() == "Drop “arg[0]>5 & more” (1,234 match)"
    qtbot.waitUntil(lambda: message.button.text() == "Drop “arg[0]>5 && more” (1,234 match)")
    with qtbot.waitSignal(message.drop_wished) as dropped:
        qtbot.mouseClick(message.button, Qt.MouseButton.LeftButton)
    assert dropped.args == ["arg[0]>5 & more"]


def test_without_a_suggestion_there_is_no_button(around: Around) -> None:
    around.message.show_barren(("x", "", 1))
    around.message.show_barren(None)
    assert not around.message.button.isVisible()
    around.message.show_barren(("x", "", 1))
    around.message.show_error("")
    assert not around.message.button.isVisible()
    assert around.message.label.text() == ""


def test_where_it_is_narrow_the_button_stands_below_and_a_long_term_is_cut(qtbot: QtBot, around: Around) -> None:
    message = around.message
    message.show_barren(("address:/" + "x" * 300, "<b>", 5))
    around.resize(300)
    qtbot.waitUntil(lambda: message.button.y() >= message.label.geometry().bottom())
    assert message.button.geometry().right() <= message.width()
    assert "…" in message.button.text()
    assert message.button.text().endswith("(5 match)")
    assert "<b>" not in message.button.toolTip().removeprefix("<span")
    assert around.window.minimumSizeHint().width() < 250


def test_colours_follow_the_theme(around: Around) -> None:
    message = around.message
    message.show_error("x")
    assert LIGHT.error.name() in message.label.styleSheet()
    message.set_colours(DARK)
    assert DARK.error.name() in message.label.styleSheet()
    message.show_barren(None)
    assert DARK.warning.name() in message.label.styleSheet()
