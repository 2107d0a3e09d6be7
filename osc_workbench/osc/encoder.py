"""Packets to bytes. What address and type tags become is remembered, so most messages cost one packing and one join."""

import struct
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from osc_workbench.osc.arguments import ARGUMENT_TYPES, NESTING_LIMIT, Layout
from osc_workbench.osc.dissection import BUNDLE_MARK
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.generated import Packer, pack_blob, pack_string
from osc_workbench.osc.header import KNOWN_LIMIT, KNOWN_SIZE_LIMIT
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.signature import MISFIT, signature_of, tables_of_signatures

_MISS = (KeyError, *MISFIT)

_pack_size = struct.Struct(">I").pack
_pack_bundle_head = struct.Struct(">8sQ").pack

_writers: dict[tuple[str | int, str | None], tuple[bytes, Packer]] = {}
tables_of_signatures.append(_writers)


def encode_packet(packet: OscPacket) -> bytes:
    """Return the bytes of a packet. Raises OscEncodeError, which names the argument that cannot be written."""
    if isinstance(packet, OscBundle):
        return _encode_bundle(packet, 0)
    try:
        head, pack = _writers[packet[:2]]
        return head + pack(packet[2]) + packet[3]
    except _MISS:
        return _encode_message(packet)


def _encode_bundle(bundle: OscBundle, depth: int) -> bytes:
    if depth >= NESTING_LIMIT:
        raise OscEncodeError(f"bundles are nested deeper than the limit of {NESTING_LIMIT}")
    parts = [_pack_bundle_head(BUNDLE_MARK, bundle.time_tag.value)]
    for element in bundle.elements:
        if isinstance(element, OscBundle):
            encoded = _encode_bundle(element, depth + 1)
        else:
            try:
                head, pack = _writers[element[:2]]
                encoded = head + pack(element[2]) + element[3]
            except _MISS:
                encoded = _encode_message(element)
        parts += (_pack_size(len(encoded)), encoded)
    return b"".join(parts)


def _encode_message(message: OscMessage) -> bytes:
    if not isinstance(message, OscMessage):
        raise OscEncodeError(f"a packet is an OscMessage or an OscBundle, not {message!r:.80}")
    address, type_tags, arguments, excess = message
    try:
        head = address.to_bytes(4, "big") if isinstance(address, int) else pack_string(address)
        if type_tags is None:
            return head + excess
        head += pack_string("," + type_tags)
    except MISFIT as error:
        raise OscEncodeError(f"the address {address!r:.80} cannot be written: {error}") from None
    decoded_tags = "".join(takewhile(ARGUMENT_TYPES.__contains__, type_tags))
    if decoded_tags != type_tags:
        # What follows an unknown tag was never decoded; an array it stands in is closed for the packing.
        decoded_tags += "]" * (decoded_tags.count("[") - decoded_tags.count("]"))
    try:
        pack = signature_of(decoded_tags).pack
        encoded = head + pack(arguments) + excess
    except MISFIT:
        return head + _pack_one_by_one(decoded_tags, OscMessage(*message)) + excess
    if len(head) <= KNOWN_SIZE_LIMIT:
        if len(_writers) >= KNOWN_LIMIT:
            _writers.clear()
        _writers[address, type_tags] = head, pack
    return encoded


def _pack_one_by_one(type_tags: str, message: OscMessage) -> bytes:
    """Pack what the signature refused; raises OscEncodeError with the number and type of the argument to blame."""
    parts: list[bytes] = []
    values = iter(message.arguments)
    outer: list[Iterator[Any]] = []
    number = 0
    for tag in type_tags:
        if tag == "[":
            outer.append(values)
            values = iter(next(values))
            continue
        if tag == "]":
            values = outer.pop()
            continue
        row, value = ARGUMENT_TYPES[tag], next(values)
        number += 1
        try:
            if row.layout is Layout.FIXED:
                parts.append(struct.pack(">" + row.struct_code, row.to_wire(value) if row.to_wire else value))
            elif row.layout is Layout.STRING:
                parts.append(pack_string(value))
            elif row.layout is Layout.BLOB:
                parts.append(pack_blob(value))
        except MISFIT:
            reason = f"argument {number} of type {row.label} must be {row.expected}, not {value!r:.80}"
            raise OscEncodeError(reason) from None
    return b"".join(parts)
