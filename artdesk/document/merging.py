"""Two layers into one, exactly where the compositor's premultiplied bytes would lose colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from artdesk.document.blend import Array, BlendMode, blend
from artdesk.document.layers import GroupLayer, Layer
from artdesk.document.pixels import times
from artdesk.document.rect import Rect
from artdesk.document.render import EMPTY, is_opaque
from artdesk.document.tiles import TILE, Key, Tiles

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase


def masked(tiles: Tiles, mask: Tiles) -> Tiles:
    """RGBA tiles with their alpha weakened by a mask."""
    out = Tiles()
    for (ix, iy), tile in tiles.items():
        cover = mask.tile(ix, iy)
        if cover is None:
            if mask.default:
                out.put_tile((ix, iy), tile)
            continue
        weaker = tile.copy()
        weaker[..., 3] = times(tile[..., 3], cover)
        weaker[weaker[..., 3] == 0] = 0
        out.put_tile((ix, iy), weaker)
    tiles.share()
    return out


def _content(document: DocumentBase, layer: Layer, cell: Rect) -> Array:
    """What a layer shows in a tile, straight, mask applied."""
    tiles = layer.paint()
    if isinstance(layer, GroupLayer) or tiles is None:
        return document.render_layer(layer, cell)
    tile = tiles.tile(cell.x // TILE, cell.y // TILE)
    if tile is None:
        return EMPTY
    if layer.mask is None or not layer.mask.enabled:
        return tile
    out = tile.copy()
    out[..., 3] = times(tile[..., 3], layer.mask.tiles.read(cell))
    return out


def _cells(document: DocumentBase, layer: Layer) -> set[Key]:
    """Every tile in which a layer may show something; of a group only those on the canvas."""
    tiles = layer.paint()
    if tiles is not None:
        return set(tiles.keys())
    return set(layer.content_rect().intersected(document.rect).cells(TILE))


def merged_tiles(document: DocumentBase, lower: Layer, upper: Layer, lower_opacity: float) -> Tiles:
    """The pixels of `upper` laid over `lower` (each with its mask; `upper` with its mode, opacity and clipping)."""
    out = Tiles()
    for ix, iy in _cells(document, lower) | _cells(document, upper):
        cell = Rect(ix * TILE, iy * TILE, TILE, TILE)
        under = _content(document, lower, cell)
        over = _content(document, upper, cell) if upper.opacity > 0 else EMPTY
        out.put_tile((ix, iy), _merged(under, over, lower_opacity, upper, bool(upper.clip and not lower.clip)))
    lower_tiles, upper_tiles = lower.paint(), upper.paint()
    for tiles in (lower_tiles, upper_tiles):
        if tiles is not None:
            tiles.share()
    return out


def _merged(under: Array, over: Array, under_opacity: float, upper: Layer, clipped: bool) -> Array | None:
    if under_opacity < 1.0 and under is not EMPTY:
        under = under.copy()
        under[..., 3] = np.round(under[..., 3] * np.float32(under_opacity))
    if over is EMPTY:
        return None if under is EMPTY else under
    if clipped:
        if under is EMPTY:
            return None
        solid = under.copy()
        solid[..., 3] = 255
        out = blend(upper.mode, solid, over, upper.opacity)
        out[..., 3] = under[..., 3]
        return out
    plain = upper.mode is BlendMode.NORMAL and upper.opacity >= 1.0
    if plain and (under is EMPTY or is_opaque(over)):
        return over
    return blend(upper.mode, under, over, upper.opacity)
