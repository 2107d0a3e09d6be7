"""The only reader of clocks: everything else is given `now`."""

import time

from osc_workbench.osc.scheduler import Moment

# Two readings of one instant lie closer together than this, unless the thread was put aside between them.
_SAME_INSTANT = 5e-6
_ATTEMPTS = 3


class Clock:
    """The system's clocks. A test passes one of its own with the same methods."""

    def time(self) -> float:
        """Return monotonic seconds, for intervals and deadlines."""
        return time.perf_counter()

    def unix_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, for stamps that people read."""
        return time.time_ns()

    def moment(self) -> Moment:
        """Return one instant on both clocks."""
        for _ in range(_ATTEMPTS):
            before, unix_ns, after = self.time(), self.unix_ns(), self.time()
            if after - before < _SAME_INSTANT:
                break
        # The later reading: what is due by the wall clock must not be early.
        return Moment(after, unix_ns)
