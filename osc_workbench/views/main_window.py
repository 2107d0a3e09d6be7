"""The main window: endpoints at the left, the log beside them, the packet and other panels below, a status bar."""

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QDockWidget,
    QHeaderView,
    QLabel,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.endpoint_bar import EndpointBar
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip
from osc_workbench.views.traffic_view import TrafficView
from osc_workbench.views.value_table_view import ValueTableView

_HINT_MS = 6_000


class MainWindow(QMainWindow):
    """Arranges the views; it neither knows what they show nor connects them.

    closing: the user asked to close; whoever listens ends the program.
    panels: further panels by name, each with its title; they share the place of the packet. bar: stands above the log.
    """

    closing = Signal()

    def __init__(
        self,
        log: TrafficView,
        packet: PacketView,
        endpoints: EndpointBar,
        panels: Mapping[str, tuple[str, QWidget]] = MappingProxyType({}),
        bar: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.log = log
        self.packet = packet
        self.endpoints = endpoints
        self.setWindowTitle("osc_workbench")
        self.centre = self._stack(bar, log)
        self.setCentralWidget(self.centre)
        self.endpoint_dock = self._dock("Endpoints", endpoints, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.packet_dock = self._dock("Packet", packet, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.panels = {name: self._panel(title, widget) for name, (title, widget) in panels.items()}
        self._parts = self._movable_parts()
        self.packet_dock.raise_()
        # Tree and bytes side by side need the whole width; a few cards need little height.
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.toolbar = QToolBar("Log")
        self.toolbar.setObjectName("log toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.addToolBar(self.toolbar)
        self._counts, self._problem = QLabel(), ElidedLabel()
        self._counts.setTextFormat(Qt.TextFormat.PlainText)
        self._counts.setAccessibleName("State of the log")
        self._problem.setAccessibleName("Last problem")
        self.statusBar().addWidget(self._problem, 1)
        self.statusBar().addPermanentWidget(self._counts)
        self.resize(_fitting(QSize(1400, 860)))
        self.resizeDocks([self.endpoint_dock], [310], Qt.Orientation.Horizontal)
        self.resizeDocks([self.packet_dock], [260], Qt.Orientation.Vertical)
        self.setTabPosition(Qt.DockWidgetArea.BottomDockWidgetArea, QTabWidget.TabPosition.North)
        self._initial_state = self.saveState()
        self._initial_parts = {name: part.saveState() for name, part in self._parts.items()}

    def _stack(self, bar: QWidget | None, log: TrafficView) -> QWidget:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if bar is not None:
            layout.addWidget(bar)
        layout.addWidget(log, 1)
        return centre

    def _panel(self, title: str, widget: QWidget) -> QDockWidget:
        dock = self._dock(title, widget, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.tabifyDockWidget(self.packet_dock, dock)
        return dock

    def _movable_parts(self) -> dict[str, QSplitter | QHeaderView]:
        """Return what the user can move inside the panels, by name."""
        parts: dict[str, QSplitter | QHeaderView] = {}
        for name, dock in {"packet": self.packet_dock, **self.panels}.items():
            tables, splitters = dock.findChildren(ValueTableView), dock.findChildren(QSplitter)
            for number, part in enumerate([table.horizontalHeader() for table in tables]):
                parts[f"{name} columns {number}"] = part
            parts |= {f"{name} split {number}": splitter for number, splitter in enumerate(splitters)}
        return parts

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and move the keyboard there."""
        dock = self.panels[name]
        dock.show()
        dock.raise_()
        dock.widget().setFocus()

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(title.lower())
        dock.setWidget(widget)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self.addDockWidget(area, dock)
        return dock

    def add_menu(self, title: str, actions: list[QAction | None]) -> None:
        """Add a menu; None is a line between actions."""
        menu = self.menuBar().addMenu(title)
        for action in actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)

    def set_colours(self, colours: Colours) -> None:
        self.log.set_colours(colours)
        self.packet.set_colours(colours)
        self.endpoints.set_colours(colours)
        self._problem.setStyleSheet(f"color: {colours.error.name()};")

    def show_counts(self, text: str) -> None:
        if self._counts.text() != text:
            self._counts.setText(text)

    def show_hint(self, text: str) -> None:
        """Say for a moment what has been done."""
        self.statusBar().showMessage(text, _HINT_MS)

    def show_problem(self, text: str, details: str = "") -> None:
        """Show one line about what went wrong last; details are in the tool tip."""
        if text:
            # A hint would stand before it.
            self.statusBar().clearMessage()
        self._problem.show_text(text)
        self._problem.setToolTip(plain_tip(details or text))

    def layout_state(self) -> dict[str, QByteArray]:
        """Return all that makes up the layout, by name."""
        return {
            "geometry": self.saveGeometry(),
            "docks": self.saveState(),
            "columns": self.log.header.saveState(),
            **{name: part.saveState() for name, part in self._parts.items()},
        }

    def restore_layout(self, state: dict[str, QByteArray]) -> None:
        """Put back what `layout_state` returned; what is missing stays as it is."""
        if "geometry" in state:
            self.restoreGeometry(state["geometry"])
        if "docks" in state:
            self.restoreState(state["docks"])
        if "columns" in state:
            self.log.header.restoreState(state["columns"])
            self.log.header.check_actions()
        for name, part in self._parts.items():
            if name in state:
                part.restoreState(state[name])

    def reset_layout(self) -> None:
        self.restoreState(self._initial_state)
        self.log.header.reset_columns()
        for name, part in self._parts.items():
            part.restoreState(self._initial_parts[name])

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802 Qt's name
        """Pass over panels behind the tabs of others: Qt takes them for visible."""
        start = self.focusWidget()
        while super().focusNextPrevChild(is_next):
            reached = self.focusWidget()
            if reached in (None, start) or not self._is_covered(reached):
                return True
        return False

    def _is_covered(self, widget: QWidget | None) -> bool:
        docks = (dock for dock in self.findChildren(QDockWidget) if widget is not None and dock.isAncestorOf(widget))
        return any(dock.visibleRegion().isEmpty() for dock in docks)

    def closeEvent(self, event: QCloseEvent) -> None:
        # The program closes its sockets first and the window last.
        event.ignore()
        self.closing.emit()


def _fitting(size: QSize) -> QSize:
    """Return a size that is no larger than the screen."""
    # Qt's offscreen platform has no screen to fit on; it only states one of 800 by 800.
    if QGuiApplication.platformName() == "offscreen":
        return size
    return size.boundedTo(QGuiApplication.primaryScreen().availableSize())
