"""Recording to MP4 with the true times of the frames, written by a thread of its own.

While recording, a fragmented file grows beside the target: after a crash it can still be played. At the end it is
packed into a plain MP4, which takes the target's name in one step.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from artdesk.camera.formats import letterboxed
from artdesk.core.errors import AlreadyExists, ArtDeskError, CameraError, translate_os_error
from artdesk.core.image import Image

log = logging.getLogger(__name__)
_TICKS = 90_000
_WAITING = 8
_ENCODERS = ("libx264", "libopenh264", "h264_videotoolbox", "h264_mf", "mpeg4")


def choose_encoder() -> str:
    """The best encoder this FFmpeg has. Raises CameraError if there is none."""
    for name in _ENCODERS:
        if name in av.codecs_available:
            with contextlib.suppress(Exception):
                av.Codec(name, "w")
                return name
    raise CameraError("This FFmpeg has no encoder for MP4 video.")


class Recorder:
    """A sink that records to `path`. Frames of another size than the first are fitted into it.

    Raises AlreadyExists unless `overwrite`, NotWritable if the folder does not take files.
    """

    def __init__(self, path: Path, *, rate: float = 30.0, overwrite: bool = False) -> None:
        if path.exists() and not overwrite:
            raise AlreadyExists("“{name}” already exists.", name=str(path))
        self.path = path
        self.frames = 0
        self.dropped = 0
        self._part = path.with_name(f".{path.name}.part.mp4")
        self._rate = max(1, min(240, round(rate)))
        self._problem: Exception | None = None
        self._queue: queue.Queue[tuple[Image, float] | None] = queue.Queue(_WAITING)
        self._first = 0.0
        self._last_tick = -1
        self._stream: Any = None
        try:
            # FFmpeg opens the file with the first packet; a folder that takes no files is told now.
            self._part.touch()
            self._container: Any = av.open(
                str(self._part), "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
            )
        except (OSError, av.FFmpegError) as error:
            raise _translated(error, path) from error
        self._thread = threading.Thread(target=self._run, name="artdesk-recorder", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether the next frame would be taken over; for films made frame by frame, where none may be left out."""
        return not self._queue.full()

    @property
    def problem(self) -> Exception | None:
        return self._problem

    def write(self, image: Image, taken: float) -> None:
        """Take over one frame; if the encoder is too slow it is left out and counted in `dropped`."""
        if self._problem is not None:
            return
        try:
            self._queue.put_nowait((image, taken))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Finish the file. Raises the SaveError of a recording that could not be written."""
        while self._thread.is_alive():
            # The thread empties its queue, so this waits for a frame's encoding at most.
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=0.2)
                break
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            self._record()
            self._finish()
        except (OSError, av.FFmpegError, ValueError) as error:
            log.exception("recording to %s failed", self.path)
            self._problem = error if isinstance(error, ArtDeskError) else _translated(error, self.path)
        except ArtDeskError as error:
            self._problem = error
        except Exception as error:
            log.exception("recording to %s failed", self.path)
            self._problem = CameraError("Recording has stopped: {reason}.", reason=str(error))
        finally:
            with contextlib.suppress(Exception):
                self._container.close()

    def _record(self) -> None:
        while (item := self._queue.get()) is not None:
            image, taken = item
            if self._stream is None:
                self._start(image)
                self._first = taken
            stream = self._stream
            frame = av.VideoFrame.from_ndarray(letterboxed(image, stream.width, stream.height), format="rgb24")
            frame = frame.reformat(format="yuv420p")
            # The true time of the frame; two frames never share a tick.
            tick = max(self._last_tick + 1, round((taken - self._first) * _TICKS))
            self._last_tick = tick
            frame.pts, frame.time_base = tick, Fraction(1, _TICKS)
            self._container.mux(stream.encode(frame))
            self.frames += 1

    def _start(self, image: Image) -> None:
        height, width = image.shape[:2]
        name = choose_encoder()
        stream = self._container.add_stream(name, rate=self._rate)
        # 4:2:0 video has even sides.
        stream.width, stream.height = max(2, width - width % 2), max(2, height - height % 2)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.thread_count = 1
        if name == "libx264":
            stream.options = {"preset": "superfast", "crf": "20", "bf": "0"}
        else:
            stream.bit_rate = int(width * height * self._rate * 0.12)
        self._stream = stream

    def _finish(self) -> None:
        if self._stream is None:
            self._container.close()
            self._part.unlink(missing_ok=True)
            raise CameraError("Nothing was recorded: there was no picture.")
        self._container.mux(self._stream.encode(None))
        self._container.close()
        final = self._part.with_name(f".{self.path.name}.final.mp4")
        try:
            _pack(self._part, final)
        except (OSError, av.FFmpegError, ValueError) as error:
            # The grown file is a good film too, only less handy for editors.
            log.warning("the film was not repacked: %s", error)
            final.unlink(missing_ok=True)
            final = self._part
        with open(final, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(final, self.path)
        self._part.unlink(missing_ok=True)


def _pack(source: Path, target: Path) -> None:
    """The same packets in a plain MP4 with its index in front."""
    with (
        av.open(str(source)) as read,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out,
    ):
        stream_in = read.streams.video[0]
        stream_out = out.add_stream_from_template(stream_in)
        for packet in read.demux(stream_in):
            if packet.dts is None:
                continue
            packet.stream = stream_out
            out.mux(packet)


def _translated(error: Exception, path: Path) -> ArtDeskError:
    if isinstance(error, OSError) and error.errno is not None:
        return translate_os_error(error, path, "write")
    return CameraError("Recording has stopped: {reason}.", reason=str(error))
