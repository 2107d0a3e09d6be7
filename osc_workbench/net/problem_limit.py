"""Sentences about what went wrong, but no more in a second than can be read: peers can cause as many as they like."""

from collections.abc import Callable

from osc_workbench.net.clock import Clock

PROBLEMS_PER_SECOND = 20
_SECOND = 1.0


class ProblemLimit:
    """Hands sentences on; those beyond the limit are counted, and the number is said later."""

    def __init__(self, clock: Clock, on_problem: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_problem = on_problem
        self._since = clock.time()
        self._count = 0

    def __call__(self, problem: str) -> None:
        self.check()
        self._count += 1
        if self._count <= PROBLEMS_PER_SECOND:
            self._on_problem(problem)

    def check(self) -> None:
        """Begin a new second if it is time, and say how many were left out in the one before."""
        now = self._clock.time()
        if now - self._since < _SECOND:
            return
        left_out, self._since, self._count = self._count - PROBLEMS_PER_SECOND, now, 0
        if left_out > 0:
            self._on_problem(f"{left_out:,} more problems in one second are not shown.")
