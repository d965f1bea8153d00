"""What a person can ask for. Frozen, checked at the border, the same for the desk and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.core.fields import Field
from artdesk.core.garden import Garden
from artdesk.core.image import Image, Plane
from artdesk.core.receipt import Receipt

Mix: TypeAlias = tuple[tuple[str, float], ...]
"""((style id, weight), …): weights are positive and normalised when used."""


@dataclass(frozen=True)
class Request:
    """The base of all requests."""


@dataclass(frozen=True)
class StylizeSettings(Request):
    """How to paint; shared by pictures in memory, files and style layers."""

    mix: Mix = ()
    strength: Annotated[float, Field("Strength", 0.0, 1.0, 0.01, help="0 gives the picture back, 1 is the style.")] = (
        1.0
    )
    keep_colors: Annotated[bool, Field("Keep colours", help="The painting's light, the picture's colours.")] = False
    stroke_size: Annotated[float, Field("Stroke size", 0.5, 3.0, 0.05, unit="×", help="Broader or finer strokes.")] = (
        1.0
    )
    size: Annotated[
        int,
        Field("Working size", 0, 30000, 64, unit="px", help="The longer side while painting; 0 is the full size."),
    ] = 0
    painter: Annotated[
        Literal["quality", "live"], Field("Painter", choices=("quality", "live"), help="Quality, or the fast one.")
    ] = "quality"
    device: Annotated[str, Field("Device", hidden=True)] = "auto"
    memory_mb: Annotated[int, Field("Memory", 0, 1_000_000, 64, unit="MB", hidden=True)] = 0


@dataclass(frozen=True, eq=False)
class StylizeRequest(StylizeSettings):
    """Paint `image` in `mix`. With `mask` (h, w; 255 = painted) the rest stays as it is.

    `seed_code` (D,) is used instead of the mix for a style that is being tried and has no id yet.
    """

    image: Image = None  # type: ignore[assignment]  # always given; inherited defaults force one here
    mask: Plane | None = None
    seed_code: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class StylizeFileRequest(StylizeSettings):
    """Paint the picture file `source` into `target`; big pictures stream from and to the disk."""

    source: Path = Path()
    target: Path = Path()
    overwrite: bool = False
    allow_large: bool = False
    with_receipt: bool = True
    quality: int = 92


@dataclass(frozen=True, eq=False)
class EncodeStyleRequest(Request):
    """Make a style of `image`; with `save` it enters the person's library under `name`."""

    image: Image
    name: str = ""
    save: bool = True
    device: str = "auto"


@dataclass(frozen=True)
class MeasureDevicesRequest(Request):
    """Measure every device on one model (or on the painters) and remember the quickest."""

    model_id: str = ""


@dataclass(frozen=True)
class ProbeModelRequest(Request):
    """Read a foreign model without trusting it and measure what it does."""

    path: Path


@dataclass(frozen=True)
class ImportModelRequest(Request):
    """Take a foreign model into the person's library.

    `corrections` ((name, value), …) put the person's word in place of what was measured: family, order, range,
    out_order, out_range.
    """

    path: Path
    id: str = ""
    title: str = ""
    corrections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RemoveModelRequest(Request):
    """Take an imported model out of the person's library."""

    model_id: str


@dataclass(frozen=True, eq=False)
class UpscaleRequest(Request):
    """Enlarge `image` with an imported upscaler, by the model's own factor."""

    image: Image
    model_id: str
    device: str = "auto"
    memory_mb: int = 0


@dataclass(frozen=True, eq=False)
class MaskRequest(Request):
    """Find in `image` what an imported mask model looks for."""

    image: Image
    model_id: str
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class ForeignStyleRequest(Request):
    """Paint `image` after the picture `style` with an imported arbitrary-style model instead of our painter."""

    image: Image
    style: Image
    model_id: str
    strength: Annotated[float, Field("Strength", 0.0, 1.0, 0.01)] = 1.0
    keep_colors: bool = False
    device: str = "auto"
    memory_mb: int = 0
    mask: Plane | None = None


@dataclass(frozen=True)
class GenerateRequest(Request):
    """Make the pictures of some of a garden's nodes, each handed over (`Progress.hand`) as soon as it is there.

    `model_id` is the model to make them with, usually the garden's own.
    """

    model_id: str
    garden: Garden
    nodes: tuple[int, ...]
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class EncodePointRequest(Request):
    """Find the point of a latent model's space whose picture is nearest to `image`."""

    model_id: str
    image: Image
    device: str = "auto"


@dataclass(frozen=True)
class DirectionsRequest(Request):
    """Find the directions along which a model's pictures differ most."""

    model_id: str
    device: str = "auto"


@dataclass(frozen=True)
class WalkRequest(Request):
    """A film from picture to picture into `target` (.mp4, .gif or .webp); with `loop` it comes back to the first.

    `frames` is the number of steps from one picture to the next.
    """

    model_id: str
    garden: Garden
    nodes: tuple[int, ...]
    target: Path
    frames: Annotated[int, Field("Frames per leg", 2, 1200, 1)] = 48
    fps: Annotated[int, Field("Frames a second", 1, 60, 1)] = 24
    loop: bool = False
    overwrite: bool = False
    with_receipt: bool = True
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class FinishRequest(StylizeSettings):
    """Enlarge `image` by the best means at hand and paint it: from a generated sketch to a picture.

    `upscaler` is the id of an imported upscaler; "" takes the best fitting one, "none" plain resampling. Without a
    mix it is only enlarged. `origin` is the receipt `image` came with.
    """

    image: Image = None  # type: ignore[assignment]  # always given; inherited defaults force one here
    factor: Annotated[float, Field("Enlarge", 1.0, 8.0, 0.5, unit="×")] = 4.0
    upscaler: str = ""
    origin: Receipt | None = None
