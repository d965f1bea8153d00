"""Photoshop files in and out through psd-tools: pixels, masks, groups, clipping and blend modes; the rest is said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PIL
from psd_tools import PSDImage
from psd_tools.constants import BlendMode as PsdMode
from psd_tools.constants import Compression, ProtectedFlags

from artdesk.core.errors import ArtDeskError, ProjectError, SaveError, translate_os_error
from artdesk.core.files import atomic_write
from artdesk.core.results import Note
from artdesk.document.blend import BlendMode
from artdesk.document.document import MAX_SIDE, Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer
from artdesk.document.ora_write import rendered
from artdesk.document.records import clean_name
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import Tiles

SUFFIXES = (".psd", ".psb")

_log = logging.getLogger(__name__)

Array: TypeAlias = NDArray[np.uint8]

_MODES = {
    BlendMode.NORMAL: PsdMode.NORMAL,
    BlendMode.MULTIPLY: PsdMode.MULTIPLY,
    BlendMode.SCREEN: PsdMode.SCREEN,
    BlendMode.OVERLAY: PsdMode.OVERLAY,
    BlendMode.DARKEN: PsdMode.DARKEN,
    BlendMode.LIGHTEN: PsdMode.LIGHTEN,
    BlendMode.COLOR_DODGE: PsdMode.COLOR_DODGE,
    BlendMode.COLOR_BURN: PsdMode.COLOR_BURN,
    BlendMode.HARD_LIGHT: PsdMode.HARD_LIGHT,
    BlendMode.SOFT_LIGHT: PsdMode.SOFT_LIGHT,
    BlendMode.DIFFERENCE: PsdMode.DIFFERENCE,
    BlendMode.COLOR: PsdMode.COLOR,
    BlendMode.LUMINOSITY: PsdMode.LUMINOSITY,
    BlendMode.HUE: PsdMode.HUE,
    BlendMode.SATURATION: PsdMode.SATURATION,
    BlendMode.PLUS: PsdMode.LINEAR_DODGE,
}
_OUR_MODES = {theirs: ours for ours, theirs in _MODES.items()}
_MOST_LAYERS = 4000
_DEEPEST = 60
_LAYER_BYTES = 4 << 30


def save_psd(document: Document, path: Path, overwrite: bool = False) -> tuple[Note, ...]:
    """Write a layered Photoshop file, atomically; the notes say what Photoshop files cannot keep.

    ``document`` is ``Document.snapshot_for_saving()``; any thread.
    Raises: AlreadyExists, DiskFull, NotWritable, SaveError.
    """
    path = Path(path)
    notes: list[Note] = []
    try:
        psd = PSDImage.new("RGBA", (document.width, document.height))
        _write_children(psd, document.root, document.rect, notes)
        _write_merged(psd, document)
    except (ValueError, MemoryError, OverflowError, OSError) as error:
        _log.exception("the Photoshop file could not be built")
        raise SaveError("“{name}” could not be written as a Photoshop file.", name=path.name) from error
    with atomic_write(path, overwrite) as file:
        try:
            psd.save(file)
        except (ValueError, OverflowError) as error:
            raise SaveError("“{name}” could not be written as a Photoshop file.", name=path.name) from error
    return tuple(notes)


def open_psd(path: Path) -> tuple[Document, tuple[Note, ...]]:
    """Open a Photoshop file with its layers; the notes say what became pixels or was left out. Raises ProjectError."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            psd = PSDImage.open(file, max_alloc_bytes=_LAYER_BYTES)
            return _Reader(psd, path.name).document()
    except ArtDeskError:
        raise
    except OSError as error:
        if error.errno is None:  # psd-tools' own way to say that the file ends too early
            raise ProjectError("“{name}” is damaged or not a Photoshop file.", name=path.name) from error
        told = translate_os_error(error, path, "read")
        raise ProjectError(told.template, **told.values) from error
    except Exception as error:  # psd-tools lets many kinds through; whatever it is, the file is at fault
        _log.warning("%s could not be read", path, exc_info=True)
        raise ProjectError("“{name}” is damaged or not a Photoshop file.", name=path.name) from error


# out


