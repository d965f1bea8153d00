"""What a picture is stacked from: pixel layers, groups, style layers, and the masks they wear.

Layers are plain state. Change them through `Document`'s verbs, so that every change can be undone and is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import uuid4

from artdesk.document.blend import BlendMode
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import Tiles

Mix: TypeAlias = tuple[tuple[str, float], ...]


def new_id() -> str:
    """A layer id that is never used twice."""
    return uuid4().hex[:16]


@dataclass(eq=False)
class Mask:
    """How much of a layer shows, pixel by pixel: 255 wholly, 0 not at all.

    `tiles` has one channel; where it holds nothing its `default` counts (255: an unpainted mask hides nothing).
    A mask that is not `enabled` is kept but hides nothing.
    """

    tiles: Tiles = field(default_factory=lambda: Tiles(1, 255))
    enabled: bool = True

    def copy(self) -> Mask:
        return Mask(self.tiles.copy(), self.enabled)


@dataclass(eq=False)
class Layer:
    """What every kind of layer has. Compared by identity; `id` names it across saves and copies of the document."""

    name: str = ""
    id: str = field(default_factory=new_id)
    visible: bool = True
    opacity: float = 1.0
    mode: BlendMode = BlendMode.NORMAL
    locked: bool = False
    lock_alpha: bool = False
    clip: bool = False
    """Shown only where the nearest layer below that is not itself clipped shows."""
    mask: Mask | None = None

    @property
    def kind(self) -> str:
        """ "pixel", "group" or "style"."""
        raise NotImplementedError

    def planes(self) -> Iterator[tuple[str, Tiles]]:
        """Every plane of pixels of this layer alone with the attribute that names it."""
        if self.mask is not None:
            yield "mask", self.mask.tiles

    def paint(self) -> Tiles | None:
        """The colour tiles that are shown for this layer; None for groups."""
        return None

    def content_rect(self) -> Rect:
        """Where this layer may show anything, in whole tiles."""
        tiles = self.paint()
        return tiles.extent() if tiles is not None else NOTHING

    def twin(self, *, fresh_id: bool) -> Layer:
        """A copy that shares every tile; with a new id (duplicate) or the same (snapshot)."""
        mask = self.mask.copy() if self.mask is not None else None
        return replace(self, id=new_id() if fresh_id else self.id, mask=mask)

    def bytes_used(self, seen: set[int] | None = None) -> int:
        """Bytes of all planes, children included; arrays whose id is in `seen` are not counted again."""
        seen = set() if seen is None else seen
        return sum(tiles.bytes_used(seen) for _, tiles in self.planes())


@dataclass(eq=False)
class PixelLayer(Layer):
    """A layer of painted pixels, in canvas coordinates; tiles may lie outside the canvas."""

    pixels: Tiles = field(default_factory=Tiles)

    @property
    def kind(self) -> str:
        return "pixel"

    def planes(self) -> Iterator[tuple[str, Tiles]]:
        yield "pixels", self.pixels
        yield from Layer.planes(self)

    def paint(self) -> Tiles | None:
        return self.pixels

    def twin(self, *, fresh_id: bool) -> PixelLayer:
        made = super().twin(fresh_id=fresh_id)
        assert isinstance(made, PixelLayer)
        made.pixels = self.pixels.copy()
        return made


@dataclass(eq=False)
class GroupLayer(Layer):
    """Layers taken together, blended among themselves first (isolated). `children` runs from bottom to top."""

    children: tuple[Layer, ...] = ()

    @property
    def kind(self) -> str:
        return "group"

    def content_rect(self) -> Rect:
        rect = NOTHING
        for child in self.children:
            rect = rect.united(child.content_rect())
        return rect

    def walk(self) -> Iterator[Layer]:
        """Every layer below this group, bottom to top, a group before its children."""
        for child in self.children:
            yield child
            if isinstance(child, GroupLayer):
                yield from child.walk()

    def twin(self, *, fresh_id: bool) -> GroupLayer:
        made = super().twin(fresh_id=fresh_id)
        assert isinstance(made, GroupLayer)
        made.children = tuple(child.twin(fresh_id=fresh_id) for child in self.children)
        return made

    def bytes_used(self, seen: set[int] | None = None) -> int:
        seen = set() if seen is None else seen
        return super().bytes_used(seen) + sum(child.bytes_used(seen) for child in self.children)


BELOW = "below"
"""The source of a style layer that paints everything under it."""


@dataclass(eq=False)
class StyleLayer(Layer):
    """A picture in a style, re-editable for ever: it keeps what it was made of beside what was painted.

    `source` is `"below"` (all that lies under it) or the id of a layer; `mix` names styles with weights; `strength`
    0..1, `stroke_size` 0.5..3. `painted` holds the result and is shown like pixels. `stale` says that the source
    or a setting changed since; `stale_rect` is where the source changed (canvas coordinates).
    """

    source: str = BELOW
    mix: Mix = ()
    strength: float = 1.0
    keep_colors: bool = False
    stroke_size: float = 1.0
    painted: Tiles = field(default_factory=Tiles)
    stale: bool = True
    stale_rect: Rect = NOTHING
    revision: int = 0
    """Counts what made it stale, so that a result on its way can tell whether it is already out of date."""

    SETTINGS = ("source", "mix", "strength", "keep_colors", "stroke_size")

    @property
    def kind(self) -> str:
        return "style"

    def planes(self) -> Iterator[tuple[str, Tiles]]:
        yield "painted", self.painted
        yield from Layer.planes(self)

    def paint(self) -> Tiles | None:
        return self.painted

    def twin(self, *, fresh_id: bool) -> StyleLayer:
        made = super().twin(fresh_id=fresh_id)
        assert isinstance(made, StyleLayer)
        made.painted = self.painted.copy()
        return made
