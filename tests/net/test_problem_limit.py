"""A flood of problems is shown in part and counted whole."""

from osc_workbench.net.problem_limit import PROBLEMS_PER_SECOND, ProblemLimit
from tests.doubles.fake_clock import FakeClock


def test_beyond_the_limit_problems_are_counted_and_the_number_is_said_in_the_next_second() -> None:
    clock, said = FakeClock(), list[str]()
    limit = ProblemLimit(clock, said.append)
    for number in range(PROBLEMS_PER_SECOND + 280):
        limit(f"problem {number}")
    assert said == [f"problem {number}" for number in range(PROBLEMS_PER_SECOND)]
    clock.advance(1.0)
    limit.check()
    limit.check()
    limit("another")
    assert said[PROBLEMS_PER_SECOND:] == ["280 more problems in one second are not shown.", "another"]
