"""A session that does not store what comes and goes counts it, records it and answers it all the same."""

import socket
from pathlib import Path

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.session import Session
from osc_workbench.traffic.responder import Responder
from tests.doubles.receiving import udp_socket
from tests.doubles.stored import records_of
from tests.doubles.waiting import until

LOCAL = EndpointUrl("udp", "127.0.0.1", 0)


async def opened(session: Session) -> tuple[str, int]:
    """Open an endpoint and return its address."""
    endpoint_id = session.add_endpoint(LOCAL)
    await session.open_endpoint(endpoint_id)
    url = session.endpoint_url(endpoint_id)
    return url.host, url.port


def send(sender: socket.socket, address: tuple[str, int], *numbers: int) -> None:
    for number in numbers:
        sender.sendto(encode_packet(OscMessage("/n", "i", (number,))), address)


async def test_what_is_not_stored_is_counted_and_what_waited_before_is_kept() -> None:
    session = Session()
    with udp_socket() as sender:
        try:
            address = await opened(session)
            assert session.is_storing
            send(sender, address, 1, 2)
            await until(lambda: session.backlog == 2)
            session.set_storing(False)
            assert not session.is_storing
            send(sender, address, 3, 4, 5)
            sender.sendto(b"\xff", address)
            await until(lambda: session.backlog == 4)
            batch = session.flush(0.0)
            assert (batch.first_row, batch.end_row, batch.backlog) == (2, 2, 0)
            send(sender, address, 6)
            await until(lambda: session.backlog == 1)
            # What came while nothing was stored is not stored later.
            session.set_storing(True)
            send(sender, address, 7)
            await until(lambda: session.backlog == 1)
            session.flush(None)
        finally:
            session.close()
    assert [record.packet[-1] for record in records_of(session.store)] == [1, 2, 7]
    assert session.not_stored == 5
    (status,) = session.statuses()
    assert status.packets == 8


async def test_recording_and_answers_go_on_while_nothing_is_stored(tmp_path: Path) -> None:
    session = Session()
    path = tmp_path / "all.pcapng"
    with udp_socket() as sender:
        sender.setblocking(False)
        try:
            address = await opened(session)
            session.set_responders([Responder.parse("/n -> /seen")])
            session.start_recording(path)
            session.set_storing(False)
            send(sender, address, 1)
            await until(lambda: session.backlog == 2)
            session.flush(None)
            assert sender.recv(100) == encode_packet(OscMessage("/seen"))
            # The answer counts as well; it went.
            assert session.not_stored == 2
            assert session.recorder is not None
            assert session.recorder.recorded == 2
        finally:
            session.close()
    assert len(session.store) == 0
    data = path.read_bytes()
    assert b"/n\0\0,i\0\0\0\0\0\1" in data
    assert b"/seen\0\0\0" in data
