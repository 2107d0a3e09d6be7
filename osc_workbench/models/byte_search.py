"""What a pattern finds in the bytes of one packet, and which hit is looked at."""

from bisect import bisect_left
from dataclasses import dataclass, replace

from osc_workbench.traffic.byte_pattern import HITS_LIMIT, BytePattern


@dataclass(frozen=True, slots=True)
class ByteSearch:
    """hits: offsets, ascending. length: bytes of each. current: a place in `hits`. is_cut: there are more hits."""

    hits: tuple[int, ...] = ()
    length: int = 0
    current: int | None = None
    is_cut: bool = False

    @property
    def current_hit(self) -> range | None:
        """The bytes of the hit that is looked at."""
        if self.current is None:
            return None
        start = self.hits[self.current]
        return range(start, start + self.length)

    @property
    def count_text(self) -> str:
        """Say how many hits there are and which is looked at: "3 of 12"."""
        if not self.hits:
            return "no hits"
        count = f"the first {len(self.hits):,}" if self.is_cut else f"{len(self.hits):,}"
        if self.current is None:
            return f"{count} {'hit' if len(self.hits) == 1 else 'hits'}"
        return f"{self.current + 1:,} of {count}"

    def at_or_after(self, offset: int) -> "ByteSearch":
        """Look at the next hit from this byte on; beyond the last comes the first."""
        return self._looking_at(bisect_left(self.hits, offset))

    def before(self, offset: int) -> "ByteSearch":
        """Look at the last hit before this byte; before the first comes the last."""
        return self._looking_at(bisect_left(self.hits, offset) - 1)

    def within(self, extent: range) -> "ByteSearch":
        """Look at the first hit in these bytes, at none if there is none."""
        place = bisect_left(self.hits, extent.start)
        is_there = place < len(self.hits) and self.hits[place] < extent.stop
        return replace(self, current=place if is_there else None)

    def _looking_at(self, place: int) -> "ByteSearch":
        return replace(self, current=place % len(self.hits) if self.hits else None)


def search_bytes(pattern: BytePattern, data: bytes) -> ByteSearch:
    """Return all hits up to HITS_LIMIT, none of them looked at."""
    hits = pattern.find_all(data, HITS_LIMIT + 1)
    return ByteSearch(tuple(hits[:HITS_LIMIT]), pattern.length, None, len(hits) > HITS_LIMIT)
