"""Painting after a style picture with an imported arbitrary-style model instead of our own painter."""

from __future__ import annotations

import time

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.fields import check_fields
from artdesk.core.image import Image, as_image, with_alpha
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import ForeignStyleRequest
from artdesk.core.results import PictureResult
from artdesk.engine.engine import Engine
from artdesk.engine.families.arbitrary import style_inputs
from artdesk.engine.foreign.running import Painted, State, run_foreign
from artdesk.engine.rows import ArrayRows
from artdesk.studio.foreign_painting import run_rows
from artdesk.studio.look import Look, opaque, put_together
from artdesk.studio.painting import Canvas, Job


def foreign_style(engine: Engine, request: ForeignStyleRequest, progress: Progress) -> PictureResult:
    """The request's picture painted after its style picture; size and alpha stay.

    Raises: UnknownModel, WrongUse when the model takes no style, ModelMissing when the encoder it needs is not there,
    OutOfMemory, BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    check_fields(request)
    image = as_image(request.image)
    if request.mask is not None and request.mask.shape != image.shape[:2]:
        raise WrongUse("The mask does not have the size of the picture.")
    card = engine.library.model(request.model_id)
    if card.family != "arbitrary_style":
        raise WrongUse("The model “{model}” takes no style.", model=card.id)
    job = Job(engine, card, request.device, request.memory_mb)
    rgb = opaque(image)
    extras = style_inputs(engine, card, opaque(as_image(request.style)), device=job.device, token=progress.token)
    progress.step(0.05)

    def run_one(tile: Image, *, state: State | None, keep_memory: bool, smaller_helps: bool) -> Painted:
        return run_foreign(
            engine,
            card,
            tile,
            extras=extras,
            state=state,
            device=job.device,
            token=progress.token,
            keep_memory=keep_memory,
            smaller_helps=smaller_helps,
        )

    canvas = Canvas(rgb.shape[1], rgb.shape[0])
    run_rows(job, ArrayRows(rgb), run_one, canvas.write, progress.part(0.05, 0.97))
    look = Look(np.zeros(0, np.float32), request.strength, request.keep_colors)
    result = put_together(canvas.image(), rgb, look, request.mask)
    if image.shape[2] == 4:
        result = with_alpha(result, image[:, :, 3])
    progress.step(1)
    receipt = Receipt(
        ability="foreign_style",
        model_id=card.id,
        model_sha256=card.sha256,
        device=job.ran_on or "cpu",
        settings={"strength": request.strength, "keep_colors": request.keep_colors},
        seconds=time.perf_counter() - begun,
        source_type=COMPOSITE,
    )
    return PictureResult(receipt, tuple(job.notes), result)
