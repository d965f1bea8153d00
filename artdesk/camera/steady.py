"""A steady picture: what stands still stays still, what moves stays crisp, a cut starts afresh.

The *painted* frame is blended with the one shown before, cell by cell: where the input does not change beyond
its own noise, only a small share of the new frame is taken; where something moves, all of it. The comparison
is made at a quarter of the size against a running mean of the input which is blended with the very same
shares, so slow changes add up and are noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image

CELL = 4
FLOOR = 0.2
_STILL, _MOVING = 0, 255
CUT_MEAN = 28.0
_CUT_SHARE = 0.6
_CUT_STEP = 24.0
_NOISE_MEMORY = 0.3
_MOST_NOISE = 3.0
_MOST_DRIFT = 3.0
_AROUND = np.ones((5, 5), np.uint8)
_MEAN_OF_ABS = 0.6745 * (8 / 9) ** 0.5
"""Median of |cell − mean of nine| for noise of deviation 1."""

Cells = NDArray[np.uint8]


@dataclass(frozen=True)
class Motion:
    """What `observe` found: `cells` (h/4, w/4) is 255 where something moves and 0 elsewhere; `moving` is the share
    of the former, 0..1."""

    cells: Cells
    cut: bool
    moving: float


class Steady:
    """Keeps one stream of frames steady. One thread; sizes may change at any time.

    `strength` 0..1: 0 shows every painted frame as it is, 1 keeps still areas as still as can be.
    `flicker_in` and `flicker_out`: mean change per frame (0..255) where nothing moves, of input and shown frame.
    """

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength
        self.flicker_in = 0.0
        self.flicker_out = 0.0
        self._mean: Any = None
        self._noise = 1.0
        self._still: Any = None
        self._turn = 0
        self._shown: Image | None = None
        self._samples: tuple[Any, Any] | None = None
        self._least = 1.0

    def reset(self) -> None:
        """Forget what was shown: the next frame is shown whole."""
        self._mean = None
        self._shown = None
        self._samples = None

    def refresh(self, share: float = 1.0) -> None:
        """The look changed: take at least `share` of the next frame everywhere, though the scene is the same."""
        self._least = max(self._least, share)

    def observe(self, frame: Image) -> Motion:
        """Compare the input `frame` (h, w, 3) with those before. Call once per frame, before `blend`."""
        h, w = frame.shape[:2]
        # Two halvings take a third of the time of one quartering.
        half = cv2.resize(frame, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
        size = (max(1, w // CELL), max(1, h // CELL))
        small = cv2.resize(half, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        tiny = min(small.shape[:2]) < 4  # too few cells to tell noise from motion
        if tiny or self._mean is None or self._mean.shape != small.shape:
            self._mean, self._still = small, None
            return Motion(np.full(small.shape[:2], _MOVING, np.uint8), False, 1.0)
        difference = cv2.subtract(small, self._mean)
        if _is_cut(difference):
            self._mean = small
            return Motion(np.full(small.shape[:2], _MOVING, np.uint8), True, 1.0)
        cells = self._moving(difference)
        self._follow(difference, cells)
        return Motion(cells, False, cv2.countNonZero(cells) / cells.size)

    def _moving(self, difference: NDArray[np.float32]) -> Cells:
        """Which cells move, widened to their neighbours.

        Noise differs from cell to cell and vanishes in a mean of nine; what moves has neighbours of its own sign.
        """
        smooth = cv2.blur(difference, (3, 3))
        self._learn_noise(difference, smooth)
        # A lamp's flicker or the camera's exposure changes everything alike: followed slowly, and no motion.
        drift = [min(_MOST_DRIFT, max(-_MOST_DRIFT, part)) for part in cv2.mean(smooth, self._still)]
        red, green, blue = cv2.split(cv2.absdiff(smooth, (*drift[:3], 0.0)))
        strongest = cv2.max(cv2.max(red, green), blue)
        cells = cv2.compare(strongest, 1.0 + 4.2 * self._noise / 3, cv2.CMP_GT)
        widened: Cells = cv2.dilate(cells, _AROUND)
        still = cv2.bitwise_not(widened)
        self._still = still if cv2.countNonZero(still) > still.size / 20 else None
        return widened

    def _learn_noise(self, difference: NDArray[np.float32], smooth: NDArray[np.float32]) -> None:
        """The noise of a cell from what does not survive smoothing; it changes slowly, every fourth frame will do."""
        self._turn += 1
        if self._turn % 4 == 1:
            rough = np.abs(difference[::3, ::3] - smooth[::3, ::3])
            found = min(float(np.median(rough)) / _MEAN_OF_ABS, _MOST_NOISE)
            self._noise += (0.5 if self._turn < 12 else _NOISE_MEMORY) * (found - self._noise)

    def _floor(self) -> float:
        """The share of the new frame where it is still."""
        return 1.0 - self.strength * (1.0 - FLOOR)

    def _follow(self, difference: NDArray[np.float32], cells: Cells) -> None:
        """Move the running mean of the input by the same shares as the picture that is shown."""
        step = cv2.multiply(difference, self._floor())
        cv2.copyTo(difference, cells, step)
        self._mean = cv2.add(self._mean, step)

    def blend(self, painted: Image, motion: Motion) -> Image:
        """The frame to show: `painted` (any size) with the still cells of the last shown one."""
        before = self._shown
        if before is None or before.shape != painted.shape or motion.cut or max(self._least, 1 - self.strength) >= 1:
            out = painted
            self._samples = None  # another look is no flicker
        else:
            out = as_image(_blended(painted, before, motion.cells, max(self._least, self._floor())))
        self._least = 0.0
        self._shown = out
        return out

    def measure(self, frame: Image, shown: Image, motion: Motion) -> None:
        """Keep the flicker indices, from every fourth pixel in both directions."""
        h, w = motion.cells.shape
        now = (
            cv2.resize(frame, (w, h), interpolation=cv2.INTER_NEAREST),
            cv2.resize(shown, (w, h), interpolation=cv2.INTER_NEAREST),
        )
        before, self._samples = self._samples, now
        if before is None or before[0].shape != now[0].shape or motion.cut or min(h, w) < 4:
            return
        if motion.moving > 0.98:
            return
        still = cv2.bitwise_not(motion.cells)
        change_in, change_out = (
            sum(cv2.mean(cv2.absdiff(*pair), still)[:3]) / 3 for pair in zip(now, before, strict=True)
        )
        self.flicker_in += 0.1 * (change_in - self.flicker_in)
        self.flicker_out += 0.1 * (change_out - self.flicker_out)


def _is_cut(difference: NDArray[np.float32]) -> bool:
    """Most of the picture is another one."""
    if cv2.norm(difference, cv2.NORM_L1) < difference.size * CUT_MEAN / 3:
        return False
    strongest = np.abs(difference[::3, ::3]).max(axis=2)
    return float(strongest.mean()) >= CUT_MEAN and float((strongest > _CUT_STEP).mean()) > _CUT_SHARE


def _blended(new: Image, old: Image, cells: Cells, floor: float) -> NDArray[np.uint8]:
    """`new` where it moves, `new` × floor + `old` × (1 − floor) elsewhere.

    Two whole-picture passes at 8 bit with a mask cost a quarter of one pass with a weight for every pixel; the step
    between the shares lies around what moves, where both pictures are nearly the same.
    """
    if int(cells.min()) == _MOVING:
        return new
    out: NDArray[np.uint8] = cv2.addWeighted(new, floor, old, 1 - floor, 0.0)
    if int(cells.max()) == _MOVING:
        h, w = new.shape[:2]
        smooth = cv2.resize(cells, (w, h), interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(new, cv2.compare(smooth, _MOVING // 2, cv2.CMP_GT), out)
    return out
