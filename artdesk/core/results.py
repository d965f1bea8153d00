"""What comes back from studio: results, and the notes that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artdesk.core.image import Image, Plane
from artdesk.core.receipt import Receipt


@dataclass(frozen=True)
class Note:
    """Something the person should know of a result: a fall-back, a reduction. Translated like an error."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        try:
            return self.template.format(**self.values)
        except (KeyError, IndexError, ValueError):
            return self.template


@dataclass(frozen=True)
class Result:
    """The base of all results."""

    receipt: Receipt
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class PictureResult(Result):
    """A painted picture, the size of the request's picture."""

    image: Image = None  # type: ignore[assignment]  # always given; the base class' default forces one here


@dataclass(frozen=True)
class FileResult(Result):
    """A picture painted from file to file."""

    path: Path = Path()
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class StyleResult(Result):
    """A style made from a picture: its id in the person's library, or the bare code of one being tried."""

    style_id: str = ""
    code: Any = None


@dataclass(frozen=True)
class DevicesResult(Result):
    """The measured table: (model id, device id, milliseconds or None, what was said when it failed)."""

    rows: tuple[tuple[str, str, float | None, str], ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbeResult(Result):
    """What was measured of a foreign model: (what, how it is) lines for the person, and the test card before and
    after.

    `after` is None for a network that gives back no picture. `measured` holds plain JSON values.
    """

    name: str = ""
    family: str = ""
    lines: tuple[tuple[str, Note], ...] = ()
    before: Image = None  # type: ignore[assignment]  # always given; the base class' default forces one here
    after: Image | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportResult(ProbeResult):
    """A foreign model that now stands in the person's library under `model_id`."""

    model_id: str = ""


@dataclass(frozen=True)
class MaskResult(Result):
    """A mask (h, w) of the request's picture: 255 where the model found what it looks for."""

    mask: Plane = None  # type: ignore[assignment]  # always given; the base class' default forces one here


@dataclass(frozen=True)
class GardenPicture:
    """One node's picture as it is handed over: `index` is its place among the request's nodes."""

    index: int
    node: int
    image: Image
    receipt: Receipt


@dataclass(frozen=True)
class GenerateResult(Result):
    """The pictures of the request's nodes, in its order, with a receipt for each."""

    images: tuple[Image, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    device: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class EncodePointResult(Result):
    """A picture's point (as gardens keep it), and what the model makes of that point."""

    point: str = ""
    preview: Image = None  # type: ignore[assignment]  # always given; the base class' default forces one here


@dataclass(frozen=True)
class DirectionsResult(Result):
    """How many directions there are, and each one's share of all differences (0..1, falling).

    With a `count` of 0 a note says why.
    """

    count: int = 0
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class WalkResult(Result):
    """A walk's film."""

    path: Path = Path()
    width: int = 0
    height: int = 0
    frames: int = 0
