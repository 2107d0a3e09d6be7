"""Counters of one endpoint, and rates over the last second or so."""

from collections import deque
from dataclasses import dataclass, field

_WINDOW = 1.0
_STEP = 0.1


@dataclass(slots=True)
class Tally:
    """What came and went since the endpoint was added."""

    packets: int = 0
    octets: int = 0
    sent: int = 0
    malformed: int = 0
    discarded: int = 0
    _samples: deque[tuple[float, int, int]] = field(default_factory=deque)

    def rates(self, now: float) -> tuple[float, float]:
        """Return packets and bytes per second over about the last second; call it at least a few times a second."""
        samples = self._samples
        if not samples or now - samples[-1][0] >= _STEP:
            samples.append((now, self.packets, self.octets))
        while len(samples) > 2 and now - samples[1][0] >= _WINDOW:
            samples.popleft()
        start, packets, octets = samples[0]
        elapsed = max(now - start, _STEP)
        return (self.packets - packets) / elapsed, (self.octets - octets) / elapsed
