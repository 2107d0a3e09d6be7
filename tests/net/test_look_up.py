"""Address patterns from the network take a share of the time, whatever they are."""

from osc_workbench.net.look_up import MATCHING_SHARE, LookUp
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from tests.doubles.fake_clock import FakeClock


def ignore(_context: Context) -> None:
    return None


def test_patterns_are_matched_until_their_share_of_the_second_is_spent_and_again_in_the_next() -> None:
    # Each look at the clock is a tenth of a second later, so that a match takes that long.
    clock = FakeClock(step=0.1)
    dispatcher = Dispatcher()
    handler = dispatcher.on("/a/b", ignore)
    refused: list[int] = []
    look_up = LookUp(dispatcher, clock, lambda: refused.append(1))
    found = [look_up(f"/{{a,{number}}}/b") for number in range(6)]
    matched = found.index(())
    assert found == [(handler,)] * matched + [()] * (6 - matched)
    assert MATCHING_SHARE / 0.1 <= matched <= MATCHING_SHARE / 0.1 + 2
    assert look_up.unmatched == len(refused) == 6 - matched
    clock.advance(1.0)
    assert look_up("/{a,6}/b") == (handler,)


def test_literal_addresses_and_patterns_seen_before_are_found_in_any_case() -> None:
    clock = FakeClock(step=1e-9)
    dispatcher = Dispatcher()
    handler = dispatcher.on("/a", ignore)
    number = dispatcher.on(9, ignore)
    look_up = LookUp(dispatcher, clock, lambda: None)
    assert look_up("/?") == (handler,)
    look_up._spent = 10.0
    assert look_up("/[a-z]") == ()
    assert (look_up("/?"), look_up("/a"), look_up(9)) == ((handler,), (handler,), (number,))
