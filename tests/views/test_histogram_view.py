from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from osc_workbench.traffic.log_histogram import GAP_EDGES, Histogram, gap_bins
from osc_workbench.views.histogram_view import HistogramView
from osc_workbench.views.theme import DARK, LIGHT, Colours


def gaps(*seconds: float) -> Histogram:
    counts = np.bincount(gap_bins(np.array(seconds) * 1e9), minlength=len(GAP_EDGES) - 1)
    return Histogram(GAP_EDGES, counts)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[HistogramView]:
    view = HistogramView("Gaps", "Time between messages", "There is only one message.", LIGHT)
    qtbot.addWidget(view)
    view.resize(300, 110)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    QToolTip.hideText()


def colours_of(view: HistogramView) -> set[str]:
    image = view.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_are_painted_in_the_colours_of_the_theme(view: HistogramView, colours: Colours) -> None:
    view.clearFocus()
    view.set_colours(colours)
    assert colours.accent.name() not in colours_of(view)
    view.show_histogram(gaps(0.04, 0.04, 0.9))
    assert {colours.accent.name(), colours.base.name()} <= colours_of(view)


def test_one_value_beside_thousands_can_be_seen(view: HistogramView) -> None:
    view.show_histogram(gaps(*[0.9] * 5000))
    left = view.grab(view.rect().adjusted(0, 20, -200, -20)).toImage()
    view.show_histogram(gaps(1e-5, *[0.9] * 5000))
    assert view.grab(view.rect().adjusted(0, 20, -200, -20)).toImage() != left


def test_without_values_it_says_why(view: HistogramView) -> None:
    for histogram in (None, gaps()):
        view.show_histogram(histogram)
        assert view.picture is None
        assert view.accessibleDescription() == "There is only one message."


def test_a_screen_reader_is_told_where_the_values_are(view: HistogramView) -> None:
    view.show_histogram(gaps(*[0.04] * 8, 0.9))
    assert view.accessibleName() == "Time between messages"
    assert view.accessibleDescription().startswith("9 values. Most: ")


def tip_at(view: HistogramView, x: int) -> str:
    point = QPoint(x, 50)
    QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, point, view.mapToGlobal(point)))
    return QToolTip.text()


def test_the_mouse_is_told_bin_and_count(view: HistogramView) -> None:
    view.show_histogram(gaps(*[0.04] * 8, 0.9))
    (tallest, _) = [bar for bar in view.picture.bars if bar.count] if view.picture else ()
    x = next(x for x in range(view.width()) if view.bar_near(x) is tallest)
    tip = tip_at(view, x + 1)
    assert " ms to " in tip
    assert ": 8 (88.9 %)" in tip
    assert view.bar_near(-5) is None
    view.show_histogram(None)
    assert view.bar_near(x) is None


def test_the_keyboard_goes_from_bar_to_bar(qtbot: QtBot, view: HistogramView) -> None:
    view.show_histogram(gaps(1e-4, *[0.04] * 8, 0.9))
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    counts = []
    for key in (Qt.Key.Key_Right,) * 4 + (Qt.Key.Key_Left,):
        qtbot.keyClick(view, key)
        counts.append(view.accessibleDescription().partition(": ")[2].partition(" ")[0])
    assert counts == ["1", "8", "1", "1", "8"]
    assert LIGHT.text.name() in colours_of(view)
    # The figures go on, and the keyboard stays where it is.
    view.show_histogram(gaps(1e-4, *[0.04] * 9, 0.9))
    assert ": 9 (" in view.accessibleDescription()


@pytest.mark.parametrize("width", [150, 186, 300, 700])
def test_labels_neither_touch_nor_leave_the_picture(view: HistogramView, width: int) -> None:
    view.show_histogram(gaps(0.04))
    view.resize(width, 110)
    metrics = view.fontMetrics()
    places = sorted((left, left + metrics.horizontalAdvance(label)) for left, label in view.labels())
    assert all(stop < start for (_, stop), (start, _) in pairwise(places))
    assert places[0][0] >= 0
    assert places[-1][1] <= width
    assert {"1 us", "1 ms", "1 s"} <= {label for _, label in view.labels()}
    assert len(view.labels()) == 7 or width < 400


def test_it_can_be_of_any_size(view: HistogramView) -> None:
    view.show_histogram(gaps(0.04))
    view.setMinimumSize(1, 1)
    for width, height in ((1, 1), (10, 10), (2000, 30)):
        view.resize(width, height)
        view.grab()
