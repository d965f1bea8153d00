"""Verbs on the stack of layers: add, remove, order, group, set, mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.document.base import DocumentBase
from artdesk.document.blend import BlendMode
from artdesk.document.layers import BELOW, GroupLayer, Layer, Mask, Mix, PixelLayer, StyleLayer
from artdesk.document.merging import masked, merged_tiles
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE, Tiles
from artdesk.document.tree import LayerRef

_BASES = {"group": "Group", "style": "Style", "pixel": "Layer"}
_UNSEEN = {"name", "locked", "lock_alpha"}
_DRAGGED = {"opacity", "strength", "stroke_size", "mix", "name"}
_SETTABLE = {"name", "visible", "opacity", "mode", "locked", "lock_alpha", "clip"}
_LABELS = {
    "name": "Rename layer",
    "visible": "Show or hide layer",
    "opacity": "Layer opacity",
    "mode": "Blend mode",
    "locked": "Lock layer",
    "lock_alpha": "Lock transparency",
    "clip": "Clip layer",
    "mix": "Style",
    "strength": "Style strength",
    "stroke_size": "Stroke size",
    "keep_colors": "Keep colors",
    "source": "Style source",
}


class LayerVerbs(DocumentBase):
    """Adding, removing, ordering, grouping and setting layers."""

    # adding and removing

    def add_layer(self, layer: Layer | None = None, *, above: LayerRef | None = None, name: str = "") -> Layer:
        """Put a layer (default: an empty pixel layer) above another one (default: the active one) and choose it."""
        made = layer if layer is not None else PixelLayer(name=name)
        if name:
            made.name = name
        if not made.name:
            made.name = self.free_name(_BASES[made.kind])
        below = self.layer(above) if above is not None else self.active_layer
        group = self.root if below is None else self.parent_of(below)
        index = len(group.children) if below is None else group.children.index(below) + 1
        self._insert("Add layer", made, group, index)
        return made

    def add_group(self, name: str = "") -> GroupLayer:
        """An empty group above the active layer."""
        made = GroupLayer(name=name)
        self.add_layer(made)
        return made

    def _insert(self, label: str, made: Layer, group: GroupLayer, index: int) -> None:
        children = (*group.children[:index], made, *group.children[index:])
        self.assign(
            label,
            [(group, "children", children), (self, "active_layer", made)],
            made.content_rect().intersected(self.rect),
            layers=[made],
        )

    def remove_layer(self, ref: LayerRef) -> Rect:
        """Take a layer (a group with everything in it) out. Raises: WrongUse when it is locked."""
        gone = self.layer(ref)
        self._check_unlocked(gone)
        group = self.parent_of(gone)
        children = tuple(child for child in group.children if child is not gone)
        index = group.children.index(gone)
        active = self.active_layer
        if active is not None and gone in self.path_to(active):
            active = children[max(0, index - 1)] if children else (group if group is not self.root else None)
        return self.assign(
            "Remove layer",
            [(group, "children", children), (self, "active_layer", active)],
            gone.content_rect().intersected(self.rect),
            layers=[gone],
        )

    def duplicate_layer(self, ref: LayerRef) -> Layer:
        """A copy directly above the layer; pixels are shared until one of the two is painted on."""
        old = self.layer(ref)
        made = old.twin(fresh_id=True)
        made.name = self.free_name(old.name, first="{base} copy", next_="{base} copy {n}")
        group = self.parent_of(old)
        self._insert("Duplicate layer", made, group, group.children.index(old) + 1)
        return made

    def free_name(self, base: str, *, first: str = "{base} 1", next_: str = "{base} {n}") -> str:
        """`base` with the lowest number no layer's name has yet."""
        taken = {layer.name for layer in self.layers()}
        number, name = 1, first.format(base=base)
        while name in taken:
            number += 1
            name = next_.format(base=base, n=number)
        return name

    # ordering

    def move_layer(self, ref: LayerRef, group: LayerRef | None, index: int) -> Rect:
        """Put a layer at place `index` (0 = bottom) of a group (None: the top level), counted without the layer."""
        moved = self.layer(ref)
        target = self.root if group is None else self.layer(group)
        if not isinstance(target, GroupLayer) or target is moved or moved in self.path_to(target):
            raise WrongUse("“{name}” cannot be moved there.", name=moved.name)
        origin = self.parent_of(moved)
        rest = tuple(child for child in target.children if child is not moved)
        index = max(0, min(index, len(rest)))
        changes: list[tuple[Any, str, Any]] = [(target, "children", (*rest[:index], moved, *rest[index:]))]
        if origin is not target:
            changes.insert(0, (origin, "children", tuple(child for child in origin.children if child is not moved)))
        return self.assign("Move layer", changes, moved.content_rect().intersected(self.rect), layers=[moved])

    def group_layers(self, refs: Sequence[LayerRef], name: str = "") -> GroupLayer:
        """Gather layers of one level in a new group at the place of the topmost. Raises: WrongUse."""
        chosen = {self.layer(ref).id for ref in refs}
        if not chosen:
            raise WrongUse("No layers are chosen.")
        parent = self.parent_of(next(iter(chosen)))
        members = tuple(child for child in parent.children if child.id in chosen)
        if len(members) != len(chosen):
            raise WrongUse("Only layers that lie in the same group can be grouped.")
        made = GroupLayer(name=name or self.free_name("Group"), children=members)
        top = parent.children.index(members[-1])
        children = tuple(
            made if index == top else child
            for index, child in enumerate(parent.children)
            if index == top or child not in members
        )
        self.assign(
            "Group layers",
            [(parent, "children", children), (self, "active_layer", made)],
            made.content_rect().intersected(self.rect),
            layers=members,
        )
        return made

    def ungroup(self, ref: LayerRef) -> Rect:
        """Replace a group by what it holds; the group's own opacity, mode and mask are gone."""
        group = self.layer(ref)
        if not isinstance(group, GroupLayer):
            raise WrongUse("“{name}” is not a group.", name=group.name)
        parent = self.parent_of(group)
        index = parent.children.index(group)
        children = (*parent.children[:index], *group.children, *parent.children[index + 1 :])
        active = group.children[-1] if group.children else self.active_layer
        if active is group:
            active = None
        return self.assign(
            "Ungroup",
            [(parent, "children", children), (group, "children", ()), (self, "active_layer", active)],
            group.content_rect().intersected(self.rect),
            layers=[*group.children, group],
        )

    # merging

    def merge_down(self, ref: LayerRef) -> Layer:
        """Make a layer and the one below it into one pixel layer that looks the same.

        The lower layer's opacity is baked in when its mode is normal; otherwise its mode and opacity stay.
        """
        upper = self.layer(ref)
        parent = self.parent_of(upper)
        index = parent.children.index(upper)
        if index == 0:
            raise WrongUse("There is no layer below “{name}”.", name=upper.name)
        lower = parent.children[index - 1]
        self._check_unlocked(upper)
        self._check_unlocked(lower)
        if not (upper.visible and lower.visible):
            raise WrongUse("Hidden layers cannot be merged.")
        if lower.clip and not upper.clip:
            raise WrongUse("“{name}” is clipped to a layer below; merge it down first.", name=lower.name)
        baked = lower.mode is BlendMode.NORMAL
        tiles = merged_tiles(self, lower, upper, lower.opacity if baked else 1.0)
        made = PixelLayer(name=lower.name, pixels=tiles, visible=lower.visible, clip=lower.clip)
        if not baked:
            made.mode, made.opacity = lower.mode, lower.opacity
        self._replace("Merge down", parent, (lower, upper), made)
        return made

    def merge_group(self, ref: LayerRef) -> Layer:
        """Make a group (or a style layer) into one pixel layer that looks the same."""
        old = self.layer(ref)
        self._check_unlocked(old)
        made = PixelLayer(name=old.name, pixels=self._rendered([old], alone=True), visible=old.visible)
        made.opacity, made.mode, made.clip = old.opacity, old.mode, old.clip
        self._replace("Merge group", self.parent_of(old), (old,), made)
        return made

    def flatten(self) -> Layer:
        """Everything that is visible as a single layer."""
        if not self.root.children:
            raise WrongUse("There are no layers to flatten.")
        made = PixelLayer(name=self.root.children[0].name, pixels=self._rendered(self.root.children, alone=False))
        self._replace("Flatten", self.root, self.root.children, made)
        return made

    def _rendered(self, layers: Sequence[Layer], *, alone: bool) -> Tiles:
        area = NOTHING
        for layer in layers:
            area = area.united(layer.content_rect())
        tiles = Tiles()
        for ix, iy in area.intersected(self.rect).cells(TILE):
            cell = Rect(ix * TILE, iy * TILE, TILE, TILE).intersected(self.rect)
            tiles.write(cell, self.render_layer(layers[0], cell) if alone else self.composite(cell))
        return tiles

    def _replace(self, label: str, parent: GroupLayer, old: Sequence[Layer], made: Layer) -> None:
        first = parent.children.index(old[0])
        children = tuple(child for child in parent.children if child not in old)
        rect = made.content_rect()
        for layer in old:
            rect = rect.united(layer.content_rect())
        self.assign(
            label,
            [(parent, "children", (*children[:first], made, *children[first:])), (self, "active_layer", made)],
            rect.intersected(self.rect),
            layers=[*old, made],
        )

    # setting

    def set_layer(self, ref: LayerRef, **props: Any) -> Rect:
        """Change properties of a layer; a quick succession of the same change (a slider drag) is one step.

        For every layer: name, visible, opacity, mode, locked, lock_alpha, clip. For style layers also source, mix,
        strength, keep_colors, stroke_size (they make it stale). Raises: WrongUse for impossible values.
        """
        layer = self.layer(ref)
        changes: list[tuple[Any, str, Any]] = [
            (layer, name, _checked(self, layer, name, value)) for name, value in props.items()
        ]
        styled = isinstance(layer, StyleLayer) and not set(props).isdisjoint(StyleLayer.SETTINGS)
        if styled and any(getattr(layer, name) != value for _, name, value in changes):
            assert isinstance(layer, StyleLayer)
            changes += [(layer, "stale", True), (layer, "revision", layer.revision + 1)]
            changes += [(layer, "stale_rect", self.rect)]
        rect = NOTHING if set(props) <= _UNSEEN else layer.content_rect().intersected(self.rect)
        key = ("set", layer.id, tuple(sorted(props))) if set(props) <= _DRAGGED else None
        label = _LABELS.get(next(iter(props), ""), "Layer properties") if len(props) == 1 else "Layer properties"
        return self.assign(label, changes, rect, layers=[layer], merge_key=key)

    # masks

    def add_mask(self, ref: LayerRef, *, from_selection: bool = False, hide: bool = False) -> Mask:
        """Give a layer a mask: showing everything, hiding everything, or showing what is selected."""
        layer = self.layer(ref)
        self._check_unlocked(layer)
        if layer.mask is not None:
            raise WrongUse("“{name}” has a mask already.", name=layer.name)
        if from_selection and self.selection is not None:
            mask = Mask(self.selection.tiles.copy())
        else:
            mask = Mask(Tiles(1, 0 if hide else 255))
        self._set_mask("Add mask", layer, mask)
        return mask

    def remove_mask(self, ref: LayerRef, *, apply: bool = False) -> Rect:
        """Take a layer's mask away; with `apply` a pixel or style layer keeps the look of it in its alpha."""
        layer = self.layer(ref)
        self._check_unlocked(layer)
        if layer.mask is None:
            raise WrongUse("The layer “{name}” has no mask.", name=layer.name)
        tiles = layer.paint()
        if not apply or tiles is None:
            return self._set_mask("Remove mask", layer, None)
        plane = "pixels" if isinstance(layer, PixelLayer) else "painted"
        return self.assign(
            "Apply mask",
            [(layer, "mask", None), (layer, plane, masked(tiles, layer.mask.tiles))],
            layer.content_rect().intersected(self.rect),
            layers=[layer],
        )

    def set_mask_enabled(self, ref: LayerRef, enabled: bool) -> Rect:
        """Switch a mask on or off without losing it."""
        layer = self.layer(ref)
        if layer.mask is None:
            raise WrongUse("The layer “{name}” has no mask.", name=layer.name)
        rect = layer.content_rect().intersected(self.rect)
        return self.assign("Switch mask", [(layer.mask, "enabled", enabled)], rect, layers=[layer])

    def _set_mask(self, label: str, layer: Layer, mask: Mask | None) -> Rect:
        rect = layer.content_rect().intersected(self.rect)
        return self.assign(label, [(layer, "mask", mask)], rect, layers=[layer])

    def _check_unlocked(self, layer: Layer) -> None:
        for above in self.path_to(layer):
            if above.locked:
                raise WrongUse("The layer “{name}” is locked.", name=above.name)


