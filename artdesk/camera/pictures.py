"""Sources that are no camera: a still picture and a region of the screen."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from artdesk.camera.formats import fit_within
from artdesk.core.errors import CameraError
from artdesk.core.image import Image, as_image, resized, split_alpha
from artdesk.core.live import Frame

log = logging.getLogger(__name__)


class Pace:
    """Waits for the next beat of `rate` beats a second; late beats are left out, never made up for."""

    def __init__(self, rate: float) -> None:
        self._step = 1.0 / min(240.0, max(0.1, rate))
        self._next = 0.0
        self._stop = threading.Event()

    def wait(self) -> bool:
        """True at the next beat, False when asked to stop."""
        now = time.monotonic()
        if self._next > now and self._stop.wait(self._next - now):
            return False
        self._next = max(now, self._next) + self._step
        return not self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()


class StillSource:
    """One picture again and again, so that a look can be tried on it. `image` is fitted into `size`."""

    waits = False

    def __init__(
        self, image: Image, *, title: str = "", rate: float = 24.0, size: tuple[int, int] | None = None
    ) -> None:
        self.title = title or "Picture"
        rgb, _ = split_alpha(image)
        h, w = rgb.shape[:2]
        self._image = resized(rgb, *fit_within(w, h, size or (1920, 1920)))
        self._pace = Pace(rate)
        self._number = 0
        self._started = time.monotonic()

    def read(self) -> Frame | None:
        if not self._pace.wait():
            return None
        taken = time.monotonic()
        self._number += 1
        return Frame(self._image, self._number - 1, taken, taken - self._started)

    def interrupt(self) -> None:
        self._pace.stop()

    def close(self) -> None:
        """Nothing is held."""


def open_grabber() -> Any:
    """mss for this thread. Raises CameraError where the desktop does not let programs see the screen."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        raise CameraError("The screen cannot be read: this desktop (Wayland or none) does not let programs see it.")
    try:
        import mss

        # The class has had this name since version 10.
        make: Any = getattr(mss, "MSS", None) or mss.mss
        return make()
    except ImportError as error:
        raise CameraError("The screen cannot be read: the package “mss” is not installed.") from error
    except Exception as error:
        log.warning("screen: %s", error)
        raise CameraError("The screen cannot be read: {reason}.", reason=str(error)) from error


class ScreenSource:
    """A region (x, y, width, height) of the screen, the whole first screen with None, fitted into `size`."""

    waits = False

    def __init__(
        self,
        region: tuple[int, int, int, int] | None = None,
        *,
        size: tuple[int, int] | None = None,
        rate: float = 30.0,
        grabber: Callable[[], Any] = open_grabber,
    ) -> None:
        self.title = "Screen"
        self._size = size
        self._pace = Pace(rate)
        self._number = 0
        self._started = time.monotonic()
        if region is not None and (region[2] < 8 or region[3] < 8):
            raise CameraError("The screen region is too small.")
        self._grabber = grabber()
        try:
            whole = self._grabber.monitors[1] if len(self._grabber.monitors) > 1 else self._grabber.monitors[0]
            self._region = (
                dict(whole)
                if region is None
                else {"left": region[0], "top": region[1], "width": region[2], "height": region[3]}
            )
        except Exception as error:
            self.close()
            raise CameraError("The screen cannot be read: {reason}.", reason=str(error)) from error

    def read(self) -> Frame | None:
        if not self._pace.wait():
            return None
        try:
            shot = self._grabber.grab(self._region)
        except Exception as error:
            log.warning("screen: %s", error)
            raise CameraError("This part of the screen can no longer be read.") from error
        taken = time.monotonic()
        bgra = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        width, height = fit_within(shot.width, shot.height, self._size)
        if (width, height) != (shot.width, shot.height):
            bgra = cv2.resize(bgra, (width, height), interpolation=cv2.INTER_AREA)
        self._number += 1
        image = as_image(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB))
        return Frame(image, self._number - 1, taken, taken - self._started)

    def interrupt(self) -> None:
        self._pace.stop()

    def close(self) -> None:
        try:
            self._grabber.close()
        except Exception as error:
            log.info("screen: %s", error)
