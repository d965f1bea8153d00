"""Tools that look at or fill whole regions: flood fill, magic wand, choice by colour, gradient, picker.

Pictures are looked through in bands, so that no tool ever needs the whole canvas in one array of colours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.document.brush import mixing
from artdesk.document.document import Document, LayerRef
from artdesk.document.edit import Edit
from artdesk.document.flood import Flags, connected, grown, similar, smoothed
from artdesk.document.gradient import Gradient, GradientShape
from artdesk.document.rect import NOTHING, Rect, bounds_of
from artdesk.document.selection import Selection
from artdesk.document.tiles import TILE, Tiles

__all__ = [
    "Color",
    "Gradient",
    "GradientShape",
    "draw_gradient",
    "flood_fill",
    "magic_wand",
    "pick_color",
    "select_by_color",
]

Color: TypeAlias = tuple[int, int, int, int]
_Read: TypeAlias = Callable[[Rect], NDArray[np.uint8]]


def magic_wand(
    document: Document,
    x: int,
    y: int,
    *,
    tolerance: int = 24,
    layer: LayerRef | None = None,
    grow: int = 0,
    smooth: bool = True,
) -> Selection:
    """What hangs together with the pixel (x, y) and has its colour, as a selection (empty outside the canvas).

    ``tolerance`` 0..255 is the largest difference in any channel; ``layer`` looks at one layer alone, None at the
    whole picture; ``grow`` widens the result by pixels, ``smooth`` softens its edge.
    """
    flags = _found(document, x, y, tolerance, layer, contiguous=True)
    return Selection(Tiles.of_array(_coverage(flags, grow, smooth)))


def select_by_color(
    document: Document,
    x: int,
    y: int,
    *,
    tolerance: int = 24,
    layer: LayerRef | None = None,
    grow: int = 0,
    smooth: bool = True,
) -> Selection:
    """Everything that has the colour of the pixel (x, y), connected or not. Parameters as in :func:`magic_wand`."""
    flags = _found(document, x, y, tolerance, layer, contiguous=False)
    return Selection(Tiles.of_array(_coverage(flags, grow, smooth)))


def flood_fill(
    document: Document,
    target: LayerRef,
    x: int,
    y: int,
    color: Color,
    *,
    tolerance: int = 24,
    contiguous: bool = True,
    merged: bool = True,
    grow: int = 1,
    smooth: bool = True,
    opacity: float = 1.0,
    plane: str | None = None,
) -> Rect:
    """Pour a colour into the region around (x, y); one undoable step. Returns the region that changed.

    ``merged`` looks for the region in the whole picture, else in the target alone; ``grow`` lets the colour
    reach under the soft edge of a line. On a mask the colour's lightness counts.
    Raises: WrongUse if the target cannot be painted on.
    """
    edit = document.begin_edit(target, "Fill", plane=plane)
    try:
        flags = _found(document, x, y, tolerance, None if merged else target, contiguous=contiguous)
        region = bounds_of(flags).grown(grow + 1).intersected(document.rect)
        if region.empty:
            edit.cancel()
            return NOTHING
        coverage = _coverage(flags[region.slices()], grow, smooth)
        opaque = color[3] == 255 and opacity >= 1.0 and not edit.is_mask
        for cell in _cells(region, edit):
            part = coverage[cell.slices((region.x, region.y))]
            if not part.any():
                continue
            if opaque and part.min() == 255:
                after = np.empty((cell.h, cell.w, 4), np.uint8)
                after[:] = color
            else:
                weight = part * np.float32(opacity / 255.0)
                after = _painted(edit, cell, weight, color)
            edit.write(cell, after, notify=False)
    except BaseException:
        edit.cancel()
        raise
    return _ended(edit)


def draw_gradient(
    document: Document,
    target: LayerRef,
    gradient: Gradient,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    opacity: float = 1.0,
    plane: str | None = None,
) -> Rect:
    """Lay a gradient over the canvas or the selection; one undoable step. Returns the region that changed.

    ``start`` and ``end`` are canvas points. On a mask the colours' lightness counts.
    Raises: WrongUse if the target cannot be painted on.
    """
    edit = document.begin_edit(target, "Gradient", plane=plane)
    try:
        for cell in _cells(edit.limits, edit):
            colors = gradient.colors(cell, start, end)
            before = edit.read_before(cell)
            if edit.is_mask:
                light = colors[..., :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
                weight = colors[..., 3] * np.float32(opacity)
                after = (before + (light - before) * weight + np.float32(0.5)).astype(np.uint8)
            else:
                weight = np.full((cell.h, cell.w), opacity, np.float32)
                after = mixing.paint_over_colors(before, weight, colors)
            edit.write(cell, after, notify=False)
    except BaseException:
        edit.cancel()
        raise
    return _ended(edit)


def pick_color(
    document: Document, x: float, y: float, *, radius: int = 0, layer: LayerRef | None = None
) -> Color | None:
    """The colour at a canvas point, averaged over a square of ``radius`` pixels around it; None outside the canvas.

    Clear pixels do not count in the average of the colours; ``layer`` looks at one layer alone.
    """
    column, row = int(np.floor(x)), int(np.floor(y))
    if not document.rect.holds(column, row):
        return None
    rect = Rect(column - radius, row - radius, 2 * radius + 1, 2 * radius + 1).intersected(document.rect)
    pixels = _reader(document, layer)(rect).reshape(-1, 4).astype(np.float64)
    alpha = pixels[:, 3].sum()
    if alpha == 0.0:
        return (0, 0, 0, 0)
    red, green, blue = (pixels[:, :3] * pixels[:, 3:]).sum(axis=0) / alpha
    return round(red), round(green), round(blue), round(alpha / len(pixels))


def _reader(document: Document, layer: LayerRef | None) -> _Read:
    """How to read the pixels a tool looks at: the picture, or one layer by itself."""
    if layer is None:
        return document.composite
    tiles = document.layer(layer).paint()
    if tiles is not None:
        return tiles.read
    return lambda rect: document.render_layer(layer, rect)


def _found(document: Document, x: int, y: int, tolerance: int, layer: LayerRef | None, *, contiguous: bool) -> Flags:
    """The canvas's pixels (h, w) that are alike to (x, y)."""
    flags = np.zeros((document.height, document.width), np.bool_)
    if not document.rect.holds(x, y):
        return flags
    read = _reader(document, layer)
    seed = read(Rect(x, y, 1, 1))[0, 0]
    color = (int(seed[0]), int(seed[1]), int(seed[2]), int(seed[3]))
    for top in range(0, document.height, TILE):
        band = Rect(0, top, document.width, min(TILE, document.height - top))
        flags[top : top + band.h] = similar(read(band), color, tolerance)
    return connected(flags, x, y) if contiguous else flags


def _coverage(flags: Flags, grow: int, smooth: bool) -> NDArray[np.uint8]:
    if grow > 0:
        flags = grown(flags, grow)
    return smoothed(flags) if smooth else flags.view(np.uint8) * np.uint8(255)


def _cells(region: Rect, edit: Edit) -> list[Rect]:
    """The parts of a region that lie in one tile each, as far as the edit may write there."""
    region = region.intersected(edit.limits)
    return [region.intersected(Rect(ix * TILE, iy * TILE, TILE, TILE)) for ix, iy in region.cells(TILE)]


def _painted(edit: Edit, cell: Rect, weight: NDArray[np.float32], color: Color) -> NDArray[np.uint8]:
    before = edit.read_before(cell)
    if not edit.is_mask:
        return mixing.paint_over(before, weight, color)
    light = round(0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2])
    return mixing.towards(before, weight * np.float32(color[3] / 255.0), light)


def _ended(edit: Edit) -> Rect:
    touched = edit.touched
    if not touched.empty:
        edit.notify(touched)
    edit.commit()
    return touched