def _write_children(parent: Any, group: GroupLayer, canvas: Rect, notes: list[Note]) -> None:
    for layer in group.children:
        mode = _MODES[layer.mode]
        if isinstance(layer, GroupLayer):
            made = parent.create_group(name="g", blend_mode=mode)
            if layer.mask is not None:
                # psd-tools lets a new group share one list of channels with its end mark; a mask added to the
                # group would then be written for the mark too and spoil the file.
                made._bounding_channels = deepcopy(made._bounding_channels)
            _write_children(made, layer, canvas, notes)
        else:
            if isinstance(layer, StyleLayer):
                notes.append(Note("The style layer “{name}” is only pixels in a Photoshop file.", {"name": layer.name}))
            tiles = layer.paint() or Tiles()
            bounds = tiles.bounds()
            # Photoshop knows no layer without a single pixel.
            bounds = Rect(0, 0, 1, 1) if bounds.empty else bounds
            made = parent.create_pixel_layer(
                PIL.fromarray(tiles.read(bounds)), name="l", top=bounds.y, left=bounds.x, blend_mode=mode
            )
        made.name = clean_name(layer.name)[:250] or "Layer"
        made.opacity = round(layer.opacity * 255)
        made.visible = layer.visible
        if layer.clip and isinstance(layer, GroupLayer):
            notes.append(Note("Photoshop files cannot clip the group “{name}”.", {"name": layer.name}))
        elif layer.clip:
            made.clipping = True
        if layer.mode is BlendMode.PLUS:
            notes.append(Note("“{name}” uses the mode Add; Photoshop calls it Linear Dodge.", {"name": layer.name}))
        if layer.locked or layer.lock_alpha:
            flags = ProtectedFlags.COMPLETE if layer.locked else ProtectedFlags.TRANSPARENCY
            made.lock(flags)  # makes the block, but psd-tools sets the flags on a copy of it
            made.lock(flags)
        if layer.mask is not None:
            _write_mask(made, layer, layer.mask, canvas)


def _write_mask(made: Any, layer: Layer, mask: Mask, canvas: Rect) -> None:
    """A mask; where ours shows by default it is written as far as the layer or the canvas reach."""
    bounds = mask.tiles.bounds()
    if mask.tiles.default:
        bounds = bounds.united(canvas).united(layer.content_rect())
    bounds = Rect(0, 0, 1, 1) if bounds.empty else bounds
    written = made.create_mask(PIL.fromarray(mask.tiles.read(bounds)), top=bounds.y, left=bounds.x)
    written.disabled = not mask.enabled


def _write_merged(psd: PSDImage, document: Document) -> None:
    """The flat picture for programs that read no layers: over white, with the alpha beside it.

    psd-tools would paint it itself, much slower and with optional packages; it offers no public way to be
    handed the pixels.
    """
    planes = np.empty((4, document.height, document.width), np.uint8)
    top = 0
    for strip in rendered(document.root.children, document.rect):
        low = top + strip.shape[0]
        planes[3, top:low] = strip[..., 3]
        for channel in range(3):
            planes[channel, top:low] = strip[..., channel] + (255 - strip[..., 3])
        top = low
    data = psd._record.image_data
    data.compression = Compression.RLE
    data.set_data([plane.tobytes() for plane in planes], psd._record.header)
    psd._updated = False


# in


