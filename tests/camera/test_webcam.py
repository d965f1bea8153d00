"""Scripted cameras with every fault a real one has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from artdesk.camera.repeats import RepeatWatch
from artdesk.camera.webcam import WebcamSource, refusal
from artdesk.core.errors import CameraError


class Script:
    """A capture that plays a script: arrays are frames, None is a failed read, an exception is raised."""

    def __init__(self, frames: Iterator[Any], opened: bool = True) -> None:
        self._frames = frames
        self._opened = opened
        self.released = False
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:
        return self._opened

    def read(self) -> tuple[bool, Any]:
        item = next(self._frames, None)
        if isinstance(item, Exception):
            raise item
        return item is not None, item

    def set(self, what: int, value: float) -> bool:
        self.asked[what] = value
        return True

    def release(self) -> None:
        self.released = True


def noise(count: int, shape: tuple[int, ...] = (48, 64, 3)) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(1)
    return (rng.integers(0, 255, shape, dtype=np.uint8) for _ in range(count))


def source(script: Script, **more: Any) -> WebcamSource:
    return WebcamSource(
        0, title="Cam", opener=lambda index: script, why=lambda index, name: refusal(index, name), **more
    )


def test_frames_come_numbered_and_in_time() -> None:
    camera = source(Script(noise(5)), size=(640, 480))
    frames = [camera.read() for _ in range(5)]
    assert [f.number for f in frames if f] == [0, 1, 2, 3, 4]
    stamps = [f.stamp for f in frames if f]
    assert stamps == sorted(stamps)
    camera.close()


def test_size_and_rate_are_asked_for() -> None:
    script = Script(noise(1))
    source(script, size=(1280, 720), rate=25.0).close()
    assert script.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert script.asked[cv2.CAP_PROP_FPS] == 25
    assert script.released


@pytest.mark.parametrize("script", [Script(iter(()), opened=False), Script(iter(()))])
def test_missing_or_mute_camera_is_a_sentence_and_released(script: Script) -> None:
    with pytest.raises(CameraError, match="Cam"):
        source(script)
    assert script.released


def test_an_opencv_error_while_opening_is_a_sentence() -> None:
    def opener(index: int) -> Any:
        raise cv2.error("boom")

    with pytest.raises(CameraError):
        WebcamSource(3, title="Cam", opener=opener)


def test_refusals_are_told_apart(tmp_path: Path) -> None:
    assert "not found" in str(refusal(0, "Cam", platform="linux", devices=tmp_path))
    node = tmp_path / "video0"
    node.touch()
    assert "another program" in str(refusal(0, "Cam", platform="linux", devices=tmp_path))
    assert "Privacy" in str(refusal(0, "Cam", platform="darwin"))
    assert "privacy" in str(refusal(0, "Cam", platform="win32"))


def test_no_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video0").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "permission" in str(refusal(0, "Cam", platform="linux", devices=tmp_path))


def test_a_few_empty_reads_are_forgiven_many_are_not() -> None:
    good = list(noise(3))
    camera = source(Script(iter([good[0], None, None, good[1], *[None] * 40])))
    assert camera.read() is not None
    assert camera.read() is not None
    with pytest.raises(CameraError, match="no longer sends"):
        camera.read()


def test_opencv_errors_in_mid_stream_count_as_empty_reads() -> None:
    good = next(noise(1))
    camera = source(Script(iter([good, *[cv2.error("gone")] * 40])))
    assert camera.read() is not None
    with pytest.raises(CameraError, match="unplugged"):
        camera.read()


def test_changed_resolution_and_format_in_mid_stream() -> None:
    frames: list[Any] = [next(noise(1, s)) for s in ((48, 64, 3), (31, 47, 3), (48, 64), (48, 64, 4))]
    camera = source(Script(iter(frames)))
    shapes = [frame.image.shape for _ in range(4) if (frame := camera.read()) is not None]
    assert shapes == [(48, 64, 3), (31, 47, 3), (48, 64, 3), (48, 64, 3)]


def test_interrupt_ends_a_waiting_read() -> None:
    camera = source(Script(iter([next(noise(1))])))
    camera.read()
    camera.interrupt()
    assert camera.read() is None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run_watch(watch: RepeatWatch, clock: Clock, image: Callable[[int], np.ndarray], count: int) -> int | None:
    for n in range(count):
        clock.now += 1 / 30
        if watch.stuck(image(n)):
            return n
    return None


def test_a_repeated_picture_is_stuck_after_two_seconds_and_not_before() -> None:
    clock = Clock()
    picture = next(noise(1))
    found = run_watch(RepeatWatch(clock=clock), clock, lambda n: picture.copy(), 200)
    assert found is not None
    assert 58 <= found <= 64


def test_noise_in_one_pixel_is_life() -> None:
    clock = Clock()
    picture = next(noise(1))

    def image(n: int) -> np.ndarray:
        out = picture.copy()
        out[5, 5, 0] = n % 2
        return out

    assert run_watch(RepeatWatch(clock=clock), clock, image, 300) is None


def test_the_same_still_picture_after_reopening_is_accepted() -> None:
    clock = Clock()
    card = next(noise(1))
    watch = RepeatWatch(clock=clock)
    assert run_watch(watch, clock, lambda n: card, 200) is not None
    watch.reopened()
    assert run_watch(watch, clock, lambda n: card, 300) is None
    # another picture that gets stuck is found again
    other = 255 - card
    assert run_watch(watch, clock, lambda n: other, 200) is not None


def test_a_camera_that_repeats_for_ever_raises() -> None:
    clock = Clock()
    picture = next(noise(1))

    def frames() -> Iterator[np.ndarray]:
        while True:
            clock.now += 1 / 30
            yield picture

    camera = source(Script(frames()), watch=RepeatWatch(clock=clock))
    with pytest.raises(CameraError, match="repeats its last picture"):
        for _ in range(200):
            camera.read()
