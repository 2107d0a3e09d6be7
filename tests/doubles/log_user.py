"""A user at the message log of a whole window: packets arrive, keys are pressed, and what is shown is read."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.models.traffic_columns import Column
from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.views.filter_edit import EditState

URL = EndpointUrl("udp", "127.0.0.1", 9000)
PEER = Peer("127.0.0.1", 50_000)
# 2023-11-14 22:13:20 UTC.
START_NS = 1_700_000_000_000_000_000
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class LogUser:
    """Packets arrive at endpoint 1, 1 us apart, without a socket; the endpoint is closed."""

    def __init__(self, qtbot: QtBot, workbench: Workbench) -> None:
        self.workbench = workbench
        self.window, self.log, self.bar = workbench.window, workbench.window.log, workbench.desk.filter_bar
        self.desk, self.store, self.model = workbench.desk, workbench.session.store, workbench.traffic_model
        self._now_ns = START_NS
        workbench.session.add_endpoint(URL)
        with qtbot.waitActive(self.window):
            self.window.activateWindow()
        self.log.setFocus()

    # What comes.

    def receive(self, *packets: bytes | OscMessage | OscBundle) -> None:
        """Let packets arrive and show them."""
        datagrams = [packet if isinstance(packet, bytes) else encode_packet(packet) for packet in packets]
        times = self._now_ns + 1000 * np.arange(len(datagrams), dtype=np.int64)
        self._now_ns += 1000 * len(datagrams)
        arrivals = Arrivals(1, Direction.IN, datagrams, times, [PEER] * len(datagrams))
        self.workbench.session._take(arrivals)
        self.settle()

    def settle(self) -> None:
        """Make frames until all that is kept has been looked at."""
        self.workbench.refresh()
        for _ in range(1000):
            if not self.workbench.session.backlog and self._is_complete():
                break
            self.workbench.take_frame()
        self.workbench.refresh()

    def _is_complete(self) -> bool:
        counts = self.desk.statistics.isVisible() and not self.desk.statistics.visibleRegion().isEmpty()
        return self.desk.state.is_complete and (not counts or self.desk.feed.is_complete)

    # What is done.

    def press(self, key: str | Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        """Press a key in the log."""
        self.log.setFocus()
        QTest.keyClick(self.log, key, modifier)

    def filter(self, text: str) -> None:
        """Type a filter in place of the one that is there."""
        self.bar.focus_edit()
        if text:
            QTest.keyClicks(self.bar.edit, text)
        else:
            QTest.keyClick(self.bar.edit, Qt.Key.Key_Delete)
        self.bar.completer.popup.hide()
        self.settle()

    def click(self, button: QWidget) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.settle()

    def act(self, name: str) -> None:
        self.workbench.actions[name].trigger()
        self.settle()

    def answer(self, text: str) -> None:
        """Type into the dialog that is open, and confirm it."""
        (dialog,) = self.dialogs()
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue(text)
        dialog.accept()
        self.settle()

    def select(self, *rows: int) -> None:
        """Select rows, the last of them with the focus."""
        self.log.select(rows[0])
        for row in rows[1:]:
            index = self.model.index_of(row)
            assert index is not None
            self.log._selection.toggle(index)

    # What is shown.

    def dialogs(self) -> list[QDialog]:
        return [dialog for dialog in self.window.findChildren(QDialog) if dialog.isVisible()]

    def rows(self) -> list[int]:
        return [self.model.row_at(index) for index in range(self.model.rowCount())]

    def column(self, column: Column) -> list[str]:
        return [self.model.look(index).cells[column] for index in range(self.model.rowCount())]

    def colours(self) -> list[str | None]:
        return [self.model.look(index).colour for index in range(self.model.rowCount())]

    @property
    def count(self) -> str:
        return self.bar.count.text()

    @property
    def state(self) -> EditState:
        return self.bar.edit.state

    @property
    def message(self) -> str:
        return self.bar.message.label.text()

    @property
    def status(self) -> str:
        return self.window._counts.text()

    @property
    def hint(self) -> str:
        return self.window.statusBar().currentMessage()

    @property
    def problem(self) -> str:
        return self.window._problem.whole_text


def faders(values: Sequence[float], address: str = "/fader") -> list[OscMessage]:
    return [OscMessage(address, "f", (float(value),)) for value in values]
