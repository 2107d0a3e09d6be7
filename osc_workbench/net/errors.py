"""What the network layer raises."""


class EndpointError(OSError):
    """Raised when an endpoint cannot do what was asked.

    problem: what failed, on what; remedy: what to do about it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())
