from collections.abc import Iterator

import pytest
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QStyleOptionViewItem, QTableWidget, QTableWidgetItem, QToolTip
from pytestqt.qtbot import QtBot

from osc_workbench.views.tip_delegate import TipDelegate


@pytest.fixture
def table(qtbot: QtBot) -> Iterator[QTableWidget]:
    table = QTableWidget(1, 2)
    table.setItemDelegate(TipDelegate(table))
    table.setItem(0, 0, QTableWidgetItem("<b>a text that is longer than its column is wide</b>"))
    table.setItem(0, 1, QTableWidgetItem("short"))
    table.resize(400, 100)
    qtbot.addWidget(table)
    with qtbot.waitExposed(table):
        table.show()
    yield table
    QToolTip.hideText()


def tip_at(table: QTableWidget, column: int) -> str:
    index = table.model().index(0, column)
    place = table.visualRect(index).center()
    option = QStyleOptionViewItem()
    table.initViewItemOption(option)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, table.viewport().mapToGlobal(place))
    assert table.itemDelegate().helpEvent(event, table, option, index)
    return QToolTip.text()


def test_a_text_that_is_cut_off_is_shown_whole_and_without_its_markup(table: QTableWidget) -> None:
    assert "&lt;b&gt;a text that is longer" in tip_at(table, 0)


def test_a_text_that_fits_needs_no_tip(table: QTableWidget) -> None:
    assert tip_at(table, 1) == ""
