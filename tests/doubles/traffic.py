"""A store that is fed by hand, and the batches that a session would hand to the models."""

from collections.abc import Sequence

import numpy as np

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.record import Batch, Direction, PacketRecord, Peer
from osc_workbench.traffic.store import TrafficStore

PEER = Peer("127.0.0.1", 50_000)
# 2024-01-01 00:00:00 UTC.
START_NS = 1_704_067_200 * 1_000_000_000
MILLISECOND = 1_000_000
URL = "udp://127.0.0.1:9000"
TRUNCATED_FLOAT = b"/fader\0\0,f\0\0\x3f\x40"


def url_of(endpoint_id: int) -> str:
    return URL if endpoint_id == 1 else f"endpoint {endpoint_id}"


class HandFedStore(TrafficStore):
    """One datagram a millisecond arrives at endpoint 1."""

    def __init__(self, limit_rows: int = 5_000_000) -> None:
        super().__init__(limit_rows=limit_rows)
        self.now_ns = START_NS

    def receive(
        self, *packets: bytes | OscMessage | OscBundle, direction: Direction = Direction.IN, peer: Peer | None = PEER
    ) -> Batch:
        """Take in packets and return the batch of the frame."""
        first_row = self.end_row
        datagrams = [packet if isinstance(packet, bytes) else encode_packet(packet) for packet in packets]
        link = self.links.number_of(1, peer, direction)
        self._take(datagrams, link)
        return self.batch(first_row)

    def batch(self, first_row: int) -> Batch:
        return Batch(first_row, self.end_row, self.first_row, ())

    def _take(self, datagrams: Sequence[bytes], link: int) -> None:
        times = self.now_ns + np.arange(len(datagrams), dtype=np.int64) * MILLISECOND
        self.now_ns += len(datagrams) * MILLISECOND
        links = np.full(len(datagrams), link, np.uint32)
        index = 0
        while index < len(datagrams):
            rows, index, _ = index_datagrams(datagrams, index, times, links, self.headers)
            self.append(rows)


def numbered(count: int, first: int = 0) -> list[OscMessage]:
    """Return messages that can be told apart."""
    return [OscMessage("/n", "i", (number,)) for number in range(first, first + count)]


def record_of(packet: bytes | OscMessage | OscBundle, row: int = 0) -> PacketRecord:
    """Return a row of a packet as a value."""
    store = HandFedStore()
    store.receive(packet)
    return store.record(row)
