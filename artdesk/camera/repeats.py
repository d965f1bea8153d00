"""Telling a camera that has stopped seeing from one that looks at something still.

An unplugged camera may go on delivering its last picture for ever. A real sensor is never perfectly
still: noise changes at least one pixel in every frame.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import numpy as np

from artdesk.core.image import Image


class RepeatWatch:
    """Finds a source that repeats one and the same picture.

    A picture repeated for `seconds` and at least `frames` times is called stuck once. The same picture
    after reopening is accepted: then the source really shows it (a virtual camera with a test card).
    """

    def __init__(self, *, seconds: float = 2.0, frames: int = 15, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._frames, self._clock = seconds, frames, clock
        self._last: Image | None = None
        self._sign = 0
        self._since = 0.0
        self._count = 0
        self._forgiven: int | None = None

    def stuck(self, image: Image) -> bool:
        """True once when `image` has been repeated for too long."""
        sign = zlib.adler32(image[::16, ::16].tobytes())
        if self._last is None or sign != self._sign or not np.array_equal(image, self._last):
            self._last, self._sign, self._since, self._count = image, sign, self._clock(), 1
            return False
        self._count += 1
        if self._count < self._frames or self._clock() - self._since < self._seconds or sign == self._forgiven:
            return False
        self._forgiven = sign
        return True

    def reopened(self) -> None:
        """A fresh start of the same source: counts again, remembers which picture was stuck."""
        self._last = None
