"""A log and the statistics of it, for what shows them."""

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Batch, Direction, Peer
from osc_workbench.traffic.statistics_feed import StatisticsFeed
from tests.doubles.traffic import PEER, HandFedStore

SECOND_NS = 1_000_000_000


class CountedLog:
    """One datagram a millisecond arrives at endpoint 1 and is counted; now is when the last one came."""

    def __init__(self) -> None:
        self.store = HandFedStore()
        self.feed = StatisticsFeed(self.store)

    @property
    def now_ns(self) -> int:
        return self.store.now_ns

    def receive(
        self, *packets: bytes | OscMessage | OscBundle, peer: Peer | None = PEER, direction: Direction = Direction.IN
    ) -> Batch:
        batch = self.store.receive(*packets, peer=peer, direction=direction)
        while self.feed.advance(lambda: False):
            pass
        return batch

    def wait(self, seconds: float) -> None:
        self.store.now_ns += round(seconds * SECOND_NS)

    def timed(self, address: str, late_ms: float) -> OscBundle:
        """Return a message whose time tag was so long ago when it comes next."""
        return OscBundle(TimeTag.from_unix_ns(self.now_ns - round(late_ms * 1e6)), (OscMessage(address, "i", (1,)),))


def counting(**counts: int) -> list[OscMessage]:
    """Return so many messages of each address, which is the name after a slash."""
    return [OscMessage(f"/{name}", "i", (number,)) for name, count in counts.items() for number in range(count)]
