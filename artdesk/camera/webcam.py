"""A webcam through OpenCV: opened in its own thread, its many ways to fail told apart."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2

from artdesk.camera.formats import rgb_of
from artdesk.camera.repeats import RepeatWatch
from artdesk.core.errors import CameraError
from artdesk.core.live import Frame

log = logging.getLogger(__name__)
_EMPTY_READS = 10
_FIRST_READS = 30


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`; tests script it."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, Any]: ...
    def set(self, what: int, value: float) -> bool: ...
    def release(self) -> None: ...


def open_capture(index: int) -> Capture:
    """OpenCV's capture with the platform's own backend first."""
    # A pulled cable leaves V4L2 waiting 10 s by default, longer than a person waits for Stop.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    # What OpenCV would print is said in a sentence anyway.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    backend = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(
        sys.platform, cv2.CAP_ANY
    )
    capture = cv2.VideoCapture(index, backend)
    if not capture.isOpened() and sys.platform == "win32":
        capture.release()
        capture = cv2.VideoCapture(index, cv2.CAP_MSMF)
    found: Capture = capture
    return found


def refusal(index: int, name: str, *, platform: str = sys.platform, devices: Path = Path("/dev")) -> CameraError:
    """Why camera `index`, called `name`, could not be opened, as far as the system lets one see."""
    if platform == "linux":
        node = devices / f"video{index}"
        if not node.exists():
            return CameraError("{name} was not found. Is it plugged in?", name=name)
        if not os.access(node, os.R_OK | os.W_OK):
            return CameraError(
                "{name} may not be used: permission was refused (is this user in the group “video”?).",
                name=name,
            )
        return CameraError("{name} is in use by another program.", name=name)
    if platform == "darwin":
        return CameraError(
            "{name} cannot be opened. Allow the camera in System Settings, Privacy & Security.", name=name
        )
    return CameraError(
        "{name} cannot be opened: it is missing, in use by another program, or not allowed in the privacy settings.",
        name=name,
    )


class WebcamSource:
    """Frames of camera `index`, asked to deliver `size` (width, height); it may answer with another.

    `watch` outlives reopening, so that a picture that is really still is not called stuck twice.
    """

    waits = False

    def __init__(
        self,
        index: int,
        size: tuple[int, int] | None = None,
        *,
        rate: float = 30.0,
        title: str = "",
        watch: RepeatWatch | None = None,
        opener: Callable[[int], Capture] = open_capture,
        why: Callable[[int, str], CameraError] = refusal,
    ) -> None:
        self.title = title or f"Camera {index}"
        self._index = index
        self._watch = watch or RepeatWatch()
        self._watch.reopened()
        self._number = 0
        self._stop = threading.Event()
        self._started = time.monotonic()
        try:
            self._capture = opener(index)
        except cv2.error as error:
            log.warning("camera %d: %s", index, error)
            raise why(index, self.title) from error
        if not self._capture.isOpened():
            self._capture.release()
            raise why(index, self.title)
        self._ask(size, rate)
        self._first: Any = self._wait_for_first(why)

    def _ask(self, size: tuple[int, int] | None, rate: float) -> None:
        if size is not None:
            if size[0] * size[1] > 640 * 480:
                # Uncompressed frames of this size do not fit through USB 2 at full rate.
                self._capture.set(cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG")))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, float(size[0]))
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, float(size[1]))
        self._capture.set(cv2.CAP_PROP_FPS, rate)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1.0)

    def _wait_for_first(self, why: Callable[[int, str], CameraError]) -> Any:
        for _ in range(_FIRST_READS):
            frame = self._grab()
            if frame is not None:
                return frame
            if self._stop.wait(0.02):
                break
        self._capture.release()
        raise why(self._index, self.title)

    def _grab(self) -> Any:
        try:
            ok, frame = self._capture.read()
        except cv2.error as error:
            log.warning("camera %d: %s", self._index, error)
            return None
        return frame if ok and frame is not None and frame.size else None

    def read(self) -> Frame | None:
        frame, self._first = self._first, None
        for _ in range(_EMPTY_READS):
            if self._stop.is_set():
                return None
            if frame is None:
                frame = self._grab()
            if frame is not None:
                break
            self._stop.wait(0.02)
        if frame is None:
            raise CameraError("{name} no longer sends pictures. Was it unplugged?", name=self.title)
        taken = time.monotonic()
        image = rgb_of(frame)
        if self._watch.stuck(image):
            raise CameraError("{name} only repeats its last picture. Was it unplugged?", name=self.title)
        self._number += 1
        return Frame(image, self._number - 1, taken, taken - self._started)

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._capture.release()
