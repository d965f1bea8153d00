"""What a document shows, as one picture. Slow for big documents: call it in the background, on a snapshot."""

from __future__ import annotations

from artdesk.core.image import Image
from artdesk.document.document import Document
from artdesk.document.flat import flattened


def seen(document: Document, *, below: str | None = None) -> Image:
    """Everything visible (or only what lies below the layer with the id `below`): RGB when opaque, else RGBA."""
    return flattened(document, below=below if below is not None and document.find(below) is not None else None)
