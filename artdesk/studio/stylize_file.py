"""Painting a picture file into another file; big ones stream from and to the disk."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import fields, replace

import numpy as np

from artdesk.core.errors import AlreadyExists, PictureTooLarge, SaveError
from artdesk.core.fields import check_fields
from artdesk.core.image import Image, as_image, fitted, size_within
from artdesk.core.pictures import LIMIT_MP, format_of, open_picture, picture_size, save_picture
from artdesk.core.progress import Progress
from artdesk.core.requests import StylizeFileRequest, StylizeRequest, StylizeSettings
from artdesk.core.results import FileResult
from artdesk.engine.engine import Engine
from artdesk.engine.rows import Rows
from artdesk.studio.disk import FileCanvas, file_canvas, steady_heap
from artdesk.studio.foreign_painting import painter_of
from artdesk.studio.look import Look, make_look, put_together
from artdesk.studio.measure import ensure_measured
from artdesk.studio.painting import Job
from artdesk.studio.strokes import paint_strokes
from artdesk.studio.stylize import receipt_of, stylize
from artdesk.studio.vips import VipsPicture, save_rows, vips

STREAM_PIXELS = 24_000_000
"""Above this a picture is streamed; below, holding it in memory is quicker."""
_HARD_LIMIT_MP = 2000.0
_SIDE_LIMITS = {"JPEG": 65535, "WEBP": 16383}


def stylize_file(engine: Engine, request: StylizeFileRequest, progress: Progress) -> FileResult:
    """Paint `request.source` into `request.target`; with `size` the file has that size on its longer side.

    Raises: PictureError, SaveError, and what `stylize` raises. Nothing half-written stays behind.
    """
    check_fields(request)
    kind = format_of(request.target)
    if request.target.exists() and not request.overwrite:
        raise AlreadyExists("“{name}” exists already and was left as it is.", name=str(request.target))
    width, height = picture_size(request.source)
    # Found out now and not after minutes of painting.
    longest = max(size_within(width, height, request.size))
    if longest > _SIDE_LIMITS.get(kind, longest):
        raise SaveError(
            "{format} files hold at most {limit} pixels a side; save “{name}” as PNG or TIFF.",
            format=kind,
            limit=_SIDE_LIMITS[kind],
            name=request.target.name,
        )
    progress.step(0, request.source.name)
    if width * height > STREAM_PIXELS and request.source.suffix.lower() != ".bmp" and vips() is not None:
        megapixels = width * height / 1e6
        limit = _HARD_LIMIT_MP if request.allow_large else LIMIT_MP
        if megapixels > limit:
            raise PictureTooLarge(
                "“{name}” has {width} × {height} pixels ({mp:.0f} million); the limit is {limit:.0f} million.",
                name=str(request.source),
                width=width,
                height=height,
                mp=megapixels,
                limit=limit,
            )
        return _streamed(engine, request, progress)
    return _in_memory(engine, request, progress)


def _in_memory(engine: Engine, request: StylizeFileRequest, progress: Progress) -> FileResult:
    begun = time.perf_counter()
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


def _streamed(engine: Engine, request: StylizeFileRequest, progress: Progress) -> FileResult:
    begun = time.perf_counter()
    steady_heap()
    source = VipsPicture(request.source, request.size)
    job = Job(engine, painter_of(engine.library, request), request.device, request.memory_mb)
    job.notes += source.notes
    look = make_look(engine.library, request)
    if look.share > 0:
        ensure_measured(engine, job.card, request.device, progress)
    with ExitStack() as stack:
        canvas = stack.enter_context(file_canvas(request.target, source.width, source.height, source.channels))

        def between(width: int, height: int) -> FileCanvas:
            return stack.enter_context(file_canvas(request.target, width, height))

        finish = _Finish(source, canvas, look)
        painting = progress.part(0.01, 0.9)
        if look.share > 0:
            seen = _Seen(source) if source.channels == 4 else source
            paint_strokes(job, seen, look.code, request.stroke_size, finish.write, painting, between)
        else:
            finish.copy(painting)
        receipt = receipt_of(job, request, time.perf_counter() - begun)
        save_rows(
            canvas,
            request.target,
            like=source,
            receipt=receipt if request.with_receipt else None,
            overwrite=request.overwrite,
            quality=request.quality,
            progress=progress.part(0.9, 1),
        )
    progress.step(1)
    receipt = replace(receipt, seconds=time.perf_counter() - begun)
    return FileResult(receipt, tuple(job.notes), request.target, source.width, source.height)


class _Finish:
    """Puts painted rows and the picture's own together and on to the canvas."""

    def __init__(self, source: Rows, canvas: FileCanvas, look: Look) -> None:
        self._source, self._canvas, self._look = source, canvas, look
        self._plain = canvas.channels == 3 and look.share >= 1 and not look.keep_colors

    def write(self, top: int, painted: Image) -> None:
        if self._plain:
            self._canvas.write(top, painted)
            return
        own = self._source.read(top, top + painted.shape[0])
        rows = put_together(painted, as_image(own[:, :, :3]), self._look)
        if own.shape[2] == 4:
            rows = as_image(np.dstack([rows, own[:, :, 3]]))
        self._canvas.write(top, rows)

    def copy(self, progress: Progress) -> None:
        """Strength 0: the picture itself."""
        height = self._source.height
        for top in range(0, height, 512):
            progress.step(top / height)
            self._canvas.write(top, self._source.read(top, min(height, top + 512)))


class _Seen:
    """RGB rows of a picture with alpha: what nobody sees takes the mean colour of what is seen."""

    def __init__(self, base: Rows) -> None:
        self._base = base
        self.width, self.height = base.width, base.height
        small = _shrunk(base)
        seen = small[small[:, :, 3] > 0][:, :3]
        self._fill = seen.mean(axis=0).astype(np.uint8) if seen.size else np.full(3, 128, np.uint8)

    def read(self, top: int, bottom: int) -> Image:
        rows = self._base.read(top, bottom)
        rgb = np.ascontiguousarray(rows[:, :, :3])
        rgb[rows[:, :, 3] == 0] = self._fill
        return rgb


def _shrunk(base: Rows) -> Image:
    step = max(1, base.height // 64)
    lines = [base.read(y, y + 1)[:, :: max(1, base.width // 512)] for y in range(0, base.height, step)]
    return np.concatenate(lines)
