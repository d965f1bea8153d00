"""Networks of other people that find things: a picture in, a grey mask out."""

from __future__ import annotations

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.image import Image, Plane, fitted, resized
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.foreign.cards import foreign_spec
from artdesk.engine.foreign.running import run_foreign

_SIDE = 768


def find_mask(
    engine: Engine, card: ModelCard, image: Image, *, device: str = "auto", token: CancelToken
) -> tuple[Plane, str, tuple[Note, ...]]:
    """The mask (h, w) of `image`, 255 where the model found what it looks for; the device; notes.

    A mask needs the whole picture in view, so large pictures are looked at reduced.

    Raises: WrongUse when the model gives no masks, OutOfMemory, BadOutput, EngineError, BadCard, Cancelled.
    """
    if card.family != "mask":
        raise WrongUse("The model “{model}” gives no masks.", model=card.id)
    height, width = image.shape[:2]
    fixed = foreign_spec(card).image.fixed
    small = resized(image, fixed[1], fixed[0]) if fixed is not None else fitted(image, _SIDE)
    found = run_foreign(engine, card, small, device=device, token=token)
    plane = np.ascontiguousarray(resized(found.image, width, height)[:, :, 0])
    return plane, found.device, found.notes
