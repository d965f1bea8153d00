"""A slow compositor in floating point, straight from the definitions, as the judge of the quick one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from artdesk.document.blend import BlendMode, composed
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer

Floats = NDArray[np.float32]
Planes = tuple[Floats, Floats]
"""Straight colour (h, w, 3) and alpha (h, w, 1), 0..1."""


def picture_of(document: Document) -> NDArray[np.float64]:
    """The premultiplied picture, 0..255."""
    color, alpha = _stack(document, document.root.children)
    return np.concatenate([color * alpha, alpha], axis=-1).astype(np.float64) * 255


def _stack(document: Document, children: Sequence[Layer], start: Planes | None = None) -> Planes:
    shape = (document.height, document.width)
    color, alpha = start or (np.zeros((*shape, 3), np.float32), np.zeros((*shape, 1), np.float32))
    index = 0
    while index < len(children):
        base = children[index]
        clipped = []
        index += 1
        while index < len(children) and children[index].clip:
            clipped.append(children[index])
            index += 1
        if not base.visible:
            continue
        own, shape_of_base = _content(document, base)
        for layer in clipped:
            if layer.visible:
                above, cover = _content(document, layer)
                own, _ = _over(layer.mode, (own, np.ones_like(cover)), (above, cover * layer.opacity))
        color, alpha = _over(base.mode, (color, alpha), (own, shape_of_base * np.float32(base.opacity)))
    return color, alpha


def _over(mode: BlendMode, under: Planes, over: Planes) -> Planes:
    color, alpha = composed(mode, under[0], under[1], over[0], over[1].astype(np.float32))
    return np.divide(color, alpha, out=np.zeros_like(color), where=alpha > 0), alpha


def _content(document: Document, layer: Layer) -> Planes:
    if isinstance(layer, GroupLayer):
        color, alpha = _stack(document, layer.children)
    else:
        tiles = layer.paint()
        assert tiles is not None
        pixels = tiles.read(document.rect).astype(np.float32) / 255
        color, alpha = pixels[..., :3], pixels[..., 3:]
    if layer.mask is not None and layer.mask.enabled:
        alpha = alpha * (layer.mask.tiles.read(document.rect)[..., None].astype(np.float32) / 255)
    return color, alpha.astype(np.float32)
