"""Packets as Python that builds and sends them with python-osc."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from osc_workbench.osc.notation import format_argument
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.traffic.addressed_packet import AddressedPacket, placeholder_remark
from osc_workbench.traffic.record import Peer

_SOCKET = "import socket"
_BUNDLE = "from pythonosc.osc_bundle import OscBundle"
_BUNDLE_BUILDER = "from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder"
_MESSAGE_BUILDER = "from pythonosc.osc_message_builder import OscMessageBuilder"
_CLIENT = "from pythonosc.udp_client import UDPClient"


def python_program(packets: Sequence[AddressedPacket]) -> str:
    """Return a program that sends the same bytes, one paragraph a packet.

    What python-osc cannot build, or would build differently, leaves through a socket.
    """
    imports: set[str] = set()
    paragraphs: list[list[str]] = []
    client: Peer | None = None
    for packet in packets:
        paragraph = _paragraph(packet)
        if _CLIENT in paragraph.imports and packet.target != client:
            client = packet.target
            paragraphs.append([f"client = UDPClient({client.host!r}, {client.port})"])
        paragraphs.append(paragraph.lines)
        imports |= paragraph.imports
    head = [sorted(imports & {_SOCKET}), sorted(imports - {_SOCKET}), placeholder_remark("#", packets)]
    return "\n\n".join("\n".join(lines) for lines in head + paragraphs if lines)


@dataclass(slots=True)
class _Paragraph:
    """Statements that build and send one packet, and what they import."""

    lines: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def build(self, packet: OscPacket, depth: int = 1) -> str:
        """Add the statements for a packet and return the expression that is the whole of it.

        Raises ValueError for what python-osc cannot build.
        """
        return self._message(packet) if isinstance(packet, OscMessage) else self._bundle(packet, depth)

    def _message(self, message: OscMessage) -> str:
        if isinstance(message.address, int) or message.type_tags is None or message.excess:
            raise ValueError("OscMessageBuilder writes text, type tags and arguments, nothing else")
        self.imports.add(_MESSAGE_BUILDER)
        self.lines.append(f"message = OscMessageBuilder({_text(message.address)})")
        tags = iter(message.type_tags)
        for value, tag in _arguments(tags, message.arguments):
            self.lines.append(f"message.add_arg({value}, {tag})")
        if any(True for _ in tags):
            raise ValueError("python-osc knows no such type")
        return "message.build()"

    def _bundle(self, bundle: OscBundle, depth: int) -> str:
        # Elements are built one after the other, so one name for each depth is enough.
        name = "bundle" if depth == 1 else f"bundle_{depth}"
        self.imports.add(_BUNDLE_BUILDER)
        self.lines.append(f"{name} = OscBundleBuilder(IMMEDIATELY)")
        for element in bundle.elements:
            self.lines.append(f"{name}.add_content({self.build(element, depth + 1)})")
        if bundle.time_tag.is_immediate:
            return f"{name}.build()"
        self.imports.add(_BUNDLE)
        self.lines.append("# The builder takes the time as float seconds, which would round it.")
        self.lines.append(f"{name}_time = bytes.fromhex('{bundle.time_tag.value:016x}')")
        return f"OscBundle(b'#bundle\\0' + {name}_time + {name}.build().dgram[16:])"


def _paragraph(packet: AddressedPacket) -> _Paragraph:
    exact = packet.exact
    paragraph = _Paragraph(imports={_CLIENT})
    try:
        if exact is None:
            raise ValueError("only the bytes say it")
        paragraph.lines.append(f"client.send({paragraph.build(exact)})")
    except ValueError:
        return _Paragraph(_send_bytes(packet), {_SOCKET})
    return paragraph


def _send_bytes(packet: AddressedPacket) -> list[str]:
    host, port = packet.target
    family = "AF_INET6" if ":" in host else "AF_INET"
    return [
        f"# {packet.remark}",
        f"with socket.socket(socket.{family}, socket.SOCK_DGRAM) as sock:",
        f"    sock.sendto(bytes.fromhex('{packet.data.hex()}'), ({host!r}, {port}))",
    ]


def _arguments(tags: Iterator[str], values: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    """Yield (value, type) as expressions for each value; takes their tags, and of an array the closing bracket too."""
    for value in values:
        tag = next(tags)
        if tag == "[":
            items = list(_arguments(tags, value))
            if next(tags, "") != "]":
                raise ValueError("python-osc knows no such type")
            yield f"[{', '.join(item for item, _ in items)}]", f"[{', '.join(kind for _, kind in items)}]"
        elif tag in _LITERALS:
            yield _LITERALS[tag](value), repr(tag)
        else:
            raise ValueError("python-osc knows no such type")


def _float(tag: str) -> Callable[[float], str]:
    def literal(value: float) -> str:
        text = format_argument(tag, value)
        if ":" in text:
            raise ValueError("Python has no literal for this NaN")
        return f"float('{text}')" if text.strip("-") in ("nan", "inf") else text

    return literal


def _text(text: str) -> str:
    # Surrogates stand for bytes that are no UTF-8, which python-osc does not write; this raises UnicodeEncodeError.
    text.encode()
    return repr(text)


def _blob(value: bytes) -> str:
    if not value:
        raise ValueError("python-osc writes no empty blobs")
    return repr(value)


_LITERALS: dict[str, Callable[[Any], str]] = {
    "i": str,
    "h": str,
    "f": _float("f"),
    "d": _float("d"),
    "s": _text,
    "b": _blob,
    "r": lambda value: f"0x{bytes(value).hex()}",
    "m": lambda value: str(tuple(value)),
    "T": str,
    "F": str,
    "N": str,
}
