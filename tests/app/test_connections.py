"""TCP in the window: servers, clients, and the table of their connections."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.models.endpoint_form import EndpointKind
from osc_workbench.models.endpoint_model import Lamp
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import EndpointState
from tests.doubles.receiving import free_port
from tests.doubles.waiting import until
from tests.doubles.window import Run, add_endpoint, card_of, cells, opened, port_of

PING = encode_packet(OscMessage("/ping", "i", (1,)))


@contextmanager
def connected(port: int, framing: Framing = Framing.LENGTH, message: bytes = PING) -> Iterator[socket.socket]:
    """A connection that has sent one message, on a socket that does not block."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(make_framer(framing).frame(message))
        sock.setblocking(False)
        yield sock


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen()
        sock.setblocking(False)
        yield sock


async def ended(sock: socket.socket) -> bool:
    """Tell whether the other side ends the connection."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.sock_recv(sock, 100), 5.0) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(("framing", "name"), [(Framing.LENGTH, "length prefix"), (Framing.SLIP, "SLIP")])
def test_a_connection_to_a_server_of_the_window_is_listed(
    run: Run, workbench: Workbench, framing: Framing, name: str
) -> None:
    async def connect() -> None:
        server = await opened(workbench, EndpointKind.TCP_SERVER)
        port = port_of(workbench, server)
        with connected(port, framing) as sock:
            host, own_port = sock.getsockname()
            table = workbench.connections.table
            await until(lambda: cells(table) and cells(table)[0][3] == "1")
            row = [f"{host}:{own_port}", f"tcp://127.0.0.1:{port}", name, "1"]
            assert cells(table)[0][:4] == row
            assert card_of(workbench, server.endpoint_id)._connections.text() == "1 connection"
            assert workbench.connections.summary.text() == "1 connection"
        await until(lambda: cells(table) == [])
        assert workbench.connections.summary.text() == ""
        assert card_of(workbench, server.endpoint_id)._connections.text() == "0 connections"

    run(connect())
    assert workbench.traffic_model.look(0).cells[5] == "/ping"


def test_connections_are_closed_from_the_table(qtbot: QtBot, run: Run, workbench: Workbench) -> None:
    async def close_two_of_three() -> None:
        port = port_of(workbench, await opened(workbench, EndpointKind.TCP_SERVER))
        with connected(port) as first, connected(port) as second, connected(port) as third:
            view = workbench.connections
            await until(lambda: len(cells(view.table)) == 3)
            workbench.window.show_panel("connections")
            view.table.selectRow(0)
            view.button.click()
            assert await ended(first)
            await until(lambda: len(cells(view.table)) == 2)
            view.table.selectRow(1)
            qtbot.keyClick(view.table, Qt.Key.Key_Delete)
            assert await ended(third)
            await until(lambda: len(cells(view.table)) == 1)
            assert cells(view.table)[0][0] == f"127.0.0.1:{second.getsockname()[1]}"
            assert not view.button.isEnabled()

    run(close_two_of_three())
    assert workbench.window._problem.whole_text == ""


def test_a_selection_outlives_other_connections(run: Run, workbench: Workbench) -> None:
    async def come_and_go() -> None:
        port = port_of(workbench, await opened(workbench, EndpointKind.TCP_SERVER))
        view = workbench.connections
        with connected(port) as first:
            await until(lambda: len(cells(view.table)) == 1)
            with connected(port):
                await until(lambda: len(cells(view.table)) == 2)
                view.table.selectRow(1)
                first.close()
                await until(lambda: len(cells(view.table)) == 1)
                assert view.table.selected_rows() == [0]
                with connected(port):
                    await until(lambda: len(cells(view.table)) == 2)
                    assert view.table.selected_rows() == [0]

    run(come_and_go())


def test_a_client_of_the_window_connects_and_says_how(run: Run, workbench: Workbench) -> None:
    async def connect() -> None:
        workbench.frame_clock.start()
        with listening() as server:
            port = server.getsockname()[1]
            add_endpoint(workbench, EndpointKind.TCP_CLIENT, str(port))
            loop = asyncio.get_running_loop()
            peer, _ = await asyncio.wait_for(loop.sock_accept(server), 5)
            card = card_of(workbench, 1)
            with peer:
                await until(lambda: card._connections.text() == "connected, framing not known yet")
                assert card.lamp._lamp is Lamp.IDLE
                assert card._toggle.accessibleName() == f"Disconnect from tcp://127.0.0.1:{port}"
                await loop.sock_sendall(peer, make_framer(Framing.SLIP).frame(PING))
                await until(lambda: card._connections.text() == "connected, SLIP")
                assert cells(workbench.connections.table)[0][:4] == [
                    f"127.0.0.1:{port}",
                    f"tcp://127.0.0.1:{port}",
                    "SLIP",
                    "1",
                ]
                card._toggle.click()
                assert await ended(peer)
            await until(lambda: card.lamp._lamp is Lamp.STOPPED)
            assert card._toggle.accessibleName() == f"Connect to tcp://127.0.0.1:{port}"

    run(connect())


def test_a_client_waits_for_its_server_and_comes_back_when_it_is_lost(run: Run, workbench: Workbench) -> None:
    async def lose_and_find() -> None:
        workbench.frame_clock.start()
        port = free_port()
        add_endpoint(workbench, EndpointKind.TCP_CLIENT, f"127.0.0.1:{port}", Framing.LENGTH)
        await until(lambda: workbench.session.statuses()[0].state is EndpointState.RETRYING)
        card = card_of(workbench, 1)
        await until(lambda: "Next try in" in card._problem.text())
        assert "refused the connection" in card._problem.text()
        assert card.lamp._lamp is Lamp.WAITING
        loop = asyncio.get_running_loop()
        with listening(port) as server:
            for _ in range(2):
                peer, _ = await asyncio.wait_for(loop.sock_accept(server), 10)
                await until(lambda: card._connections.text() == "connected, length prefix")
                assert not card._problem.isVisibleTo(card)
                peer.close()
                await until(lambda: "has closed the connection" in card._problem.text())
            assert card._connections.text() == ""

    run(lose_and_find())


def test_a_client_that_waits_can_be_stopped_and_removed(run: Run, workbench: Workbench) -> None:
    async def give_up() -> None:
        workbench.frame_clock.start()
        add_endpoint(workbench, EndpointKind.TCP_CLIENT, str(free_port()))
        await until(lambda: workbench.session.statuses()[0].state is EndpointState.RETRYING)
        card = card_of(workbench, 1)
        card._toggle.click()
        assert card.lamp._lamp is Lamp.STOPPED
        assert card._problem.text() == ""
        card._remove.click()
        assert workbench.session.statuses() == ()

    run(give_up())


def test_a_port_of_tcp_in_use_is_explained_on_the_card(run: Run, workbench: Workbench) -> None:
    async def fail() -> None:
        workbench.frame_clock.start()
        with listening() as taken:
            port = taken.getsockname()[1]
            add_endpoint(workbench, EndpointKind.TCP_SERVER, str(port))
            await until(lambda: workbench.session.statuses()[0].state is EndpointState.FAILED)
            await until(lambda: card_of(workbench, 1).lamp._lamp is Lamp.ERROR)
            assert f"Port {port} is in use" in card_of(workbench, 1)._problem.text()

    run(fail())


def test_a_client_of_udp_is_refused_beside_the_field_and_the_text_stays(run: Run, workbench: Workbench) -> None:
    async def add() -> None:
        add_endpoint(workbench, EndpointKind.TCP_CLIENT, "udp://127.0.0.1:9000")

    run(add())
    assert "needs no connection" in workbench.window.endpoints._message.text()
    assert workbench.window.endpoints.form.address.text() == "udp://127.0.0.1:9000"
    assert workbench.session.statuses() == ()


def test_removing_a_server_ends_its_connections_and_their_rows(run: Run, workbench: Workbench) -> None:
    async def remove() -> None:
        server = await opened(workbench, EndpointKind.TCP_SERVER)
        with connected(port_of(workbench, server)) as sock:
            await until(lambda: len(cells(workbench.connections.table)) == 1)
            card_of(workbench, server.endpoint_id)._remove.click()
            assert cells(workbench.connections.table) == []
            assert await ended(sock)

    run(remove())


def test_the_link_on_a_card_leads_to_the_table(run: Run, workbench: Workbench) -> None:
    async def follow() -> None:
        server = await opened(workbench, EndpointKind.TCP_SERVER)
        card_of(workbench, server.endpoint_id)._connections.click()
        await until(workbench.connections.table.hasFocus)

    run(follow())


def test_a_group_is_joined_on_the_interface_that_was_chosen(run: Run, workbench: Workbench) -> None:
    form = workbench.window.endpoints.form
    names = [form.interface.itemData(index) for index in range(form.interface.count())]
    assert names == ["", *(name for _, name in socket.if_nameindex())]

    async def join() -> str:
        workbench.frame_clock.start()
        loopback = next(name for _, name in socket.if_nameindex() if name.startswith("lo"))
        form.interface.setCurrentIndex(form.interface.findData(loopback))
        add_endpoint(workbench, EndpointKind.UDP, "239.1.2.3:0")
        await until(lambda: workbench.session.statuses()[0].state is not EndpointState.OPENING)
        await until(lambda: card_of(workbench, 1).lamp._lamp is Lamp.IDLE)
        assert not card_of(workbench, 1)._exposure.isVisibleTo(card_of(workbench, 1))
        return card_of(workbench, 1)._url.text()

    assert "interface=lo" in run(join())
