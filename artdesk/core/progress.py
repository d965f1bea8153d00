"""Progress that reports a fraction and carries the wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from artdesk.core.errors import Cancelled

Report = Callable[[float, str], None]
_SECONDS_BETWEEN_REPORTS = 1 / 30


class CancelToken:
    """One wish to stop, seen from every thread. Callbacks fire once, at once if the wish came before them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._next = 0

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise `Cancelled` if the wish is there."""
        if self._cancelled:
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when cancelled (from the cancelling thread); returns what takes it back."""
        with self._lock:
            if not self._cancelled:
                key = self._next
                self._next += 1
                self._callbacks[key] = callback

                def remove() -> None:
                    with self._lock:
                        self._callbacks.pop(key, None)

                return remove
        callback()
        return lambda: None


class Progress:
    """A fraction 0..1 for one piece of work, and the token that stops it.

    `report` gets (fraction, message), at most 30 times a second except for changed messages and the end.
    Fractions never go backwards. `take` gets each part of a result as soon as it is made.
    """

    def __init__(
        self,
        report: Report | None = None,
        token: CancelToken | None = None,
        take: Callable[[object], None] | None = None,
    ) -> None:
        self.token = token if token is not None else CancelToken()
        self._report = report
        self._take = take
        self._last_time = 0.0
        self._last_message = ""
        self._fraction = 0.0

    def step(self, fraction: float, message: str = "") -> None:
        """Say that `fraction` of the work is done. Raises `Cancelled` if the person asked to stop."""
        self.token.check()
        self._fraction = max(self._fraction, min(1.0, float(fraction)))
        if self._report is None:
            return
        now = time.monotonic()
        due = now - self._last_time >= _SECONDS_BETWEEN_REPORTS
        if due or message != self._last_message or self._fraction >= 1.0:
            self._last_time, self._last_message = now, message
            self._report(self._fraction, message)

    def hand(self, part: object) -> None:
        """Hand a finished part of the result over (one picture of several). Raises `Cancelled` like `step`."""
        self.token.check()
        if self._take is not None:
            self._take(part)

    def part(self, start: float, end: float) -> Progress:
        """Progress of a part of the work that spans `start`..`end` of the whole; same token."""
        return Progress(
            lambda fraction, message: self.step(start + (end - start) * fraction, message), self.token, self._take
        )
