"""The composition root: makes session, models and views, and connects them."""

import socket
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from osc_workbench.app import commands
from osc_workbench.app.actions import fill_menus, make_actions
from osc_workbench.app.cell_menu import add_forms, pop_up_cell_menu
from osc_workbench.app.faults import Fault, Faults
from osc_workbench.app.frame_load import FrameLoad
from osc_workbench.app.log_desk import LogDesk
from osc_workbench.app.settings import Settings
from osc_workbench.app.status_line import status_line
from osc_workbench.models.connection_model import (
    PendingRow,
    connection_rows,
    make_connection_model,
    make_pending_model,
    pending_summary,
    pending_texts,
)
from osc_workbench.models.endpoint_model import counted
from osc_workbench.models.frame_clock import FrameClock
from osc_workbench.models.packet_model import PacketModel
from osc_workbench.models.responder_model import ResponderModel
from osc_workbench.models.wishes import Wish
from osc_workbench.session import Session
from osc_workbench.traffic.record import Batch, EndpointState, EndpointStatus, PacketRecord
from osc_workbench.traffic.time_text import clock_time
from osc_workbench.views.command_palette import CommandPalette
from osc_workbench.views.connections_view import ConnectionsView, PendingView
from osc_workbench.views.endpoint_bar import EndpointBar
from osc_workbench.views.main_window import MainWindow
from osc_workbench.views.packet_view import PacketView
from osc_workbench.views.reachable_actions import reachable_actions
from osc_workbench.views.responders_view import RespondersView
from osc_workbench.views.theme import Colours
from osc_workbench.views.traffic_view import TrafficView

# A frame's share for taking in datagrams; the rest of 16 ms is for painting.
FLUSH_BUDGET = 0.012
# Actions with the text on their buttons, which all have to fit in a small window.
_TOOLBAR = (
    ("record", "Record"),
    ("pause", "Pause view"),
    ("stop sources", "Stop sources"),
    None,
    ("follow", "Follow end"),
    ("fold", "Fold repeats"),
    ("latest", "Latest only"),
    None,
    ("clear", "Clear log"),
    None,
    ("absolute times", "Absolute"),
    ("relative times", "Relative"),
    ("time deltas", "Deltas"),
)
# Second keys for some actions, in the log alone.
_KEYS_OF_LOG = {":": "palette", "/": "filter", "Z": "clear"}
# Counters that change more often than this cannot be read.
_STATUS_INTERVAL = 0.25


