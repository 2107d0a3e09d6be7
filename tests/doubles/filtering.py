"""A window with a filter bar over a log, and a user's hands on it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.wishes import SetFilter
from osc_workbench.views.filter_bar import FilterBar
from osc_workbench.views.theme import LIGHT


class BarWindow:
    """wishes: what the bar wished for."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.window = QWidget()
        self.bar = FilterBar(LIGHT)
        self.log = QWidget()
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.bar)
        layout.addWidget(self.log, 1)
        self.wishes: list[SetFilter] = []
        self.bar.wish.connect(self.wishes.append)
        qtbot.addWidget(self.window)
        self.window.resize(900, 500)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.edit = self.bar.edit
        self.edit.setFocus()

    def type(self, text: str) -> None:
        self._qtbot.keyClicks(self.edit, text)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self._qtbot.keyClick(self.edit, key)

    def click(self, button: QWidget) -> None:
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def asked(self) -> str:
        return self.wishes[-1].text

    @property
    def message(self) -> str:
        return self.bar.message.label.text()
