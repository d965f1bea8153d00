"""OpenRaster out: what every program understands, and beside it what only ArtDesk knows.

The ``data/`` pictures and plain attributes give every program the same merged picture. Where our layers can do more
than OpenRaster (masks, clipping), the pixels shown to others are baked and the originals are kept under ``artdesk/``,
named by attributes of our own namespace:

- a masked layer's PNG has the mask in its alpha; its own pixels and mask lie in ``artdesk/``;
- a run of clipped layers, or a group with a mask, is shown by one *stand-in* layer; the originals follow it hidden.

Each baked picture's checksum is noted, so that on reopening a baked picture that somebody changed wins over
our originals.
"""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.document.blend import BlendMode, straightened
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.document.png import encode_png
from artdesk.document.records import clean_name, style_of
from artdesk.document.rect import Rect
from artdesk.document.render import Renderer, Surface, runs_of
from artdesk.document.thumbnail import Thumbnailer
from artdesk.document.tiles import TILE, Tiles

MIMETYPE = b"image/openraster"
NAMESPACE = "urn:artdesk:openraster:1"
ATOP = "svg:src-atop"

Array: TypeAlias = NDArray[np.uint8]
_Job: TypeAlias = Callable[[], bytes]

ET.register_namespace("artdesk", NAMESPACE)


def own(name: str) -> str:
    """An attribute's name in our namespace."""
    return f"{{{NAMESPACE}}}{name}"


def write_ora(document: Document, file: IO[bytes], *, workers: int | None = None) -> None:
    """Write a whole OpenRaster archive. Safe on any thread as long as nobody changes ``document``."""
    plan = _Plan(document)
    root = plan.image()
    thumbnail = Thumbnailer(document.width, document.height)
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ThreadPoolExecutor(workers or _workers(), "save") as pool,
    ):
        archive.writestr(_entry("mimetype"), MIMETYPE)
        merged = pool.submit(_merged, document, thumbnail)
        # Few pictures wait in memory at a time: a job starts when one before it has been written.
        waiting: list[tuple[_Picture, Future[bytes]]] = []
        for picture in plan.pictures:
            waiting.append((picture, pool.submit(picture.job)))
            if len(waiting) > 4:
                _store(archive, *waiting.pop(0))
        for pair in waiting:
            _store(archive, *pair)
        archive.writestr(_entry("mergedimage.png"), merged.result())
        archive.writestr(_entry("Thumbnails/thumbnail.png"), thumbnail.png())
        text = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        archive.writestr(_entry("stack.xml"), text, zipfile.ZIP_DEFLATED)


def _workers() -> int:
    """One processor stays free for the interface."""
    return max(1, min(4, (os.cpu_count() or 2) - 1))


@dataclass
class _Picture:
    """A PNG to be written; ``tell`` are the elements that note its checksum."""

    name: str
    job: _Job
    tell: list[ET.Element] = field(default_factory=list)


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date: the same document gives the same bytes.
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def _store(archive: zipfile.ZipFile, picture: _Picture, data: Future[bytes]) -> None:
    entry = _entry(picture.name)
    archive.writestr(entry, data.result())
    for element in picture.tell:
        element.set(own("crc"), f"{entry.CRC:08x}")


