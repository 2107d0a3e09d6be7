import pytest
from pytestqt.qtbot import QtBot

from osc_workbench.osc.packet import OscMessage
from osc_workbench.views.flow_detail_view import FlowDetailView
from osc_workbench.views.theme import DARK, LIGHT
from tests.doubles.counted import CountedLog, counting

LINES = tuple(f"line {number}" for number in range(60))


@pytest.fixture
def view(qtbot: QtBot) -> FlowDetailView:
    view = FlowDetailView(LIGHT)
    qtbot.addWidget(view)
    view.resize(400, 150)
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_text_is_shown_as_it_is(view: FlowDetailView) -> None:
    view.show_figures(("<b>/a</b>", "1 message"), None)
    assert view.figures.toPlainText() == "<b>/a</b>\n1 message"
    view.show_figures((), None)
    assert view.figures.toPlainText() == ""
    assert view.figures.placeholderText()


def test_both_pictures_are_filled(view: FlowDetailView) -> None:
    log = CountedLog()
    log.receive(*counting(a=3), log.timed("/a", 5.0))
    view.show_figures(("/a",), log.feed.statistics.address_histograms("/a"))
    assert (view.gaps.picture, view.lateness.picture) != (None, None)
    log.receive(OscMessage("/once", "", ()))
    view.show_figures(("/once",), log.feed.statistics.address_histograms("/once"))
    assert (view.gaps.picture, view.lateness.picture) == (None, None)


def test_what_is_read_stays_where_it_is(view: FlowDetailView) -> None:
    view.show_figures(LINES, None)
    bar = view.figures.verticalScrollBar()
    bar.setValue(20)
    view.show_figures((*LINES, "another"), None)
    assert (bar.value(), view.figures.toPlainText().endswith("another")) == (20, True)
    view.show_figures(("other row", *LINES), None)
    assert bar.value() == 0


def test_text_that_is_being_selected_stays_as_it_is(view: FlowDetailView) -> None:
    view.show_figures(LINES, None)
    view.figures.selectAll()
    view.show_figures((*LINES, "another"), None)
    assert view.figures.textCursor().selectedText().endswith("line 59")
    view.show_figures(("other row",), None)
    assert view.figures.toPlainText() == "other row"


def test_parts_have_names_and_follow_the_theme(view: FlowDetailView) -> None:
    parts = (view.figures, view.gaps, view.lateness)
    names = ["Figures of the selected row", "Time between messages", "Lateness of time tags"]
    assert [part.accessibleName() for part in parts] == names
    view.set_colours(DARK)
    image = view.gaps.grab().toImage()
    assert image.pixelColor(20, image.height() // 3) == DARK.base
