"""A video file as a source: looped or once, at its own rate or as fast as can be."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from artdesk.camera.formats import LARGEST_PIXELS, fit_within, turned
from artdesk.core.errors import CameraError
from artdesk.core.image import as_image
from artdesk.core.live import Frame

log = logging.getLogger(__name__)
_BAD_PACKETS = 200
_LATE_SECONDS = 1.0


class VideoFileSource:
    """Frames of the film at `path`, fitted into `size` (width, height) where given.

    At its own rate it behaves like a camera: whoever is slow misses frames. As fast as can be it waits.
    Decoding keeps to one thread: every other core belongs to the network.

    Raises CameraError when the file is missing, no film, or holds no frame that can be decoded.
    """

    def __init__(
        self, path: Path, *, loop: bool = True, own_rate: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self.title = path.name
        self.waits = not own_rate
        self._path, self._loop, self._size = path, loop, size
        self._stop = threading.Event()
        self._number = 0
        self._offset = 0.0
        self._last_stamp = 0.0
        self._anchor: float | None = None
        try:
            self._container: Any = av.open(str(path), mode="r")
        except (av.FFmpegError, OSError, ValueError) as error:
            log.warning("%s: %s", path, error)
            raise self._open_error(error) from error
        try:
            if not self._container.streams.video:
                raise CameraError("“{name}” holds no video.", name=path.name)
            self._stream = self._container.streams.video[0]
            context = self._stream.codec_context
            context.thread_count = 1
            if context.width * context.height > LARGEST_PIXELS:
                raise CameraError("The pictures are too large for live painting ({format}).", format=path.name)
        except BaseException:
            self._container.close()
            raise
        rate = float(self._stream.average_rate or self._stream.guessed_rate or 25)
        self.rate = rate if 0.1 <= rate <= 1000 else 25.0
        self._frames = self._decode()

    def _open_error(self, error: Exception) -> CameraError:
        if isinstance(error, FileNotFoundError):
            return CameraError("“{name}” does not exist.", name=str(self._path))
        if isinstance(error, PermissionError):
            return CameraError("“{name}” cannot be read: permission was refused.", name=str(self._path))
        return CameraError("“{name}” is not a video that can be read.", name=self._path.name)

    def _decode(self) -> Iterator[Any]:
        """Frames up to the end of the film; damaged packets are left out, as players do."""
        bad = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError) as error:
                log.warning("%s: the film ends early: %s", self._path, error)
                return
            try:
                yield from packet.decode()
            except av.FFmpegError as error:
                bad += 1
                log.info("%s: damaged packet: %s", self._path, error)
                if bad > _BAD_PACKETS:
                    return

    def _next(self) -> Any:
        """The next decoded frame, from the start again when looping; None at the end."""
        frame = next(self._frames, None)
        if frame is None and self._number == 0:
            raise CameraError("“{name}” holds no picture that can be decoded.", name=self._path.name)
        if frame is None and self._loop and not self._stop.is_set():
            self._offset = self._last_stamp + 1 / self.rate
            try:
                self._container.seek(0)
            except (av.FFmpegError, OSError) as error:
                raise CameraError("“{name}” cannot be played again from its start.", name=self._path.name) from error
            self._frames = self._decode()
            frame = next(self._frames, None)
        return frame

    def _image(self, frame: Any) -> Any:
        if frame.width * frame.height > LARGEST_PIXELS:
            raise CameraError("The pictures are too large for live painting ({format}).", format=self._path.name)
        width, height = fit_within(frame.width, frame.height, self._box(frame))
        try:
            return frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
        except (av.FFmpegError, ValueError) as error:
            raise CameraError("“{name}” is not a video that can be read.", name=self._path.name) from error

    def _box(self, frame: Any) -> tuple[int, int] | None:
        if self._size is None:
            return None
        return self._size if round(frame.rotation) % 180 == 0 else (self._size[1], self._size[0])

    def read(self) -> Frame | None:
        if self._stop.is_set():
            return None
        frame = self._next()
        if frame is None:
            return None
        own = frame.time if frame.time is not None else None
        stamp = self._offset + own if own is not None else self._number / self.rate
        if stamp < self._last_stamp:
            stamp = self._last_stamp + 1 / self.rate
        image = turned(as_image(self._image(frame)), round(frame.rotation))
        if not self.waits and not self._wait_until_due(stamp):
            return None
        self._last_stamp = stamp
        self._number += 1
        return Frame(image, self._number - 1, time.monotonic(), stamp)

    def _wait_until_due(self, stamp: float) -> bool:
        now = time.monotonic()
        if self._anchor is None or now - (self._anchor + stamp) > _LATE_SECONDS:
            self._anchor = now - stamp
        wait = self._anchor + stamp - now
        return not (self._stop.wait(wait) if wait > 0 else self._stop.is_set())

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._container.close()
