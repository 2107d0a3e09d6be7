"""Bundles of the same layout, frame after frame: the headers of all their messages compared in one step.

A sensor frame, a bank of faders or a tracker sends bundles in which only the values change. For such a bundle one
`struct.Struct` takes out every element size and header, to be compared with the expected ones, together with every
value; that takes two thirds of the time of going from element to element, and a fifth where only the offsets are
wanted.
"""

import struct
from operator import itemgetter
from typing import Any

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.osc.generated import struct_codes
from osc_workbench.osc.header import MessageHeader

FoundMessages = tuple[tuple[MessageHeader, int, int], ...]  # (header, offset, size) of each message

_FIRST_ELEMENT = 16
_LAYOUTS_LIMIT = 512
# Of all layouts together; one message of a layout takes 0.4 KiB.
_MESSAGES_LIMIT = 65_536


class BundleLayout:
    """What all bundles of one layout have in common.

    messages: headers, offsets and sizes, the same in each of them.
    elements: (address, type tags, slice of the arguments among the values of `read`) of each message.
    """

    __slots__ = ("_check", "_expected", "_heads", "_read", "elements", "messages")

    def __init__(self, messages: FoundMessages) -> None:
        self.messages = messages
        self.elements: list[tuple[str | int, str | None, slice]] = []
        expected, heads = [], []
        read_format, check_format = ">8xQ", f">{_FIRST_ELEMENT}x"
        index = 1
        for header, _, size in messages:
            assert header.type_tags is not None
            expected.append(size.to_bytes(4, "big") + header.raw)
            heads.append(index)
            arguments = slice(index + 1, index + 1 + len(header.type_tags))
            self.elements.append((header.address, header.type_tags, arguments))
            index = arguments.stop
            codes = struct_codes(ARGUMENT_TYPES[tag] for tag in header.type_tags)
            read_format += f"{4 + len(header.raw)}s{codes}"
            check_format += f"{4 + len(header.raw)}s{size - len(header.raw)}x"
        self._expected = tuple(expected)
        # The time tag is taken along so that there are always two items or more, and so a tuple.
        self._heads = itemgetter(*heads, 0)
        self._read = struct.Struct(read_format).unpack
        self._check = struct.Struct(check_format).unpack

    def fits(self, data: bytes) -> bool:
        return self._check(data) == self._expected

    def read(self, data: bytes) -> tuple[Any, ...] | None:
        """Return the value of the time tag and then those `elements` refer to; None if the layout does not fit."""
        values = self._read(data)
        return values if self._heads(values)[:-1] == self._expected else None


# For each packet size the layout learnt last, how often it did not fit, and at which count to learn anew. Learning
# costs as much as reading three bundles, so where layouts alternate it becomes ever rarer.
_layouts: dict[int, tuple[BundleLayout | None, int, int]] = {}
_kept_messages = 0
_NEW: tuple[BundleLayout | None, int, int] = (None, 0, 2)


def _forget_layouts() -> None:
    global _kept_messages
    _layouts.clear()
    _kept_messages = 0


def layout_of(size: int) -> BundleLayout | None:
    """Return the layout that bundles of this many bytes had lately."""
    found = _layouts.get(size)
    return found[0] if found else None


def wants_layout(size: int) -> bool:
    """Count a bundle that no layout fitted; tell whether it should be learnt."""
    layout, misses, patience = _layouts.get(size, _NEW)
    if len(_layouts) >= _LAYOUTS_LIMIT and size not in _layouts:
        _forget_layouts()
    wanted = misses + 1 >= patience
    _layouts[size] = (layout, 0, patience * 4) if wanted else (layout, misses + 1, patience)
    return wanted


def learn_layout(size: int, messages: FoundMessages) -> None:
    """Remember the layout of a bundle if it is flat and all its arguments are plain and of fixed size."""
    position = _FIRST_ELEMENT
    for header, offset, message_size in messages:
        if offset != position + 4 or not _is_plain(header):
            return
        position = offset + message_size
    if messages and position == size and len(messages) <= _MESSAGES_LIMIT // 8:
        global _kept_messages
        if _kept_messages + len(messages) > _MESSAGES_LIMIT:
            _forget_layouts()
        _kept_messages += len(messages)
        _, misses, patience = _layouts.get(size, _NEW)
        _layouts[size] = BundleLayout(messages), misses, patience


def _is_plain(header: MessageHeader) -> bool:
    rows = [ARGUMENT_TYPES[tag] for tag in header.type_tags or ""] if header.end >= 0 else None
    return rows is not None and all(row.layout is Layout.FIXED and row.from_wire is None for row in rows)
