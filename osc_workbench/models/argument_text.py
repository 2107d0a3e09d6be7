"""What the log says about a record: its address and its arguments, or why there are none."""

from functools import lru_cache

from osc_workbench.osc.codec import decode_packet, scan_packet
from osc_workbench.osc.dissection import dissect_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.osc.notation import format_address, format_arguments
from osc_workbench.osc.packet import OscMessage
from osc_workbench.scsynth.command_numbers import command_name
from osc_workbench.traffic.record import PacketRecord

# Longer texts would not fit into a row anyway; the packet detail has all of it.
_ADDRESS_LIMIT = 400
_ARGUMENTS_LIMIT = 400
# Looking for issues takes 6 us for a small message and 0.1 ms for one of this size, in every row that comes into sight;
# the packet detail looks at packets of any size.
_EXAMINED_SIZE = 1024


def shown_address(record: PacketRecord) -> str:
    """Return the address as the log shows it; "" where there is none."""
    return "" if record.address is None else address_text(record.address)


def address_text(address: str | int) -> str:
    """Return an address on one line, a command number with its name; a very long one is cut."""
    if isinstance(address, int):
        name = command_name(address)
        return f"{address} ({name})" if name else str(address)
    return format_address(address[:_ADDRESS_LIMIT]) + ("…" if len(address) > _ADDRESS_LIMIT else "")


def printable(text: str) -> str:
    """Return a text with a sign in place of each character that cannot be shown."""
    return text if text.isprintable() else "".join(character if character.isprintable() else "�" for character in text)


def describe_arguments(record: PacketRecord) -> str:
    """Return the arguments in the notation, or what is wrong with the packet."""
    if record.is_malformed:
        error = record.error
        return f"malformed: {error}" if error else "malformed"
    if record.address is None:
        return "(empty bundle)"
    try:
        message = decode_packet(record.message)
    except OscDecodeError as error:
        return f"malformed: {error}"
    assert isinstance(message, OscMessage)
    text = format_arguments(message, _ARGUMENTS_LIMIT)
    if message.type_tags is None:
        text = f"(no type tags) {message.excess[:64].hex(' ')}".rstrip()
    elif message.excess:
        text = f"{text} (not decoded: {len(message.excess)} bytes)".lstrip()
    return f"(cut by the system) {text}" if record.is_truncated else text


def describe_issues(record: PacketRecord) -> tuple[str, ...]:
    """Return what departs from the specification, a sentence each. A bundle's own stand at its first row."""
    if record.is_malformed:
        return ()
    whole = record.position == 0 and len(record.packet) <= _EXAMINED_SIZE
    data = record.packet if whole else record.message
    if not data or len(data) > _EXAMINED_SIZE:
        return ()
    header = _header_of(data)
    if header is not None:
        return _issues_of_header(header.raw, header.end)
    return _issues(data)


def _header_of(data: bytes) -> MessageHeader | None:
    """Return the header of a message whose arguments have a fixed size; nothing can be odd about such arguments."""
    try:
        found = scan_packet(data)
    except OscDecodeError:
        return None
    return found if isinstance(found, MessageHeader) and found.end == len(data) else None


@lru_cache(4096)
def _issues_of_header(raw: bytes, size: int) -> tuple[str, ...]:
    return _issues(raw + bytes(size - len(raw)))


def _issues(data: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(issue.reason for issue in dissect_packet(data).issues))
