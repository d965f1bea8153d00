"""The stylist: a picture in, the code of its style out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput
from artdesk.core.image import Image, as_image, resized
from artdesk.core.progress import CancelToken
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.tensors import to_tensor

_SIDE = 256
_MOST_VIEWS = 3


def views(image: Image) -> list[Image]:
    """The squares (256, 256, 3) the stylist looks at: the picture's middle, and both ends of a long one.

    Transparent parts count as white, as they would on paper.
    """
    if image.shape[2] == 4:
        alpha = image[:, :, 3:].astype(np.uint16)
        image = as_image(((image[:, :, :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8))
    h, w = image.shape[:2]
    scale = _SIDE / min(h, w)
    small = resized(image, max(_SIDE, round(w * scale)), max(_SIDE, round(h * scale)))
    h, w = small.shape[:2]
    spare = max(h, w) - _SIDE
    offsets = [spare // 2] if spare < _SIDE // 4 else np.linspace(0, spare, _MOST_VIEWS).astype(int).tolist()
    return [as_image(small[o : o + _SIDE, :_SIDE] if h > w else small[:_SIDE, o : o + _SIDE]) for o in offsets]


def encode(
    engine: Engine, card: ModelCard, image: Image, *, device: str = "auto", token: CancelToken
) -> tuple[NDArray[np.float32], str]:
    """(code (D,), the device that ran) of the style of `image`: the mean over its views.

    Raises: BadOutput when the code is not made of numbers, EngineError, Cancelled.
    """
    codes = []
    ran_on = "cpu"
    for view in views(image):
        ran = engine.run(card, {"style": to_tensor(view)}, device=device, token=token)
        ran_on = ran.device
        code = ran.outputs.get("code")
        if code is None or not np.isfinite(code).all():
            raise BadOutput("The stylist could not make a style of this picture.")
        codes.append(np.asarray(code, np.float32).reshape(-1))
    return np.mean(codes, axis=0, dtype=np.float32), ran_on
