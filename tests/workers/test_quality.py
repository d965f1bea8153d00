from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.workers.meter import Meter, percentile
from artdesk.workers.quality import Quality, QualityController


class Machine:
    """A machine on which a painted pixel costs a fixed time, seen through the controller."""

    def __init__(self, controller: QualityController, seconds_at_480: float) -> None:
        self.controller, self.cost, self.now = controller, seconds_at_480, 0.0
        self.changes = 0

    def run(self, frames: int) -> Quality:
        for _ in range(frames):
            choice = self.controller.choice
            seconds = self.cost * (choice.height / 480) ** 2 * (4 if choice.painter == "quality" else 1)
            self.now += max(seconds, 1 / 30)
            self.changes += self.controller.record(seconds, self.now)
        return self.controller.choice


def test_starts_with_the_live_painter_at_full_size() -> None:
    assert QualityController(frame_height=480, roles=("live", "quality")).choice == Quality("live", 480)


def test_a_slow_machine_paints_smaller_and_reaches_the_rate() -> None:
    machine = Machine(QualityController(frame_height=480, target_fps=24), 0.12)
    choice = machine.run(200)
    assert 0.12 * (choice.height / 480) ** 2 <= 1 / 24
    assert choice.height >= 240  # and not smaller than it has to be
    assert machine.changes <= 3


def test_it_reacts_within_a_second_of_frames() -> None:
    machine = Machine(QualityController(frame_height=480, target_fps=24), 0.12)
    assert machine.run(24).height < 480


def test_a_fast_machine_takes_the_quality_painter() -> None:
    machine = Machine(QualityController(frame_height=480, target_fps=24, roles=("live", "quality")), 0.004)
    assert machine.run(400) == Quality("quality", 480)


def test_one_hiccup_changes_nothing() -> None:
    controller = QualityController(frame_height=480, target_fps=24)
    for n in range(60):
        controller.record(0.5 if n == 30 else 0.03, n / 24)
    assert controller.choice == Quality("live", 480)


def test_it_settles_on_the_edge() -> None:
    # exactly as fast as allowed at one step, too slow at the next
    machine = Machine(QualityController(frame_height=480, target_fps=24), 0.0405)
    machine.run(2000)
    assert machine.changes <= 2


def test_steps_up_again_when_the_load_goes_away() -> None:
    machine = Machine(QualityController(frame_height=480, target_fps=24), 0.12)
    low = machine.run(100).height
    machine.cost = 0.01
    assert machine.run(900).height == 480 > low


def test_a_step_that_had_to_be_taken_back_is_not_tried_soon_again() -> None:
    controller = QualityController(frame_height=480, target_fps=24, roles=("live", "quality"))
    now, changes = 0.0, 0
    for _ in range(3000):
        # the quality painter turns out far dearer than expected
        seconds = 0.006 if controller.choice.painter == "live" else 0.2
        now += max(seconds, 1 / 30)
        changes += controller.record(seconds, now)
    assert changes <= 10


@settings(max_examples=50, deadline=None)
@given(st.integers(32, 2160), st.floats(1, 120), st.lists(st.floats(0.0001, 2), min_size=1, max_size=200))
def test_the_choice_is_always_on_the_ladder(height: int, fps: float, times: list[float]) -> None:
    controller = QualityController(frame_height=height, target_fps=fps, roles=("live", "quality"))
    for n, seconds in enumerate(times):
        controller.record(seconds, n / 10)
        assert controller.choice in controller.ladder
        assert controller.choice.height <= height


def test_meter_counts_rate_and_ages() -> None:
    now = [0.0]
    meter = Meter(clock=lambda: now[0])
    for n in range(31):
        now[0] = n / 30
        meter.count(now[0] - 0.05)
    assert meter.rate() == pytest.approx(30, rel=0.01)
    assert meter.mean_rate() == pytest.approx(30, rel=0.01)
    assert meter.ages() == pytest.approx((0.05, 0.05, 0.05))
    now[0] = 60.0
    assert meter.rate() == 0.0


def test_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 0.5) == 0.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0], 0.95) == 1.0
