"""The picture under work: what the rest of ArtDesk knows as a document."""

from __future__ import annotations

from typing import Self

from artdesk.core.image import Image
from artdesk.document.base import MAX_SIDE, check_size
from artdesk.document.layers import PixelLayer
from artdesk.document.snapshots import SnapshotVerbs
from artdesk.document.tiles import Tiles
from artdesk.document.tree import LayerRef
from artdesk.document.verbs_canvas import CanvasVerbs
from artdesk.document.verbs_pixels import PixelVerbs
from artdesk.document.verbs_selection import SelectionVerbs
from artdesk.document.verbs_style import StyleVerbs

__all__ = ["MAX_SIDE", "Document", "LayerRef", "check_size"]


class Document(PixelVerbs, StyleVerbs, CanvasVerbs, SelectionVerbs, SnapshotVerbs):
    """A canvas of layers with selection, history and snapshots.

    Every verb makes exactly one undoable step and raises `WrongUse` with a sentence when it cannot be done
    (locked layer, impossible size …).
    """

    @classmethod
    def of_image(cls, image: Image, name: str = "Background", *, undo_mb: int = 1024) -> Self:
        """A document of the picture's size with the picture as its only layer. Raises: WrongUse when too large."""
        document = cls(image.shape[1], image.shape[0], undo_mb=undo_mb)
        layer = PixelLayer(name=name, pixels=Tiles.of_array(image))
        document.root.children = (layer,)
        document.active_layer = layer
        return document
