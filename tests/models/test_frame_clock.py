from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from osc_workbench.models.frame_clock import (
    BUSY_INTERVAL,
    FLOOD_INTERVAL,
    IDLE_INTERVAL,
    SHORTEST_PAUSE,
    FrameClock,
    Load,
)


class Frames:
    """A clock under test on a time that only moves when told, and what each frame of it costs."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.cost = 0.0
        self.count = 0
        self.requests_within = 0
        self.clock = FrameClock(lambda: self.time)
        self.clock.frame.connect(self._on_frame)
        self.clock.start()

    def _on_frame(self) -> None:
        self.count += 1
        self.time += self.cost
        for _ in range(self.requests_within):
            self.clock.request()

    def tick(self) -> None:
        """Let the time of the next frame come, and the frame."""
        self.clock._timer.stop()
        self.clock._tick()

    @property
    def pause_ms(self) -> int:
        assert self.clock._timer.isActive()
        return self.clock._timer.interval()


@pytest.fixture
def frames(qtbot: QtBot) -> Iterator[Frames]:
    frames = Frames()
    yield frames
    frames.clock.stop()


def test_without_requests_it_ticks_slowly(frames: Frames) -> None:
    assert frames.pause_ms == round(IDLE_INTERVAL * 1000)
    frames.tick()
    assert (frames.count, frames.pause_ms) == (1, round(IDLE_INTERVAL * 1000))


def test_a_request_after_a_rest_is_served_at_once(frames: Frames) -> None:
    frames.tick()
    frames.time += 1
    frames.clock.request()
    assert frames.pause_ms == 0


def test_many_requests_make_one_frame(frames: Frames, qtbot: QtBot) -> None:
    for _ in range(1000):
        frames.clock.request()
    qtbot.waitUntil(lambda: frames.count > 0)
    assert frames.count == 1
    assert frames.pause_ms == round(IDLE_INTERVAL * 1000)


def test_the_pause_grows_with_what_a_frame_costs(frames: Frames) -> None:
    frames.requests_within = 1
    pauses = []
    for cost in (0.0, 0.005, 0.010, 0.040):
        frames.cost = cost
        frames.tick()
        pauses.append(frames.pause_ms)
    assert pauses == [round(SHORTEST_PAUSE * 1000), 5, 10, 40]


def test_a_busy_clock_keeps_its_rate(frames: Frames) -> None:
    frames.clock.set_load(Load.BUSY)
    frames.requests_within = 1
    frames.cost = 0.002
    frames.tick()
    assert frames.pause_ms == round((BUSY_INTERVAL - 0.002) * 1000)


def test_a_busy_clock_leaves_at_least_half_of_the_time_if_frames_take_too_long(frames: Frames) -> None:
    frames.clock.set_load(Load.BUSY)
    frames.requests_within = 1
    frames.cost = 0.100
    frames.tick()
    assert frames.pause_ms >= 100


def test_a_request_too_soon_waits_for_the_rest_of_the_pause(frames: Frames) -> None:
    frames.cost = 0.010
    frames.tick()
    frames.time += 0.004
    frames.clock.request()
    assert frames.pause_ms == 6


def test_a_stopped_clock_makes_no_frames(frames: Frames) -> None:
    frames.clock.stop()
    frames.clock.request()
    assert not frames.clock._timer.isActive()


def test_a_clock_stopped_within_its_frame_makes_no_more(frames: Frames) -> None:
    frames.clock.frame.connect(frames.clock.stop)
    frames.requests_within = 1
    frames.tick()
    assert not frames.clock._timer.isActive()


def test_frames_come_by_themselves(qtbot: QtBot, frames: Frames) -> None:
    qtbot.waitUntil(lambda: frames.count >= 2)


def test_a_clock_that_is_behind_hardly_pauses(frames: Frames) -> None:
    frames.clock.set_load(Load.BEHIND)
    frames.requests_within = 1
    frames.cost = 0.012
    frames.tick()
    assert frames.pause_ms == round(SHORTEST_PAUSE * 1000)


def test_a_clock_that_is_behind_goes_on_as_soon_as_it_can(frames: Frames) -> None:
    frames.clock.set_load(Load.BEHIND)
    frames.requests_within = 1
    frames.cost = 0.100
    frames.tick()
    assert frames.pause_ms == round(SHORTEST_PAUSE * 1000)


def test_a_flooded_clock_paints_half_as_often(frames: Frames) -> None:
    frames.clock.set_load(Load.FLOOD)
    frames.requests_within = 1
    frames.cost = 0.003
    frames.tick()
    assert frames.pause_ms == round((FLOOD_INTERVAL - 0.003) * 1000)
