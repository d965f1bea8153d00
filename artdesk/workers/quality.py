"""Automatic quality: painter and working height chosen so that a frame rate is reached. A pure class."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from artdesk.core.live import PainterRole
from artdesk.workers.meter import percentile

_SAMPLES = 12
_BUSY = 0.96
_CALM = 0.75


@dataclass(frozen=True)
class Quality:
    """One step: which painter at which working height."""

    painter: PainterRole
    height: int

    def cost(self, costs: dict[PainterRole, float]) -> float:
        """Relative work of one frame: pixels times what this painter costs per pixel."""
        return costs[self.painter] * self.height * self.height


HEIGHTS = (720, 600, 480, 400, 336, 288, 240, 192)


class QualityController:
    """Chooses among the steps of its ladder from the seconds the frames took. Best step first.

    Goes down as soon as most frames of the last dozen were too slow, goes up only when the next step is
    expected to fit well and after `patience` seconds of calm, twice as long after every step up
    that had to be taken back. Never decides from frames of an earlier step.
    """

    def __init__(
        self,
        *,
        frame_height: int = 480,
        target_fps: float = 24.0,
        roles: tuple[PainterRole, ...] = ("live",),
        patience: float = 4.0,
    ) -> None:
        self.target_fps = target_fps
        self._costs: dict[PainterRole, float] = {"live": 1.0, "quality": 4.0}
        self._first_patience = self._patience = patience
        self._times: deque[float] = deque(maxlen=_SAMPLES)
        self._calm_since: float | None = None
        self._rose_to: int | None = None
        heights = [h for h in HEIGHTS if h < frame_height]
        best = [Quality("quality", frame_height)] if "quality" in roles else []
        self.ladder = (
            *best,
            *(Quality("live", h) for h in (min(frame_height, HEIGHTS[0]), *heights) if "live" in roles),
        ) or (Quality("quality", frame_height),)
        self.ladder = tuple(dict.fromkeys(self.ladder))
        # Start with the live painter at full size: the best guess for a laptop.
        self._at = min(len(best), len(self.ladder) - 1)

    @property
    def choice(self) -> Quality:
        return self.ladder[self._at]

    def record(self, seconds: float, now: float) -> bool:
        """One frame took `seconds` to paint; `now` in seconds. True if the choice has changed."""
        self._times.append(seconds)
        if len(self._times) < _SAMPLES:
            return False
        allowed = 1.0 / max(0.1, self.target_fps)
        # The median: one hiccup of the machine is no reason to paint worse.
        typical = percentile(list(self._times), 0.5)
        if typical > allowed * _BUSY:
            return self._down(typical, allowed)
        return self._up(typical, allowed, now)

    def _down(self, typical: float, allowed: float) -> bool:
        self._calm_since = None
        if self._at + 1 >= len(self.ladder):
            return False
        if self._rose_to == self._at:
            self._patience = min(120.0, self._patience * 2)
        self._rose_to = None
        here = self.choice.cost(self._costs)
        step = self._at + 1
        # Straight to a step that is expected to fit, but never past the last.
        while step + 1 < len(self.ladder) and typical * self.ladder[step].cost(self._costs) / here > allowed * _BUSY:
            step += 1
        return self._go(step)

    def _up(self, typical: float, allowed: float, now: float) -> bool:
        if self._at == 0:
            return False
        better = self.ladder[self._at - 1]
        expected = typical * better.cost(self._costs) / self.choice.cost(self._costs)
        if expected > allowed * _CALM:
            self._calm_since = None
            return False
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since < self._patience:
            return False
        self._rose_to = self._at - 1
        return self._go(self._at - 1)

    def _go(self, step: int) -> bool:
        self._at = step
        self._times.clear()
        self._calm_since = None
        return True
