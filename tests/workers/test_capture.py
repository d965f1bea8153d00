"""Sources that fail in every way, behind the capture thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from artdesk.core.errors import CameraError
from artdesk.core.image import as_image
from artdesk.core.live import Frame
from artdesk.workers.capture import FrameCapture, Patience, Retry, SourceState
from artdesk.workers.mailbox import Mailbox

QUICK = Patience(opening=0.6, silence=0.25, first_wait=0.05, longest_wait=0.2)


class Scripted:
    """A source that plays a script: "frame", "end", "block", "raise", "crash"; afterwards frames for ever."""

    title = "Scripted"

    def __init__(self, script: str = "", *, waits: bool = False, pause: float = 0.005) -> None:
        self.waits = waits
        self.closed = threading.Event()
        self.interrupted = threading.Event()
        self.release = threading.Event()
        self.number = 0
        self._script: Iterator[str] = iter(script.split())
        self._pause = pause

    def read(self) -> Frame | None:
        step = next(self._script, "frame")
        if step == "end":
            return None
        if step == "block":
            self.release.wait(30)  # ignores the interrupt, as drivers do
        if step == "raise":
            raise CameraError("Scripted was unplugged.")
        if step == "crash":
            raise ValueError("a bug in the driver")
        time.sleep(self._pause)
        self.number += 1
        image = as_image(np.full((4, 6, 3), self.number % 256, np.uint8))
        return Frame(image, self.number, time.monotonic(), self.number / 30)

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed.set()


def until(condition: Callable[[], bool], capture: FrameCapture, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        capture.take(0.02)
        if condition():
            return True
    return False


class Watched:
    """A capture over scripted sources, one after the other, with all it said."""

    def __init__(self, *sources: Scripted | Exception, retry: Retry = "always") -> None:
        self.sources = list(sources)
        self.opened: list[Scripted] = []
        self.states: list[SourceState] = []
        self.capture = FrameCapture(self.open, retry=retry, changed=self.states.append, patience=QUICK)

    def open(self) -> Scripted:
        item = self.sources.pop(0) if self.sources else Scripted()
        if isinstance(item, Exception):
            raise item
        self.opened.append(item)
        return item

    @property
    def kinds(self) -> list[str]:
        return [state.kind for state in self.states]

    def __enter__(self) -> Watched:
        self.capture.start()
        return self

    def __exit__(self, *_: object) -> None:
        for source in self.opened:
            source.release.set()
        assert self.capture.stop(2.0)
        assert not [t for t in threading.enumerate() if t.name == "artdesk-capture"]
        assert all(source.closed.is_set() for source in self.opened)


def test_frames_arrive_and_everything_is_closed() -> None:
    with Watched(Scripted()) as w:
        assert until(lambda: "running" in w.kinds, w.capture)
        assert w.states[-1].title == "Scripted"


def test_the_newest_frame_is_taken_and_the_drops_are_counted() -> None:
    with Watched(Scripted(pause=0.002)) as w:
        assert until(lambda: "running" in w.kinds, w.capture)
        first = w.capture.take(1.0)
        time.sleep(0.2)
        second = w.capture.take(1.0)
        assert first is not None
        assert second is not None
        assert second.number - first.number > 10
        assert time.monotonic() - second.taken < 0.1
        assert w.capture.dropped >= second.number - first.number - 2


def test_a_source_that_waits_loses_nothing() -> None:
    with Watched(Scripted("frame " * 20 + "end", waits=True), retry="never") as w:
        numbers = []
        while not w.capture.finished:
            frame = w.capture.take(0.1)
            if frame is not None:
                numbers.append(frame.number)
                time.sleep(0.005)
        assert numbers == list(range(1, 21))
        assert w.capture.dropped == 0
        assert w.kinds[-1] == "ended"


def test_unplugged_in_mid_stream_is_told_and_reopened() -> None:
    with Watched(Scripted("frame frame raise"), Scripted()) as w:
        assert until(lambda: w.kinds.count("running") == 2, w.capture)
        lost = next(state for state in w.states if state.kind == "lost")
        assert "unplugged" in str(lost.error)
        assert lost.retry_in > 0


def test_a_crash_of_the_driver_is_a_sentence() -> None:
    with Watched(Scripted("frame crash"), Scripted()) as w:
        assert until(lambda: w.kinds.count("running") == 2, w.capture)
        assert "a bug in the driver" in str(next(s.error for s in w.states if s.kind == "lost"))


def test_a_read_that_blocks_is_left_behind_and_the_source_reopened() -> None:
    blocked = Scripted("frame frame block")
    with Watched(blocked, Scripted()) as w:
        assert until(lambda: w.kinds.count("running") == 2, w.capture)
        assert blocked.interrupted.is_set()
        assert "no longer answers" in str(next(s.error for s in w.states if s.kind == "lost"))


def test_an_opening_that_blocks_is_told() -> None:
    go = threading.Event()

    def slow() -> Scripted:
        go.wait(10)
        return Scripted()

    states: list[SourceState] = []
    capture = FrameCapture(slow, changed=states.append, patience=QUICK)
    capture.start()
    assert until(lambda: any(s.kind == "lost" for s in states), capture)
    started = time.monotonic()
    assert not capture.stop(0.2)
    assert time.monotonic() - started < 0.5
    go.set()
    deadline = time.monotonic() + 2
    while any(t.name == "artdesk-capture" for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_missing_at_first_is_tried_again_with_growing_waits() -> None:
    missing = [CameraError("Camera 0 was not found.") for _ in range(4)]
    with Watched(*missing, Scripted()) as w:
        assert until(lambda: "running" in w.kinds, w.capture)
        waits = [s.retry_in for s in w.states if s.kind == "lost"]
        assert waits == [0.05, 0.1, 0.2, 0.2]


@pytest.mark.parametrize("retry", ["never", "after_first"])
def test_a_source_that_never_opened_is_a_failure(retry: Retry) -> None:
    with Watched(CameraError("No film."), retry=retry) as w:
        assert until(lambda: w.capture.finished, w.capture)
        assert w.kinds[-1] == "failed"


def test_after_first_reopens_once_it_has_worked() -> None:
    with Watched(Scripted("frame raise"), Scripted(), retry="after_first") as w:
        assert until(lambda: w.kinds.count("running") == 2, w.capture)


def test_stop_does_not_wait_for_a_blocked_driver() -> None:
    source = Scripted("frame block")
    capture = FrameCapture(lambda: source, patience=Patience())
    capture.start()
    assert capture.take(2.0) is not None
    time.sleep(0.05)
    started = time.monotonic()
    assert not capture.stop(0.3)
    assert time.monotonic() - started < 0.5
    assert capture.take(0.5) is None
    source.release.set()
    assert source.closed.wait(2)


def test_blocked_threads_do_not_pile_up() -> None:
    blocked = [Scripted("block") for _ in range(12)]
    with Watched(*blocked) as w:
        until(lambda: len(w.opened) > 5, w.capture, seconds=2.5)
        assert len(w.opened) <= 5


def test_mailbox_keeps_the_newest() -> None:
    box: Mailbox[int] = Mailbox()
    assert not box.put(1)
    assert box.put(2)
    assert box.take() == 2
    assert box.take(0.01) is None
    assert box.dropped == 1
    assert box.wait_empty(0.0)
    box.put(3)
    assert not box.wait_empty(0.01)
    box.close()
    assert box.take() is None
    assert not box.put(4)
