"""What has arrived and waits to be stored: between the drain loop and the next frame."""

from collections import deque

from osc_workbench.net.arrivals import Arrivals, join_arrivals
from osc_workbench.traffic.indexer import DATAGRAMS_OF_CALL

# Five seconds at 100,000 a second. Beyond that new arrivals are counted and let go.
DATAGRAMS_LIMIT = 500_000
BYTES_LIMIT = 256 << 20
# Reads bring some forty datagrams each under load; storing more of them at a time takes half the time.
_JOINED_BYTES = 1 << 20


class Inbox:
    """A bounded queue of arrivals.

    count, size_bytes: datagrams that wait, and their bytes.
    """

    def __init__(self, limit_datagrams: int = DATAGRAMS_LIMIT, limit_bytes: int = BYTES_LIMIT) -> None:
        self.limit_datagrams = limit_datagrams
        self.limit_bytes = limit_bytes
        self.count = 0
        self.size_bytes = 0
        self._waiting: deque[tuple[Arrivals, int]] = deque()

    def add(self, arrivals: Arrivals) -> int | None:
        """Take arrivals in and return how many bytes they are; None if there is no room, then nothing was taken."""
        count, size = len(arrivals.datagrams), sum(map(len, arrivals.datagrams))
        if self.count + count > self.limit_datagrams or self.size_bytes + size > self.limit_bytes:
            return None
        self._waiting.append((arrivals, size))
        self.count += count
        self.size_bytes += size
        return size

    def is_filled(self, share: float) -> bool:
        """Tell whether more than this share of a limit waits."""
        return self.count > share * self.limit_datagrams or self.size_bytes > share * self.limit_bytes

    def take(self) -> Arrivals:
        """Take the next arrivals, joined with those of the same endpoint and direction behind them."""
        arrivals, size = self._waiting.popleft()
        found, count = [arrivals], len(arrivals.datagrams)
        while self._waiting and size < _JOINED_BYTES and count < DATAGRAMS_OF_CALL:
            following, following_size = self._waiting[0]
            if following[:2] != arrivals[:2] or count + len(following.datagrams) > DATAGRAMS_OF_CALL:
                break
            self._waiting.popleft()
            found.append(following)
            count += len(following.datagrams)
            size += following_size
        self.count -= count
        self.size_bytes -= size
        return join_arrivals(found)

    def put_back(self, arrivals: Arrivals, taken: int) -> None:
        """Put back what `take` gave, without the first `taken` datagrams."""
        rest = arrivals._replace(
            datagrams=arrivals.datagrams[taken:],
            times=arrivals.times[taken:],
            peers=arrivals.peers[taken:],
            truncated=tuple(number - taken for number in arrivals.truncated if number >= taken),
        )
        size = sum(map(len, rest.datagrams))
        self._waiting.appendleft((rest, size))
        self.count += len(rest.datagrams)
        self.size_bytes += size
