"""From bytes to a handler: `python tests/benchmarks/bench_dispatch.py [ROUNDS]`, ours against python-osc's dispatcher.

10,000 addresses in 100 containers are registered at both; a packet is decoded and its handler called.
"""

import itertools
import sys

import numpy as np
from pythonosc.dispatcher import Dispatcher as PeerDispatcher
from rounds import compare, print_table

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.handling import Handling
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import Direction, Peer

ADDRESSES = [f"/node{container}/value{number}" for container in range(100) for number in range(100)]
PEER = Peer("127.0.0.1", 9)


def handler(*_arguments: object) -> None:
    return None


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    ours, peer = Dispatcher(), PeerDispatcher()
    for address in ADDRESSES:
        ours.map(address, handler)
        peer.map(address, handler)
    handling = Handling(ours, Clock(), lambda *_: None, print)
    literal = [encode_packet(OscMessage(address, "f", (1.0,))) for address in ADDRESSES[::7]]
    patterns = [encode_packet(OscMessage(f"/node{n % 100}/value?", "f", (1.0,))) for n in range(1000)]
    numbers = itertools.count()

    def new() -> list[bytes]:
        return [encode_packet(OscMessage(f"/node{n % 100}/{{value3,x{n}}}")) for n in itertools.islice(numbers, 3000)]

    def arrivals(packets: list[bytes]) -> list[Arrivals]:
        times = np.zeros(1, np.int64)
        return [Arrivals(1, Direction.IN, [packet], times, [PEER]) for packet in packets]

    def serve_ours(arrived: Arrivals) -> None:
        handling.receive(arrived, True)

    def serve_peer(packet: bytes) -> None:
        peer.call_handlers_for_packet(packet, PEER)

    rows = []
    for name, packets in (
        ("literal", lambda: literal),
        ("pattern, 10 hits", lambda: patterns),
        ("pattern, each new", new),
    ):
        result = compare(
            {
                "python-osc": (serve_peer, packets),
                "ours": (serve_ours, lambda packets=packets: arrivals(packets())),
            },
            rounds,
        )
        peer_ns, ours_ns = result["python-osc"].nanoseconds, result["ours"].nanoseconds
        rows.append((name, f"{peer_ns / 1000:,.1f}", f"{ours_ns / 1000:,.2f}", f"{result['ours'].ratio:,.0f}"))
    print_table("A packet served among 10,000 addresses, us", rows, ("address", "python-osc", "ours", "times"))


if __name__ == "__main__":
    main()