class _Plan:
    """Walks the layers once: builds stack.xml and notes which pictures have to be made."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._active_id = document.active_layer.id if document.active_layer is not None else None
        self._canvas = document.rect
        self.pictures: list[_Picture] = []

    def image(self) -> ET.Element:
        """The root element with all layers."""
        document = self._document
        root = ET.Element(
            "image",
            {"version": "0.0.5", "w": str(document.width), "h": str(document.height), "xres": "72", "yres": "72"},
        )
        root.set(own("version"), "1")
        if document.selection is not None:
            tiles = document.selection.tiles.clipped(self._canvas)
            bounds = tiles.bounds()
            if not bounds.empty:
                root.set(own("selection"), self._picture("artdesk/selection", lambda: _plain_png(tiles, bounds)).name)
                root.set(own("selection-at"), f"{bounds.x},{bounds.y}")
        self._stack(ET.SubElement(root, "stack"), document.root.children)
        return root

    def _picture(self, name: str, job: _Job) -> _Picture:
        picture = _Picture(f"{name}.png", job)
        self.pictures.append(picture)
        return picture

    def _stack(self, parent: ET.Element, children: Sequence[Layer]) -> None:
        for base, clipped in reversed(list(runs_of(children))):
            masked = isinstance(base, GroupLayer) and base.mask is not None and base.mask.enabled
            baked = bool(clipped) or masked
            if baked and base.visible:
                self._stand_in(parent, base, clipped)
            for layer in (*reversed(clipped), base):
                element = self._layer(parent, layer)
                if baked and layer.visible:
                    element.set("visibility", "hidden")
                    element.set(own("visibility"), "visible")
                    element.set(own("shown-by"), base.id)

    def _stand_in(self, parent: ET.Element, base: Layer, clipped: tuple[Layer, ...]) -> None:
        """One layer that looks like all of them together."""
        shown = copy(base)
        shown.opacity, shown.mode, shown.clip = 1.0, BlendMode.NORMAL, False
        bounds = base.content_rect().intersected(self._canvas)
        element = ET.SubElement(parent, "layer", self._common(base))
        self._place(
            element, bounds, f"data/merged{len(self.pictures):03d}", lambda: _rendered_png((shown, *clipped), bounds)
        )
        element.set(own("stand-in"), base.id)

    def _layer(self, parent: ET.Element, layer: Layer) -> ET.Element:
        if isinstance(layer, GroupLayer):
            element = ET.SubElement(parent, "stack", {**self._common(layer), "isolation": "isolate"})
            self._stack(element, layer.children)
        else:
            element = ET.SubElement(parent, "layer", self._common(layer))
            tiles = layer.paint() or Tiles()
            self._pixels(element, layer, tiles)
        element.set(own("id"), layer.id)
        for name, flag in (("lock-alpha", layer.lock_alpha), ("clip", layer.clip)):
            if flag:
                element.set(own(name), "true")
        if isinstance(layer, StyleLayer):
            element.set(own("style"), json.dumps(style_of(layer), ensure_ascii=False))
        if layer.id == self._active_id:
            element.set("selected", "true")
        self._mask(element, layer)
        return element

    def _common(self, layer: Layer) -> dict[str, str]:
        values = {
            "name": clean_name(layer.name),
            "opacity": repr(round(float(layer.opacity), 6)),
            "visibility": "visible" if layer.visible else "hidden",
            "composite-op": layer.mode.value,
        }
        if layer.locked:
            values["edit-locked"] = "true"
        return values

    def _pixels(self, element: ET.Element, layer: Layer, tiles: Tiles) -> None:
        bounds = tiles.bounds()
        number = len(self.pictures)
        mask = layer.mask
        if mask is None or not mask.enabled:
            self._place(element, bounds, f"data/layer{number:03d}", lambda: _plain_png(tiles, bounds))
            return
        self._place(element, bounds, f"data/layer{number:03d}", lambda: _masked_png(tiles, mask.tiles, bounds))
        if not bounds.empty:
            element.set(
                own("pixels"), self._picture(f"artdesk/pixels{number:03d}", lambda: _plain_png(tiles, bounds)).name
            )

    def _mask(self, element: ET.Element, layer: Layer) -> None:
        mask = layer.mask
        if mask is None:
            return
        element.set(own("mask-default"), str(mask.tiles.default))
        element.set(own("mask-enabled"), "true" if mask.enabled else "false")
        bounds = mask.tiles.bounds()
        if not bounds.empty:
            name = f"artdesk/mask{len(self.pictures):03d}"
            element.set(own("mask"), self._picture(name, lambda: _plain_png(mask.tiles, bounds)).name)
            element.set(own("mask-at"), f"{bounds.x},{bounds.y}")

    def _place(self, element: ET.Element, bounds: Rect, name: str, job: _Job) -> None:
        """The picture that other programs show, and where."""
        if bounds.empty:
            # Programs expect every layer to have a picture: one clear pixel.
            bounds, job = Rect(0, 0, 1, 1), _clear_png
        picture = self._picture(name, job)
        picture.tell.append(element)
        element.set("src", picture.name)
        element.set("x", str(bounds.x))
        element.set("y", str(bounds.y))


def _bands(bounds: Rect) -> Iterator[Rect]:
    """A region cut at the tiles' rows, so that every band is read from one row of tiles."""
    top = bounds.y
    while top < bounds.bottom:
        low = min(bounds.bottom, (top // TILE + 1) * TILE)
        yield Rect(bounds.x, top, bounds.w, low - top)
        top = low


def _clear_png() -> bytes:
    return encode_png(1, 1, 4, [np.zeros((1, 1, 4), np.uint8)])


def _plain_png(tiles: Tiles, bounds: Rect) -> bytes:
    return encode_png(bounds.w, bounds.h, tiles.channels, (tiles.read(band) for band in _bands(bounds)))


def _masked_png(tiles: Tiles, mask: Tiles, bounds: Rect) -> bytes:
    def strips() -> Iterator[Array]:
        for band in _bands(bounds):
            pixels = tiles.read(band)
            alpha = pixels[..., 3].astype(np.uint16) * mask.read(band)
            pixels[..., 3] = (alpha + 127) // 255
            yield pixels

    return encode_png(bounds.w, bounds.h, 4, strips())


def _rendered_png(layers: Sequence[Layer], bounds: Rect) -> bytes:
    return encode_png(bounds.w, bounds.h, 4, (straightened(band) for band in rendered(layers, bounds)))


def rendered(layers: Sequence[Layer], bounds: Rect) -> Iterator[Array]:
    """Layers over nothing, premultiplied, in bands of one row of tiles each (see :func:`_bands`)."""
    renderer = Renderer()
    tile = np.empty((TILE, TILE, 4), np.uint8)
    for band in _bands(bounds):
        strip = np.zeros((band.h, band.w, 4), np.uint8)
        for ix, iy in band.cells(TILE):
            part = band.intersected(Rect(ix * TILE, iy * TILE, TILE, TILE))
            surface = Surface(tile, ix * TILE, iy * TILE)
            surface.wipe(part)
            renderer.stack(surface, layers, part)
            strip[part.slices((band.x, band.y))] = tile[part.slices((surface.x, surface.y))]
        yield strip


def _merged(document: Document, thumbnail: Thumbnailer) -> bytes:
    """The whole picture; the thumbnail is gathered on the way."""

    def strips() -> Iterator[Array]:
        for strip in rendered(document.root.children, document.rect):
            thumbnail.add(strip)
            yield straightened(strip)

    return encode_png(document.width, document.height, 4, strips())
