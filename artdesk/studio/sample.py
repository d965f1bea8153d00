"""The picture that previews of styles are painted from: one of the bundled samples, rendered by a script of ours."""

from __future__ import annotations

import functools

from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image
from artdesk.core.paths import bundled
from artdesk.core.pictures import OPEN_SUFFIXES, open_picture


@functools.cache
def sample_picture() -> Image | None:
    """The first bundled sample picture (RGB), None where none is installed."""
    folder = bundled("resources", "samples")
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix.lower() in OPEN_SUFFIXES)
    except OSError:
        return None
    for path in files:
        try:
            image = open_picture(path).image
        except ArtDeskError:
            continue
        if image.shape[2] == 3:
            return image
    return None
