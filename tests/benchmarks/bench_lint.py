"""What lint adds to the cost of receiving: `python tests/benchmarks/bench_lint.py [rounds]`.

A frame at 50,000 messages a second has 833 rows. Beside each figure stands what putting the same rows into the store
costs anyway. The last case is a sender that invents an address for every message, when everything has to be looked at
anew. Goals: a frame of floats under 0.3 ms, a full chunk under 20 ms.
"""

import itertools
import random
import sys
from collections.abc import Callable, Sequence

import numpy as np
from rounds import compare, print_table

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.chunk import ROWS_OF_CHUNK
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.lint_inspection import Inspection
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.store import TrafficStore

_FRAME = 833
_FRAMES = 20
_STEP_NS = 20_000
_START_NS = 1_704_067_200_000_000_000
_numbers = itertools.count()


def floats() -> OscMessage:
    return OscMessage(f"/channel/{random.randrange(1000)}/level", "f", (random.random(),))


def fader() -> OscMessage:
    return OscMessage("/fader", "f", (random.random(),))


def mixed() -> OscMessage:
    """Return a message of one of eight kinds, as of a desk, a tracker and a sequencer together."""
    kind = random.randrange(8)
    number = next(_numbers)
    tags, arguments = (
        ("f", (random.random(),)),
        ("i", (number % 2,)),
        ("s", (f"cue {number % 9}",)),
        ("fff", (0.0, 0.5, -1.0)),
        ("if", (number, 0.5)),
        ("siiisf", ("sine", number, 0, 1, "freq", 440.0)),
        ("", ()),
        ("T", (True,)),
    )[kind]
    return OscMessage(f"/source/{random.randrange(100)}/{kind}", tags, arguments)


def bundle() -> OscBundle:
    return OscBundle(TimeTag(1), [floats() for _ in range(4)])


def new_address() -> OscMessage:
    return OscMessage(f"/new/{next(_numbers)}", "f", (0.5,))


class Traffic:
    """Rows in a store that have been inspected once, in frames of some rows."""

    def __init__(self, make: Callable[[], OscMessage | OscBundle], frame: int, frames: int) -> None:
        self.datagrams: list[list[bytes]] = []
        self.store = TrafficStore()
        # Keeps little, so that storing again and again takes no more memory.
        self._other_store = TrafficStore(limit_rows=1)
        self._other_store.headers = self.store.headers
        self.inspection = Inspection(self.store)
        self._bounds: list[tuple[int, int]] = []
        link = self.store.links.number_of(1, Peer("127.0.0.1", 9000), Direction.IN)
        for _ in range(frames):
            first = self.store.end_row
            datagrams = [encode_packet(make()) for _ in range(frame)]
            self.datagrams.append(datagrams)
            self.index(datagrams, self.store, link)
            self._bounds.append((first, self.store.end_row))

    def index(self, datagrams: Sequence[bytes], store: TrafficStore, link: int) -> None:
        times = _START_NS + (store.end_row + np.arange(len(datagrams), dtype=np.int64)) * _STEP_NS
        links = np.full(len(datagrams), link, np.uint32)
        index = 0
        while index < len(datagrams):
            rows, index, _ = index_datagrams(datagrams, index, times, links, store.headers)
            store.append(rows)

    def views(self) -> list[RowView]:
        return [view for first, end in self._bounds for view in views_of(self.store, first, end)]

    def store_again(self, datagrams: Sequence[bytes]) -> None:
        self.index(datagrams, self._other_store, 0)


def known(make: Callable[[], OscMessage | OscBundle], frame: int, frames: int, rounds: int) -> dict[str, float]:
    traffic = Traffic(make, frame, frames)
    for view in traffic.views():
        traffic.inspection.look(view)
    contestants = {
        "store": (traffic.store_again, lambda: traffic.datagrams),
        "lint": (traffic.inspection.look, traffic.views),
    }
    return {name: timing.nanoseconds for name, timing in compare(contestants, rounds).items()}


def unknown(rounds: int) -> dict[str, float]:
    """Every header is new to the store and to lint."""
    empty = Traffic(new_address, _FRAME, 0)

    def frames() -> list[Traffic]:
        return [Traffic(new_address, _FRAME, 1) for _ in range(4)]

    def datagrams() -> list[list[bytes]]:
        return [[encode_packet(new_address()) for _ in range(_FRAME)] for _ in range(4)]

    contestants = {
        "store": (empty.store_again, datagrams),
        "lint": (lambda traffic: traffic.inspection.look(traffic.views()[0]), frames),
    }
    return {name: timing.nanoseconds for name, timing in compare(contestants, rounds).items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    random.seed(1)
    cases = [
        ("833 floats of 1,000 addresses", known(floats, _FRAME, _FRAMES, rounds), "< 0.3"),
        ("833 floats of one address", known(fader, _FRAME, _FRAMES, rounds), ""),
        ("833 messages of eight kinds", known(mixed, _FRAME, _FRAMES, rounds), ""),
        ("208 bundles of four floats", known(bundle, _FRAME // 4, _FRAMES, rounds), ""),
        (f"{ROWS_OF_CHUNK:,} floats of 1,000 addresses", known(floats, ROWS_OF_CHUNK, 1, rounds), "< 20"),
        ("833 floats of new addresses", unknown(rounds), ""),
    ]
    rows = [(name, f"{found['store'] / 1e6:.2f}", f"{found['lint'] / 1e6:.2f}", goal) for name, found, goal in cases]
    print_table("one frame, ms", rows, ("rows", "store", "lint", "goal"))


if __name__ == "__main__":
    main()
