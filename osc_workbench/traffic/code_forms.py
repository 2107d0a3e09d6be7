"""The forms in which packets go to the clipboard: one table for menu, command and command line."""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from osc_workbench.traffic.addressed_packet import AddressedPacket
from osc_workbench.traffic.python_code import python_program
from osc_workbench.traffic.record import Peer
from osc_workbench.traffic.record_lines import decode_to_json
from osc_workbench.traffic.sclang_code import sclang_statements
from osc_workbench.traffic.shell_code import oscsend_commands

_BYTES_OF_LINE = 12


class CodeForm(NamedTuple):
    """One form. It takes any bytes, and nothing in them can become code.

    title: for a menu.
    write: what the form makes of several packets.
    """

    name: str
    title: str
    write: Callable[[Sequence[AddressedPacket]], str]

    def text(self, data: bytes, peer: Peer | None) -> str:
        """Return the text for one packet; peer: where it went, None if that is not known."""
        return self.write([AddressedPacket(data, peer)])


def copy_text(packets: Sequence[tuple[bytes, Peer | None]], form: CodeForm) -> str:
    """Return the text for several packets, each given as its bytes and where it went."""
    return form.write([AddressedPacket(data, peer) for data, peer in packets])


def _line_each(line: Callable[[AddressedPacket], str]) -> Callable[[Sequence[AddressedPacket]], str]:
    return lambda packets: "\n".join(map(line, packets))


def _json(packet: AddressedPacket) -> str:
    answer = decode_to_json(packet.data)
    return json.dumps(answer["packet"] if "packet" in answer else answer | {"hex": packet.data.hex()})


def _c_arrays(packets: Sequence[AddressedPacket]) -> str:
    if len(packets) == 1:
        return _c_array("osc_packet", packets[0].data)
    return "\n\n".join(_c_array(f"osc_packet_{number}", packet.data) for number, packet in enumerate(packets, 1))


def _c_array(name: str, data: bytes) -> str:
    if not data:
        return f"/* {name} would be empty, which arrays of C cannot be. */"
    lines = [data[start : start + _BYTES_OF_LINE] for start in range(0, len(data), _BYTES_OF_LINE)]
    body = ",\n".join("    " + ", ".join(f"0x{byte:02x}" for byte in line) for line in lines)
    return f"const unsigned char {name}[{len(data)}] = {{\n{body}\n}};"


FORMS: tuple[CodeForm, ...] = (
    CodeForm("notation", "Text", _line_each(lambda packet: packet.text)),
    CodeForm("JSON", "JSON", _line_each(_json)),
    CodeForm("sclang", "SuperCollider (sclang)", sclang_statements),
    CodeForm("python-osc", "Python (python-osc)", python_program),
    CodeForm("oscsend", "Shell (oscsend)", oscsend_commands),
    CodeForm("hex", "Hex", _line_each(lambda packet: packet.data.hex(" "))),
    CodeForm("C array", "C array", _c_arrays),
)
