"""A user's hands at the window of a workbench: fields are filled in and buttons pressed."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from osc_workbench.app.workbench import Workbench
from osc_workbench.models.endpoint_form import EndpointKind
from osc_workbench.osc.framing import Framing
from osc_workbench.traffic.record import EndpointState, EndpointStatus
from osc_workbench.views.endpoint_bar import EndpointCard
from osc_workbench.views.value_table_view import ValueTableView
from tests.doubles.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def add_endpoint(workbench: Workbench, kind: EndpointKind, address: str, framing: Framing = Framing.AUTO) -> None:
    """Fill in the form at the left and press its button."""
    form = workbench.window.endpoints.form
    form.kind.setCurrentIndex(form.kind.findData(kind))
    form.framing.setCurrentIndex(form.framing.findData(framing))
    form.address.setText(address)
    form.add.click()


async def opened(workbench: Workbench, kind: EndpointKind, framing: Framing = Framing.AUTO) -> EndpointStatus:
    """Add an endpoint on a free port and wait until it is open."""
    workbench.frame_clock.start()
    add_endpoint(workbench, kind, "0", framing)
    await until(lambda: workbench.session.statuses()[-1].state is EndpointState.OPEN)
    return workbench.session.statuses()[-1]


def port_of(workbench: Workbench, status: EndpointStatus) -> int:
    return workbench.session.endpoint_url(status.endpoint_id).port


def card_of(workbench: Workbench, endpoint_id: int) -> EndpointCard:
    return workbench.window.endpoints._cards[endpoint_id]


def add_rule(workbench: Workbench, pattern: str, text: str, target: str = "") -> None:
    """Fill in the fields of the responders panel and press its button."""
    responders = workbench.responders
    for field, typed in ((responders.pattern, pattern), (responders.text, text), (responders.target, target)):
        field.setText(typed)
    responders.add.click()


def cells(table: ValueTableView) -> list[list[str]]:
    """Return the texts a table shows."""
    model = table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


async def receive(sock: socket.socket, timeout: float = 5.0) -> bytes:
    """Return what comes next to a socket that does not block."""
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 65_536), timeout)


async def listening(workbench: Workbench) -> tuple[str, int]:
    """Add a UDP endpoint and return where it listens."""
    return "127.0.0.1", port_of(workbench, await opened(workbench, EndpointKind.UDP))


def url_of(peer: socket.socket) -> str:
    return f"udp://127.0.0.1:{peer.getsockname()[1]}"