class Workbench(QObject):
    """Everything that makes up the running program.

    fault_reported: a Fault, from whichever thread it happened on; it is shown on the window's.
    """

    fault_reported = Signal(object)

    def __init__(
        self, application: QApplication, session: Session, settings: Settings, faults: Faults, colours: Colours
    ) -> None:
        super().__init__()
        self.application = application
        self.session = session
        self.settings = settings
        self.faults = faults
        self._urls: dict[int, str] = {}
        self._last_status = 0.0
        self._load = FrameLoad(session.clock.time)
        # Endpoints that were closed together, to be opened together.
        self.stopped_sources: list[int] = []
        self.colours = colours
        self.desk = LogDesk(session, settings, self.url_of, colours)
        self.traffic_model = self.desk.model
        self.packet_model = PacketModel()
        self.connection_model, self.pending_model = make_connection_model(), make_pending_model()
        self.responder_model = ResponderModel(commands.target_fault)
        self.connections, self.pending = ConnectionsView(self.connection_model), PendingView(self.pending_model)
        self.responders = RespondersView(self.responder_model, colours)
        self.window = MainWindow(
            TrafficView(self.traffic_model, colours),
            PacketView(self.packet_model, colours),
            EndpointBar(colours),
            {
                **self.desk.panels,
                "responders": ("Responders", self.responders),
                "connections": ("Connections", self.connections),
                "pending": ("Pending bundles", self.pending),
            },
            self.desk.filter_bar,
        )
        self.window.endpoints.form.set_interfaces([name for _, name in socket.if_nameindex()])
        self.window.set_colours(colours)
        self.places = self._places()
        self.actions: dict[str, QAction] = make_actions(self)
        docks = (self.window.endpoint_dock, self.window.packet_dock, *self.window.panels.values())
        columns = self.window.log.header.column_actions
        fill_menus(self, self.actions, {"&Layout": [*(dock.toggleViewAction() for dock in docks), None, *columns]})
        self._fill_toolbar()
        self.palette = CommandPalette(self.window, partial(reachable_actions, self.window))
        self.frame_clock = FrameClock(session.clock.time, self)
        self._connect()

    def _places(self) -> dict[str, tuple[QWidget, ...]]:
        """Return the parts of the window in which some shortcuts hold, by the names that actions use."""
        window = self.window
        panels = (dock.widget() for dock in window.panels.values())
        return {"log": (window.log,), "but packet": (window.centre, window.endpoints, *panels)}

    def _fill_toolbar(self) -> None:
        toolbar = self.window.toolbar
        for button in _TOOLBAR:
            if button is None:
                toolbar.addSeparator()
            else:
                name, text = button
                self.actions[name].setIconText(text)
                toolbar.addAction(self.actions[name])
        add_forms(self, self.window.log.menu)

    def _connect(self) -> None:
        self.session.on_arrival = self.frame_clock.request
        self.session.on_problem = self.show_problem
        self.fault_reported.connect(self._show_fault)
        self.faults.on_fault = self.fault_reported.emit
        self.frame_clock.frame.connect(self.take_frame)
        for view in (self.window.endpoints, self.connections, self.pending, self.responders, *self.desk.views):
            view.wish.connect(self._grant)
        log = self.window.log
        log.current_changed.connect(self._show_packet)
        log.cell_menu_requested.connect(self._pop_up_menu)
        log.resume_requested.connect(self._resume)
        log.between_rows = self.session.handling.run_due
        log.following_changed.connect(self.actions["follow"].setChecked)
        self.desk.filter_bar.left.connect(log.setFocus)
        for keys, name in _KEYS_OF_LOG.items():
            shortcut = QShortcut(keys, log, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self.actions[name].trigger)
        self.desk.restore_noise()

    # A frame.

    @Slot()
    def take_frame(self) -> None:
        """Take in what has arrived and show it."""
        batch = self.session.flush(FLUSH_BUDGET)
        # A frame can take as long as a bundle may be late.
        self.session.handling.run_due()
        is_behind = self.desk.apply_batch(batch)
        self.frame_clock.set_load(self._load.of(batch))
        if batch.backlog or is_behind:
            self.frame_clock.request()
        now = self.session.clock.time()
        if now - self._last_status >= _STATUS_INTERVAL:
            if not self._last_status:
                self.desk.hurry()
            self._last_status = now
            self._show_status(batch)
        self.session.handling.run_due()

    def refresh(self) -> None:
        """Show a change that came from the user at once."""
        self._last_status = 0.0
        self.take_frame()

    def refresh_soon(self) -> None:
        """Show a change in the next frame, so that what the user types is painted first."""
        self._last_status = 0.0
        if self.frame_clock.is_running:
            self.frame_clock.request()
        else:
            self.take_frame()

    def _show_status(self, batch: Batch) -> None:
        statuses = self.session.statuses()
        for status in statuses:
            self._urls[status.endpoint_id] = status.url
        self._show_handling(statuses)
        listening = [status.url for status in statuses if status.state is EndpointState.OPEN]
        if listening:
            hint = f"Nothing has arrived yet.\nSend OSC to {' or '.join(listening)}."
        else:
            hint = "Type an address at the left and press Listen, then send OSC to it."
        self.window.log.set_placeholder(hint if not len(self.session.store) else self.desk.emptiness)
        self.desk.show_status(statuses)
        self._show_badge()
        self._note_started(statuses)
        is_stopped = bool(self.stopped_sources)
        line = status_line(self.session, self.traffic_model, statuses, batch.backlog, is_stopped)
        self.window.show_counts(line)

    def _note_started(self, statuses: tuple[EndpointStatus, ...]) -> None:
        """Sources that were stopped together may have been started or removed one by one since."""
        if self.stopped_sources:
            closed = {status.endpoint_id for status in statuses if status.state is EndpointState.CLOSED}
            self.stopped_sources = [number for number in self.stopped_sources if number in closed]
            self.actions["stop sources"].setChecked(bool(self.stopped_sources))

    def _show_badge(self) -> None:
        badge = self.desk.lint_badge()
        self.window.panels["lint"].setWindowTitle(f"Lint  {badge}" if badge else "Lint")

    def _show_handling(self, statuses: tuple[EndpointStatus, ...]) -> None:
        """Show what comes of messages besides the log: connections, bundles that wait, rules and scripts."""
        session = self.session
        pending = session.pending()
        count = session.pending_count
        self.window.endpoints.show_statuses(statuses, pending_texts(pending, count))
        rows = connection_rows(statuses)
        self.connection_model.set_rows(rows)
        self.connections.show_summary(counted(len(rows), "connection") if rows else "")
        self.pending_model.set_rows([PendingRow(self.url_of(bundle.endpoint_id), bundle) for bundle in pending])
        self.pending.show_summary(pending_summary(len(pending), count, session.handling.scheduler.refused))
        self.responder_model.show_rules(session.responders.rules, session.responders.counts())
        script = session.script
        if script is not None:
            text = script.problem or f"Script {script.path}: {counted(script.handlers, 'handler')}."
            self.responders.show_script(text, bool(script.problem))

    # Others' wishes.

    def url_of(self, endpoint_id: int) -> str:
        """Return the URL of an endpoint, also of one that was removed."""
        url = self._urls.get(endpoint_id)
        if url is None:
            try:
                url = self._urls[endpoint_id] = str(self.session.endpoint_url(endpoint_id))
            except KeyError:
                # It came and went between two looks at the endpoints.
                url = self._urls[endpoint_id] = f"(removed endpoint {endpoint_id})"
        return url

    def selected_record(self) -> PacketRecord | None:
        row = self.window.log.current_row
        return None if row is None or row < self.session.store.first_row else self.session.store.record(row)

    def show_problem(self, text: str) -> None:
        """Show what went wrong, with its time in the list of problems; "" takes the last one away."""
        self.window.show_problem(text)
        if text:
            moment = clock_time(self.session.clock.unix_ns())
            self.faults.note(f"{moment[:8]}  {text}")

    @Slot(object)
    def _grant(self, wish: Wish) -> None:
        commands.grant(self, wish)

    @Slot(object, int, QPoint)
    def _pop_up_menu(self, row: int | None, column: int, position: QPoint) -> None:
        if row is not None:
            pop_up_cell_menu(self, row, column, position)

    @Slot()
    def _resume(self) -> None:
        self.actions["pause"].setChecked(False)

    def show_hint(self, text: str) -> None:
        """Say for a moment what was done, or why nothing was."""
        self.window.show_hint(text)

    @Slot(object)
    def _show_packet(self, row: int | None) -> None:
        self.packet_model.set_record(self.selected_record() if row is not None else None)

    @Slot(object)
    def _show_fault(self, fault: Fault) -> None:
        self.window.show_problem(f"{fault.summary}   (Help, Problems)", fault.details)

    def close(self) -> None:
        """Stop the clock, close sockets and window."""
        self.frame_clock.stop()
        self.session.close()
        self.faults.on_fault = _ignore
        self.window.hide()
        self.window.deleteLater()


def _ignore(_fault: Fault) -> None:
    """Faults after the window has gone are written to stderr only."""
