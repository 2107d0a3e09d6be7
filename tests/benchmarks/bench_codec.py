"""Decode, scan and encode against python-osc and aiosc, in one run: `python tests/benchmarks/bench_codec.py [rounds]`.

Every packet is fresh bytes in a list that is walked, and an encoder gets values, not packets it has seen; goals are
those of docs/performance.md.
"""

import random
import sys
from collections.abc import Callable

import aiosc
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


def new_address(number: int) -> OscMessage:
    return OscMessage(f"/new/{random.random():.12f}/{number}", "f", (1.0,))


CORPUS: dict[str, tuple[Callable[[int], OscPacket], int]] = {
    "small ,f": (small, _VARIANTS),
    "mixed ,ifsb": (mixed, _VARIANTS),
    "64 floats": (floats, _VARIANTS),
    "bundle of 32": (bundle, 8),
    "queryTree 500": (tree, 2),
    "all addresses new": (new_address, 60_000),
}
DECODE_GOALS = {
    "small ,f": 8,
    "mixed ,ifsb": 5,
    "64 floats": 20,
    "bundle of 32": 7,
    "queryTree 500": 3,
    "all addresses new": 2,
}
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


def row(name: str, result: dict[str, Timing], goal: float | None) -> tuple[str, ...]:
    cells = [f"{timing.nanoseconds:,.0f} [{timing.ratio:.1f}]" for timing in result.values()]
    own = list(result.values())
    verdict = "" if goal is None else f">= {goal:g}"
    fastest = f"{own[1].nanoseconds / own[-1].nanoseconds:.1f}" if len(own) > 2 else ""
    return (name, *cells, fastest, verdict)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    decode_rows, scan_rows, encode_rows = [], [], []
    for name, (make, count) in CORPUS.items():
        packets = [make(number) for number in range(count)]
        raw = [encode_packet(packet) for packet in packets]
        result = compare(
            {"python-osc": (peer_decode, raw), "aiosc": (aiosc_decode, raw), "ours": (decode_packet, raw)}, rounds
        )
        decode_rows.append(row(name, result, DECODE_GOALS[name]))
        result = compare({"python-osc": (peer_decode, raw), "ours": (scan_packet, raw)}, rounds)
        scan_rows.append(row(name, result, 12 if name != "all addresses new" else 2))
        if name == "all addresses new":
            continue
        result = compare(
            {"python-osc": (peer_encode, packets), "aiosc": (aiosc_encode, packets), "ours": (encode_packet, packets)},
            rounds,
        )
        encode_rows.append(row(name, result, ENCODE_GOALS.get(name)))
    note = "ns per packet [times faster than python-osc, median of rounds]"
    print_table(f"decode, {note}", decode_rows, ("packet", "python-osc", "aiosc", "ours", "x aiosc", "goal"))
    print_table(f"scan, {note}", scan_rows, ("packet", "python-osc", "ours", "x aiosc", "goal"))
    print_table(f"encode, {note}", encode_rows, ("packet", "python-osc", "aiosc", "ours", "x aiosc", "goal"))


if __name__ == "__main__":
    main()
