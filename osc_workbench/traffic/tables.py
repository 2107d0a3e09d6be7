"""Tables that give a small number to what recurs in every row: message headers and links.

Both are bounded, because a sender may invent a new address or a new port for every datagram. What finds no place is
kept in the row's own bytes instead (headers) or left out and said so (peers).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic.record import Direction, Peer

# At some 400 bytes each, a full table of headers takes about 50 MB.
HEADERS_LIMIT = 131_072
HEADER_BYTES_LIMIT = 32 << 20
# At some 250 bytes each, 16 MB of peers.
LINKS_LIMIT = 65_536
NO_HEADER = 0


class HeaderTable:
    """Numbers for message headers; number 0 stands for no header, whose bytes are none.

    raw, addresses, type_tags: lists by number.
    generation: how often numbers were given back; what was remembered by number before that holds no longer.
    reused: the numbers that have gone to other headers since then, in order.
    """

    def __init__(self, limit: int = HEADERS_LIMIT, limit_bytes: int | None = None) -> None:
        """limit_bytes: of all headers together, exceeded by at most one; None for HEADER_BYTES_LIMIT."""
        self.raw: list[bytes] = [b""]
        self.addresses: list[str | int | None] = [None]
        self.type_tags: list[str | None] = [None]
        self.numbers: dict[bytes, int] = {}
        self.refused = 0
        self.generation = 0
        self.reused: list[int] = []
        self._limit = limit
        self._limit_bytes = HEADER_BYTES_LIMIT if limit_bytes is None else limit_bytes
        self._bytes = 0
        self._free: list[int] = []
        self._raw_sizes = np.zeros(256, np.int64)

    @property
    def raw_sizes(self) -> npt.NDArray[np.int64]:
        """Bytes of the headers, by number."""
        return self._raw_sizes[: len(self.raw)]

    def add(self, header: MessageHeader) -> int:
        """Return the number of a header that has none yet, or NO_HEADER if the table is full."""
        if self.is_full():
            self.refused += 1
            return NO_HEADER
        self._bytes += len(header.raw)
        if self._free:
            number = self._free.pop()
            self.reused.append(number)
            self.raw[number] = header.raw
            self.addresses[number] = header.address
            self.type_tags[number] = header.type_tags
        else:
            number = len(self.raw)
            self.raw.append(header.raw)
            self.addresses.append(header.address)
            self.type_tags.append(header.type_tags)
        self.numbers[header.raw] = number
        if number >= len(self._raw_sizes):
            self._raw_sizes = np.concatenate((self._raw_sizes, np.zeros_like(self._raw_sizes)))
        self._raw_sizes[number] = len(header.raw)
        return number

    def is_full(self) -> bool:
        return self._bytes > self._limit_bytes or (not self._free and len(self.raw) > self._limit)

    def keep_only(self, used: Iterable[int]) -> None:
        """Give back the numbers that no row uses any more."""
        keep = {NO_HEADER, *used}
        self.generation += 1
        self.reused.clear()
        for raw, number in list(self.numbers.items()):
            if number not in keep:
                del self.numbers[raw]
                self._bytes -= len(raw)
                self.raw[number] = b""
                self.addresses[number] = self.type_tags[number] = None
                self._free.append(number)


class Link(NamedTuple):
    """Which endpoint, which peer (None: the table was full) and which way."""

    endpoint_id: int
    peer: Peer | None
    direction: Direction


class LinkTable:
    """Numbers for links."""

    def __init__(self, limit: int = LINKS_LIMIT) -> None:
        self.links: list[Link] = []
        self._numbers: dict[Link, int] = {}
        self._limit = limit

    def number_of(self, endpoint_id: int, peer: Peer | None, direction: Direction) -> int:
        link = Link(endpoint_id, peer, direction)
        number = self._numbers.get(link)
        if number is not None:
            return number
        # The limit is one of peers: a row whose peer finds no place still has its endpoint and direction.
        if peer is not None and len(self.links) >= self._limit:
            return self.number_of(endpoint_id, None, direction)
        number = self._numbers[link] = len(self.links)
        self.links.append(link)
        return number
