"""Frames out of a source that may fail in every way: its own thread, a watchdog, reopening with back-off.

A read that never returns cannot be ended from outside. Its thread is left behind (it is a daemon and
ends with its read) and a new one opens the source again; so stopping never waits for a device.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from artdesk.core.errors import ArtDeskError, CameraError
from artdesk.core.live import Frame, FrameSource
from artdesk.workers.mailbox import Mailbox

log = logging.getLogger(__name__)
Retry = Literal["always", "after_first", "never"]
_MOST_LEFT_BEHIND = 4
_MARGIN = 0.1


@dataclass(frozen=True)
class SourceState:
    """How the source is: `error` says why it is lost, `retry_in` in how many seconds it is tried again."""

    kind: Literal["opening", "running", "lost", "failed", "ended"]
    title: str = ""
    error: ArtDeskError | None = None
    retry_in: float = 0.0


@dataclass(frozen=True)
class Patience:
    """Seconds: for the first frame after opening, between frames, and the back-off's first and longest wait."""

    opening: float = 12.0
    silence: float = 2.0
    first_wait: float = 0.5
    longest_wait: float = 5.0


class _Reader(threading.Thread):
    """Opens one source, reads it until told to stop, gives it back. One life, one source."""

    def __init__(self, open_source: Callable[[], FrameSource], place: Mailbox[Frame], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._open = open_source
        self._place = place
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._source: FrameSource | None = None
        self.opened = False
        self.frames = 0
        self.alive_at = time.monotonic()
        self.error: ArtDeskError | None = None
        self.ended = False
        self.title = ""
        self.pace = 0.0
        """Seconds from one frame asked for to the next."""

    def stop(self) -> None:
        with self._lock:
            self._stopped.set()
            source = self._source
        if source is not None:
            source.interrupt()

    def run(self) -> None:
        try:
            source = self._open()
        except ArtDeskError as error:
            self.error = error
            return
        except Exception as error:
            log.exception("a source could not be opened")
            self.error = CameraError("The camera could not be opened: {reason}.", reason=str(error))
            return
        try:
            with self._lock:
                self._source = source
                if self._stopped.is_set():
                    return
            self.title, self.opened, self.alive_at = source.title, True, time.monotonic()
            self._read(source)
        except ArtDeskError as error:
            self.error = error
        except Exception as error:
            log.exception("%s failed", source.title)
            self.error = CameraError("{name} failed: {reason}.", name=source.title, reason=str(error))
        finally:
            with self._lock:
                self._source = None
            try:
                source.close()
            except Exception:
                log.exception("%s could not be closed", source.title)

    def _read(self, source: FrameSource) -> None:
        seconds = 0.0
        while not self._stopped.is_set():
            if source.waits and not self._soon_wanted(seconds):
                continue
            started = time.monotonic()
            frame = source.read()
            if self._stopped.is_set():
                return
            self.alive_at = time.monotonic()
            seconds += 0.2 * (self.alive_at - started - seconds)
            if frame is None:
                self.ended = True
                return
            self._place.put(frame)
            self.frames += 1

    def _soon_wanted(self, seconds: float) -> bool:
        """Wait until the place is free and the next frame, which takes `seconds` to read, is nearly asked for.

        A frame that lies about is shown late; one that is missed makes the network wait.
        """
        if not self._place.wait_empty(0.1):
            self.alive_at = time.monotonic()
            return False
        self._stopped.wait(min(0.25, max(0.0, self.pace * (1 - _MARGIN) - seconds)))
        return not self._stopped.is_set()


class FrameCapture:
    """Keeps a source delivering into a one-place mailbox. `take` is called by one thread, which also watches.

    `retry`: "always" (a window waits for its camera), "after_first" (a source that never opened is a
    failure), "never" (files). `changed` is called from the taking thread with every new `SourceState`.
    """

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        *,
        retry: Retry = "always",
        changed: Callable[[SourceState], None] = lambda state: None,
        patience: Patience | None = None,
    ) -> None:
        self._open = open_source
        self._retry = retry
        self._changed = changed
        self._patience = patience or Patience()
        self._place: Mailbox[Frame] = Mailbox()
        self._reader: _Reader | None = None
        self._left_behind: list[_Reader] = []
        self._dropped_before = 0
        self._wait = self._patience.first_wait
        self._next_try = 0.0
        self._seen_any = False
        self._asked = 0.0
        self._stopped = False
        self.state = SourceState("opening")

    @property
    def dropped(self) -> int:
        """Frames nobody took in time."""
        return self._dropped_before + self._place.dropped

    @property
    def finished(self) -> bool:
        """True when no frame will ever come again (end of the film, or a failure that is not retried)."""
        return self.state.kind in ("ended", "failed")

    def start(self) -> None:
        self._say(SourceState("opening"))
        self._launch()

    def take(self, timeout: float) -> Frame | None:
        """The newest frame, or None after `timeout` seconds. Looks after the source on the way."""
        if self._stopped:
            return None
        asked = time.monotonic()
        frame = self._place.take(timeout)
        if frame is not None:
            self._seen_any = True
            self._learn_pace(asked)
            if self.state.kind != "running" and self._reader is not None:
                self._say(SourceState("running", self._reader.title))
        self._watch(frame)
        return frame

    def _learn_pace(self, asked: float) -> None:
        if self._asked and self._reader is not None:
            pace = self._reader.pace
            self._reader.pace = pace + 0.2 * (min(1.0, asked - self._asked) - pace)
        self._asked = asked

    def stop(self, timeout: float = 0.3) -> bool:
        """End the reading. Returns within `timeout` seconds; False if a device keeps its thread for a while."""
        self._stopped = True
        deadline = time.monotonic() + timeout
        readers = [*self._left_behind, *([self._reader] if self._reader else [])]
        for reader in readers:
            reader.stop()
        self._place.close()
        for reader in readers:
            reader.join(max(0.0, deadline - time.monotonic()))
        late = [reader for reader in readers if reader.is_alive()]
        for reader in late:
            log.warning("the thread %s still waits for its device", reader.name)
        return not late

    def _say(self, state: SourceState) -> None:
        if state != self.state or state.kind == "opening":
            self.state = state
            self._changed(state)

    def _launch(self) -> None:
        # Every life has its own mailbox: a thread left behind cannot put an old frame into the new one.
        self._dropped_before += self._place.dropped
        self._place = Mailbox()
        self._reader = _Reader(self._open, self._place, "artdesk-capture")
        self._reader.start()

    def _watch(self, frame: Frame | None) -> None:
        now = time.monotonic()
        reader = self._reader
        if reader is None:
            self._left_behind = [old for old in self._left_behind if old.is_alive()]
            if not self.finished and now >= self._next_try and len(self._left_behind) < _MOST_LEFT_BEHIND:
                self._launch()
            return
        if reader.is_alive():
            allowed = self._patience.silence if reader.opened and reader.frames else self._patience.opening
            if now - reader.alive_at > allowed:
                title = reader.title
                error = (
                    CameraError("{name} no longer answers. Was it unplugged?", name=title)
                    if title
                    else CameraError("The camera does not answer.")
                )
                self._lose(reader, error)
            elif reader.frames and now - reader.alive_at < 0.5:
                self._settle(reader)
            return
        if frame is not None:
            return  # what it put last is taken first, the ending is seen at the next call
        if reader.error is not None:
            self._lose(reader, reader.error)
        elif reader.ended:
            self._reader = None
            self._say(SourceState("ended", reader.title))

    def _settle(self, reader: _Reader) -> None:
        if reader.frames >= 30:
            self._wait = self._patience.first_wait

    def _lose(self, reader: _Reader, error: ArtDeskError) -> None:
        reader.stop()
        if reader.is_alive():
            self._left_behind.append(reader)
        self._reader = None
        self._place.close()
        log.warning("source lost: %s", error)
        if self._retry == "never" or (self._retry == "after_first" and not self._seen_any):
            self._say(SourceState("failed", reader.title, error))
            return
        self._next_try = time.monotonic() + self._wait
        self._say(SourceState("lost", reader.title, error, self._wait))
        self._wait = min(self._patience.longest_wait, self._wait * 2)
