"""Packets as commands of a POSIX shell: liblo's oscsend, and what does its work where it cannot."""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from osc_workbench.osc.arguments import ARGUMENT_TYPES
from osc_workbench.osc.notation import format_argument
from osc_workbench.osc.packet import OscBundle, OscPacket
from osc_workbench.traffic.addressed_packet import AddressedPacket, placeholder_remark
from osc_workbench.traffic.record import Peer

# Linux takes no single argument of a command beyond 128 KiB; quoting can make it four bytes of one.
_TEXT_LIMIT = 32_000


def oscsend_commands(packets: Sequence[AddressedPacket]) -> str:
    """Return one command a packet, which sends the same bytes; a comment says why it is not oscsend that does it."""
    lines = placeholder_remark("#", packets)
    for packet in packets:
        lines += _command(packet)
    return "\n".join(lines)


def _command(packet: AddressedPacket) -> list[str]:
    exact = packet.exact
    if exact is None:
        return ["# This is no packet as oscsend writes them, so the bytes are sent.", _send_bytes(packet)]
    try:
        return [shlex.join(_oscsend(exact, packet.target))]
    except ValueError as reason:
        if len(packet.text) > _TEXT_LIMIT:
            return [f"# {reason}", _send_bytes(packet)]
        # What begins with a hyphen would be taken for an option.
        text = f" {packet.text}" if packet.text.startswith("-") else packet.text
        return [f"# {reason}", shlex.join(["osc-workbench", "send", f"udp://{packet.target}", text])]


def _oscsend(packet: OscPacket, target: Peer) -> list[str]:
    """Return the words of the command. Raises ValueError, which says what oscsend cannot send."""
    if ":" in target.host:
        raise ValueError("oscsend sends over IPv4 only.")
    if isinstance(packet, OscBundle):
        raise ValueError("oscsend sends no bundles.")
    if isinstance(packet.address, int):
        raise ValueError("oscsend sends no command numbers in place of addresses.")
    if packet.type_tags is None or packet.excess:
        raise ValueError("oscsend always writes type tags, and nothing after the arguments.")
    words = ["oscsend", target.host, str(target.port), _text(packet.address)]
    words += [packet.type_tags] if packet.type_tags else []
    for tag in packet.type_tags:
        if tag not in _WORDS:
            label = ARGUMENT_TYPES[tag].label if tag in ARGUMENT_TYPES else "unknown"
            raise ValueError(f"oscsend sends no arguments of type {label}.")
    for tag, value in zip(packet.type_tags, packet.arguments, strict=True):
        words += _WORDS[tag](value)
    if sum(map(len, words)) > _TEXT_LIMIT:
        raise ValueError("This is too long for a command.")
    return words


def _send_bytes(packet: AddressedPacket) -> str:
    host, port = packet.target
    family = "AF_INET6" if ":" in host else "AF_INET"
    # The bytes come through a pipe, because the shell's own printf takes arguments of any length.
    program = (
        f"import socket, sys; socket.socket(socket.{family}, socket.SOCK_DGRAM)"
        f".sendto(bytes.fromhex(sys.stdin.read()), ({json.dumps(host)}, {port}))"
    )
    return f"printf %s '{packet.data.hex()}' | python3 -c {shlex.quote(program)}"


def _text(text: str) -> str:
    # Quotes hold everything in the shell, but not in the terminal where the command is pasted.
    if not text.isprintable():
        raise ValueError("This text has characters that cannot be typed at a terminal.")
    return text


def _float(tag: str) -> Callable[[float], list[str]]:
    def words(value: float) -> list[str]:
        text = format_argument(tag, value)
        if ":" in text:
            raise ValueError("oscsend sends one NaN only, not this one.")
        return [text]

    return words


def _character(value: int) -> list[str]:
    if not 0x20 <= value <= 0x7E:
        raise ValueError("oscsend sends no such character.")
    return [chr(value)]


_WORDS: dict[str, Callable[[Any], list[str]]] = {
    "i": lambda value: [str(value)],
    "h": lambda value: [str(value)],
    "f": _float("f"),
    "d": _float("d"),
    "s": lambda value: [_text(value)],
    "S": lambda value: [_text(value)],
    "c": _character,
    "m": lambda value: [bytes(value).hex()],
    # The type tag is the value.
    **{tag: lambda _: [] for tag in "TFNI"},
}
