"""OpenRaster in, from any program: checked before it is believed, and what cannot be kept is said."""

from __future__ import annotations

import json
import logging
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as SafeET
from defusedxml.common import DefusedXmlException

from artdesk.core.errors import ProjectError
from artdesk.core.results import Note
from artdesk.document.blend import BlendMode
from artdesk.document.document import MAX_SIDE, Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer, new_id
from artdesk.document.ora_write import ATOP, MIMETYPE, own
from artdesk.document.records import clean_name, layer_from, mode_named, number
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.document.zipguard import ZipGuard

_log = logging.getLogger(__name__)

_LARGEST_XML = 8 << 20
_MOST_LAYERS = 4000
_DEEPEST = 64
_FARTHEST = 1 << 20
# Names that other programs write for modes we have.
_OTHER_NAMES = {"svg:add": BlendMode.PLUS, "krita:normal": BlendMode.NORMAL, "krita:luminize": BlendMode.LUMINOSITY}


def read_ora(path: Path) -> tuple[Document, tuple[Note, ...]]:
    """Open an OpenRaster file; the notes say what could not be kept. Raises ProjectError."""
    with ZipGuard(path) as archive:
        return _Reader(archive, path.name).document()


class _Reader:
    def __init__(self, archive: ZipGuard, name: str) -> None:
        self._archive = archive
        self._name = name
        self._notes: list[Note] = []
        self._jobs: list[tuple[Layer, Callable[[], None]]] = []
        self._ids: set[str] = set()
        self._count = 0
        self._active: Layer | None = None
        self._canvas = NOTHING
        self._changed_stand_ins: set[str] = set()

    def document(self) -> tuple[Document, tuple[Note, ...]]:
        root = self._stack_xml()
        document = Document(*self._size(root))
        self._canvas = document.rect
        stack = root.find("stack")
        if stack is not None:
            self._find_changed_stand_ins(stack)
            document.root.children = self._children(stack, 1)
        self._load_pixels()
        document.selection = self._selection(root)
        document.active_layer = self._active or next(reversed(document.root.children), None)
        return document, tuple(self._notes)

    def _stack_xml(self) -> ET.Element:
        damaged = ProjectError("“{name}” is damaged or not a project file.", name=self._name)
        if "mimetype" in self._archive and self._archive.read("mimetype", 200).strip() != MIMETYPE:
            raise ProjectError("“{name}” is not an OpenRaster file.", name=self._name)
        if "stack.xml" not in self._archive:
            raise ProjectError("“{name}” is not an OpenRaster file.", name=self._name)
        try:
            root: ET.Element = SafeET.fromstring(self._archive.read("stack.xml", _LARGEST_XML), forbid_dtd=True)
        except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
            raise damaged from error
        if root.tag != "image":
            raise damaged
        return root

    def _size(self, root: ET.Element) -> tuple[int, int]:
        width, height = _integer(root.get("w")), _integer(root.get("h"))
        if width is None or height is None or width < 1 or height < 1:
            raise ProjectError("“{name}” is damaged: its size is missing.", name=self._name)
        if width > MAX_SIDE or height > MAX_SIDE:
            raise ProjectError(
                "“{name}” is {width} × {height} pixels large; a canvas has at most {limit} pixels on a side.",
                name=self._name,
                width=width,
                height=height,
                limit=MAX_SIDE,
            )
        return width, height

    # layers

    def _find_changed_stand_ins(self, stack: ET.Element) -> None:
        """Stand-ins that another program painted on: they stay, and what they stood for stays hidden."""
        for element in stack.iter("layer"):
            stands_for = element.get(own("stand-in"))
            if stands_for and not self._untouched(element):
                self._changed_stand_ins.add(stands_for)

    def _children(self, stack: ET.Element, depth: int) -> tuple[Layer, ...]:
        """The layers of a stack, bottom to top (the file lists them from the top)."""
        if depth > _DEEPEST:
            raise ProjectError("“{name}” is damaged: its groups are nested too deeply.", name=self._name)
        found = [layer for element in stack if (layer := self._layer(element, depth)) is not None]
        return tuple(reversed(found))

    def _layer(self, element: ET.Element, depth: int) -> Layer | None:
        self._count += 1
        if self._count > _MOST_LAYERS:
            raise ProjectError("“{name}” holds far more layers than can be opened.", name=self._name)
        if element.tag not in ("layer", "stack"):
            self._notes.append(
                Note(
                    "Something in the file is no layer ArtDesk knows and was left out: {kind}.",
                    {"kind": clean_name(element.tag)},
                )
            )
            return None
        stands_for = element.get(own("stand-in"))
        if stands_for and stands_for not in self._changed_stand_ins:
            return None
        layer = layer_from(self._properties(element))
        if layer.id in self._ids:
            layer.id = new_id()
        self._ids.add(layer.id)
        if element.get("selected") == "true":
            self._active = layer
        if isinstance(layer, GroupLayer):
            self._note_passing_through(element, layer)
            layer.children = self._children(element, depth + 1)
        self._plan_pixels(element, layer)
        return layer

    def _properties(self, element: ET.Element) -> dict[str, Any]:
        style = _json(element.get(own("style")))
        kind = "group" if element.tag == "stack" else "style" if style is not None else "pixel"
        mode, clip = self._mode(element)
        shown = element.get("visibility", "visible") != "hidden"
        if element.get(own("visibility")) == "visible" and element.get(own("shown-by")) not in self._changed_stand_ins:
            shown = True
        return {
            "kind": kind,
            "id": element.get(own("id")),
            "name": element.get("name"),
            "visible": shown,
            "opacity": _float(element.get("opacity")),
            "mode": mode.value,
            "locked": element.get("edit-locked") == "true",
            "lock_alpha": element.get(own("lock-alpha")) == "true",
            "clip": clip or element.get(own("clip")) == "true",
            "style": style,
        }

    def _mode(self, element: ET.Element) -> tuple[BlendMode, bool]:
        """The blend mode, and whether the layer is clipped to what lies below."""
        name = element.get("composite-op", BlendMode.NORMAL.value)
        if name == ATOP:
            return BlendMode.NORMAL, True
        mode = mode_named(name) or _OTHER_NAMES.get(name)
        if mode is None:
            self._notes.append(
                Note(
                    "The layer “{name}” uses the unknown blend mode “{mode}” and is shown as Normal.",
                    {"name": clean_name(element.get("name")), "mode": clean_name(name)},
                )
            )
        return mode or BlendMode.NORMAL, False

    def _note_passing_through(self, element: ET.Element, layer: GroupLayer) -> None:
        """Groups of other programs may blend their layers straight into what lies below; ours never do."""
        passes = element.get("isolation") == "auto" and layer.mode is BlendMode.NORMAL and layer.opacity >= 1.0
        inner = (child.get("composite-op", "svg:src-over") for child in element)
        if passes and any(name not in ("svg:src-over", ATOP) for name in inner):
            self._notes.append(
                Note(
                    "The group “{name}” was not isolated; its layers now blend among themselves first.",
                    {"name": layer.name},
                )
            )

    # pixels

    def _untouched(self, element: ET.Element) -> bool:
        """Whether the picture shown to others is still the one ArtDesk wrote."""
        crc = self._archive.crc(element.get("src", ""))
        return crc is not None and element.get(own("crc")) == f"{crc:08x}"

    def _plan_pixels(self, element: ET.Element, layer: Layer) -> None:
        ours = self._untouched(element) or isinstance(layer, GroupLayer)
        if not isinstance(layer, GroupLayer):
            at = _offset(element.get("x")), _offset(element.get("y"))
            kept = element.get(own("pixels"))
            names = [name for name in ((kept if ours else None), element.get("src")) if name]
            self._jobs.append((layer, lambda: self._pixels(layer, names, at)))
            if kept is not None and (not ours or kept not in self._archive):
                return  # the mask is in these pixels already
        if element.get(own("mask-default")) is not None:
            mask = Mask(
                Tiles(1, 0 if element.get(own("mask-default")) == "0" else 255),
                element.get(own("mask-enabled")) != "false",
            )
            layer.mask = mask
            name, mask_at = element.get(own("mask")), _pair(element.get(own("mask-at")))
            if name:
                self._jobs.append((layer, lambda: self._grey(name, mask_at, mask.tiles)))

    def _pixels(self, layer: Layer, names: list[str], at: tuple[int, int]) -> None:
        if not names or not names[0].lower().endswith(".png"):
            raise ProjectError("A picture inside the project file is damaged.")
        try:
            array = self._archive.read_png(names[0])
        except ProjectError:
            if len(names) < 2:
                raise
            array = self._archive.read_png(names[1])
            layer.mask = None  # it is in these pixels already
        tiles = Tiles.of_array(array, *at)
        if isinstance(layer, StyleLayer):
            layer.painted = tiles
            layer.stale_rect = self._canvas if layer.stale else NOTHING
        elif isinstance(layer, PixelLayer):
            layer.pixels = tiles

    def _grey(self, name: str, at: tuple[int, int], into: Tiles) -> None:
        array = self._archive.read_png(name, grey=True)
        into.write(Rect(*at, array.shape[1], array.shape[0]), array)
        into.tidy(list(into.keys()))

    def _load_pixels(self) -> None:
        """Unpack all pictures, several at a time; a damaged layer stays empty and is named, the rest is saved."""
        lost: list[Layer] = []
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1), "open") as pool:
            for layer, future in [(layer, pool.submit(job)) for layer, job in self._jobs]:
                try:
                    future.result()
                except ProjectError:
                    _log.warning("the layer %r of %s could not be read", layer.name, self._name, exc_info=True)
                    if layer not in lost:
                        lost.append(layer)
                        told = Note(
                            "The layer “{name}” is damaged; what could not be read is empty.", {"name": layer.name}
                        )
                        self._notes.append(told)
        if lost and len(lost) == len({id(layer) for layer, _ in self._jobs}):
            raise ProjectError("“{name}” is damaged: none of its layers can be read.", name=self._name)

    def _selection(self, root: ET.Element) -> Selection | None:
        name = root.get(own("selection"))
        if not name:
            return None
        tiles = Tiles(1)
        try:
            self._grey(name, _pair(root.get(own("selection-at"))), tiles)
        except ProjectError:
            self._notes.append(Note("The selection in the file is damaged and was left out."))
            return None
        return Selection(tiles)


def _integer(text: str | None) -> int | None:
    value = _float(text)
    return None if value is None else int(value)


def _float(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None and len(text) < 64 else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e9 else None


def _offset(text: str | None) -> int:
    return int(number(_float(text), 0.0, -_FARTHEST, _FARTHEST))


def _pair(text: str | None) -> tuple[int, int]:
    parts = (text or "").split(",")
    return (_offset(parts[0]), _offset(parts[1])) if len(parts) == 2 else (0, 0)


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text is not None and len(text) < 100_000 else None
    except (ValueError, RecursionError):
        return None
