"""Packets as statements of sclang, SuperCollider's language."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from osc_workbench.osc.notation import shortest_float32
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.traffic.addressed_packet import AddressedPacket, placeholder_remark

# Measured with sclang 3.13: a call with more than 255 arguments is not understood, and strings are cut at 8,191 bytes.
_ARGUMENT_LIMIT = 250
_SIZE_LIMIT = 8000
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def sclang_statements(packets: Sequence[AddressedPacket]) -> str:
    """Return one statement a packet, which sends the same bytes.

    Only the time of a bundle is left to the reader: sclang counts it from now. What sclang has no words for goes as raw
    bytes.
    """
    lines = placeholder_remark("//", packets)
    for packet in packets:
        lines += _statement(packet)
    return "\n".join(lines)


def _statement(packet: AddressedPacket) -> list[str]:
    host, port = packet.target
    remarks = ["// sclang sends over IPv4 only: put in an IPv4 address."] if ":" in host else []
    exact = packet.exact
    try:
        if exact is None or len(packet.data) > _SIZE_LIMIT:
            raise ValueError("only the bytes say it")
        call = _call(exact)
        if isinstance(exact, OscBundle) and not exact.time_tag.is_immediate:
            remarks.append(f"// The time tag is {exact.time_tag}: in place of nil, give the seconds from now.")
    except ValueError:
        remarks.append(f"// {packet.remark}")
        call = f"sendRaw({_int8_array(packet.data)})"
    return [*remarks, f"NetAddr({_string(host)}, {port}).{call};"]


def _call(packet: OscPacket) -> str:
    """Return the call of a method of NetAddr. Raises ValueError for what sclang cannot say."""
    if isinstance(packet, OscMessage):
        words = _words(packet)
        name = "sendMsg"
    else:
        words = ["nil", *(f"[{', '.join(_words(element))}]" for element in packet.elements)]
        name = "sendBundle"
    if len(words) > _ARGUMENT_LIMIT:
        raise ValueError("a call takes 255 arguments at most")
    return f"{name}({', '.join(words)})"


def _words(packet: OscPacket) -> list[str]:
    if isinstance(packet, OscBundle):
        raise ValueError("sendBundle takes messages only")
    if packet.type_tags is None or packet.excess:
        raise ValueError("sendMsg always writes type tags, and nothing after the arguments")
    return [_address(packet.address), *_arguments(packet.type_tags, packet.arguments)]


def _address(address: str | int) -> str:
    if isinstance(address, int):
        return str(address)
    # Before a symbol without a slash sclang puts one; a string goes as it is.
    is_plain = address.startswith("/") and address.isascii() and not set(address) & {"'", "\\"}
    return f"'{address}'" if is_plain and address.isprintable() else _string(address)


def _arguments(type_tags: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    values = [iter(arguments)]
    for tag in type_tags:
        if tag not in _LITERALS:
            raise ValueError("sclang has no such type")
        value = values.pop() if tag == "]" else next(values[-1])
        if tag == "[":
            values.append(iter(value))
        yield _LITERALS[tag](value)


def _float(value: float) -> str:
    if math.isnan(value):
        raise ValueError("which NaN comes of 0/0 depends on the processor")
    return shortest_float32(value).replace("e+", "e")


def _string(text: str) -> str:
    if not all(character.isprintable() or character in _ESCAPES for character in text):
        raise ValueError("a string of sclang has no escapes for this")
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _blob(value: bytes) -> str:
    # Seen with sclang 3.13: padding is whatever was in memory, and an empty blob puts zeros over the type tags.
    if not value or len(value) % 4:
        raise ValueError("sclang does not write this blob right")
    return _int8_array(value)


def _int8_array(data: bytes) -> str:
    return f"Int8Array[{', '.join(f'0x{byte:02x}' for byte in data)}]"


def _tag_alone(tag: str) -> Callable[[Any], str]:
    # A Char among the arguments adds its type tag and no bytes.
    return lambda _: f"${tag}"


_LITERALS: dict[str, Callable[[Any], str]] = {
    "i": str,
    "f": _float,
    "s": _string,
    "b": _blob,
    **{tag: _tag_alone(tag) for tag in "TFNI[]"},
}
