"""Verbs on style layers: what they are made of and what a network painted for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.image import Image, as_image, resized
from artdesk.document.base import DocumentBase
from artdesk.document.history import Assign, Slot
from artdesk.document.layers import BELOW, Mask, Mix, StyleLayer
from artdesk.document.pixels import rgba_of
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import Tiles
from artdesk.document.tree import LayerRef
from artdesk.document.verbs_layers import LayerVerbs, checked_mix


class StyleVerbs(LayerVerbs, DocumentBase):
    """Style layers: pictures in a style that stay re-editable."""

    def add_style_layer(
        self, mix: Mix, source: str = BELOW, name: str = "", *, hidden: bool = False, **settings: Any
    ) -> StyleLayer:
        """A style layer above the active layer, masked by the selection; it waits to be painted (`stale`).

        `settings`: strength, keep_colors, stroke_size. `hidden` starts with a black mask, for the style brush.
        """
        layer = StyleLayer(name=name or self.free_name("Style"), mix=checked_mix(mix), source=source)
        unknown = set(settings) - set(StyleLayer.SETTINGS)
        if unknown:
            raise WrongUse("A layer of this kind has no “{property}”.", property=min(unknown))
        if source != BELOW:
            self.layer(source)
        for key, value in settings.items():
            setattr(layer, key, value)
        if hidden:
            layer.mask = Mask(Tiles(1, 0))
        elif self.selection is not None:
            layer.mask = Mask(self.selection.tiles.copy())
        layer.stale_rect = self.rect
        self.add_layer(layer)
        return layer

    def style_layer(self, ref: LayerRef) -> StyleLayer:
        """The style layer that `ref` names. Raises: WrongUse when it is none."""
        layer = self.layer(ref)
        if not isinstance(layer, StyleLayer):
            raise WrongUse("“{name}” is not a style layer.", name=layer.name)
        return layer

    def stale_layers(self) -> list[StyleLayer]:
        """Style layers waiting to be painted, lowest first (a higher one may need a lower one's result)."""
        return [layer for layer in self.layers() if isinstance(layer, StyleLayer) and layer.stale and layer.mix]

    def style_source(self, ref: LayerRef, rect: Rect | None = None) -> Image:
        """What a style layer paints: RGBA of `rect` (default: the canvas). Raises: WrongUse when its source is gone."""
        layer = self.style_layer(ref)
        area = self.rect if rect is None else rect
        if layer.source == BELOW:
            return as_image(self.below(layer, area))
        source = self.find(layer.source)
        if source is None:
            raise WrongUse("The layer that “{name}” paints is no longer there.", name=layer.name)
        return as_image(self.render_layer(source, area))

    def set_painted(
        self, ref: LayerRef, image: Image, region: Rect | None = None, *, revision: int | None = None
    ) -> Rect:
        """Take in a style layer's painting of `region` (default: the canvas); scaled to it where sizes differ.

        It belongs to the step that made the layer stale, so one undo takes back a stroke and what was painted
        because of it. The layer is no longer stale, unless `revision` (of the layer, when its source was read) says
        that more has changed since; a negative `revision` says that more parts follow. Returns the changed region.
        """
        layer = self.style_layer(ref)
        if self.open_edit is not None and self.open_edit.layer is layer and self.open_edit.plane == "painted":
            self.open_edit.commit()
        fresh = revision is None or revision == layer.revision
        area = self.rect if region is None else region.intersected(self.rect)
        if area.empty or not (fresh or layer.stale or (revision is not None and revision < 0)):
            # Out of date although the layer is not: what it was painted for has been taken back meanwhile.
            return NOTHING
        given = self.rect if region is None else region
        pixels = rgba_of(resized(image, given.w, given.h))
        painted = layer.painted.copy() if area != self.rect else Tiles()
        painted.write(area, np.ascontiguousarray(pixels[area.slices((given.x, given.y))]))
        slots = [Slot(layer, "painted", layer.painted, painted)]
        if fresh:
            slots.append(Slot(layer, "stale", layer.stale, False))
            slots.append(Slot(layer, "stale_rect", layer.stale_rect, NOTHING))
        return self.amend(Assign("Paint style", slots, area, kind="pixels", layers=[layer]))
