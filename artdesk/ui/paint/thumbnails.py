"""Small pictures of layers, masks and the whole document; cheap enough to be made while somebody paints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap

from artdesk.document.document import Document
from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles
from artdesk.ui.canvas.backdrop import checkerboard
from artdesk.ui.qt_image import qimage_of


def size_in(width: int, height: int, side: int) -> tuple[int, int]:
    """The largest size of these proportions within a square; at least 1 px each way."""
    scale = min(side / max(1, width), side / max(1, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail_level(document: Document, side: int) -> int:
    """The coarsest level a thumbnail of `side` px can be scaled down from."""
    level = 0
    while level < document.levels - 1 and max(document.width, document.height) >> (level + 1) >= side * 1.5:
        level += 1
    return level


def document_thumbnail(document: Document, side: int) -> NDArray[np.uint8]:
    """The picture as (h, w, 4) straight RGBA, at most `side` px long; read from a coarse level the canvas keeps."""
    width, height = size_in(document.width, document.height, side)
    level = thumbnail_level(document, side)
    rect = Rect(0, 0, document.width, document.height).scaled_down(level)
    pixels = document.composite(rect, level=level, premultiplied=True)
    image = QImage(pixels.data, rect.w, rect.h, rect.w * 4, QImage.Format.Format_RGBA8888_Premultiplied)
    small = image.scaled(
        QSize(width, height), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(small.constBits(), np.uint8).reshape(height, small.bytesPerLine())
    return flat[:, : width * 4].reshape(height, width, 4).copy()


def plane_sample(tiles: Tiles, document: Document, side: int) -> NDArray[np.uint8]:
    """Every n-th pixel of a layer's plane on the canvas: (h, w, 4), or (h, w) of a mask; 1 to 2 times `side` long."""
    step = max(1, max(document.width, document.height) // (2 * side))
    while TILE % step:  # tiles begin at multiples of a power of two
        step -= 1
    wide, high = -(-document.width // step), -(-document.height // step)
    shape = (high, wide) if tiles.channels == 1 else (high, wide, tiles.channels)
    out = np.full(shape, tiles.default, np.uint8)
    for (column, row), tile in tiles.items():
        x, y = column * TILE // step, row * TILE // step
        if 0 <= x < wide and 0 <= y < high:
            piece = tile[::step, ::step][: high - y, : wide - x]
            out[y : y + piece.shape[0], x : x + piece.shape[1]] = piece
    return out


def plane_pixmap(tiles: Tiles, document: Document, side: int, ratio: float = 1.0) -> QPixmap:
    """A layer's pixels over a checkerboard, or a mask in grey, in its canvas's shape within `side` logical px."""
    sample = plane_sample(tiles, document, round(side * ratio))
    if tiles.channels == 1:
        sample = np.repeat(sample[:, :, None], 3, axis=2)
    return framed(qimage_of(np.ascontiguousarray(sample)), side, ratio)


def framed(image: QImage, side: int, ratio: float = 1.0) -> QPixmap:
    """A picture over a checkerboard, scaled into `side` logical px."""
    width, height = size_in(image.width(), image.height(), round(side * ratio))
    pixmap = QPixmap(width, height)
    painter = QPainter(pixmap)
    painter.fillRect(pixmap.rect(), checkerboard(QColor(235, 235, 235), QColor(200, 200, 200), 4))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(pixmap.rect()), image, QRectF(image.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def untinted(pixmap: QPixmap) -> QIcon:
    """An icon that looks the same when its row is chosen."""
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
