"""What a document shows, as one picture. Slow for big documents: call it in the background, on a snapshot."""

from __future__ import annotations

import numpy as np

from artdesk.core.image import Image, as_image
from artdesk.document.document import Document


def seen(document: Document, *, below: str | None = None) -> Image:
    """Everything visible (or only what lies below the layer with the id `below`): RGB when opaque, else RGBA."""
    if below is not None and document.find(below) is not None:
        pixels = document.below(below, document.rect)
    else:
        pixels = document.composite(document.rect)
    if bool((pixels[:, :, 3] == 255).all()):
        return as_image(np.ascontiguousarray(pixels[:, :, :3]))
    return as_image(pixels)
