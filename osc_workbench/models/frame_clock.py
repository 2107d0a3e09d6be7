"""The one repeating timer of the window: it says when to take in what has arrived.

Alone, a datagram is shown at once; under load, frames are spaced so that the window keeps up and stays responsive.
"""

import enum
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

# The rate at which a busy window is redrawn.
BUSY_INTERVAL = 0.016
# The rate at which a flooded window is redrawn: painting half as often leaves more of the time for receiving.
FLOOD_INTERVAL = 0.033
# Even without arrivals rates fall and lamps go out.
IDLE_INTERVAL = 0.25
# The shortest pause after a frame; the pause grows to the time the frame itself took.
SHORTEST_PAUSE = 0.003


class Load(enum.Enum):
    """How much there was to take in.

    FLOOD: more than the eye can follow in any case. BEHIND: more than one frame could take.
    """

    LIGHT = "light"
    BUSY = "busy"
    FLOOD = "flood"
    BEHIND = "behind"


class FrameClock(QObject):
    """Emits `frame` soon after `request`, never more often than the window can bear.

    time: monotonic seconds.
    """

    frame = Signal()

    def __init__(self, time: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._time = time
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._earliest = 0.0
        self._running = False
        self._requested = False
        self._load = Load.LIGHT

    @property
    def is_running(self) -> bool:
        return self._running

    def start(self) -> None:
        self._running = True
        self._requested = False
        self._arm(IDLE_INTERVAL)

    def stop(self) -> None:
        """Make no more frames, whoever asks: sockets hand over what waits in them while they are closed."""
        self._running = False
        self._timer.stop()

    def set_load(self, load: Load) -> None:
        """Tell how much this frame had to take in."""
        self._load = load

    def request(self) -> None:
        """Ask for a frame; many requests make one frame."""
        if self._running and not self._requested:
            self._requested = True
            self._arm(self._earliest - self._time())

    def _arm(self, delay: float) -> None:
        # Rounded to the nearest millisecond, which is what the timer knows.
        self._timer.start(max(0, round(delay * 1000)))

    @Slot()
    def _tick(self) -> None:
        start = self._time()
        self._requested = False
        self.frame.emit()
        end = self._time()
        if self._load is Load.BEHIND:
            self._earliest = end + SHORTEST_PAUSE
        elif self._load in (Load.BUSY, Load.FLOOD):
            interval = BUSY_INTERVAL if self._load is Load.BUSY else FLOOD_INTERVAL
            self._earliest = max(start + interval, end + (end - start))
        else:
            self._earliest = end + max(SHORTEST_PAUSE, end - start)
        if self._running:
            self._arm(self._earliest - end if self._requested else IDLE_INTERVAL)
