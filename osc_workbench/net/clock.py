"""The only reader of clocks: everything else is given `now`."""

import time


class Clock:
    """The system's clocks. A test passes one of its own with the same methods."""

    def time(self) -> float:
        """Return monotonic seconds, for intervals and deadlines."""
        return time.perf_counter()

    def unix_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, for stamps that people read."""
        return time.time_ns()
