"""Finishing: a generated sketch enlarged by the best means at hand, then painted."""

from __future__ import annotations

import json
import time
from dataclasses import fields
from typing import Any

from artdesk.core.errors import WrongUse
from artdesk.core.fields import check_fields
from artdesk.core.image import Image, as_image, resized
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, GENERATED, Receipt
from artdesk.core.requests import FinishRequest, StylizeRequest, StylizeSettings, UpscaleRequest
from artdesk.core.results import Note, PictureResult
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.upscale import factor_of
from artdesk.studio.stylize import stylize
from artdesk.studio.upscale import upscale

_MOST_PIXELS = 120_000_000


def finish(engine: Engine, request: FinishRequest, progress: Progress) -> PictureResult:
    """The request's picture `factor` times as large, painted in its mix.

    An imported upscaler enlarges where there is one (the smallest factor that suffices, else the largest), plain
    resampling brings the rest. What was generated is still called generated afterwards.

    Raises: WrongUse for values out of range or a result too large, UnknownModel, UnknownStyle, OutOfMemory,
    BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    check_fields(request)
    image = as_image(request.image)
    height, width = (max(1, round(n * request.factor)) for n in image.shape[:2])
    if width * height > _MOST_PIXELS:
        raise WrongUse(
            "The result would have {count} million pixels, which is too many.", count=width * height // 10**6
        )
    progress.step(0.0)
    share = 0.5 if request.mix else 1.0
    large, used, notes = _enlarged(engine, request, image, (width, height), progress.part(0.0, share))
    painted: PictureResult | None = None
    if request.mix:
        settings = {f.name: getattr(request, f.name) for f in fields(StylizeSettings)}
        painted = stylize(engine, StylizeRequest(**settings, image=large), progress.part(share, 1.0))
    origin = request.origin
    kept: dict[str, Any] = {"factor": request.factor, "upscaler": used.id if used is not None else ""}
    if painted is not None:
        kept |= painted.receipt.settings
    if origin is not None:
        kept["origin"] = json.loads(origin.to_json())
    model = painted.receipt if painted is not None else origin
    receipt = Receipt(
        ability="finish",
        model_id=model.model_id if model is not None else "",
        model_sha256=model.model_sha256 if model is not None else "",
        device=painted.receipt.device if painted is not None else "cpu",
        settings=kept,
        seed=origin.seed if origin is not None else None,
        seconds=time.perf_counter() - begun,
        source_type=GENERATED if origin is not None and origin.source_type == GENERATED else COMPOSITE,
    )
    progress.step(1.0)
    if painted is None:
        return PictureResult(receipt, notes, large)
    return PictureResult(receipt, (*notes, *painted.notes), painted.image)


def best_upscaler(engine: Engine, factor: float) -> ModelCard | None:
    """The imported upscaler of the smallest factor that suffices, else of the largest; None when there is none."""
    found = [(factor_of(card), card) for card in engine.library.models() if card.family == "upscaler"]
    enough = [pair for pair in found if pair[0] >= factor]
    if enough:
        return min(enough, key=lambda pair: (pair[0], pair[1].id))[1]
    return max(found, key=lambda pair: (pair[0], pair[1].id))[1] if found else None


def _enlarged(
    engine: Engine, request: FinishRequest, image: Image, size: tuple[int, int], progress: Progress
) -> tuple[Image, ModelCard | None, tuple[Note, ...]]:
    card: ModelCard | None = None
    if request.factor > 1 and request.upscaler != "none":
        card = engine.library.model(request.upscaler) if request.upscaler else best_upscaler(engine, request.factor)
    if card is None:
        return resized(image, *size), None, ()
    asked = UpscaleRequest(image, card.id, request.device, request.memory_mb)
    result = upscale(engine, asked, progress)
    return resized(result.image, *size), card, result.notes
