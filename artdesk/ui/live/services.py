"""What the live window is handed by whoever composes the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from artdesk.core.image import Image
from artdesk.core.live import FrameSink, FrameSource, LivePainter, PainterRole, SourceChoice, SourceSpec


@dataclass(frozen=True)
class LiveServices:
    """Sources, painters and sinks. `list_sources`, `record`, `virtual_camera` and `save_picture` may take a
    while and are called off the interface thread; all raise ArtDeskError with a sentence.
    """

    list_sources: Callable[[], Sequence[SourceChoice]]
    open_source: Callable[[SourceSpec, str], Callable[[], FrameSource]]
    """(spec, title) -> what opens the source, called in the thread that reads it."""
    painter: Callable[[str], LivePainter]
    """(device) -> a painter of its own for one runner; loads nothing before its first frame."""
    roles: Callable[[], tuple[PainterRole, ...]]
    """The painters that are installed."""
    record: Callable[[Path, float], FrameSink]
    """(path, frame rate) -> a recorder."""
    virtual_camera: Callable[[int, int, float], FrameSink]
    """(width, height, frame rate) -> a virtual camera."""
    save_picture: Callable[[Path, Image], Path]
