"""Finding layers in the tree they form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from artdesk.core.errors import WrongUse
from artdesk.document.layers import GroupLayer, Layer

LayerRef: TypeAlias = Layer | str
"""A layer or its id."""


class LayerTree:
    """The layers of a document under one group, the root, which is never shown itself."""

    def __init__(self) -> None:
        self.root = GroupLayer(name="root", id="root")

    def layers(self) -> Iterator[Layer]:
        """Every layer, bottom to top, a group before its children."""
        return self.root.walk()

    def find(self, layer_id: str) -> Layer | None:
        """The layer with this id, or None."""
        if layer_id == self.root.id:
            return self.root
        return next((layer for layer in self.layers() if layer.id == layer_id), None)

    def layer(self, ref: LayerRef) -> Layer:
        """The layer that `ref` names. Raises: WrongUse when it is not (any more) in this document."""
        layer_id = ref if isinstance(ref, str) else ref.id
        found = self.find(layer_id)
        if found is None:
            raise WrongUse("That layer is no longer there.")
        return found

    def parent_of(self, ref: LayerRef) -> GroupLayer:
        """The group that holds a layer (the root for top layers). Raises: WrongUse."""
        wanted = self.layer(ref)
        for group in (self.root, *(layer for layer in self.layers() if isinstance(layer, GroupLayer))):
            if wanted in group.children:
                return group
        raise WrongUse("That layer is no longer there.")

    def path_to(self, layer: Layer) -> tuple[Layer, ...]:
        """The groups from the top down to the layer, the layer last; empty when it is not in the document."""

        def search(group: GroupLayer, trail: tuple[Layer, ...]) -> tuple[Layer, ...]:
            for child in group.children:
                if child is layer:
                    return (*trail, child)
                if isinstance(child, GroupLayer):
                    found = search(child, (*trail, child))
                    if found:
                        return found
            return ()

        return search(self.root, ())

    def root_child_of(self, layer: Layer | None) -> Layer | None:
        """The top layer that is or holds `layer`."""
        if layer is None:
            return None
        if layer in self.root.children:
            return layer
        path = self.path_to(layer)
        return path[0] if path else None
