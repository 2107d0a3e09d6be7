"""python-osc as a peer: its client to a session, and our packets to its server."""

from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import BlockingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, walk
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.session import Session
from osc_workbench.traffic.record import Direction
from tests.doubles.stored import records_of
from tests.doubles.waiting import until

NOW = TimeTag.IMMEDIATELY
LOCAL = EndpointUrl("udp", "127.0.0.1", 0)


async def test_what_its_client_sends_is_in_the_session() -> None:
    session = Session()
    endpoint_id = session.add_endpoint(LOCAL)
    await session.open_endpoint(endpoint_id)
    client = SimpleUDPClient("127.0.0.1", session.endpoint_url(endpoint_id).port)
    bundle = OscBundleBuilder(IMMEDIATELY)
    for number in range(3):
        message = OscMessageBuilder(f"/in/bundle/{number}")
        message.add_arg(number)
        bundle.add_content(message.build())
    client.send_message("/single", [1, 2.5, "text", b"blob", True, False, None, [1, [2]]])
    client.send_message("/none", [])
    client.send(bundle.build())
    await until(lambda: session.backlog == 3)
    session.flush(None)
    session.close()
    client._sock.close()
    records = records_of(session.store)
    single = decode_packet(records[0].packet)
    assert isinstance(single, OscMessage)
    assert (single.type_tags, single.arguments) == (
        "ifsbTFN[i[i]]",
        (1, 2.5, "text", b"blob", True, False, None, (1, (2,))),
    )
    assert [record.address for record in records] == ["/single", "/none", *(f"/in/bundle/{n}" for n in range(3))]
    assert not any(record.is_malformed for record in records)


@pytest.mark.parametrize(
    "packet",
    [
        OscMessage.of("/a"),
        OscMessage.of("/a", 1, 2.5, "text", b"blob", True, False, None),
        OscMessage.of("/a", [1, ["x", []]], 2**40),
        OscMessage("/a", "dh", (0.1, -1)),
        OscBundle(NOW, [OscMessage.of("/a", 1), OscBundle(NOW, [OscMessage.of("/b", 2)])]),
    ],
)
async def test_what_we_send_is_in_its_server(packet: OscMessage | OscBundle) -> None:
    received: list[tuple[Any, ...]] = []
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda *arguments: received.append(arguments))
    session = Session()
    endpoint_id = session.add_endpoint(LOCAL)
    await session.open_endpoint(endpoint_id)
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.timeout = 5
        await session.send(packet, EndpointUrl("udp", "127.0.0.1", server.server_address[1]), endpoint_id)
        server.handle_request()
    session.close()
    expected = [(message.address, *map(as_list, message.arguments)) for message, _ in walk(packet)]
    assert received == expected


def as_list(value: Any) -> Any:
    return [as_list(item) for item in value] if isinstance(value, tuple) else value


async def test_its_server_answers_to_the_port_we_sent_from() -> None:
    dispatcher = Dispatcher()
    dispatcher.map("/ping", lambda *_: ("/pong", [7]))
    session = Session()
    endpoint_id = session.add_endpoint(LOCAL)
    await session.open_endpoint(endpoint_id)
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.timeout = 5
        await session.send(
            OscMessage.of("/ping"), EndpointUrl("udp", "127.0.0.1", server.server_address[1]), endpoint_id
        )
        server.handle_request()
    await until(lambda: session.backlog == 2)
    session.flush(None)
    session.close()
    assert [(record.direction, record.address) for record in records_of(session.store)] == [
        (Direction.OUT, "/ping"),
        (Direction.IN, "/pong"),
    ]
