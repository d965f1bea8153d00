"""The numbers of a live run: frames per second, age of the frames, drops."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class LiveNumbers:
    """What is shown over the picture. Ages in milliseconds, from catching a frame to showing it."""

    fps: float = 0.0
    age_ms: float = 0.0
    age_p50_ms: float = 0.0
    age_p95_ms: float = 0.0
    shown: int = 0
    dropped: int = 0
    paint_ms: float = 0.0
    flicker_in: float = 0.0
    flicker_out: float = 0.0
    device: str = ""
    painter: str = ""
    width: int = 0
    height: int = 0


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of `values` lie; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Meter:
    """Counts what was really shown. Thread-safe; the window of `fps` is the last second or so."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, window: float = 1.5, kept: int = 2000) -> None:
        self._clock, self._window = clock, window
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=1000)
        self._ages: deque[float] = deque(maxlen=kept)
        self._first: float | None = None
        self.shown = 0

    def count(self, taken: float) -> None:
        """A frame caught at `taken` is on the screen now."""
        now = self._clock()
        with self._lock:
            if self._first is None:
                self._first = now
            self.shown += 1
            self._times.append(now)
            self._ages.append(max(0.0, now - taken))

    def rate(self) -> float:
        """Frames per second over the last window; 0 when nothing was shown in it."""
        now = self._clock()
        with self._lock:
            while self._times and now - self._times[0] > self._window:
                self._times.popleft()
            if len(self._times) < 2:
                return 0.0
            # A stream that has stopped must fall to 0 and not keep its last rate.
            return (len(self._times) - 1) / max(now - self._times[0], 1e-6)

    def mean_rate(self) -> float:
        """Frames per second from the first frame to the last."""
        with self._lock:
            if self._first is None or self.shown < 2 or not self._times:
                return 0.0
            return (self.shown - 1) / max(self._times[-1] - self._first, 1e-6)

    def ages(self) -> tuple[float, float, float]:
        """Age of the frames in seconds: last, median, 95th percentile."""
        with self._lock:
            ages = list(self._ages)
        return (ages[-1] if ages else 0.0, percentile(ages, 0.5), percentile(ages, 0.95))
