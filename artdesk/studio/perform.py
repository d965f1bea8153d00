"""The one table of abilities, and the one door through which the desk and the command line ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from artdesk.core.errors import WrongUse
from artdesk.core.progress import Progress
from artdesk.core.requests import (
    DirectionsRequest,
    EncodePointRequest,
    EncodeStyleRequest,
    FinishRequest,
    ForeignStyleRequest,
    GenerateRequest,
    ImportModelRequest,
    MaskRequest,
    MeasureDevicesRequest,
    ProbeModelRequest,
    RemoveModelRequest,
    Request,
    StylizeFileRequest,
    StylizeRequest,
    UpscaleRequest,
    WalkRequest,
)
from artdesk.core.results import Result
from artdesk.engine.engine import Engine
from artdesk.studio.encode_style import encode_style
from artdesk.studio.find_mask import find_mask
from artdesk.studio.finish import finish
from artdesk.studio.foreign_style import foreign_style
from artdesk.studio.generate import encode_point, find_directions, generate
from artdesk.studio.import_model import import_model, probe, remove
from artdesk.studio.live import FramePainter
from artdesk.studio.measure import measure_devices
from artdesk.studio.stylize import stylize
from artdesk.studio.stylize_file import stylize_file
from artdesk.studio.upscale import upscale
from artdesk.studio.walk import walk

Ability = Callable[[Engine, Any, Progress], Result]

ABILITIES: dict[type[Request], Ability] = {
    StylizeRequest: stylize,
    StylizeFileRequest: stylize_file,
    EncodeStyleRequest: encode_style,
    MeasureDevicesRequest: measure_devices,
    ProbeModelRequest: probe,
    ImportModelRequest: import_model,
    RemoveModelRequest: remove,
    UpscaleRequest: upscale,
    MaskRequest: find_mask,
    ForeignStyleRequest: foreign_style,
    GenerateRequest: generate,
    EncodePointRequest: encode_point,
    DirectionsRequest: find_directions,
    WalkRequest: walk,
    FinishRequest: finish,
}
"""A new ability is one request, one file beside this one, and one line here."""


class Studio:
    """Carries out requests on one engine, one at a time (the job runner's thread, or the command line's)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def perform(self, request: Request, progress: Progress) -> Result:
        """The result of a request. Raises ArtDeskError subclasses, Cancelled."""
        ability = ABILITIES.get(type(request))
        if ability is None:
            raise WrongUse("ArtDesk cannot do “{request}”.", request=type(request).__name__)
        return ability(self.engine, request, progress)

    def live_painter(self, device: str = "auto") -> FramePainter:
        """A painter of frames for the live runner."""
        return FramePainter(self.engine, device=device)

    def close(self) -> None:
        """Let go of all sessions and write what was measured."""
        self.engine.close()
