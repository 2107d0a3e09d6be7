"""Packets out of streams, ours against python-osc and plain loops: `python tests/benchmarks/bench_framing.py [rounds]`.

A stream is what one connection brings in reads of 64 KiB, cut wherever they happen to end; each call reads one with a
framer of its own. python-osc splits at double ENDs and decodes piece by piece, as its TCP servers do, and reads a
length and a packet in turn; a plain loop is what one writes first.
"""

import random
import struct
import sys
from collections.abc import Callable

from pythonosc import slip as peer_slip
from rounds import compare, print_table

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag

READ_SIZE = 64 << 10
STREAM_SIZE = 4 * READ_SIZE
GOAL_NANOSECONDS = 1000

_dice = random.Random(1)


def constant(_: int) -> bytes:
    return encode_packet(OscMessage("/synth/1/freq", "f", (440.0,)))


def small(number: int) -> bytes:
    return encode_packet(OscMessage(f"/synth/{number % 100}/freq", "f", (_dice.uniform(-1000, 1000),)))


def blob(_: int) -> bytes:
    return encode_packet(OscMessage("/blob", "b", (_dice.randbytes(100),)))


def bundle(_: int) -> bytes:
    elements = [OscMessage(f"/synth/{n}/freq", "f", (_dice.uniform(-1000, 1000),)) for n in range(32)]
    return encode_packet(OscBundle(TimeTag.IMMEDIATELY, elements))


CORPUS = {"always the same": constant, "small ,f": small, "blob of 100 random bytes": blob, "bundle of 32": bundle}


def ours(framing: Framing) -> Callable[[list[bytes]], list[bytes]]:
    def read(chunks: list[bytes]) -> list[bytes]:
        framer = make_framer(framing)
        packets: list[bytes] = []
        for chunk in chunks:
            framer.receive_data(chunk)
            packets += framer.take_packets()
        return packets

    return read


def python_osc_slip(chunks: list[bytes]) -> list[bytes]:
    # In one piece, because its server gives up on a stream that is cut between two packets.
    return [peer_slip.decode(frame) for frame in b"".join(chunks).split(peer_slip.END_END)]


def plain_slip(chunks: list[bytes]) -> list[bytes]:
    packets, frame, is_escaped = [], bytearray(), False
    for chunk in chunks:
        for byte in chunk:
            if byte == 0xC0:
                if frame:
                    packets.append(bytes(frame))
                    frame.clear()
            elif byte == 0xDB:
                is_escaped = True
            elif is_escaped:
                frame.append(0xC0 if byte == 0xDC else 0xDB)
                is_escaped = False
            else:
                frame.append(byte)
    return packets


def python_osc_length(chunks: list[bytes]) -> list[bytes]:
    packets = []
    stream = memoryview(b"".join(chunks))
    while prefix := stream[:4]:
        (length,) = struct.unpack("!I", prefix)
        buf = b""
        buf += stream[4 : 4 + length]
        packets.append(buf)
        stream = stream[4 + length :]
    return packets


def plain_length(chunks: list[bytes]) -> list[bytes]:
    packets, buffer = [], bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= 4:
            size = int.from_bytes(buffer[:4], "big")
            if len(buffer) < 4 + size:
                break
            packets.append(bytes(buffer[4 : 4 + size]))
            del buffer[: 4 + size]
    return packets


READERS = {
    Framing.SLIP: {"python-osc": python_osc_slip, "plain loop": plain_slip},
    Framing.LENGTH: {"python-osc": python_osc_length, "plain loop": plain_length},
}


def stream_of(make: Callable[[int], bytes], framing: Framing) -> tuple[list[bytes], int]:
    """Return the reads of one stream, and how many packets are in it."""
    frame = make_framer(framing).frame
    stream, count = bytearray(), 0
    while len(stream) < STREAM_SIZE:
        stream += frame(make(count))
        count += 1
    return [bytes(stream[start : start + READ_SIZE]) for start in range(0, len(stream), READ_SIZE)], count


def row(name: str, framing: Framing, rounds: int) -> tuple[str, ...]:
    chunks, count = stream_of(CORPUS[name], framing)
    readers = {**READERS[framing], "ours": ours(framing), "ours, auto": ours(Framing.AUTO)}
    assert len({tuple(read(chunks)) for read in readers.values()}) == 1
    result = compare({title: (read, lambda: [chunks]) for title, read in readers.items()}, rounds)
    cells = [f"{timing.nanoseconds / count:,.0f} [{timing.ratio:.1f}]" for timing in result.values()]
    return (name, *cells, f"< {GOAL_NANOSECONDS}")


def byte_by_byte(framing: Framing, size: int) -> tuple[str, ...]:
    """Time one packet that arrives byte by byte, per byte: linear if it does not grow with the size."""
    stream = make_framer(framing).frame(b"/" * size)
    chunks = [stream[place : place + 1] for place in range(len(stream))]
    result = compare({"ours": (ours(framing), lambda: [chunks])}, rounds=3, round_seconds=0)
    return (framing.value, f"{size:,}", f"{result['ours'].nanoseconds / len(stream):,.0f}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    header = ("packet", "python-osc", "plain loop", "ours", "ours, auto", "goal")
    for framing in READERS:
        rows = [row(name, framing, rounds) for name in CORPUS]
        print_table(f"{framing.value}, ns per packet [times faster than python-osc, median of rounds]", rows, header)
    rows = [byte_by_byte(framing, size) for framing in READERS for size in (10_000, 100_000, 1_000_000)]
    print_table("byte by byte, ns per byte", rows, ("framing", "bytes", "ours"))


if __name__ == "__main__":
    main()
