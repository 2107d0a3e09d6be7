"""The window with real sockets on its own loop."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from osc_workbench.app import commands
from osc_workbench.app.workbench import Workbench
from osc_workbench.models.endpoint_model import Lamp
from osc_workbench.models.wishes import AddEndpoint, RemoveEndpoint, StartEndpoint, StopEndpoint
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import EndpointState
from tests.doubles.waiting import until
from tests.doubles.window import Run


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        yield sender


async def listen(workbench: Workbench) -> tuple[int, int]:
    """Add an endpoint as the user does; return its number and its port."""
    workbench.frame_clock.start()
    commands.grant(workbench, AddEndpoint("udp://127.0.0.1:0"))
    await until(lambda: workbench.session.statuses()[-1].state is EndpointState.OPEN)
    endpoint_id = workbench.session.statuses()[-1].endpoint_id
    return endpoint_id, workbench.session.endpoint_url(endpoint_id).port


def test_a_datagram_becomes_a_painted_row(run: Run, workbench: Workbench, sender: socket.socket) -> None:
    async def receive() -> None:
        _, port = await listen(workbench)
        sender.sendto(encode_packet(OscMessage("/a", "i", (1,))), ("127.0.0.1", port))
        await until(lambda: workbench.window.log.newest_painted == 0)

    run(receive())
    assert workbench.traffic_model.look(0).cells[5:8] == ("/a", ",i", "1")


def test_a_burst_arrives_whole_and_in_order(run: Run, workbench: Workbench, sender: socket.socket) -> None:
    count = 3000

    async def receive() -> None:
        _, port = await listen(workbench)
        for number in range(count):
            sender.sendto(encode_packet(OscMessage("/n", "i", (number,))), ("127.0.0.1", port))
            if number % 200 == 0:
                await asyncio.sleep(0)
        await until(lambda: workbench.traffic_model.rowCount() == count)

    run(receive())
    assert workbench.window.log.is_following
    assert [workbench.traffic_model.look(row).cells[7] for row in (0, 1, count - 1)] == ["0", "1", str(count - 1)]


def test_what_arrives_while_it_closes_asks_for_no_frame(run: Run, workbench: Workbench, sender: socket.socket) -> None:
    async def receive_and_close() -> None:
        _, port = await listen(workbench)
        for _ in range(100):
            sender.sendto(encode_packet(OscMessage("/late")), ("127.0.0.1", port))
        workbench.frame_clock.stop()
        workbench.session.close()

    run(receive_and_close())
    assert workbench.session.backlog == 100
    assert not workbench.frame_clock._timer.isActive()


def test_an_endpoint_is_stopped_started_and_removed(run: Run, workbench: Workbench) -> None:
    async def go_through_states() -> list[Lamp]:
        lamps = []
        endpoint_id, _ = await listen(workbench)
        card = workbench.window.endpoints._cards[endpoint_id]
        for wish, lamp in (
            (StopEndpoint(endpoint_id), Lamp.STOPPED),
            (StartEndpoint(endpoint_id), Lamp.IDLE),
        ):
            commands.grant(workbench, wish)
            await until(lambda lamp=lamp: card.lamp._lamp is lamp)
            lamps.append(card.lamp._lamp)
        commands.grant(workbench, RemoveEndpoint(endpoint_id))
        return lamps

    assert run(go_through_states()) == [Lamp.STOPPED, Lamp.IDLE]
    assert not workbench.window.endpoints._cards


def test_rows_of_a_removed_endpoint_keep_its_url(run: Run, workbench: Workbench, sender: socket.socket) -> None:
    async def receive_and_remove() -> int:
        endpoint_id, port = await listen(workbench)
        sender.sendto(encode_packet(OscMessage("/a")), ("127.0.0.1", port))
        await until(lambda: workbench.traffic_model.rowCount() == 1)
        commands.grant(workbench, RemoveEndpoint(endpoint_id))
        return port

    port = run(receive_and_remove())
    workbench.traffic_model._looks.clear()
    assert workbench.traffic_model.look(0).cells[3] == f"127.0.0.1:{port}"


def test_a_port_in_use_is_explained_and_can_be_tried_again(run: Run, workbench: Workbench) -> None:
    async def fail_then_succeed(blocker: socket.socket) -> str:
        workbench.frame_clock.start()
        port = blocker.getsockname()[1]
        commands.grant(workbench, AddEndpoint(str(port)))
        await until(lambda: workbench.session.statuses()[0].state is EndpointState.FAILED)
        await until(lambda: workbench.window._problem.whole_text)
        text = workbench.window._problem.whole_text
        card = workbench.window.endpoints._cards[1]
        assert card.lamp._lamp is Lamp.ERROR
        assert f"Port {port} is in use" in card._problem.text()
        blocker.close()
        commands.grant(workbench, StartEndpoint(1))
        await until(lambda: workbench.session.statuses()[0].state is EndpointState.OPEN)
        return text

    blocker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    blocker.bind(("127.0.0.1", 0))
    assert "is in use" in run(fail_then_succeed(blocker))
    assert workbench.window._problem.whole_text == ""


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "udp://127.0.0.1",
        "http://127.0.0.1:1",
        "tcp://127.0.0.1:1?framing=none",
        "127.0.0.1:99999",
        ":::",
        "udp//x",
    ],
)
def test_an_address_that_is_none_is_explained_beside_the_field(run: Run, workbench: Workbench, text: str) -> None:
    async def add() -> None:
        commands.grant(workbench, AddEndpoint(text))

    run(add())
    assert workbench.window.endpoints._message.text()
    assert workbench.session.statuses() == ()


def test_an_address_of_another_machine_fails_with_a_reason(run: Run, workbench: Workbench) -> None:
    async def add() -> None:
        # Source: RFC 5737; these addresses belong to nobody.
        commands.grant(workbench, AddEndpoint("udp://192.0.2.1:9000"))
        await until(lambda: workbench.session.statuses()[0].state is EndpointState.FAILED)

    run(add())
    assert workbench.session.statuses()[0].problem
