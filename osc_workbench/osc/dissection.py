"""The exact, slow reading of a packet: every field with its place, every departure from the specification, and where
and why decoding stopped.

The codec asks here whenever its fast path does not fit; the packet detail shows the fields beside the bytes.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from osc_workbench.osc.arguments import ARGUMENT_TYPES, NESTING_LIMIT, Layout, check_brackets
from osc_workbench.osc.errors import OscDecodeError, PacketIssue
from osc_workbench.osc.packet import INTEGER_ADDRESS_LIMIT, OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

BUNDLE_MARK = b"#bundle\0"
BUNDLE_HEADER_SIZE = 16


@dataclass(frozen=True, slots=True)
class PacketField:
    """A stretch of bytes and what it means.

    kind: "message", "bundle", "address", "type tags", "time tag", "element size", "argument", "array", "excess".
    offset, size: in bytes of the packet, padding included.
    type_tag: of an argument, else "".
    """

    kind: str
    offset: int
    size: int
    value: Any = None
    type_tag: str = ""
    children: Sequence["PacketField"] = ()


@dataclass(frozen=True, slots=True)
class Dissection:
    """What a packet turned out to be.

    packet: None if the bytes are no packet; then `error` says where and why.
    issues: departures from the specification, in order of their offset.
    root: the fields as far as they could be read; None if not even the start made sense.
    messages: (message, offset, offset of its arguments, size) of each message that was read to its end.
    """

    packet: OscPacket | None
    issues: tuple[PacketIssue, ...]
    root: PacketField | None
    messages: tuple[tuple[OscMessage, int, int, int], ...] = ()
    error: OscDecodeError | None = None


def dissect_packet(data: bytes) -> Dissection:
    """Take a packet apart; never raises for any bytes."""
    dissector = _Dissector(data)
    top: list[PacketField] = []
    packet = error = None
    try:
        packet = dissector.packet(0, len(data), 0, None, top)
    except OscDecodeError as failure:
        error = failure
    issues = tuple(sorted(dissector.issues, key=lambda issue: issue.offset))
    return Dissection(packet, issues, top[0] if top else None, tuple(dissector.messages), error)


@dataclass(slots=True)
class _Dissector:
    """Reads one packet; fields that were complete before a failure stay in the lists they were put in."""

    data: bytes
    issues: list[PacketIssue] = field(default_factory=list)
    messages: list[tuple[OscMessage, int, int, int]] = field(default_factory=list)

    def packet(self, start: int, end: int, depth: int, outer: TimeTag | None, fields: list[PacketField]) -> OscPacket:
        if start == end:
            raise OscDecodeError(start, "empty")
        if (end - start) % 4:
            self._note("unaligned-size", start)
        if self.data.startswith(b"#", start):
            return self._bundle(start, end, depth, outer, fields)
        return self._message(start, end, fields)

    def _bundle(self, start: int, end: int, depth: int, outer: TimeTag | None, fields: list[PacketField]) -> OscBundle:
        head = self.data[start : min(end, start + len(BUNDLE_MARK))]
        if head != BUNDLE_MARK:
            raise OscDecodeError(start, "truncated" if BUNDLE_MARK.startswith(head) else "not-osc")
        if end - start < BUNDLE_HEADER_SIZE:
            raise OscDecodeError(end, "truncated", "the bundle ends within its time tag")
        if depth >= NESTING_LIMIT:
            raise OscDecodeError(start, "too-deep")
        time_tag = TimeTag(int.from_bytes(self.data[start + 8 : start + 16], "big"))
        if time_tag.value == 0:
            self._note("zero-time-tag", start + 8)
        if outer is not None and time_tag < outer:
            self._note("time-tag-order", start + 8)
        children = [PacketField("time tag", start + 8, 8, time_tag, "t")]
        fields.append(PacketField("bundle", start, end - start, time_tag, "", children))
        elements: list[OscPacket] = []
        position = start + BUNDLE_HEADER_SIZE
        while position < end:
            if end - position < 4:
                raise OscDecodeError(position, "truncated", "the bundle ends within the size of an element")
            size = int.from_bytes(self.data[position : position + 4], "big", signed=True)
            self._check_element_size(size, position, end)
            children.append(PacketField("element size", position, 4, size, "i"))
            position += 4
            elements.append(self.packet(position, position + size, depth + 1, time_tag, children))
            position += size
        return OscBundle(time_tag, elements)

    def _check_element_size(self, size: int, position: int, end: int) -> None:
        left = end - position - 4
        if size <= 0:
            raise OscDecodeError(position, "element-size", f"a bundle element has the size {size}")
        if size > left:
            reason = f"a bundle element has the size {size}, but only {left} bytes are left"
            raise OscDecodeError(position, "element-size", reason)

    def _message(self, start: int, end: int, fields: list[PacketField]) -> OscMessage:
        children: list[PacketField] = []
        address, position = self._address(start, end)
        children.append(PacketField("address", start, position - start, address))
        fields.append(PacketField("message", start, end - start, address, "", children))
        if position >= end or self.data[position] != ord(","):
            return self._without_type_tags(address, start, position, end, children)
        type_tags_offset = position
        raw_tags, position = self._string(position, end)
        type_tags = raw_tags[1:].decode("latin-1")
        children.append(PacketField("type tags", type_tags_offset, position - type_tags_offset, type_tags))
        bad_bracket = check_brackets(type_tags)
        if bad_bracket is not None:
            depth_code = "array" if bad_bracket == len(type_tags) or type_tags[bad_bracket] == "]" else "too-deep"
            raise OscDecodeError(type_tags_offset + 1 + bad_bracket, depth_code)
        if not type_tags.isascii():
            self._note("invalid-utf8", type_tags_offset)
            type_tags = raw_tags[1:].decode("ascii", "surrogateescape")
        arguments_offset = position
        arguments, position = self._arguments(type_tags, type_tags_offset, position, end, children)
        excess = self.data[position:end]
        if excess:
            children.append(PacketField("excess", position, end - position, excess))
            if all(tag in ARGUMENT_TYPES for tag in type_tags):
                self._note("excess-bytes", position)
        message = OscMessage._make((address, type_tags, arguments, excess))
        self.messages.append((message, start, arguments_offset, end - start))
        return message

    def _without_type_tags(
        self, address: str | int, start: int, position: int, end: int, children: list[PacketField]
    ) -> OscMessage:
        # Without slash, type tags and readable content it is some other protocol (Art-Net, DNS), not an old sender.
        if position < end and not (isinstance(address, str) and address.startswith("/")):
            raise OscDecodeError(start, "not-osc")
        self._note("missing-type-tags", min(position, end))
        raw = self.data[position:end]
        if raw:
            children.append(PacketField("excess", position, end - position, raw))
        message = OscMessage._make((address, None, (), raw))
        self.messages.append((message, start, min(position, end), end - start))
        return message

    def _address(self, start: int, end: int) -> tuple[str | int, int]:
        if self.data[start] == 0:
            number = int.from_bytes(self.data[start : start + 4], "big")
            if end - start < 4 or number >= INTEGER_ADDRESS_LIMIT:
                raise OscDecodeError(start, "not-osc")
            return number, start + 4
        raw, position = self._string(start, end)
        if not raw.startswith(b"/"):
            if not all(0x20 < byte < 0x7F for byte in raw) or raw.startswith(b","):
                raise OscDecodeError(start, "not-osc")
            self._note("no-slash", start)
        return self._text(raw, start), position

    def _arguments(
        self, type_tags: str, tags_offset: int, position: int, end: int, fields: list[PacketField]
    ) -> tuple[tuple[Any, ...], int]:
        """Return the arguments and where they end; the fields get one entry for each of them."""
        stack: list[tuple[list[Any], list[PacketField], int]] = []
        values: list[Any] = []
        for index, tag in enumerate(type_tags):
            row = ARGUMENT_TYPES.get(tag)
            if row is None:
                self._note("unknown-type-tag", tags_offset + 1 + index)
                while stack:
                    values, fields = self._close_array(stack, values, fields, position)
                break
            if tag == "[":
                stack.append((values, fields, position))
                values, fields = [], []
            elif tag == "]":
                values, fields = self._close_array(stack, values, fields, position)
            else:
                value, after = self._argument(row.layout, row, position, end)
                values.append(value)
                fields.append(PacketField("argument", position, after - position, value, tag))
                position = after
        return tuple(values), position

    def _close_array(
        self,
        stack: list[tuple[list[Any], list[PacketField], int]],
        values: list[Any],
        fields: list[PacketField],
        position: int,
    ) -> tuple[list[Any], list[PacketField]]:
        outer_values, outer_fields, start = stack.pop()
        outer_values.append(tuple(values))
        outer_fields.append(PacketField("array", start, position - start, tuple(values), "[", fields))
        return outer_values, outer_fields

    def _argument(self, layout: Layout, row: Any, position: int, end: int) -> tuple[Any, int]:
        if layout is Layout.CONSTANT:
            return row.constant, position
        if layout is Layout.STRING:
            raw, after = self._string(position, end)
            return self._text(raw, position), after
        if layout is Layout.BLOB:
            return self._blob(position, end)
        if end - position < row.size:
            reason = f"the argument of type {row.label} needs {row.size} bytes, {end - position} are left"
            raise OscDecodeError(position, "truncated", reason)
        (value,) = struct.unpack_from(">" + row.struct_code, self.data, position)
        return (row.from_wire(value) if row.from_wire else value), position + row.size

    def _blob(self, position: int, end: int) -> tuple[bytes, int]:
        if end - position < 4:
            raise OscDecodeError(position, "truncated", "the message ends within the size of a blob")
        size = int.from_bytes(self.data[position : position + 4], "big", signed=True)
        start = position + 4
        if not 0 <= size <= end - start:
            reason = f"a blob has the size {size}, but {end - start} bytes are left"
            raise OscDecodeError(position, "blob-size", reason)
        return self.data[start : start + size], self._skip_padding(start, start + size, end)

    def _string(self, start: int, end: int) -> tuple[bytes, int]:
        stop = self.data.find(0, start, end)
        if stop < 0:
            raise OscDecodeError(start, "unterminated" if start < end else "truncated")
        return self.data[start:stop], self._skip_padding(start, stop + 1, end)

    def _skip_padding(self, start: int, content_end: int, end: int) -> int:
        # Padding is counted from the start of the string, which is the start of a word unless a size was odd.
        padded_end = start + (content_end - start + 3 & -4)
        if any(self.data[content_end : min(padded_end, end)]):
            self._note("padding", content_end)
        if padded_end > end:
            self._note("short-padding", content_end)
            return end
        return padded_end

    def _text(self, raw: bytes, offset: int) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self._note("invalid-utf8", offset + error.start)
            return raw.decode("utf-8", "surrogateescape")

    def _note(self, code: str, offset: int) -> None:
        self.issues.append(PacketIssue(code, offset))
