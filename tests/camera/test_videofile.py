from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from artdesk.camera.videofile import VideoFileSource
from artdesk.core.errors import CameraError

COUNT = 12


def write_film(
    path: Path, *, size: tuple[int, int] = (64, 48), pix_fmt: str = "yuv420p", codec: str = "libx264"
) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], pix_fmt
        for n in range(COUNT):
            array = np.full((size[1], size[0], 3), n * 20, np.uint8)
            array[:, : size[0] // 4] = (250, 20, 20)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4")


def test_once_as_fast_as_can_be_gives_every_frame_and_then_ends(film: Path) -> None:
    source = VideoFileSource(film, loop=False, own_rate=False)
    assert source.waits
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    assert len(frames) == COUNT
    assert frames[0].image.shape == (48, 64, 3)
    assert [round(f.stamp * 30) for f in frames] == list(range(COUNT))
    # red stays red: the order of the channels is right
    assert frames[0].image[24, 4, 0] > 200 > 100 > frames[0].image[24, 4, 2]


def test_looped_time_goes_on(film: Path) -> None:
    source = VideoFileSource(film, loop=True, own_rate=False)
    stamps = [frame.stamp for _ in range(3 * COUNT) if (frame := source.read()) is not None]
    source.close()
    assert len(stamps) == 3 * COUNT
    assert np.all(np.diff(stamps) > 0)
    assert stamps[-1] == pytest.approx((3 * COUNT - 1) / 30, abs=0.05)


def test_own_rate_keeps_the_films_time(film: Path) -> None:
    source = VideoFileSource(film, loop=False, own_rate=True)
    started = time.monotonic()
    while source.read() is not None:
        pass
    source.close()
    # eleven steps of a thirtieth of a second; never faster
    assert 0.33 <= time.monotonic() - started < 1.5


def test_interrupt_wakes_a_waiting_read(film: Path) -> None:
    source = VideoFileSource(film, loop=True, own_rate=True)
    source.read()
    source._anchor = time.monotonic() + 60  # the next frame is due in a minute
    threading.Timer(0.1, source.interrupt).start()
    started = time.monotonic()
    assert source.read() is None
    assert time.monotonic() - started < 2
    source.close()


def test_frames_are_fitted_into_the_wanted_size(film: Path) -> None:
    source = VideoFileSource(film, size=(32, 32), own_rate=False)
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame.image.shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("grey.mkv", {"pix_fmt": "gray", "codec": "ffv1"}),
        ("alpha.mkv", {"pix_fmt": "bgra", "codec": "ffv1"}),
        ("odd.mkv", {"size": (61, 47), "pix_fmt": "yuv444p", "codec": "ffv1"}),
        ("deep.mkv", {"pix_fmt": "yuv420p10le", "codec": "ffv1"}),
    ],
)
def test_odd_films(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    source = VideoFileSource(write_film(tmp_path / name, **options), own_rate=False)
    frame = source.read()
    source.close()
    assert frame is not None
    width, height = options.get("size", (64, 48))
    assert frame.image.shape == (height, width, 3)


def test_rotated_film_is_upright(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = VideoFileSource(film, own_rate=False, size=(48, 64))
    original = source._next

    class Turned:
        """A decoded frame whose side data say that it lies on its side."""

        def __init__(self, frame: Any) -> None:
            self._frame = frame
            self.rotation = 90

        def __getattr__(self, name: str) -> Any:
            return getattr(self._frame, name)

    monkeypatch.setattr(source, "_next", lambda: Turned(original()))
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame.image.shape == (64, 48, 3)
    # the red stripe of the left lies at the bottom after a quarter turn counter-clockwise
    assert frame.image[60, 24, 0] > 200
    assert frame.image[4, 24, 0] < 100


@pytest.mark.parametrize("content", [b"", b"not a film at all" * 100, b"\x00\x00\x00\x20ftypisom" + b"\x00" * 64])
def test_what_is_no_film_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(content)
    with pytest.raises(CameraError, match=r"bad\.mp4"):
        VideoFileSource(bad)


def test_missing_film(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="does not exist"):
        VideoFileSource(tmp_path / "none.mp4")


def test_sound_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(CameraError, match="no video"):
        VideoFileSource(path)


def test_a_torn_film_ends_instead_of_failing(tmp_path: Path, film: Path) -> None:
    whole = write_film(tmp_path / "whole.mkv", codec="ffv1").read_bytes()
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole[: len(whole) * 3 // 4])
    source = VideoFileSource(torn, loop=False, own_rate=False)
    count = 0
    while source.read() is not None:
        count += 1
    source.close()
    assert 1 <= count <= COUNT
