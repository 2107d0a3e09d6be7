"""What the network layer raises, and how it reports what nobody waits for."""

import logging

logger = logging.getLogger(__name__)


class EndpointError(OSError):
    """Raised when an endpoint cannot do what was asked.

    problem: what failed, on what; remedy: what to do about it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())


def log_problem(text: str) -> None:
    """Report what went wrong in the background, where nobody else does."""
    logger.warning("%s", text)
