"""Bytes to packets; the other direction is `encoder`.

Strategy. Almost every datagram begins with an address and type tags that were seen before (`header`), most type tag
strings recur (`signature`), and so do the layouts of bundles (`layout`). Whatever does not fit what is known (odd
padding, bad UTF-8, truncation) goes to `dissection`, which knows exactly; so the fast path needs no opinion about
malformed packets.
"""

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from osc_workbench.osc.arguments import NESTING_LIMIT
from osc_workbench.osc.dissection import BUNDLE_HEADER_SIZE, BUNDLE_MARK, Dissection, dissect_packet
from osc_workbench.osc.encoder import encode_packet
from osc_workbench.osc.errors import OscDecodeError, PacketIssue
from osc_workbench.osc.header import (
    MessageHeader,
    header_slices,
    known_headers,
    known_messages,
)
from osc_workbench.osc.layout import FoundMessages, layout_of, learn_layout, wants_layout
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.signature import MISFIT, signature_of
from osc_workbench.osc.timetag import TimeTag

__all__ = ["BundleScan", "decode_packet", "encode_packet", "examine_packet", "scan_packet"]

_known_message = known_messages.get
_known_header = known_headers.get
_unpack_size = struct.Struct(">i").unpack_from


class BundleScan(NamedTuple):
    """The messages found in a bundle, in order, nested ones included.

    messages: (header, offset, size) of each message, in bytes of the packet; for `header.end` -1 see `scan_packet`.
    error: why reading stopped before the end of the bundle; the messages before that place are there.
    """

    messages: FoundMessages
    error: OscDecodeError | None


class _Unchecked(tuple[Any, ...]):
    """Gives a class built on it tuple's own constructor, which skips the checks of OscMessage; that is a tenth of the
    time of a decode less than calling `tuple.__new__(OscMessage, ...)`.
    """

    __slots__ = ()
    __new__ = tuple.__new__


if TYPE_CHECKING:

    def _DecodedMessage(fields: tuple[str | int, str | None, tuple[Any, ...], bytes]) -> OscMessage: ...  # noqa: N802

    def _DecodedBundle(fields: tuple[TimeTag, tuple[OscPacket, ...]]) -> OscBundle: ...  # noqa: N802

else:

    class _DecodedMessage(_Unchecked, OscMessage):
        __slots__ = ()

    class _DecodedBundle(_Unchecked, OscBundle):
        __slots__ = ()

    _DecodedMessage.__name__ = OscMessage.__name__
    _DecodedBundle.__name__ = OscBundle.__name__


def decode_packet(data: bytes) -> OscPacket:
    """Return the message or bundle these bytes are.

    Departures from the specification that do not prevent decoding are accepted; `examine_packet` reports them.
    Raises OscDecodeError and nothing else, for any bytes.
    """
    try:
        address, type_tags, read = _known_message(data[header_slices[len(data)]]) or known_messages.find(data)
        return _DecodedMessage((address, type_tags, read(data), b""))
    except MISFIT:
        return _decode_other(data)


def examine_packet(data: bytes) -> tuple[OscPacket, tuple[PacketIssue, ...]]:
    """Return the packet and what is odd about it, in order of offset. Raises OscDecodeError."""
    dissection = dissect_packet(bytes(data))
    return _packet_of(dissection), dissection.issues


def scan_packet(data: bytes) -> MessageHeader | BundleScan:
    """Find addresses, type tags and offsets without looking at the arguments.

    A message gives its header (its arguments begin at `len(header.raw)`), a bundle a BundleScan. Arguments of fixed
    size are known to fit; where `header.end` is -1 they vary, and `header.fits(message)` tells.
    Raises OscDecodeError for bytes in which these cannot be found.
    """
    try:
        header = _known_header(data[header_slices[len(data)]]) or known_headers.find(data)
        if header.end == len(data) or header.end < 0:
            return header
    except MISFIT:
        pass
    return _scan_other(data)


# Decoding what the fast path did not know.


def _packet_of(dissection: Dissection) -> OscPacket:
    if dissection.error is not None:
        raise dissection.error from None
    assert dissection.packet is not None
    return dissection.packet


