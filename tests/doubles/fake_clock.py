"""A clock that stands still until a test moves it."""

from osc_workbench.net.clock import Clock


class FakeClock(Clock):
    """step: how far each look at the clock moves it, for code that works until a deadline."""

    def __init__(self, time: float = 100.0, unix_ns: int = 1_700_000_000_000_000_000, step: float = 0.0) -> None:
        self.now = time
        self.step = step
        self._start = time
        self._start_ns = unix_ns

    def time(self) -> float:
        self.now += self.step
        return self.now

    def unix_ns(self) -> int:
        return self._start_ns + round((self.now - self._start) * 1e9)

    def advance(self, seconds: float) -> None:
        self.now += seconds
