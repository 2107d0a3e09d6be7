"""What connections may hold together: unfinished packets, and places."""

import pytest

from osc_workbench.net import tcp, tcp_connection, tcp_endpoint
from tests.doubles.streams import ServerReports, connected, prefixed
from tests.doubles.waiting import until

PING = b"/ping\0\0\0,\0\0\0"


async def test_unfinished_packets_of_all_connections_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_endpoint, "_UNFINISHED_LIMIT", 5000)
    monkeypatch.setattr(tcp_connection, "_SMALL_FRAME", 1000)
    unfinished = (1 << 20).to_bytes(4, "big") + b"/" + bytes(2995)
    server = ServerReports("tcp://127.0.0.1:0?framing=length")
    await server.endpoint.open()
    with connected(server.address) as first, connected(server.address) as second:
        await first.send(unfinished)
        await until(lambda: sum(status.octets for status in server.endpoint.connections()) == 3000)
        await second.send(unfinished)
        await until(lambda: second.is_closed)
        assert server.peers == [first.address]
        assert "wait for their rest" in server.problems[0]
        with connected(server.address) as third:
            await third.send(prefixed(PING))
            await until(lambda: server.received == [PING])
    server.endpoint.close()


async def test_the_connection_that_was_silent_longest_gives_way_to_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "CONNECTIONS_LIMIT", 2)
    monkeypatch.setattr(tcp, "_SILENCE", 0.0)
    server = ServerReports("tcp://127.0.0.1:0?framing=length")
    await server.endpoint.open()
    with connected(server.address) as first, connected(server.address) as second:
        await until(lambda: len(server.peers) == 2)
        await first.send(prefixed(PING))
        await until(lambda: server.received == [PING])
        with connected(server.address) as third:
            await until(lambda: second.is_closed and third.address in server.peers)
            assert server.peers == [first.address, third.address]
            assert server.endpoint.refused == 0
    server.endpoint.close()