def _checked(document: DocumentBase, layer: Layer, name: str, value: Any) -> Any:
    """The value to store for a property, or WrongUse."""
    known = _SETTABLE | (set(StyleLayer.SETTINGS) if isinstance(layer, StyleLayer) else set())
    if name not in known or name not in {field.name for field in fields(layer)}:
        raise WrongUse("A layer of this kind has no “{property}”.", property=name)
    match name:
        case "opacity" | "strength":
            return float(np.clip(_number(name, value), 0.0, 1.0))
        case "stroke_size":
            return float(np.clip(_number(name, value), 0.5, 3.0))
        case "mode":
            return value if isinstance(value, BlendMode) else BlendMode(value)
        case "name":
            return str(value)[:200]
        case "mix":
            return checked_mix(value)
        case "source":
            if value != BELOW and (value == layer.id or document.layer(value) in document.path_to(layer)):
                raise WrongUse("A style layer cannot paint itself.")
            return value
        case _:
            return bool(value)


def _number(name: str, value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise WrongUse("“{property}” must be a number.", property=name)
    return number


def checked_mix(value: Any) -> Mix:
    """A mix as a tuple of (style id, weight > 0). Raises: WrongUse."""
    mix = tuple((str(style), _number("mix", weight)) for style, weight in value)
    if any(weight <= 0 for _, weight in mix):
        raise WrongUse("Every style of a mix needs a weight above zero.")
    return mix
