"""Time tags of many rows at once, and those of bundles inside a bundle."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.arguments import NESTING_LIMIT
from osc_workbench.osc.dissection import BUNDLE_HEADER_SIZE, BUNDLE_MARK
from osc_workbench.osc.timetag import UNIX_EPOCH_SECONDS

_ERA_SECONDS = 1 << 32
_SECOND_NS = 1_000_000_000


def unix_ns_of(time_tags: npt.NDArray[np.uint64], near_ns: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return time tags as int64 nanoseconds since the Unix epoch, each in the era nearest to its `near_ns`.

    The same as `TimeTag.to_unix_ns`, for columns.
    """
    seconds = (time_tags >> np.uint64(32)).astype(np.int64) - UNIX_EPOCH_SECONDS
    fraction = ((time_tags & np.uint64(0xFFFFFFFF)).astype(np.int64) * _SECOND_NS + (1 << 31)) >> 32
    eras = (near_ns // _SECOND_NS - seconds + _ERA_SECONDS // 2) // _ERA_SECONDS
    times: npt.NDArray[Any] = (seconds + eras * _ERA_SECONDS) * _SECOND_NS + fraction
    return times


class Element(NamedTuple):
    """Something in a bundle: a message, or a bundle again.

    outer: the time tag of the bundle it stands in. own: that of the bundle it is, None for a message.
    """

    outer: int
    own: int | None


def walk_bundle(packet: bytes) -> Iterator[Element]:
    """Yield what stands in a bundle, at any depth, in order; ends where the packet is malformed or nested too deep."""
    # (where the next element begins, where the bundle ends, its time tag) of each bundle that is open.
    open_bundles = [_open(packet, 0, len(packet))]
    while open_bundles:
        position, end, time_tag = open_bundles.pop()
        if position + 4 > end:
            continue
        size = int.from_bytes(packet[position : position + 4], "big", signed=True)
        start, stop = position + 4, position + 4 + size
        if size <= 0 or stop > end:
            return
        open_bundles.append((stop, end, time_tag))
        if packet.startswith(BUNDLE_MARK, start) and size >= BUNDLE_HEADER_SIZE:
            if len(open_bundles) >= NESTING_LIMIT:
                return
            open_bundles.append(_open(packet, start, stop))
            yield Element(time_tag, open_bundles[-1][2])
        else:
            yield Element(time_tag, None)


def message_time_tags(packet: bytes) -> list[int]:
    """Return the time tag of the innermost bundle of each message in a bundle, in order; ends where it is malformed."""
    return [element.outer for element in walk_bundle(packet) if element.own is None]


def has_early_bundle(packet: bytes) -> bool:
    """Tell whether a bundle within this one is earlier than the one around it, as far as the packet can be read."""
    return any(element.own is not None and element.own < element.outer for element in walk_bundle(packet))


def _open(packet: bytes, start: int, end: int) -> tuple[int, int, int]:
    return start + BUNDLE_HEADER_SIZE, end, int.from_bytes(packet[start + 8 : start + 16], "big")
