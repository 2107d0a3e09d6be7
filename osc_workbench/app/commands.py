"""What actions and wishes do: one function each, from the workbench to one method of the session or of a view."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from osc_workbench import __version__
from osc_workbench.app import log_commands
from osc_workbench.app.endpoint_commands import open_endpoint
from osc_workbench.app.view_keys import VIEW_KEYS
from osc_workbench.models.traffic_model import TimeMode
from osc_workbench.models.wishes import (
    AddEndpoint,
    CancelPending,
    CloseConnections,
    RemoveEndpoint,
    SetFilter,
    SetResponders,
    ShowPanel,
    StartEndpoint,
    StopEndpoint,
    Wish,
)
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Role
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.key_sheet import KeySheet
from osc_workbench.views.reachable_actions import reachable_actions, shortcut_rows
from osc_workbench.views.theme import apply_theme, colours_for

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench


def grant(workbench: "Workbench", wish: Wish) -> None:
    """Do what a view asked for; what was wrong before it is said no longer."""
    workbench.show_problem("")
    match wish:
        case AddEndpoint(url, role):
            add_endpoint(workbench, url, role)
        case StartEndpoint(endpoint_id):
            spawn(open_endpoint(workbench, endpoint_id), f"open endpoint {endpoint_id}")
        case StopEndpoint(endpoint_id):
            workbench.session.close_endpoint(endpoint_id)
        case RemoveEndpoint(endpoint_id):
            workbench.session.remove_endpoint(endpoint_id)
        case CloseConnections(connections):
            for endpoint_id, peer in connections:
                workbench.session.close_connection(endpoint_id, peer)
        case CancelPending(numbers):
            for number in numbers:
                workbench.session.cancel_pending(number)
        case SetResponders(rules):
            set_responders(workbench, rules)
        case ShowPanel(name):
            workbench.window.show_panel(name)
        case SetFilter():
            workbench.desk.set_filter(wish)
            workbench.refresh_soon()
            return
        case _:
            log_commands.grant(workbench, wish)
    workbench.refresh()


def add_endpoint(workbench: "Workbench", text: str, role: Role = Role.LISTEN) -> None:
    endpoints = workbench.window.endpoints
    try:
        endpoint_id = workbench.session.add_endpoint(EndpointUrl.parse(text), role)
    except EndpointError as error:
        endpoints.show_message(str(error))
        return
    endpoints.show_message("")
    endpoints.clear_address()
    spawn(open_endpoint(workbench, endpoint_id), f"open endpoint {endpoint_id}")


def set_responders(workbench: "Workbench", rules: tuple[Responder, ...]) -> None:
    """Answer by these rules from now on, in later sessions, too."""
    workbench.session.set_responders(rules)
    workbench.settings.set_responders(rules)


def target_fault(text: str) -> str:
    """Say why nothing can be sent to this URL, "" if it can."""
    try:
        EndpointUrl.parse(text)
    except EndpointError as error:
        return str(error)
    return ""


def focus_responders(workbench: "Workbench") -> None:
    workbench.window.show_panel("responders")


def focus_connections(workbench: "Workbench") -> None:
    workbench.window.show_panel("connections")


def focus_pending(workbench: "Workbench") -> None:
    workbench.window.show_panel("pending")


def follow_end(workbench: "Workbench", checked: bool) -> None:
    workbench.window.log.set_following(checked)


def clear_log(workbench: "Workbench") -> None:
    workbench.session.clear()
    workbench.desk.clear()
    workbench.packet_model.set_record(None)
    workbench.refresh()


def show_absolute_times(workbench: "Workbench") -> None:
    workbench.traffic_model.set_time_mode(TimeMode.ABSOLUTE)


def show_relative_times(workbench: "Workbench") -> None:
    workbench.traffic_model.set_time_mode(TimeMode.RELATIVE)


def show_time_deltas(workbench: "Workbench") -> None:
    workbench.traffic_model.set_time_mode(TimeMode.DELTA)


def set_time_reference(workbench: "Workbench") -> None:
    row = workbench.window.log.current_row
    if row is not None:
        workbench.traffic_model.set_reference(row)
        workbench.traffic_model.set_time_mode(TimeMode.RELATIVE)
        workbench.actions["relative times"].setChecked(True)
        workbench.desk.ask_anew()
        workbench.refresh()


def use_system_theme(workbench: "Workbench") -> None:
    set_theme(workbench, "system")


def use_light_theme(workbench: "Workbench") -> None:
    set_theme(workbench, "light")


def use_dark_theme(workbench: "Workbench") -> None:
    set_theme(workbench, "dark")


def set_theme(workbench: "Workbench", theme: str) -> None:
    workbench.settings.theme = theme
    colours = colours_for(theme)
    apply_theme(workbench.application, colours)
    workbench.window.set_colours(colours)
    workbench.colours = colours
    workbench.responders.set_colours(colours)
    workbench.desk.set_colours(colours)


def reset_layout(workbench: "Workbench") -> None:
    workbench.window.reset_layout()


def focus_log(workbench: "Workbench") -> None:
    workbench.window.log.setFocus()


def focus_endpoints(workbench: "Workbench") -> None:
    workbench.window.endpoint_dock.show()
    workbench.window.endpoints.form.address.setFocus()
    workbench.window.endpoints.form.address.selectAll()


def focus_packet(workbench: "Workbench") -> None:
    workbench.window.packet_dock.show()
    workbench.window.packet_dock.raise_()
    workbench.window.packet.tree.setFocus()


def show_palette(workbench: "Workbench") -> None:
    workbench.palette.pop_up()


def show_keys(workbench: "Workbench") -> None:
    sheet = KeySheet((*shortcut_rows(reachable_actions(workbench.window)), *VIEW_KEYS), workbench.window)
    sheet.finished.connect(sheet.deleteLater)
    sheet.open()


def show_faults(workbench: "Workbench") -> None:
    faults = workbench.faults
    box = QMessageBox(workbench.window)
    box.setWindowTitle("Problems")
    box.setTextFormat(box.textFormat().PlainText)
    last = "\n".join(f"• {fault.summary}" for fault in list(faults.kept)[-10:])
    box.setText(f"{faults.count} since the start.\n\n{last}" if faults.count else "Nothing has gone wrong so far.")
    box.setDetailedText("\n\n".join(fault.details for fault in faults.kept))
    # open, not exec: a nested event loop would stop the tasks of this one.
    box.open()


def show_about(workbench: "Workbench") -> None:
    box = QMessageBox(workbench.window)
    box.setWindowTitle("About osc_workbench")
    box.setText(f"osc_workbench {__version__}\n\nSee, compose and record Open Sound Control.")
    box.open()


def quit_program(workbench: "Workbench") -> None:
    workbench.window.close()
