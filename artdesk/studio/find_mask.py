"""Finding something in a picture with an imported mask model; the mask serves as a selection."""

from __future__ import annotations

import time

from artdesk.core.image import as_image
from artdesk.core.progress import Progress
from artdesk.core.receipt import Receipt
from artdesk.core.requests import MaskRequest
from artdesk.core.results import MaskResult
from artdesk.engine.engine import Engine
from artdesk.engine.families.mask import find_mask as find
from artdesk.studio.look import opaque


def find_mask(engine: Engine, request: MaskRequest, progress: Progress) -> MaskResult:
    """The mask (h, w) of the request's picture.

    Raises: UnknownModel, WrongUse when the model gives no masks, OutOfMemory, BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    card = engine.library.model(request.model_id)
    progress.step(0)
    image = opaque(as_image(request.image))
    mask, device, notes = find(engine, card, image, device=request.device, token=progress.token)
    progress.step(1)
    receipt = Receipt("mask", card.id, card.sha256, device, seconds=time.perf_counter() - begun)
    return MaskResult(receipt, notes, mask)
