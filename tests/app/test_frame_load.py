import pytest

from osc_workbench.app.frame_load import RELIEF, FrameLoad
from osc_workbench.models.frame_clock import Load
from osc_workbench.traffic.record import Batch, EndpointState, EndpointStatus
from tests.doubles.fake_clock import FakeClock


def batch(rows: int = 1000, rate: float = 0.0, dropped: int = 0, discarded: int = 0, backlog: int = 0) -> Batch:
    status = EndpointStatus(
        1, "udp://127.0.0.1:9000", EndpointState.OPEN, packets_per_second=rate, dropped=dropped, discarded=discarded
    )
    return Batch(0, rows, 0, (status,), backlog)


@pytest.mark.parametrize(
    ("frame", "load"),
    [
        (batch(rows=1), Load.LIGHT),
        (batch(rows=128), Load.LIGHT),
        (batch(rows=129), Load.BUSY),
        (batch(rate=50_000.0), Load.BUSY),
        (batch(rate=150_000.0), Load.FLOOD),
        (batch(rows=1, backlog=1), Load.BEHIND),
    ],
)
def test_frames_are_as_heavy_as_what_they_bring(frame: Batch, load: Load) -> None:
    assert FrameLoad(FakeClock().time).of(frame) is load


@pytest.mark.parametrize("lost", [{"dropped": 3}, {"discarded": 3}])
def test_after_a_loss_the_window_paints_less_often_for_a_while(lost: dict[str, int]) -> None:
    clock = FakeClock()
    load = FrameLoad(clock.time)
    assert load.of(batch()) is Load.BUSY
    assert load.of(batch(**lost)) is Load.FLOOD
    assert load.of(batch(**lost)) is Load.FLOOD
    clock.advance(RELIEF + 0.1)
    assert load.of(batch(**lost)) is Load.BUSY


def test_an_endpoint_that_is_removed_with_its_losses_is_no_loss() -> None:
    load = FrameLoad(FakeClock().time)
    load.of(batch(dropped=0))
    assert load.of(Batch(0, 1000, 0, ())) is Load.BUSY
