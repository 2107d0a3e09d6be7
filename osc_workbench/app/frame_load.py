"""How much a frame had to take in, and so how often the window is painted."""

from collections.abc import Callable

from osc_workbench.models.frame_clock import Load
from osc_workbench.traffic.record import Batch

# Packets a second from which on the window paints less often.
FLOOD_RATE = 130_000
# After a loss it does so for this long, seconds, whatever the rate.
RELIEF = 5.0
# A frame with more rows than this is not a light one.
LIGHT_FRAME = 128


class FrameLoad:
    """Tells how heavy frames are. time: monotonic seconds."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._lost = 0
        self._relief_ends = 0.0

    def of(self, batch: Batch) -> Load:
        """Return how heavy this frame is, given those before."""
        lost = sum((status.dropped or 0) + status.discarded for status in batch.endpoint_statuses)
        if lost > self._lost:
            self._relief_ends = self._time() + RELIEF
        self._lost = lost
        if batch.backlog:
            return Load.BEHIND
        if batch.end_row - batch.first_row <= LIGHT_FRAME:
            return Load.LIGHT
        rate = sum(status.packets_per_second for status in batch.endpoint_statuses)
        # What is not received is worse than what is painted a sixtieth of a second later.
        is_flood = rate > FLOOD_RATE or self._time() < self._relief_ends
        return Load.FLOOD if is_flood else Load.BUSY
