"""Verbs on the stack of layers."""

from __future__ import annotations

from artdesk.document.base import DocumentBase, LayerRef
from artdesk.document.layers import GroupLayer, Layer, PixelLayer


class LayerVerbs(DocumentBase):
    """Adding, removing, ordering and setting layers."""

    def add_layer(self, layer: Layer | None = None, *, above: LayerRef | None = None, name: str = "") -> Layer:
        """Put a layer (default: an empty pixel layer) above another one (default: the active one) and choose it."""
        made = layer if layer is not None else PixelLayer(name=name)
        if name:
            made.name = name
        if not made.name:
            made.name = self.free_name({"group": "Group", "style": "Style"}.get(made.kind, "Layer"))
        below = self.layer(above) if above is not None else self.active_layer
        group = self.root if below is None else self.parent_of(below)
        index = len(group.children) if below is None else group.children.index(below) + 1
        self.assign(
            "Add layer",
            [
                (group, "children", (*group.children[:index], made, *group.children[index:])),
                (self, "active_layer", made),
            ],
            made.content_rect().intersected(self.rect),
            layers=[made],
        )
        return made

    def free_name(self, base: str) -> str:
        """`base` with the lowest number no layer's name has yet."""
        taken = {layer.name for layer in self.layers()}
        number = 1
        while f"{base} {number}" in taken:
            number += 1
        return f"{base} {number}"


__all__ = ["GroupLayer", "LayerVerbs"]
