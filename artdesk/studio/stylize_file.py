"""Painting a picture file into another file."""

from __future__ import annotations

import time
from dataclasses import fields, replace

from artdesk.core.errors import AlreadyExists
from artdesk.core.fields import check_fields
from artdesk.core.image import fitted
from artdesk.core.pictures import format_of, open_picture, save_picture
from artdesk.core.progress import Progress
from artdesk.core.requests import StylizeFileRequest, StylizeRequest, StylizeSettings
from artdesk.core.results import FileResult
from artdesk.engine.engine import Engine
from artdesk.studio.stylize import stylize


def stylize_file(engine: Engine, request: StylizeFileRequest, progress: Progress) -> FileResult:
    """Paint `request.source` into `request.target`; with `size` the file has that size on its longer side.

    Raises: PictureError, SaveError, and what `stylize` raises. Nothing half-written stays behind.
    """
    begun = time.perf_counter()
    check_fields(request)
    format_of(request.target)
    if request.target.exists() and not request.overwrite:
        raise AlreadyExists("“{name}” exists already and was left as it is.", name=str(request.target))
    progress.step(0, request.source.name)
    picture = open_picture(request.source, allow_large=request.allow_large)
    settings = {f.name: getattr(request, f.name) for f in fields(StylizeSettings)}
    image = fitted(picture.image, request.size)
    result = stylize(engine, StylizeRequest(**settings, image=image), progress.part(0.05, 0.95))
    receipt = replace(result.receipt, seconds=time.perf_counter() - begun)
    save_picture(
        request.target,
        result.image,
        like=picture,
        receipt=receipt if request.with_receipt else None,
        overwrite=request.overwrite,
        quality=request.quality,
    )
    progress.step(1)
    height, width = result.image.shape[:2]
    return FileResult(receipt, (*picture.notes, *result.notes), request.target, width, height)
