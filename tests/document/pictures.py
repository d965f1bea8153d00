"""Documents and pictures for the tests of files and autosaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.document.blend import BlendMode
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles


def blob(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """A soft coloured spot (h, w, 4) with every alpha from 0 to 255."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = chance.random(2) * (width, height)
    picture = np.empty((height, width, 4), np.uint8)
    picture[..., 0] = x * 255 / width
    picture[..., 1] = y * 255 / height
    picture[..., 2] = chance.integers(0, 256)
    picture[..., 3] = np.clip(330 - np.hypot(x - cx, y - cy) * 700 / max(width, height), 0, 255)
    picture[picture[..., 3] == 0] = 0
    return picture


def opaque(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """A colourful picture without a hole."""
    picture = blob(width, height, seed)
    y, x = np.mgrid[0:height, 0:width]
    picture[...] = np.stack(
        [x * 255 // width, y * 255 // height, (x + y + seed * 40) % 256, np.full_like(x, 255)], axis=2
    )
    return picture


def rich_document(width: int = 320, height: int = 290) -> Document:
    """Something of everything: groups, masks, clipping, modes, a style layer, a selection, pixels off the canvas."""
    document = Document(width, height)
    ground = PixelLayer(name="Ground", pixels=Tiles.of_array(opaque(width, height, 0)), locked=True)
    multiply = PixelLayer(
        name="Multiply “é” 层 <&>", pixels=Tiles.of_array(blob(width, height, 1)), mode=BlendMode.MULTIPLY, opacity=0.7
    )
    masked = PixelLayer(name="Masked", pixels=Tiles.of_array(blob(width, height, 2), 30, -20), lock_alpha=True)
    masked.mask = Mask(Tiles.of_array(blob(100, 80, 3)[..., 3].copy(), 60, 50, default=255))
    base = PixelLayer(name="Base", pixels=Tiles.of_array(blob(width, height, 4)), opacity=0.8, mode=BlendMode.SCREEN)
    clipped = PixelLayer(
        name="Clipped", pixels=Tiles.of_array(blob(width, height, 5)), clip=True, mode=BlendMode.DIFFERENCE
    )
    hidden = PixelLayer(name="Hidden", pixels=Tiles.of_array(opaque(50, 40, 6), -10, 200), visible=False)
    inner = GroupLayer(name="Inner", children=(PixelLayer(name="Empty"), hidden), opacity=0.5)
    group = GroupLayer(
        name="Group",
        children=(base, clipped, inner),
        opacity=0.9,
        mask=Mask(Tiles.of_array(np.full((height, width // 2), 90, np.uint8), 40, 0, default=0)),
    )
    style = StyleLayer(
        name="Style",
        source=masked.id,
        mix=(("van_gogh", 0.75), ("own-1", 0.25)),
        strength=0.6,
        keep_colors=True,
        stroke_size=1.5,
        painted=Tiles.of_array(blob(width, height, 7)),
        stale=False,
        mode=BlendMode.OVERLAY,
    )
    style.mask = Mask(Tiles.of_array(np.full((60, 90), 200, np.uint8), 100, 100, default=0))
    off = PixelLayer(name="Mask off", pixels=Tiles.of_array(blob(90, 90, 8), 10, 10), mode=BlendMode.HUE)
    off.mask = Mask(Tiles.of_array(np.zeros((40, 40), np.uint8), 20, 20, default=255), enabled=False)
    document.root.children = (ground, multiply, masked, group, style, off)
    document.active_layer = masked
    document.selection = Selection(Tiles.of_array(blob(120, 70, 9)[..., 3].copy(), 33, 44))
    return document


def visible(tiles: Tiles) -> Tiles:
    """The same pixels with the colours nobody can see set to 0; two of these compare by what can be seen."""
    if tiles.channels == 1:
        return tiles
    result = Tiles(4)
    extent = tiles.extent()
    pixels = tiles.read(extent)
    pixels[pixels[..., 3] == 0] = 0
    result.write(extent, pixels)
    return result


def assert_same_layer(one: Layer, other: Layer) -> None:
    """Every property, mask and pixel of two layers is the same."""
    assert type(one) is type(other)
    for name in ("id", "name", "visible", "mode", "locked", "lock_alpha", "clip"):
        assert getattr(one, name) == getattr(other, name), name
    assert abs(one.opacity - other.opacity) < 1e-5
    if isinstance(one, StyleLayer) and isinstance(other, StyleLayer):
        for name in ("source", "mix", "strength", "keep_colors", "stroke_size", "stale"):
            assert getattr(one, name) == getattr(other, name), name
    assert (one.mask is None) == (other.mask is None), one.name
    if one.mask is not None and other.mask is not None:
        assert one.mask.enabled == other.mask.enabled
        assert one.mask.tiles.same_pixels(other.mask.tiles), one.name
    paint, painted = one.paint(), other.paint()
    if paint is not None and painted is not None:
        assert visible(paint).same_pixels(visible(painted)), one.name
    if isinstance(one, GroupLayer) and isinstance(other, GroupLayer):
        assert_same_layers(one, other)


def assert_same_layers(one: GroupLayer, other: GroupLayer) -> None:
    """The same layers in the same order."""
    assert [layer.name for layer in one.children] == [layer.name for layer in other.children]
    for mine, theirs in zip(one.children, other.children, strict=True):
        assert_same_layer(mine, theirs)


def assert_same_document(one: Document, other: Document) -> None:
    """The same picture, layer for layer and pixel for pixel."""
    assert (one.width, one.height) == (other.width, other.height)
    assert_same_layers(one.root, other.root)
    assert (one.active_layer and one.active_layer.id) == (other.active_layer and other.active_layer.id)
    assert (one.selection is None) == (other.selection is None)
    if one.selection is not None and other.selection is not None:
        assert one.selection.tiles.same_pixels(other.selection.tiles)
    assert np.array_equal(one.composite(one.rect), other.composite(other.rect))
