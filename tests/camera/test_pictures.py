from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from artdesk.camera.pictures import Pace, ScreenSource, StillSource, open_grabber
from artdesk.core.errors import CameraError
from artdesk.core.image import as_image


class Grabber:
    monitors = ({"left": 0, "top": 0, "width": 80, "height": 60}, {"left": 0, "top": 0, "width": 80, "height": 60})

    def __init__(self) -> None:
        self.fails = False
        self.closed = False

    def grab(self, region: dict[str, int]) -> Any:
        if self.fails:
            raise RuntimeError("the screen is gone")
        bgra = np.zeros((region["height"], region["width"], 4), np.uint8)
        bgra[..., 0] = 200
        return SimpleNamespace(raw=bytearray(bgra.tobytes()), width=region["width"], height=region["height"])

    def close(self) -> None:
        self.closed = True


def test_screen_region_as_rgb() -> None:
    source = ScreenSource((5, 6, 40, 30), rate=200, grabber=Grabber)
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (30, 40, 3)
    assert frame.image[0, 0].tolist() == [0, 0, 200]
    source.close()


def test_whole_screen_fitted() -> None:
    source = ScreenSource(size=(40, 40), rate=200, grabber=Grabber)
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (30, 40, 3)


def test_a_screen_that_goes_away_is_a_sentence() -> None:
    grabber = Grabber()
    source = ScreenSource(rate=200, grabber=lambda: grabber)
    source.read()
    grabber.fails = True
    with pytest.raises(CameraError, match="no longer"):
        source.read()
    source.close()
    assert grabber.closed


def test_a_tiny_region_is_refused() -> None:
    with pytest.raises(CameraError, match="too small"):
        ScreenSource((0, 0, 3, 3), grabber=Grabber)


def test_no_display_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(CameraError, match="screen cannot be read"):
        open_grabber()


def test_still_picture_loses_its_alpha_and_is_fitted() -> None:
    image = as_image(np.full((300, 400, 4), 90, np.uint8))
    source = StillSource(image, rate=200, size=(100, 100))
    first, second = source.read(), source.read()
    assert first is not None
    assert second is not None
    assert first.image.shape == (75, 100, 3)
    assert second.number == 1


def test_pace_leaves_late_beats_out() -> None:
    pace = Pace(50)
    assert pace.wait()
    time.sleep(0.1)  # five beats late
    started = time.monotonic()
    assert pace.wait()
    assert pace.wait()
    assert time.monotonic() - started >= 0.015


def test_pace_stops_at_once() -> None:
    pace = Pace(0.1)
    pace.wait()
    threading.Timer(0.05, pace.stop).start()
    started = time.monotonic()
    assert not pace.wait()
    assert time.monotonic() - started < 2
