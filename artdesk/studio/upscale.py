"""Enlarging a picture with an imported upscaler."""

from __future__ import annotations

import time

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.image import Image, as_image, resized, with_alpha
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import UpscaleRequest
from artdesk.core.results import PictureResult
from artdesk.engine.engine import Engine
from artdesk.engine.families.upscale import factor_of, upscale_tile
from artdesk.engine.foreign.running import Painted, State
from artdesk.engine.rows import ArrayRows
from artdesk.studio.foreign_painting import run_rows
from artdesk.studio.look import opaque
from artdesk.studio.painting import Canvas, Job

_MOST_PIXELS = 700_000_000


def upscale(engine: Engine, request: UpscaleRequest, progress: Progress) -> PictureResult:
    """The request's picture, larger by the model's factor; transparency is enlarged smoothly.

    Raises: UnknownModel, WrongUse when the model is no upscaler or the result would be too large, OutOfMemory,
    BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    image = as_image(request.image)
    card = engine.library.model(request.model_id)
    factor = factor_of(card)
    height, width = (n * factor for n in image.shape[:2])
    if width * height > _MOST_PIXELS:
        millions = width * height // 10**6
        raise WrongUse("The result would have {count} million pixels, which is too many.", count=millions)
    job = Job(engine, card, request.device, request.memory_mb)
    rgb = opaque(image)
    canvas = Canvas(width, height)

    def run_one(tile: Image, *, state: State | None, keep_memory: bool, smaller_helps: bool) -> Painted:
        return upscale_tile(
            engine,
            card,
            tile,
            state=state,
            device=job.device,
            token=progress.token,
            keep_memory=keep_memory,
            smaller_helps=smaller_helps,
        )

    run_rows(job, ArrayRows(rgb), run_one, canvas.write, progress)
    result = canvas.image()
    if image.shape[2] == 4:
        alpha = resized(as_image(np.ascontiguousarray(image[:, :, 3])), width, height)
        result = with_alpha(result, np.ascontiguousarray(alpha[:, :, 0]))
    receipt = Receipt(
        ability="upscale",
        model_id=card.id,
        model_sha256=card.sha256,
        device=job.ran_on or "cpu",
        settings={"factor": factor},
        seconds=time.perf_counter() - begun,
        source_type=COMPOSITE,
    )
    return PictureResult(receipt, tuple(job.notes), result)
