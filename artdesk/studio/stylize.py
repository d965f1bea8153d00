"""Painting a picture in a style, or in a mix of styles."""

from __future__ import annotations

import time
from typing import Any

from artdesk.core.errors import BadOutput, WrongUse
from artdesk.core.fields import check_fields
from artdesk.core.image import Image, as_image, resized, size_within, with_alpha
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import StylizeRequest, StylizeSettings
from artdesk.core.results import PictureResult
from artdesk.engine.engine import Engine
from artdesk.engine.rows import ArrayRows
from artdesk.studio.foreign_painting import painter_of
from artdesk.studio.look import make_look, opaque, put_together
from artdesk.studio.measure import ensure_measured
from artdesk.studio.painting import Canvas, Job
from artdesk.studio.strokes import paint_strokes


def stylize(engine: Engine, request: StylizeRequest, progress: Progress) -> PictureResult:
    """Paint the request's picture; the result has its size and its alpha.

    Strength 0 gives the picture back exactly. What could not be done as asked (a device that failed) stands in
    the notes.

    Raises: WrongUse, UnknownStyle, OutOfMemory, BadOutput, EngineError, ModelError, Cancelled.
    """
    begun = time.perf_counter()
    check_fields(request)
    image = as_image(request.image)
    if request.mask is not None and request.mask.shape != image.shape[:2]:
        raise WrongUse("The mask does not have the size of the picture.")
    job = Job(engine, painter_of(engine.library, request, request.seed_code), request.device, request.memory_mb)
    look = make_look(engine.library, request, request.seed_code)
    progress.step(0)
    if look.share <= 0:
        return PictureResult(receipt_of(job, request, time.perf_counter() - begun), tuple(job.notes), image)
    ensure_measured(engine, job.card, request.device, progress)
    rgb = opaque(image)
    painted = paint_again_if_bad(job, lambda: _paint(job, rgb, look.code, request, progress.part(0, 0.97)))
    result = put_together(painted, rgb, look, request.mask)
    if image.shape[2] == 4:
        result = with_alpha(result, image[:, :, 3])
    progress.step(1)
    return PictureResult(receipt_of(job, request, time.perf_counter() - begun), tuple(job.notes), result)


def _paint(job: Job, rgb: Image, code: Any, settings: StylizeSettings, progress: Progress) -> Image:
    height, width = rgb.shape[:2]
    small = resized(rgb, *size_within(width, height, settings.size))
    canvas = Canvas(small.shape[1], small.shape[0])
    paint_strokes(job, ArrayRows(small), code, settings.stroke_size, canvas.write, progress)
    return resized(canvas.image(), width, height)


def paint_again_if_bad(job: Job, work: Any) -> Any:
    """`work()`; when a graphics card gave nonsense, once more on the processor, and said aloud."""
    try:
        return work()
    except BadOutput as error:
        if job.ran_on in ("", "cpu"):
            raise
        job.say((job.engine.fail(job.ran_on, str(error)),))
        job.device = "cpu"
        return work()


def receipt_of(job: Job, settings: StylizeSettings, seconds: float, ability: str = "stylize") -> Receipt:
    """What shaped a stylized picture; enough to do it again."""
    return Receipt(
        ability=ability,
        model_id=job.card.id,
        model_sha256=job.card.sha256,
        device=job.ran_on or "cpu",
        settings={
            "mix": [[style, float(weight)] for style, weight in settings.mix],
            "strength": settings.strength,
            "keep_colors": settings.keep_colors,
            "stroke_size": settings.stroke_size,
            "size": settings.size,
            "painter": settings.painter,
        },
        seconds=seconds,
        source_type=COMPOSITE,
    )
