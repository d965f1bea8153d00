"""Making a style of any picture."""

from __future__ import annotations

import hashlib
import time

from artdesk.core.image import as_image, fitted
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import EncodeStyleRequest
from artdesk.core.results import StyleResult
from artdesk.engine.engine import Engine
from artdesk.engine.families.painter import paint
from artdesk.engine.families.stylist import encode
from artdesk.studio.look import opaque
from artdesk.studio.sample import sample_picture

_PREVIEW_SIDE = 384


def encode_style(engine: Engine, request: EncodeStyleRequest, progress: Progress) -> StyleResult:
    """Encode a picture as a style; with `save` it enters the person's library, its preview rendered by the painter.

    Raises: ModelMissing without a stylist, BadOutput, SaveError, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    image = as_image(request.image)
    library = engine.library
    stylist = library.stylist()
    progress.step(0)
    code, device = encode(engine, stylist, image, device=request.device, token=progress.token)
    progress.step(0.4)
    style_id = ""
    name = request.name.strip()
    if request.save:
        bundled = sample_picture()
        sample = fitted(bundled if bundled is not None else opaque(image), _PREVIEW_SIDE)
        preview = paint(engine, library.painter(), sample, code, device=request.device, token=progress.token)
        progress.step(0.9)
        # The same picture twice is one style: hash what was encoded, not the file it came from.
        sha = hashlib.sha256(image.tobytes()).hexdigest()
        style_id = library.add_style(code, name or "Style", preview.image, sha).id
    progress.step(1)
    receipt = Receipt(
        ability="encode_style",
        model_id=stylist.id,
        model_sha256=stylist.sha256,
        device=device,
        settings={"name": name, "save": request.save},
        seconds=time.perf_counter() - begun,
        source_type=COMPOSITE,
    )
    return StyleResult(receipt, (), style_id, code)
