"""What live painting is about: frames, where they come from, where they go, and how they should look.

The protocols are the seams between the rooms: `camera` makes sources, sinks and the steady painter,
`workers` drives them, `ui` only hands `LiveSettings` and `SourceSpec` around.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import cv2

from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken

LiveMix: TypeAlias = tuple[tuple[str, float], ...]
PainterRole: TypeAlias = Literal["live", "quality"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source: RGB, the monotonic second it was caught, and its own time in the film."""

    image: Image
    number: int
    taken: float
    stamp: float


@dataclass(frozen=True)
class SourceSpec:
    """Which source a person chose.

    `size` (width, height) is asked of a camera, and the frames of the other kinds are fitted into it;
    `region` (x, y, width, height) is in screen pixels, None for the whole first screen.
    """

    kind: Literal["webcam", "file", "screen", "still"]
    index: int = 0
    path: Path | None = None
    region: tuple[int, int, int, int] | None = None
    size: tuple[int, int] | None = None
    loop: bool = True
    own_rate: bool = True
    rate: float = 30.0


@dataclass(frozen=True)
class SourceChoice:
    """A source that can be offered: its name, and the sizes it is known to deliver (may be empty)."""

    title: str
    spec: SourceSpec
    sizes: tuple[tuple[int, int], ...] = ()


class FrameSource(Protocol):
    """Frames in. Opened, read and closed by one thread; only `interrupt` is called from another."""

    title: str
    waits: bool
    """True where a frame may be kept until somebody takes it (a file read as fast as can be); a camera
    never waits, its untaken frames are dropped."""

    def read(self) -> Frame | None:
        """The next frame; None at the end of the film. May block. Raises CameraError."""

    def interrupt(self) -> None:
        """Ask a waiting `read` to return soon. Any thread; never blocks."""

    def close(self) -> None:
        """Give the device back. The reading thread only."""


class FrameSink(Protocol):
    """Frames out (recorder, virtual camera). `write` returns at once; the work is done elsewhere."""

    def write(self, image: Image, taken: float) -> None:
        """Hand over one painted frame, caught at the monotonic second `taken`."""

    def close(self) -> None:
        """Finish the file or give the device back."""

    @property
    def problem(self) -> Exception | None:
        """What made the sink give up, None while it works."""


@dataclass(frozen=True)
class LiveSettings:
    """How live painting should look and how hard it may work.

    `height` is the working height in pixels (0 = that of the frames); with `auto`, painter and height
    are chosen to reach `target_fps`. `hold` 0..1 is the share of the last frame's normalisation state,
    `steady` 0..1 how strongly still areas are kept still; `morph_seconds` the time a new mix takes to come in.
    """

    mix: LiveMix = ()
    strength: float = 1.0
    keep_colors: bool = False
    painter: PainterRole = "live"
    height: int = 0
    hold: float = 0.9
    steady: float = 1.0
    mirror: bool = False
    auto: bool = True
    target_fps: float = 24.0
    morph_seconds: float = 0.0


class LivePainter(Protocol):
    """Paints one frame after another and remembers what keeps them steady. Any thread may call."""

    @property
    def device(self) -> str:
        """The device that really ran."""

    @property
    def lanes(self) -> int:
        """How many threads may paint at once, each its own frame."""

    def set(self, settings: LiveSettings) -> None:
        """In force with the next frame. Any thread, cheap."""

    def paint(self, frame: Image, token: CancelToken) -> Image:
        """The painted frame (RGB). Frames leave in the order in which they came. Raises Cancelled, EngineError."""

    def reset(self) -> None:
        """Forget the frames before: a new scene begins."""


@runtime_checkable
class MeasuresFlicker(Protocol):
    """A painter that knows how much its input and its output change where nothing moves (0..255)."""

    @property
    def flicker_in(self) -> float: ...

    @property
    def flicker_out(self) -> float: ...


def mirrored(image: Image) -> Image:
    """`image` as a mirror shows it."""
    return as_image(cv2.flip(image, 1))


def mixed(before: LiveMix, after: LiveMix, share: float) -> LiveMix:
    """The mix on the way from `before` (share 0) to `after` (share 1); weights sum to 1."""

    def parts(mix: LiveMix) -> dict[str, float]:
        total = sum(weight for _, weight in mix)
        return {style: weight / total for style, weight in mix} if total > 0 else {}

    old, new = parts(before), parts(after)
    share = min(1.0, max(0.0, share))
    if not old or share >= 1.0:
        return tuple(new.items())
    if not new or share <= 0.0:
        return tuple(old.items())
    names = [*old, *(name for name in new if name not in old)]
    weights = ((name, old.get(name, 0.0) * (1 - share) + new.get(name, 0.0) * share) for name in names)
    return tuple((name, weight) for name, weight in weights if weight > 0)


def working_size(width: int, height: int, working_height: int) -> tuple[int, int]:
    """The size to paint at: `working_height` (0 = as it is), never enlarged, multiples of 8 where shrunk."""
    if working_height <= 0 or working_height >= height:
        return width, height
    k = working_height / height
    return max(8, round(width * k / 8) * 8), max(8, round(height * k / 8) * 8)
