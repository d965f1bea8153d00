"""Composition of live painting for the desk and the command line: cameras, the studio's frame painter, sinks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artdesk.core.image import Image
from artdesk.core.live import FrameSink, LivePainter, LiveSettings, PainterRole

if TYPE_CHECKING:
    from artdesk.studio.perform import Studio
    from artdesk.ui.live.services import LiveServices


def make_look(settings: LiveSettings, width: int, height: int) -> Any:
    """The studio's LiveLook for `settings` at a working size."""
    from artdesk.studio.live import LiveLook

    return LiveLook(
        mix=settings.mix,
        strength=settings.strength,
        keep_colors=settings.keep_colors,
        painter=settings.painter,
        width=width,
        height=height,
        hold=settings.hold,
    )


def make_painter(studio: Studio, device: str = "auto") -> LivePainter:
    """A steady live painter on `device`, for one runner."""
    from artdesk.camera.painter import SteadyPainter

    return SteadyPainter(studio.live_painter(device=device), make_look)


def painter_roles(studio: Studio) -> tuple[PainterRole, ...]:
    """The painters that are installed, the fast one first."""
    from artdesk.core.errors import ArtDeskError

    roles: list[PainterRole] = []
    for role in ("live", "quality"):
        try:
            studio.engine.library.painter(role)
        except (ArtDeskError, LookupError):
            continue
        roles.append(role)
    return tuple(roles) or ("live",)


def make_recorder(path: Path, rate: float) -> FrameSink:
    from artdesk.camera.recorder import Recorder

    return Recorder(path, rate=rate)


def make_virtual_camera(width: int, height: int, rate: float) -> FrameSink:
    from artdesk.camera.virtual import VirtualCamera

    return VirtualCamera(width, height, rate)


def save_snapshot(path: Path, image: Image) -> Path:
    from artdesk.core.pictures import save_picture

    return save_picture(path, image)


def make_live_services(studio: Studio | Callable[[], Studio]) -> LiveServices:
    """What the live window is handed. `studio` may be a function that makes it when it is first needed."""
    from artdesk.camera.listing import list_cameras
    from artdesk.camera.sources import opener_of
    from artdesk.ui.live.services import LiveServices

    def get() -> Studio:
        return studio() if callable(studio) else studio

    return LiveServices(
        list_sources=list_cameras,
        open_source=lambda spec, title: opener_of(spec, title=title),
        painter=lambda device: make_painter(get(), device),
        roles=lambda: painter_roles(get()),
        record=make_recorder,
        virtual_camera=make_virtual_camera,
        save_picture=save_snapshot,
    )
