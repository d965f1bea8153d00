"""What is seen while a layer is dragged: its picture, and the hole it leaves."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from artdesk.document.document import Document
from artdesk.document.edit import Edit
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE
from artdesk.ui.qt_image import qimage_of

LARGEST_PREVIEW = 2048
"""Longest side of the picture that is shown while dragging."""


def content_of(layer: Layer) -> Rect:
    """What a layer (a group: its layers together) really holds."""
    if isinstance(layer, GroupLayer):
        box = NOTHING
        for child in layer.children:
            box = box.united(content_of(child))
        return box
    tiles = layer.paint()
    return tiles.bounds() if tiles is not None else NOTHING


def photograph(document: Document, layer: Layer, box: Rect) -> QImage:
    """What is moved, as a picture of bearable size: inside the selection, the mask applied."""
    tiles = layer.paint()
    if tiles is None:
        return _photograph_group(document, layer, box)
    step = max(1, math.ceil(max(box.w, box.h) / LARGEST_PREVIEW))
    mask = layer.mask.tiles if layer.mask is not None and layer.mask.enabled else None
    rows = []
    for top in range(box.y, box.bottom, TILE):
        band = Rect(box.x, top, box.w, min(TILE, box.bottom - top))
        pixels = tiles.read(band)
        for limit in (document.selection, mask):
            if limit is not None:
                pixels[..., 3] = (pixels[..., 3] * limit.read(band).astype(np.uint16) + 127) // 255
        first = -(top - box.y) % step
        rows.append(pixels[first::step, ::step])
    image = qimage_of(np.ascontiguousarray(np.concatenate(rows)))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _photograph_group(document: Document, group: Layer, box: Rect) -> QImage:
    """A group's look, as far as it lies on the canvas."""
    canvas = document.rect
    whole = qimage_of(document.layer_thumbnail(group, LARGEST_PREVIEW // 2))
    scale_x, scale_y = whole.width() / canvas.w, whole.height() / canvas.h
    part = QRect(
        round(box.x * scale_x), round(box.y * scale_y), round(box.w * scale_x) or 1, round(box.h * scale_y) or 1
    )
    return whole.copy(part).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def cut_hole(document: Document, layer: Layer) -> Edit | None:
    """Take what is moved out of the layer in an open edit, to be cancelled when the drag ends. None for groups: their
    layers stay in sight. Raises WrongUse for a locked or hidden layer."""
    if isinstance(layer, GroupLayer):
        document.check_editable(layer)
        return None
    edit = document.begin_edit(layer, "Move", plane="painted" if isinstance(layer, StyleLayer) else "pixels")
    tiles = layer.paint()
    seen = edit.limits.intersected(tiles.extent() if tiles is not None else NOTHING)
    for column, row in seen.cells(TILE):
        part = seen.intersected(Rect(column * TILE, row * TILE, TILE, TILE))
        edit.write(part, np.zeros((part.h, part.w, 4), np.uint8), notify=False)
    if not seen.empty:
        edit.notify(seen)
    return edit
