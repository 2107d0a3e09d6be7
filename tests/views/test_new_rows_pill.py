from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.views.new_rows_pill import NewRowsPill

AREA = QRect(0, 20, 400, 300)


@pytest.fixture
def pill(qtbot: QtBot) -> Iterator[NewRowsPill]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    yield NewRowsPill(parent)
    parent.close()


def test_it_floats_at_the_bottom_of_the_area(pill: NewRowsPill) -> None:
    pill.show_count(12_345, AREA)
    assert (pill.text(), pill.isVisible()) == ("▼ 12,345 new", True)
    assert AREA.contains(pill.geometry())
    assert abs(pill.geometry().center().x() - AREA.center().x()) <= 1


def test_it_is_hidden_while_nothing_is_new(pill: NewRowsPill) -> None:
    pill.show_count(1, AREA)
    pill.show_count(0, AREA)
    assert not pill.isVisible()


def test_it_says_that_the_view_is_paused(pill: NewRowsPill) -> None:
    pill.show_held_back(0, AREA)
    assert (pill.text(), pill.isVisible()) == ("❚❚ Paused", True)
    pill.show_held_back(312, AREA)
    assert (pill.text(), pill.accessibleName()) == ("❚❚ 312 held back", "The view is paused, go on")
    pill.show_count(3, AREA)
    assert pill.accessibleName() == "New messages, go to the end"
