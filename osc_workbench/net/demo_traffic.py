"""Demo traffic: real datagrams over loopback from a few make-believe programs, with a bit of everything OSC has."""

import asyncio
import math
import random
import socket
from collections.abc import Iterator

from osc_workbench.net.clock import Clock
from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag

_TICK = 0.04
_NOTES = ("C4", "E4", "G4", "B4", "D5")
# What goes wrong on real rigs: a cut message, an impossible element size, another protocol.
_MALFORMED = (
    b"/mixer/fader/3\0\0,f\0\0\x3f\x40",
    b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc",
    b"GET / HTTP/1.1\r\n\r\n",
)


async def send_demo_traffic(host: str, port: int, clock: Clock) -> None:
    """Send to an endpoint of this machine until cancelled: some 250 messages a second."""
    chance = random.Random(1)
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    try:
        for sender in senders:
            sender.setblocking(False)
        start = clock.time()
        tick = 0
        while True:
            for which, data in _packets_of_tick(tick, clock.unix_ns(), chance):
                try:
                    senders[which].sendto(data, (host, port))
                except OSError:
                    # Nobody listens at the moment, or the buffer is full; the demo goes on.
                    continue
            tick += 1
            await asyncio.sleep(max(0.0, start + tick * _TICK - clock.time()))
    finally:
        for sender in senders:
            sender.close()


def _packets_of_tick(tick: int, unix_ns: int, chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """Yield (sender, packet) for one tick."""
    for which, packet in _values_of_tick(tick, unix_ns, chance):
        yield which, encode_packet(packet)
    if tick % 125 == 60:
        yield 2, _MALFORMED[tick // 125 % len(_MALFORMED)]


def _values_of_tick(tick: int, unix_ns: int, chance: random.Random) -> Iterator[tuple[int, OscMessage | OscBundle]]:
    seconds = tick * _TICK
    for number in range(1, 9):
        value = 0.5 + 0.5 * math.sin(2 * math.pi * seconds * (0.1 + 0.07 * number))
        yield 0, OscMessage(f"/lfo/{number}", "f", (value,))
    if tick % 3 == 0:
        yield 1, OscMessage.of(f"/mixer/fader/{chance.randint(1, 4)}", round(chance.random(), 3))
    if tick % 31 == 0:
        yield 1, OscMessage.of(f"/mixer/mute/{chance.randint(1, 4)}", chance.random() < 0.5)
    if tick % 6 == 0:
        note = chance.choice(_NOTES)
        yield 2, OscMessage("/synth/note", "sif", (note, chance.randint(40, 120), chance.choice((0.25, 0.5, 1.0))))
    if tick % 5 == 0:
        yield 0, _tracker_frame(seconds, unix_ns)
    if tick % 40 == 7:
        wave = bytes(round(127.5 + 127.5 * math.sin(n / 5 + seconds)) for n in range(64))
        yield 2, OscMessage("/scope/waveform", "b", (wave,))
    if tick % 40 == 17:
        yield 2, OscMessage("/synth/chord", "s[iii]", ("Cmaj", (60, 64, 67)))
        yield 2, OscMessage(9, "siiisf", ("default", 1000 + tick, 0, 1, "freq", 440.0))
    if tick % 40 == 27:
        colour = Rgba(*(chance.randint(0, 255) for _ in range(3)))
        yield 1, OscMessage("/light/1/colour", "r", (colour,))
        yield 1, OscMessage("/midi/in", "m", (MidiMessage(0, 0x90, chance.randint(40, 80), 100),))
        yield 1, OscMessage("/cue/go", "INhd", (INFINITUM, None, tick << 33, seconds))
    if tick % 175 == 100:
        for number in range(100):
            yield 2, OscMessage("/sensor/burst", "if", (number, chance.gauss(0.0, 1.0)))


def _tracker_frame(seconds: float, unix_ns: int) -> OscBundle:
    due = TimeTag.from_unix_ns(unix_ns + 50_000_000)
    angle = seconds * 0.8
    elements: list[OscMessage | OscBundle] = [
        OscMessage("/tracker/head/position", "fff", (math.cos(angle), math.sin(angle), 1.7)),
        OscMessage("/tracker/head/rotation", "ffff", (math.cos(angle / 2), 0.0, math.sin(angle / 2), 0.0)),
    ]
    if int(seconds) % 3 == 0:
        hand = OscMessage("/tracker/hand/position", "fff", (0.3, 0.1 * math.sin(3 * angle), 1.1))
        elements.append(OscBundle(due + 0.02, [hand]))
    return OscBundle(due, elements)
