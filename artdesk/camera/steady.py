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
_CUT_MEAN = 28.0
_CUT_SHARE = 0.6
_CUT_STEP = 24
_NOISE_MEMORY = 0.1


@dataclass(frozen=True)
class Motion:
    """What `observe` found: `share` (h/4, w/4) uint8 is how much of the new frame each cell takes (255 = all)."""

    share: NDArray[np.uint8]
    cut: bool
    moving: float


class Steady:
    """Keeps one stream of frames steady. One thread; sizes may change at any time.

    `strength` 0..1: 0 shows every painted frame as it is, 1 keeps still areas as still as can be.
    """

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength
        self.flicker_in = 0.0
        self.flicker_out = 0.0
        self._mean: NDArray[np.uint8] | None = None
        self._noise = 2.0
        self._shown: Image | None = None
        self._sample_in: Any = None
        self._sample_out: Any = None
        self._fresh = True

    def reset(self) -> None:
        """Forget what was shown: the next frame is shown whole."""
        self._mean = None
        self._shown = None
        self._sample_in = None
        self._sample_out = None

    def refresh(self) -> None:
        """The look changed: show the next frame whole, though the scene is the same."""
        self._fresh = True

    def observe(self, frame: Image) -> Motion:
        """Compare the input `frame` (h, w, 3) with those before. Call once per frame, before `blend`."""
        h, w = frame.shape[:2]
        size = (max(1, w // CELL), max(1, h // CELL))
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        if self._mean is None or self._mean.shape != small.shape:
            self._mean = small
            return Motion(np.full(small.shape[:2], 255, np.uint8), False, 1.0)
        difference = cv2.absdiff(small, self._mean)
        red, green, blue = cv2.split(difference)
        strongest = cv2.max(cv2.max(red, green), blue)
        if self._is_cut(strongest):
            self._mean = small
            self._noise = 2.0
            return Motion(np.full(small.shape[:2], 255, np.uint8), True, 1.0)
        share = self._share(strongest)
        self._mean = _blended(small, self._mean, share)
        return Motion(share, False, float(np.count_nonzero(share == 255)) / share.size)

    @staticmethod
    def _is_cut(strongest: NDArray[np.uint8]) -> bool:
        if float(cv2.mean(strongest)[0]) < _CUT_MEAN:
            return False
        return float(np.count_nonzero(strongest > _CUT_STEP)) / strongest.size > _CUT_SHARE

    def _share(self, strongest: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """How much of the new frame to take: a ramp above the noise, widened so that no moving edge is missed."""
        # The median cell is a still one in almost every picture; where all moves the threshold stays bounded.
        median = float(np.median(strongest[::2, ::2]))
        self._noise += _NOISE_MEMORY * (min(median, 6.0) - self._noise)
        low = 2.0 + 2.2 * self._noise
        high = 4.0 + 3.6 * self._noise
        floor = 1.0 - self.strength * (1.0 - FLOOR)
        levels = (np.arange(256, dtype=np.float32) - low) / (high - low)
        ramp = floor + (1.0 - floor) * np.clip(levels, 0.0, 1.0)
        # Lone cells above the threshold are noise; a moving edge has neighbours.
        moved = cv2.blur(strongest, (3, 3))
        shares = cv2.LUT(moved, np.round(ramp * 255).astype(np.uint8))
        widened: NDArray[np.uint8] = cv2.dilate(shares, _KERNEL)
        return widened

    def blend(self, painted: Image, motion: Motion) -> Image:
        """The frame to show: `painted` (any size) with the still cells of the last shown one."""
        before = self._shown
        if before is None or before.shape != painted.shape or motion.cut or self._fresh or self.strength <= 0:
            out = painted
        else:
            out = as_image(_blended(painted, before, motion.share))
        self._fresh = False
        self._shown = out
        return out

    def measure(self, frame: Image, shown: Image, motion: Motion) -> None:
        """Keep `flicker_in` and `flicker_out`: mean change per frame (0..255) of every fourth pixel where still."""
        h, w = motion.share.shape
        a = cv2.resize(frame, (w, h), interpolation=cv2.INTER_NEAREST)
        b = cv2.resize(shown, (w, h), interpolation=cv2.INTER_NEAREST)
        still = cv2.compare(motion.share, 254, cv2.CMP_LE)
        if (
            self._sample_in is not None
            and self._sample_in.shape == a.shape
            and cv2.countNonZero(still) > still.size / 50
        ):
            change_in = sum(cv2.mean(cv2.absdiff(a, self._sample_in), still)[:3]) / 3
            change_out = sum(cv2.mean(cv2.absdiff(b, self._sample_out), still)[:3]) / 3
            self.flicker_in += 0.1 * (change_in - self.flicker_in)
            self.flicker_out += 0.1 * (change_out - self.flicker_out)
        self._sample_in, self._sample_out = a, b


_KERNEL = np.ones((5, 5), np.uint8)


def _blended(new: NDArray[np.uint8], old: NDArray[np.uint8], share: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`new` × share + `old` × (1 − share); `share` (any size) is scaled to the pictures.

    Most of a call is still: the whole picture is mixed with the lowest share in one pass, and only the box
    around what moves is mixed pixel by pixel.
    """
    h, w = new.shape[:2]
    low = int(share.min())
    if low == 255:
        return new
    out: NDArray[np.uint8] = cv2.addWeighted(new, low / 255, old, 1 - low / 255, 0.0)
    x, y, box_w, box_h = cv2.boundingRect(cv2.compare(share, low, cv2.CMP_GT))
    if box_w == 0:
        return out
    sh, sw = share.shape
    # One cell more on every side, for the soft rim of the scaled share.
    x0, y0 = max(0, x - 1), max(0, y - 1)
    x1, y1 = min(sw, x + box_w + 1), min(sh, y + box_h + 1)
    left, top, right, bottom = x0 * w // sw, y0 * h // sh, -(-x1 * w // sw), -(-y1 * h // sh)
    part = share[y0:y1, x0:x1]
    weight = cv2.resize(part, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    weight *= np.float32(1 / 255)
    box = (slice(top, bottom), slice(left, right))
    out[box] = cv2.blendLinear(
        np.ascontiguousarray(new[box]), np.ascontiguousarray(old[box]), weight, cv2.subtract(1.0, weight)
    )
    return out
