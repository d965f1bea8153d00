"""From what a person chose to an open source."""

from __future__ import annotations

from collections.abc import Callable

from artdesk.camera.pictures import ScreenSource, StillSource
from artdesk.camera.repeats import RepeatWatch
from artdesk.camera.videofile import VideoFileSource
from artdesk.camera.webcam import WebcamSource
from artdesk.core.errors import CameraError
from artdesk.core.live import FrameSource, SourceSpec


def opener_of(spec: SourceSpec, *, title: str = "") -> Callable[[], FrameSource]:
    """What opens `spec`, again and again: to be called in the thread that will read.

    The opener raises CameraError (UnreadablePicture for a still picture) with the reason.
    """
    watch = RepeatWatch()

    def open_source() -> FrameSource:
        if spec.kind == "webcam":
            return WebcamSource(spec.index, spec.size, rate=spec.rate, title=title, watch=watch)
        if spec.kind == "screen":
            return ScreenSource(spec.region, size=spec.size, rate=spec.rate)
        if spec.path is None:
            raise CameraError("No file was chosen.")
        if spec.kind == "file":
            return VideoFileSource(spec.path, loop=spec.loop, own_rate=spec.own_rate, size=spec.size)
        from artdesk.core.pictures import open_picture

        picture = open_picture(spec.path)
        return StillSource(picture.image, title=spec.path.name, rate=min(spec.rate, 24.0), size=spec.size)

    return open_source
