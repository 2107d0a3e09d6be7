import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.models.packet_model import PacketModel
from osc_workbench.models.traffic_model import Column, TrafficModel
from osc_workbench.views.endpoint_bar import EndpointBar
from osc_workbench.views.main_window import MainWindow
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.theme import DARK, LIGHT, apply_theme
from osc_workbench.views.traffic_view import TrafficView
from tests.doubles.traffic import HandFedStore, record_of, url_of
from tests.osc.samples import EVERY_TAG


def make_window(qtbot: QtBot) -> MainWindow:
    model = PacketModel()
    window = MainWindow(
        TrafficView(TrafficModel(HandFedStore(), url_of), LIGHT), PacketView(model, LIGHT), EndpointBar(LIGHT)
    )
    model.set_record(record_of(EVERY_TAG))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    return make_window(qtbot)


def columns(window: MainWindow) -> list[tuple[int, bool]]:
    header = window.log.header
    return [(header.visualIndex(column), header.isSectionHidden(column)) for column in Column]


def change_layout(window: MainWindow) -> None:
    window.resize(1100, 700)
    window.endpoint_dock.hide()
    window.log.header.moveSection(0, 3)
    window.log.header.resizeSection(Column.ADDRESS, 333)
    window.log.header.column_actions[Column.PEER].trigger()
    window.packet.splitter.setSizes([0, 900])


def test_a_layout_comes_back_in_another_window(qtbot: QtBot, window: MainWindow) -> None:
    change_layout(window)
    other = make_window(qtbot)
    other.restore_layout(window.layout_state())
    # The width is that of the offscreen screen, which is narrower than the window.
    assert other.height() == window.height()
    assert not other.endpoint_dock.isVisible()
    assert columns(other) == columns(window)
    assert other.log.header.sectionSize(Column.ADDRESS) == 333
    assert not other.log.header.column_actions[Column.PEER].isChecked()
    assert other.packet.splitter.sizes()[0] == 0


def test_resetting_brings_panels_and_columns_back(window: MainWindow) -> None:
    before = columns(window), window.log.header.sectionSize(Column.ADDRESS)
    change_layout(window)
    window.reset_layout()
    assert (columns(window), window.log.header.sectionSize(Column.ADDRESS)) == before
    assert window.endpoint_dock.isVisible()


@pytest.mark.parametrize("garbage", [b"", b"garbage", bytes(100), b"\xff" * 1000])
def test_a_layout_that_makes_no_sense_changes_nothing(window: MainWindow, garbage: bytes) -> None:
    before = columns(window), window.size(), window.packet_dock.isVisible()
    window.restore_layout(dict.fromkeys(window.layout_state(), QByteArray(garbage)))
    window.restore_layout({})
    assert (columns(window), window.size(), window.packet_dock.isVisible()) == before


def test_a_long_problem_does_not_widen_the_window(window: MainWindow) -> None:
    width = window.minimumSizeHint().width()
    window.show_problem("It went wrong. " * 100, "details <b>of it</b>")
    assert window.minimumSizeHint().width() == width
    assert window._problem.text().endswith("…")
    assert "<b>" not in window._problem.toolTip()
    window.show_problem("")
    assert (window._problem.text(), window._problem.toolTip()) == ("", "")


def test_closing_is_asked_for_and_left_to_the_program(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.closing):
        window.close()
    assert window.isVisible()


def test_the_window_fits_a_small_screen(window: MainWindow) -> None:
    smallest = window.minimumSizeHint()
    assert (smallest.width() <= 1024, smallest.height() <= 600) == (True, True)


def test_the_keyboard_reaches_every_part(window: MainWindow) -> None:
    window.endpoints.address.setFocus()
    seen = []
    for _ in range(12):
        window.focusNextChild()
        seen.append(window.focusWidget())
    for part in (window.endpoints.address, window.log, window.packet.tree, window.packet.bytes):
        assert part in seen


def test_focus_can_be_seen(qtbot: QtBot, qapp: QApplication, window: MainWindow) -> None:
    before = qapp.styleSheet(), qapp.palette()
    try:
        apply_theme(qapp, DARK)
        for part in (window.log, window.packet.tree, window.packet.bytes, window.endpoints.address):
            window.endpoint_dock.setFocus()
            unfocused = part.grab().toImage()
            part.setFocus()
            qtbot.waitUntil(part.hasFocus)
            assert part.grab().toImage() != unfocused
    finally:
        qapp.setStyleSheet(before[0])
        qapp.setPalette(before[1])
