"""Upscalers of other people: ×2, ×3, ×4, in colour or for the light alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.foreign.cards import foreign_spec
from artdesk.engine.foreign.running import Painted, State, run_foreign


def factor_of(card: ModelCard) -> int:
    """How many times larger the model's pictures are. Raises WrongUse when it is no upscaler."""
    if card.family != "upscaler":
        raise WrongUse("The model “{model}” is no upscaler.", model=card.id)
    return foreign_spec(card).factor


def upscale_tile(
    engine: Engine,
    card: ModelCard,
    image: Image,
    *,
    state: State | None = None,
    device: str = "auto",
    token: CancelToken,
    keep_memory: bool = True,
    smaller_helps: bool = False,
) -> Painted:
    """`image` (h, w, 3) at (h × factor, w × factor, 3) in one run. A model for grey pictures enlarges the light; the
    colours, in which the eye sees little detail, are enlarged smoothly.

    Raises: OutOfMemory, BadOutput, EngineError, BadCard, Cancelled.
    """
    painted = run_foreign(
        engine,
        card,
        image,
        state=state,
        device=device,
        token=token,
        keep_memory=keep_memory,
        smaller_helps=smaller_helps,
    )
    if foreign_spec(card).image.channels == 3:
        return painted
    return replace(painted, image=_with_colours_of(painted.image, image))


def _with_colours_of(light: Image, picture: Image) -> Image:
    h, w = light.shape[:2]
    rgb = np.ascontiguousarray(picture[:, :, :3])
    large = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb), (w, h), interpolation=cv2.INTER_CUBIC)
    large[:, :, 0] = light[:, :, 0]
    return as_image(cv2.cvtColor(large, cv2.COLOR_YCrCb2RGB))