class _Reader:
    def __init__(self, psd: PSDImage, name: str) -> None:
        self._psd = psd
        self._name = name
        self._notes: list[Note] = []
        self._count = 0

    def document(self) -> tuple[Document, tuple[Note, ...]]:
        width, height = self._psd.width, self._psd.height
        if width > MAX_SIDE or height > MAX_SIDE:
            raise ProjectError(
                "“{name}” is {width} × {height} pixels large; a canvas has at most {limit} pixels on a side.",
                name=self._name,
                width=width,
                height=height,
                limit=MAX_SIDE,
            )
        document = Document(width, height)
        if self._psd.depth > 8:
            self._notes.append(
                Note("The picture has {bits} bits per channel; it was reduced to 8.", {"bits": self._psd.depth})
            )
        document.root.children = tuple(self._children(self._psd, 1))
        if not document.root.children:
            flat = self._psd.topil()
            pixels = np.array(flat.convert("RGBA")) if flat is not None else np.zeros((height, width, 4), np.uint8)
            document.root.children = (PixelLayer(name="Background", pixels=Tiles.of_array(pixels)),)
        document.active_layer = document.root.children[-1]
        document.mark_unsaved()
        return document, tuple(self._notes)

    def _children(self, group: Any, depth: int) -> Iterator[Layer]:
        """Bottom to top, as psd-tools and we both count."""
        if depth > _DEEPEST:
            raise ProjectError("“{name}” is damaged: its groups are nested too deeply.", name=self._name)
        for theirs in group:
            self._count += 1
            if self._count > _MOST_LAYERS:
                raise ProjectError("“{name}” holds far more layers than can be opened.", name=self._name)
            layer = self._layer(theirs, depth)
            if layer is not None:
                yield layer

    def _layer(self, theirs: Any, depth: int) -> Layer | None:
        name = clean_name(theirs.name)
        layer: Layer
        if theirs.is_group():
            layer = GroupLayer(children=tuple(self._children(theirs, depth + 1)))
        else:
            pixels = self._pixels(theirs, name)
            if pixels is None:
                return None
            layer = PixelLayer(pixels=pixels)
        layer.name = name
        layer.visible = bool(theirs.visible)
        layer.opacity = theirs.opacity / 255.0
        if not theirs.is_group():
            layer.opacity *= min(255, max(0, getattr(theirs, "fill_opacity", 255))) / 255.0
        layer.mode = self._mode(theirs, layer)
        layer.clip = bool(theirs.clipping)
        locks = theirs.locks
        if locks is not None:
            layer.locked = bool(locks.complete)
            layer.lock_alpha = bool(locks.transparency) and not layer.locked
        layer.mask = self._mask(theirs)
        if theirs.has_vector_mask():
            self._notes.append(Note("The vector mask of “{name}” was left out.", {"name": name}))
        if theirs.has_effects():
            self._notes.append(Note("The layer effects of “{name}” were left out.", {"name": name}))
        return layer

    def _mode(self, theirs: Any, layer: Layer) -> BlendMode:
        mode = theirs.blend_mode
        if mode is PsdMode.PASS_THROUGH:
            if any(child.mode is not BlendMode.NORMAL for child in getattr(layer, "children", ())):
                self._notes.append(
                    Note(
                        "The group “{name}” was not isolated; its layers now blend among themselves first.",
                        {"name": layer.name},
                    )
                )
            return BlendMode.NORMAL
        found = _OUR_MODES.get(mode)
        if found is None:
            self._notes.append(
                Note(
                    "The layer “{name}” uses the unknown blend mode “{mode}” and is shown as Normal.",
                    {"name": layer.name, "mode": getattr(mode, "name", str(mode)).replace("_", " ").capitalize()},
                )
            )
        return found or BlendMode.NORMAL

    def _pixels(self, theirs: Any, name: str) -> Tiles | None:
        """The layer's own pixels; None for layers that have none (adjustments)."""
        if theirs.kind != "pixel":
            if not theirs.has_pixels():
                self._notes.append(Note("The layer “{name}” has no pixels and was left out.", {"name": name}))
                return None
            self._notes.append(Note("The layer “{name}” is only pixels now.", {"name": name}))
        if theirs.width <= 0 or theirs.height <= 0:
            return Tiles()
        picture = theirs.topil()
        if picture is None:
            return Tiles()
        pixels = np.array(picture.convert("RGBA"))
        if picture.mode not in ("RGBA", "LA", "PA"):
            shape = theirs.numpy("shape")
            if shape is not None:
                pixels[..., 3] = np.round(shape[..., 0] * 255.0).astype(np.uint8)
        return Tiles.of_array(pixels, theirs.left, theirs.top)

    def _mask(self, theirs: Any) -> Mask | None:
        if not theirs.has_mask():
            return None
        mask = theirs.mask
        tiles = Tiles(1, 255 if mask.background_color else 0)
        rect = Rect(mask.left, mask.top, mask.width, mask.height)
        picture = mask.topil() if rect != NOTHING and not rect.empty else None
        if picture is not None:
            tiles.write(rect, np.array(picture.convert("L")))
            tiles.tidy(list(tiles.keys()))
        return Mask(tiles, not mask.disabled)
