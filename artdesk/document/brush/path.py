"""From pen samples to dabs: steadying, smoothing, spacing, and what pressure and tilt do to each dab.

The path knows no pixels. It may be fed at any rate: steadying and spacing go by distance, not by the number of events.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from artdesk.document.brush.settings import BrushSettings, Tip

_SHORTEST_STEP = 0.75
_STEADY_STEP = 2.0
_STEADY_LENGTH = 90.0
_MOST_STEPS = 20000


class Sample(NamedTuple):
    """One report of the pen: canvas position, pressure 0..1, tilt in degrees (-60..60), time in seconds."""

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    time: float = 0.0

    def towards(self, other: Sample, part: float) -> Sample:
        """The sample ``part`` (0..1) of the way to ``other``."""
        return Sample(*(a + (b - a) * part for a, b in zip(self, other, strict=True)))

    def distance(self, other: Sample) -> float:
        return math.hypot(other.x - self.x, other.y - self.y)


class Dab(NamedTuple):
    """One print of the tip. ``ceiling`` is the coverage it may reach, ``flow`` how fast (both 0..1)."""

    x: float
    y: float
    size: float
    angle: float
    ratio: float
    ceiling: float
    flow: float


class StrokePath:
    """Turns the samples of one stroke into dabs; the same samples and seed always give the same dabs."""

    def __init__(self, settings: BrushSettings, *, seed: int = 0) -> None:
        self._settings = settings
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._steady: Sample | None = None
        self._pen: Sample | None = None
        self._last: Sample | None = None
        self._middle: Sample | None = None
        self._owed = 1.0
        self._direction: float | None = None

    def start(self, sample: Sample) -> list[Dab]:
        """Put the pen down."""
        self._steady = self._pen = self._last = self._middle = sample
        self._direction = None
        # A brush that follows the direction has none yet: its first dab waits for the first movement.
        if self._settings.follow_direction:
            self._owed = 1.0
            return []
        self._owed = 0.0
        return [self._dab(sample)]

    def move(self, sample: Sample) -> list[Dab]:
        """Draw on to ``sample``."""
        if self._pen is None:
            return self.start(sample)
        dabs: list[Dab] = []
        for point in self._steadied(sample):
            dabs += self._smoothed(point)
        return dabs

    def finish(self) -> list[Dab]:
        """Lift the pen: what steadying and smoothing held back is drawn, up to where the pen really was."""
        if self._pen is None or self._last is None or self._middle is None:
            return []
        dabs: list[Dab] = []
        if self._last.distance(self._pen) > 0.0 and self._settings.stabiliser > 0:
            dabs += self._smoothed(self._pen)
        dabs += self._walk(self._middle, self._last)
        if self._direction is None and self._settings.follow_direction:
            dabs.append(self._dab(self._last))
        self._pen = None
        return dabs

    def _steadied(self, sample: Sample) -> list[Sample]:
        """Points dragged behind the pen like a weight on a soft string."""
        assert self._pen is not None
        assert self._steady is not None
        pen, self._pen = self._pen, sample
        if self._settings.stabiliser <= 0.0:
            self._steady = sample
            return [sample]
        pull = 1.0 - math.exp(-_STEADY_STEP / (1.0 + _STEADY_LENGTH * self._settings.stabiliser**2))
        steps = min(_MOST_STEPS, max(1, math.ceil(pen.distance(sample) / _STEADY_STEP)))
        points = []
        for step in range(1, steps + 1):
            self._steady = self._steady.towards(pen.towards(sample, step / steps), pull)
            points.append(self._steady)
        return points

    def _smoothed(self, point: Sample) -> list[Dab]:
        """Curve from the middle of the last segment to the middle of this one, bent by the point between."""
        assert self._last is not None
        assert self._middle is not None
        start, bend = self._middle, self._last
        middle = bend.towards(point, 0.5)
        self._last, self._middle = point, middle
        length = start.distance(bend) + bend.distance(middle)
        if length == 0.0:
            return []
        pieces = min(64, max(1, math.ceil(length / 4.0)))
        dabs: list[Dab] = []
        before = start
        for piece in range(1, pieces + 1):
            t = piece / pieces
            after = start.towards(bend, t).towards(bend.towards(middle, t), t)
            dabs += self._walk(before, after)
            before = after
        return dabs

    def _walk(self, start: Sample, end: Sample) -> list[Dab]:
        """Dabs along a straight piece; ``_owed`` carries the part of a step already walked."""
        length = start.distance(end)
        if length <= 0.0:
            return []
        self._direction = math.degrees(math.atan2(-(end.y - start.y), end.x - start.x))
        dabs: list[Dab] = []
        walked = 0.0
        for _ in range(_MOST_STEPS):
            here = start.towards(end, walked / length)
            step = self._step(here)
            need = (1.0 - self._owed) * step
            if walked + need > length:
                self._owed += (length - walked) / step
                break
            walked += need
            self._owed = 0.0
            dabs.append(self._dab(start.towards(end, walked / length)))
        return dabs

    def _size(self, sample: Sample) -> float:
        response = self._settings.size_pressure
        factor = response.at(sample.pressure) if response else 1.0
        return max(1.0, self._settings.size * factor)

    def _step(self, sample: Sample) -> float:
        settings = self._settings
        # A narrow tip leaves gaps unless its steps go by its short side.
        narrow = settings.ratio if settings.tip is Tip.FLAT and settings.follow_direction else max(0.35, settings.ratio)
        return max(_SHORTEST_STEP, self._size(sample) * settings.spacing * narrow)

    def _dab(self, sample: Sample) -> Dab:
        settings, random = self._settings, self._random
        size, angle, ratio = self._size(sample), settings.angle, settings.ratio
        lean = min(1.0, math.hypot(sample.tilt_x, sample.tilt_y) / 60.0)
        if settings.tilt_turns and lean > 0.05:
            angle += math.degrees(math.atan2(-sample.tilt_y, sample.tilt_x))
        if settings.tilt_flattens:
            ratio = max(0.05, ratio * (1.0 - 0.9 * settings.tilt_flattens * lean))
        if settings.follow_direction and self._direction is not None:
            angle += self._direction
        x, y = sample.x, sample.y
        if settings.scatter:
            spread = settings.scatter * size * math.sqrt(random.random())
            turn = random.random() * 2.0 * math.pi
            x, y = x + spread * math.cos(turn), y + spread * math.sin(turn)
        if settings.size_jitter:
            size = max(1.0, size * (1.0 - 0.9 * settings.size_jitter * random.random()))
        if settings.angle_jitter:
            angle += 360.0 * settings.angle_jitter * (random.random() - 0.5)
        opacity, flow = settings.opacity_pressure, settings.flow_pressure
        return Dab(
            x,
            y,
            size,
            angle,
            ratio,
            opacity.at(sample.pressure) if opacity else 1.0,
            settings.flow * (flow.at(sample.pressure) if flow else 1.0),
        )
