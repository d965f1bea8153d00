"""A still of the document: shares every tile, costs nothing, and may be read from any thread while painting goes on."""

from __future__ import annotations

import numpy as np

from artdesk.core.image import Image, as_image
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer
from artdesk.document.selection import Selection


class Still:
    """The picture as it was at one moment. Made in the document's thread, read in one other."""

    def __init__(self, document: Document) -> None:
        self._size = (document.width, document.height)
        self._root: GroupLayer = document.root.twin(fresh_id=False)
        self.selection: Selection | None = document.selection

    def seen(self, *, below: str | None = None) -> Image:
        """Everything visible (or what lies below the layer with the id `below`): RGB when opaque, else RGBA."""
        twin = self.document()
        if below is not None and twin.find(below) is not None:
            pixels = twin.below(below, twin.rect)
        else:
            pixels = twin.composite(twin.rect)
        if bool((pixels[:, :, 3] == 255).all()):
            return as_image(np.ascontiguousarray(pixels[:, :, :3]))
        return as_image(pixels)

    def document(self) -> Document:
        """A document of its own over the same pixels, for the thread that asks."""
        twin = Document(*self._size)
        twin.root = self._root
        return twin