def _decode_other(data: bytes) -> OscPacket:
    if type(data) is not bytes:
        return decode_packet(bytes(data))
    try:
        if not data.startswith(BUNDLE_MARK):
            address, type_tags, read = known_messages.find(data)
            return _DecodedMessage((address, type_tags, read(data), b""))
        layout = layout_of(len(data))
        values = layout.read(data) if layout else None
        if layout and values:
            elements = [
                _DecodedMessage((address, type_tags, values[part], b"")) for address, type_tags, part in layout.elements
            ]
            return _DecodedBundle((TimeTag(values[0]), tuple(elements)))
        bundle = _decode_bundle(data, 0)
        if wants_layout(len(data)):
            messages: list[tuple[MessageHeader, int, int]] = []
            _scan_bundle(data, 0, len(data), 0, messages)
            learn_layout(len(data), tuple(messages))
        return bundle
    except MISFIT:
        return _packet_of(dissect_packet(data))


def _decode_bundle(data: bytes, depth: int) -> OscBundle:
    """Decode a well-formed bundle; raises one of MISFIT for anything else."""
    end = len(data)
    if end < BUNDLE_HEADER_SIZE or depth >= NESTING_LIMIT:
        raise ValueError
    elements: list[OscPacket] = []
    position = BUNDLE_HEADER_SIZE
    while position < end:
        (size,) = _unpack_size(data, position)
        position += 4
        if not 0 < size <= end - position:
            raise ValueError
        element = data[position : position + size]
        position += size
        try:
            address, type_tags, read = _known_message(element[header_slices[size]]) or known_messages.find(element)
            elements.append(_DecodedMessage((address, type_tags, read(element), b"")))
        except MISFIT:
            if not element.startswith(BUNDLE_MARK):
                raise
            elements.append(_decode_bundle(element, depth + 1))
    time_tag = TimeTag.from_wire(data[8:BUNDLE_HEADER_SIZE])
    return _DecodedBundle((time_tag, tuple(elements)))


# Scanning what the fast path did not know.


def _scan_other(data: bytes) -> MessageHeader | BundleScan:
    if type(data) is not bytes:
        return scan_packet(bytes(data))
    try:
        if not data.startswith(BUNDLE_MARK):
            header = known_headers.find(data)
            if header.end in (-1, len(data)):
                return header
            return _scan_exactly(data)
        layout = layout_of(len(data))
        if layout and layout.fits(data):
            return BundleScan(layout.messages, None)
        messages: list[tuple[MessageHeader, int, int]] = []
        _scan_bundle(data, 0, len(data), 0, messages)
        found = tuple(messages)
        if wants_layout(len(data)):
            learn_layout(len(data), found)
        return BundleScan(found, None)
    except MISFIT:
        return _scan_exactly(data)


def _scan_bundle(data: bytes, start: int, end: int, depth: int, messages: list[tuple[MessageHeader, int, int]]) -> None:
    """Append the messages of a well-formed bundle; raises one of MISFIT for anything else."""
    position = start + BUNDLE_HEADER_SIZE
    if position > end or depth >= NESTING_LIMIT:
        raise ValueError
    while position < end:
        (size,) = _unpack_size(data, position)
        position += 4
        if not 0 < size <= end - position:
            raise ValueError
        header = _known_header(data[position : position + header_slices[size].stop])
        if header is not None and header.end == size:
            messages.append((header, position, size))
        elif data.startswith(BUNDLE_MARK, position):
            _scan_bundle(data, position, position + size, depth + 1, messages)
        else:
            element = data[position : position + size]
            if header is None:
                header = known_headers.find(element)
            if header.end >= 0 and header.end != size:
                raise ValueError
            messages.append((header, position, size))
        position += size


def _scan_exactly(data: bytes) -> MessageHeader | BundleScan:
    dissection = dissect_packet(data)
    messages = tuple(
        (_exact_header(message, data[start : start + size], arguments - start), start, size)
        for message, start, arguments, size in dissection.messages
    )
    if dissection.root is None or dissection.root.kind != "bundle":
        _packet_of(dissection)
        return messages[0][0]
    return BundleScan(messages, dissection.error)


def _exact_header(message: OscMessage, data: bytes, arguments: int) -> MessageHeader:
    raw = data[:arguments]
    try:
        header = MessageHeader(message.address, message.type_tags, raw, signature_of(message.type_tags or ""))
    except MISFIT:
        header = MessageHeader(message.address, message.type_tags, raw)
    # A header promises that the arguments fill the message; where they do not, it says nothing about them.
    fits = message.type_tags is not None and not arguments % 4 and header.fits(data)
    return header if fits else MessageHeader(message.address, message.type_tags, raw)
