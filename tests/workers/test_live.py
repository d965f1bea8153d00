"""The live runner with scripted sources and painters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from artdesk.core.errors import BadOutput, CameraError
from artdesk.core.image import Image, as_image
from artdesk.core.live import Frame, LiveSettings, mixed, working_size
from artdesk.core.progress import CancelToken
from artdesk.workers.capture import Patience, SourceState
from artdesk.workers.live import LiveFrame, LiveRunner
from artdesk.workers.meter import LiveNumbers


class Source:
    """Numbered frames; the number is the grey value."""

    title = "Numbered"

    def __init__(
        self, *, waits: bool = False, count: int = 10_000, pause: float = 0.004, size: tuple[int, int] = (8, 6)
    ):
        self.waits = waits
        self.size = size
        self._count, self._pause, self._number = count, pause, 0
        self._stop = threading.Event()
        self.fail: Exception | None = None

    def read(self) -> Frame | None:
        if self._stop.wait(self._pause) or self._number >= self._count:
            return None
        if self.fail is not None:
            raise self.fail
        self._number += 1
        image = np.full((self.size[1], self.size[0], 3), self._number % 256, np.uint8)
        image[:, 0] = 255
        return Frame(as_image(image), self._number, time.monotonic(), self._number / 30)

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._stop.set()


class Painter:
    device = "cpu"
    lanes = 1
    flicker_in = 3.0
    flicker_out = 0.5

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.told: list[LiveSettings] = []
        self.told_at: list[int] = []
        self.frames = 0
        self.fail: Exception | None = None

    def set(self, settings: LiveSettings) -> None:
        self.told.append(settings)
        self.told_at.append(self.frames)

    def reset(self) -> None: ...

    def paint(self, frame: Image, token: CancelToken) -> Image:
        if self.fail is not None:
            raise self.fail
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            token.check()
            time.sleep(0.002)
        self.frames += 1
        return as_image(255 - frame)


class Sink:
    problem: Exception | None = None

    def __init__(self) -> None:
        self.frames: list[Image] = []

    def write(self, image: Image, taken: float) -> None:
        self.frames.append(image)

    def close(self) -> None: ...


class Listener(QObject):
    def __init__(self, runner: LiveRunner) -> None:
        super().__init__()
        self.frames: list[LiveFrame] = []
        self.numbers: list[LiveNumbers] = []
        self.states: list[SourceState] = []
        self.failures: list[Exception] = []
        self.threads: set[threading.Thread] = set()
        runner.frame_shown.connect(self.shown)
        runner.source_changed.connect(self.states.append)
        runner.failed.connect(self.failures.append)

    def shown(self, frame: LiveFrame, numbers: LiveNumbers) -> None:
        self.threads.add(threading.current_thread())
        self.frames.append(frame)
        self.numbers.append(numbers)


MANUAL = LiveSettings(mix=(("a", 1.0),), auto=False)


@pytest.fixture
def start(qtbot: QtBot) -> Callable[..., tuple[LiveRunner, Listener]]:
    runners: list[LiveRunner] = []

    def make(
        source: object, painter: Painter, settings: LiveSettings = MANUAL, **more: object
    ) -> tuple[LiveRunner, Listener]:
        opener = source if callable(source) else lambda: source
        runner = LiveRunner(opener, painter, settings, patience=Patience(1.0, 0.3, 0.05, 0.2), **more)  # type: ignore[arg-type]
        runners.append(runner)
        listener = Listener(runner)
        runner.start()
        return runner, listener

    yield make  # type: ignore[misc]
    for runner in runners:
        assert runner.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]


Start = Callable[..., tuple[LiveRunner, Listener]]


def test_frames_are_painted_and_shown_in_the_interfaces_thread(qtbot: QtBot, start: Start) -> None:
    runner, listener = start(Source(), Painter())
    qtbot.waitUntil(lambda: len(listener.frames) > 5)
    assert listener.threads == {threading.main_thread()}
    frame = listener.frames[-1]
    assert np.array_equal(frame.painted, 255 - frame.original)
    numbers = runner.numbers()
    assert numbers.device == "cpu"
    assert numbers.flicker_in == 3.0
    assert numbers.shown >= 5
    assert (numbers.width, numbers.height) == (8, 6)


def test_a_slow_painter_drops_frames_and_never_shows_old_ones(qtbot: QtBot, start: Start) -> None:
    runner, listener = start(Source(pause=0.002), Painter(seconds=0.05))
    qtbot.waitUntil(lambda: len(listener.frames) > 8)
    assert runner.numbers().dropped > 20
    ages = [time.monotonic() - f.taken for f in listener.frames[-1:]]
    assert ages[0] < 0.5
    assert runner.numbers().age_p95_ms < 250


def test_a_busy_interface_sees_only_the_newest(qtbot: QtBot, start: Start) -> None:
    runner, listener = start(Source(pause=0.001), Painter())
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    seen = len(listener.frames)
    time.sleep(0.3)  # the interface is busy
    qtbot.waitUntil(lambda: len(listener.frames) > seen)
    qtbot.wait(1)
    # one message was waiting, not a queue of hundreds
    assert len(listener.frames) - seen < 20
    assert time.monotonic() - listener.frames[-1].taken < 0.25
    assert runner.numbers().dropped > 0


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_stop_takes_half_a_second_at_most(qtbot: QtBot, seconds: float) -> None:
    runner = LiveRunner(Source, Painter(seconds=seconds), MANUAL)
    listener = Listener(runner)
    runner.start()
    qtbot.wait(150)
    started = time.monotonic()
    assert runner.stop()
    assert time.monotonic() - started < 0.5
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]
    seen = len(listener.frames)
    qtbot.wait(50)
    assert len(listener.frames) == seen  # nothing is shown after stop


def test_stop_does_not_wait_for_a_blocked_camera_or_network(qtbot: QtBot) -> None:
    go = threading.Event()

    class Stubborn(Painter):
        def paint(self, frame: Image, token: CancelToken) -> Image:
            go.wait(10)
            return frame

    class Blocked(Source):
        def read(self) -> Frame | None:
            if self._number:
                go.wait(10)
                return None
            return super().read()

    runner = LiveRunner(Blocked, Stubborn(), MANUAL)
    runner.start()
    qtbot.wait(100)
    started = time.monotonic()
    assert not runner.stop()
    assert time.monotonic() - started < 0.6
    go.set()
    deadline = time.monotonic() + 2
    while [t for t in threading.enumerate() if t.name.startswith("artdesk-")] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]


def test_settings_are_in_force_within_two_frames(qtbot: QtBot, start: Start) -> None:
    painter = Painter()
    runner, listener = start(Source(waits=True), painter)
    qtbot.waitUntil(lambda: len(listener.frames) > 3)
    before = painter.frames
    runner.set_settings(LiveSettings(mix=(("b", 1.0),), auto=False, strength=0.3))
    qtbot.waitUntil(lambda: painter.told[-1].mix == (("b", 1.0),))
    assert painter.told_at[-1] - before <= 2
    assert painter.told[-1].strength == 0.3
    assert len(painter.told) == 2  # told once, not with every frame


def test_two_lanes_paint_side_by_side_and_frames_keep_their_order(qtbot: QtBot, start: Start) -> None:
    class TwoLanes(Painter):
        lanes = 2

        def __init__(self) -> None:
            super().__init__()
            self.at_once = self.most = 0
            self._lock = threading.Lock()

        def paint(self, frame: Image, token: CancelToken) -> Image:
            with self._lock:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            # every other frame takes three times as long
            time.sleep(0.03 if frame[0, 1, 0] % 2 else 0.01)
            with self._lock:
                self.at_once -= 1
            return frame

    painter = TwoLanes()
    runner, listener = start(Source(waits=True, count=60), painter)
    qtbot.waitUntil(lambda: len(listener.frames) > 12)
    values = [int(frame.painted[0, 1, 0]) for frame in listener.frames]
    assert painter.most == 2
    assert values == sorted(values)
    assert runner.numbers().shown >= 12


def test_a_mix_morphs_over_time(qtbot: QtBot, start: Start) -> None:
    painter = Painter()
    runner, _ = start(Source(pause=0.01), painter)
    qtbot.waitUntil(lambda: painter.frames > 2)
    runner.set_settings(LiveSettings(mix=(("b", 1.0),), auto=False, morph_seconds=0.4))
    qtbot.waitUntil(lambda: painter.told[-1].mix == (("b", 1.0),))
    shares = [dict(told.mix).get("b", 0.0) for told in painter.told]
    assert shares == sorted(shares)
    assert len([s for s in shares if 0 < s < 1]) >= 5


def test_mirror(qtbot: QtBot, start: Start) -> None:
    _, listener = start(Source(), Painter(), LiveSettings(auto=False, mirror=True))
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    assert listener.frames[-1].original[0, -1, 0] == 255
    assert listener.frames[-1].painted[0, -1, 0] == 0


def test_pause_keeps_the_picture_and_rests(qtbot: QtBot, start: Start) -> None:
    painter = Painter()
    runner, listener = start(Source(), painter)
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    runner.set_paused(True)
    qtbot.wait(100)
    painted = painter.frames
    qtbot.wait(150)
    assert painter.frames == painted
    runner.set_paused(False)
    qtbot.waitUntil(lambda: painter.frames > painted)


def test_the_end_of_a_film(qtbot: QtBot, start: Start) -> None:
    runner, listener = start(Source(waits=True, count=10), Painter(), retry="never")
    qtbot.waitUntil(lambda: runner.finished)
    qtbot.waitUntil(lambda: bool(listener.states) and listener.states[-1].kind == "ended")
    assert runner.meter.shown + runner.numbers().dropped == 10


def test_unplugged_keeps_the_last_picture_and_comes_back(qtbot: QtBot, start: Start) -> None:
    sources: list[Source] = []

    def opener() -> Source:
        sources.append(Source())
        return sources[-1]

    _, listener = start(opener, Painter())
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    sources[0].fail = CameraError("Cam was unplugged.")
    qtbot.waitUntil(lambda: len(sources) == 2 and listener.states[-1].kind == "running")
    assert "lost" in [state.kind for state in listener.states]
    seen = len(listener.frames)
    qtbot.waitUntil(lambda: len(listener.frames) > seen + 2)


def test_one_bad_frame_is_left_out_three_in_a_row_are_a_failure(qtbot: QtBot, start: Start) -> None:
    painter = Painter()
    runner, listener = start(Source(), painter)
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    painter.fail = BadOutput("The network gave values that are not numbers.")
    qtbot.waitUntil(lambda: bool(listener.failures))
    assert "not numbers" in str(listener.failures[0])
    assert not runner.running


def test_a_bug_in_the_painter_is_told_as_a_sentence(qtbot: QtBot, start: Start) -> None:
    painter = Painter()
    painter.fail = ZeroDivisionError("x / 0")
    _, listener = start(Source(), painter)
    qtbot.waitUntil(lambda: bool(listener.failures))
    assert str(listener.failures[0]).startswith("Live painting failed")


def test_sinks_get_every_painted_frame_until_removed(qtbot: QtBot, start: Start) -> None:
    painter, sink = Painter(), Sink()
    runner, _ = start(Source(waits=True), painter)
    runner.add_sink(sink)
    qtbot.waitUntil(lambda: len(sink.frames) > 5)
    runner.remove_sink(sink)
    qtbot.wait(30)
    count = len(sink.frames)
    qtbot.wait(60)
    assert len(sink.frames) == count


def test_a_sink_that_gives_up_is_told_and_the_picture_goes_on(qtbot: QtBot, start: Start) -> None:
    sink = Sink()
    runner, listener = start(Source(), Painter())
    runner.add_sink(sink)
    qtbot.waitUntil(lambda: len(sink.frames) > 1)
    with qtbot.waitSignal(runner.sink_failed) as told:
        sink.problem = CameraError("The disk is full.")
    assert told.args[0] is sink
    seen = len(listener.frames)
    qtbot.waitUntil(lambda: len(listener.frames) > seen + 2)


def test_automatic_quality_goes_down_on_a_slow_machine(qtbot: QtBot, start: Start) -> None:
    chosen: list[object] = []
    painter = Painter(seconds=0.03)
    settings = LiveSettings(mix=(("a", 1.0),), auto=True, target_fps=60)
    runner, _ = start(Source(size=(64, 480)), painter, settings)
    runner.quality_chosen.connect(chosen.append)
    qtbot.waitUntil(lambda: painter.told[-1].height < 480 if painter.told else False)
    qtbot.waitUntil(lambda: len(chosen) >= 1)
    assert runner.numbers().height < 480


def test_changed_resolution_in_mid_stream(qtbot: QtBot, start: Start) -> None:
    source = Source()
    _, listener = start(source, Painter())
    qtbot.waitUntil(lambda: len(listener.frames) > 2)
    source.size = (31, 17)
    qtbot.waitUntil(lambda: listener.frames[-1].painted.shape == (17, 31, 3))


def test_ten_starts_and_stops_leave_nothing(qtbot: QtBot) -> None:
    for _ in range(10):
        runner = LiveRunner(Source, Painter(), MANUAL)
        runner.start()
        qtbot.wait(5)
        assert runner.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]


def test_mixes_on_the_way() -> None:
    a, b = (("x", 2.0),), (("y", 1.0), ("x", 1.0))
    assert mixed(a, b, 0.0) == (("x", 1.0),)
    assert dict(mixed(a, b, 1.0)) == {"y": 0.5, "x": 0.5}
    half = dict(mixed(a, b, 0.5))
    assert half == pytest.approx({"x": 0.75, "y": 0.25})
    assert mixed((), b, 0.3) == mixed(b, b, 1.0)


def test_working_sizes() -> None:
    assert working_size(640, 480, 0) == (640, 480)
    assert working_size(640, 480, 480) == (640, 480)
    assert working_size(640, 480, 240) == (320, 240)
    assert working_size(641, 481, 240) == (320, 240)
    assert working_size(10, 2000, 16) == (8, 16)
