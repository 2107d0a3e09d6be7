"""Decode, scan and encode against python-osc and aiosc, in one run: `python tests/benchmarks/bench_codec.py [rounds]`.

Every packet is bytes of its own in a list that is walked, and an encoder gets values, not packets it has seen. "all
addresses new" makes addresses that nobody has seen for every round, outside the timed part. Ratios are what counts: the
goals are ratios to python-osc, and 3 to aiosc, the fastest pure Python peer, where addresses recur.
"""

import itertools
import random
import sys
from collections.abc import Callable, Sequence

try:
    import aiosc
except ImportError:
    sys.exit("aiosc is missing, the peer to compare with; install it: python -m pip install 'osc-workbench[peers]'")
from pythonosc.osc_bundle import OscBundle as PeerBundle
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage as PeerMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from rounds import Timing, compare, print_table

from osc_workbench.osc.codec import decode_packet, encode_packet, scan_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_VARIANTS = 64


def small(number: int) -> OscMessage:
    return OscMessage("/synth/1/freq", "f", (440.0 + number,))


def mixed(number: int) -> OscMessage:
    return OscMessage("/synth/1/mixed", "ifsb", (number, 0.5, "hello world", bytes(32)))


def floats(number: int) -> OscMessage:
    return OscMessage("/bank/levels", "f" * 64, tuple(index / 64 + number for index in range(64)))


def bundle(number: int) -> OscBundle:
    return OscBundle(
        TimeTag.IMMEDIATELY, [OscMessage(f"/synth/{n % 8}/freq", "f", (number + n / 2,)) for n in range(32)]
    )


def tree(number: int) -> OscMessage:
    tags, values = ["ii"], [1, 0]
    for node in range(500):
        tags.append("iisi" + "sf" * 3)
        values += [1000 + node, -1, "default", 3, "freq", 440.0 + number, "amp", 0.1, "pan", 0.0]
    return OscMessage("/g_queryTree.reply", "i" + "".join(tags), (1, *values))


_numbers = itertools.count()


def new_address(_: int) -> OscMessage:
    return OscMessage(f"/new/{next(_numbers):010}/gain", "f", (1.0,))


_MIX_SHAPES = (
    ("f", (0.5,)),
    ("i", (7,)),
    ("ff", (0.25, 0.75)),
    ("s", ("hello",)),
    ("ifs", (3, 0.5, "hello world")),
    ("iiff", (1, 2, 0.5, 0.25)),
)
_MIX_ADDRESSES = 1000


def random_mix(number: int) -> OscMessage:
    """Return a message of one of 6,000 kinds; the caller shuffles them."""
    address, shape = number % _MIX_ADDRESSES, number // _MIX_ADDRESSES
    return OscMessage(f"/rig/{'abcdefg'[: address % 7 + 1]}/{address}/level", *_MIX_SHAPES[shape])


CORPUS: dict[str, tuple[Callable[[int], OscPacket], int]] = {
    "small ,f": (small, _VARIANTS),
    "mixed ,ifsb": (mixed, _VARIANTS),
    "64 floats": (floats, _VARIANTS),
    "bundle of 32": (bundle, 8),
    "queryTree 500": (tree, 2),
    "random mix": (random_mix, _MIX_ADDRESSES * len(_MIX_SHAPES)),
    "all addresses new": (new_address, 20_000),
}
DECODE_GOALS = {
    "small ,f": 8,
    "mixed ,ifsb": 5,
    "64 floats": 20,
    "bundle of 32": 7,
    "queryTree 500": 3,
    "random mix": 2,
    "all addresses new": 2,
}
SCAN_GOALS = dict.fromkeys(CORPUS, 12) | {"random mix": 2, "all addresses new": 2}
ENCODE_GOALS = {"small ,f": 6, "mixed ,ifsb": 6, "64 floats": 15}


def peer_decode(data: bytes) -> object:
    return PeerBundle(data) if data.startswith(b"#") else PeerMessage(data)


def aiosc_decode(data: bytes) -> object:
    return list(aiosc.parse_bundle(data)) if data.startswith(b"#") else aiosc.parse_message(data)


def peer_encode(packet: OscPacket) -> bytes:
    return _peer_build(packet).dgram


def _peer_build(packet: OscPacket) -> PeerMessage | PeerBundle:
    if isinstance(packet, OscBundle):
        builder = OscBundleBuilder(0)
        for element in packet.elements:
            builder.add_content(_peer_build(element))
        return builder.build()
    message = OscMessageBuilder(packet.address)
    for tag, value in zip(packet.type_tags, packet.arguments, strict=True):
        message.add_arg(value, tag)
    return message.build()


def aiosc_encode(packet: OscPacket) -> bytes:
    if isinstance(packet, OscBundle):
        return aiosc.pack_bundle([(e.address, *e.arguments) for e in packet.elements])
    return aiosc.pack_message(packet.address, *packet.arguments)


def row(name: str, result: dict[str, Timing], goal: float) -> tuple[str, ...]:
    cells = [f"{timing.nanoseconds:,.0f} [{timing.ratio:.1f}]" for timing in result.values()]
    own = list(result.values())
    return (name, *cells, f"{own[2].ratio / own[1].ratio:.1f}", f">= {goal:g}")


def packets_of(name: str) -> Callable[[], Sequence[OscPacket]]:
    """Return what gives the packets of one round: the same each time, or new ones where addresses are to be new."""
    make, count = CORPUS[name]
    if name == "all addresses new":
        return lambda: [make(number) for number in range(count)]
    packets = [make(number) for number in range(count)]
    random.Random(1).shuffle(packets)
    return lambda: packets


def datagrams_of(packets: Callable[[], Sequence[OscPacket]]) -> Callable[[], Sequence[bytes]]:
    return lambda: [encode_packet(packet) for packet in packets()]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    decode_rows, scan_rows, encode_rows = [], [], []
    for name in CORPUS:
        packets = packets_of(name)
        raw = datagrams_of(packets)
        peers = {"python-osc": (peer_decode, raw), "aiosc": (aiosc_decode, raw)}
        decode_rows.append(row(name, compare({**peers, "ours": (decode_packet, raw)}, rounds), DECODE_GOALS[name]))
        scan_rows.append(row(name, compare({**peers, "ours": (scan_packet, raw)}, rounds), SCAN_GOALS[name]))
        peers = {"python-osc": (peer_encode, packets), "aiosc": (aiosc_encode, packets)}
        result = compare({**peers, "ours": (encode_packet, packets)}, rounds)
        encode_rows.append(row(name, result, ENCODE_GOALS.get(name, 2)))
    note = "ns per packet [times faster than python-osc, median of rounds]"
    header = ("packet", "python-osc", "aiosc", "ours", "x aiosc", "goal")
    print_table(f"decode, {note}", decode_rows, header)
    print_table(f"scan, {note}", scan_rows, header)
    print_table(f"encode, {note}", encode_rows, header)


if __name__ == "__main__":
    main()
