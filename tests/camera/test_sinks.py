from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from artdesk.camera.recorder import Recorder
from artdesk.camera.virtual import VirtualCamera, driver_advice, open_device
from artdesk.core.errors import AlreadyExists, ArtDeskError, CameraError
from artdesk.core.image import Image, as_image


def frame(value: int, size: tuple[int, int] = (64, 48)) -> Image:
    return as_image(np.full((size[1], size[0], 3), value, np.uint8))


def record(path: Path, frames: list[tuple[Image, float]], **more: Any) -> Recorder:
    recorder = Recorder(path, **more)
    for image, taken in frames:
        while not recorder.ready:
            time.sleep(0.001)
        recorder.write(image, taken)
    recorder.close()
    return recorder


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as film:
        return [float(f.time) for f in film.decode(video=0) if f.time is not None]


def test_true_times_of_the_frames_are_kept(tmp_path: Path) -> None:
    taken = [100.0, 100.033, 100.2, 100.9, 101.0]
    path = tmp_path / "a.mp4"
    recorder = record(path, [(frame(40 * n), t) for n, t in enumerate(taken)])
    assert recorder.frames == 5
    assert times_of(path) == pytest.approx([t - 100.0 for t in taken], abs=0.002)
    assert list(tmp_path.iterdir()) == [path]


def test_frames_of_one_moment_do_not_collide(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    record(path, [(frame(n), 5.0) for n in range(4)])
    assert len(set(times_of(path))) == 4


def test_odd_and_changing_sizes_are_fitted(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    record(path, [(frame(200, (65, 49)), 0.0), (frame(200, (30, 90)), 0.1), (frame(200), 0.2)])
    with av.open(str(path)) as film:
        shapes = {(f.width, f.height) for f in film.decode(video=0)}
    assert shapes == {(64, 48)}


def test_colours_survive(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    red = np.zeros((48, 64, 3), np.uint8)
    red[...] = (220, 30, 30)
    record(path, [(as_image(red), n / 30) for n in range(3)])
    with av.open(str(path)) as film:
        seen = next(film.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(seen.astype(int) - red).mean() < 12


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        Recorder(path)
    assert path.read_bytes() == b"mine"
    record(path, [(frame(9), 0.0)], overwrite=True)
    assert len(times_of(path)) == 1


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ArtDeskError, match="folder"):
        Recorder(tmp_path / "none" / "a.mp4")


def test_nothing_recorded_leaves_no_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mp4")
    with pytest.raises(CameraError, match="Nothing was recorded"):
        recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_slow_encoder_drops_and_counts_and_never_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "a.mp4")
    go = threading.Event()
    original = recorder._start

    def slow(image: Image) -> None:
        go.wait(5)
        original(image)

    monkeypatch.setattr(recorder, "_start", slow)
    started = time.monotonic()
    for n in range(40):
        recorder.write(frame(n), n / 30)
    assert time.monotonic() - started < 1
    assert recorder.dropped >= 30
    go.set()
    recorder.close()
    assert len(times_of(recorder.path)) + recorder.dropped == 40


def test_a_failing_encoder_is_a_problem_and_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "a.mp4")

    def broken(image: Image) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "_start", broken)
    recorder.write(frame(1), 0.0)
    with pytest.raises(ArtDeskError, match="disk is full"):
        recorder.close()
    assert recorder.problem is not None


class Device:
    def __init__(self, fails: bool = False) -> None:
        self.seen: list[np.ndarray] = []
        self.device = "/dev/video9"
        self.closed = False
        self.fails = fails
        self.got = threading.Event()

    def send(self, image: np.ndarray) -> None:
        if self.fails:
            raise RuntimeError("driver gone")
        self.seen.append(image)
        self.got.set()

    def close(self) -> None:
        self.closed = True


def test_virtual_camera_gets_frames_of_its_size() -> None:
    device = Device()
    camera = VirtualCamera(65, 49, opener=lambda w, h, rate: device)
    assert camera.name == "/dev/video9"
    camera.write(frame(7, (120, 40)), 0.0)
    assert device.got.wait(2)
    camera.close()
    assert device.seen[0].shape == (48, 64, 3)
    assert device.closed


def test_virtual_camera_that_fails_says_so() -> None:
    camera = VirtualCamera(64, 48, opener=lambda w, h, rate: Device(fails=True))
    camera.write(frame(7), 0.0)
    deadline = time.monotonic() + 2
    while camera.problem is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert isinstance(camera.problem, CameraError)
    camera.close()


def test_the_driver_to_install_is_named() -> None:
    assert "v4l2loopback" in str(driver_advice("linux"))
    assert "OBS" in str(driver_advice("win32"))
    assert "OBS" in str(driver_advice("darwin"))


def test_without_the_extra_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(CameraError, match="virtual-camera"):
        open_device(64, 48, 30)
