"""What a picture is painted with: code, strength, colours, and the pixels put together afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, Plane, as_image
from artdesk.core.requests import StylizeSettings
from artdesk.engine.library import Library, mix_codes


@dataclass(frozen=True, eq=False)
class Look:
    """A code (D,) with the strength already in it, and how the painting is put over the picture.

    `share` 0..1 of the painting is seen; 0 gives the picture back untouched.
    """

    code: NDArray[np.float32]
    share: float
    keep_colors: bool


def make_look(
    library: Library,
    settings: StylizeSettings,
    seed_code: NDArray[np.float32] | None = None,
) -> Look:
    """The look that `settings` ask for; without a code where a foreign model stands as the style.

    Raises: WrongUse, UnknownStyle.
    """
    if seed_code is None and any(library.style(style).kind == "model" for style, _ in settings.mix[:1]):
        return Look(np.zeros(0, np.float32), settings.strength, settings.keep_colors)
    code = np.asarray(seed_code, np.float32).reshape(-1) if seed_code is not None else mix_codes(library, settings.mix)
    return Look(*with_strength(library, code, settings.strength), settings.keep_colors)


def with_strength(library: Library, code: NDArray[np.float32], strength: float) -> tuple[NDArray[np.float32], float]:
    """(the code between identity and `code`, the share of the painting that is seen).

    The code alone would not do: normalisation forgets a picture's overall tone, so the identity code only comes
    close to it. The picture itself is faded in towards 0, gently, so that no step is seen anywhere.
    """
    if strength >= 1:
        return code, 1.0
    strength = max(0.0, strength)
    identity = library.identity()
    return identity + np.float32(strength) * (code - identity), strength * (2 - strength)


def with_colors_of(painted: Image, picture: Image) -> Image:
    """The luminance of `painted` with the colour of `picture` (Y′CbCr, ITU-R BT.601), both (h, w, 3)."""
    ours = cv2.cvtColor(painted, cv2.COLOR_RGB2YCrCb)
    theirs = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    cv2.mixChannels([ours], [theirs], [0, 0])
    return as_image(cv2.cvtColor(theirs, cv2.COLOR_YCrCb2RGB))


def put_together(painted: Image, picture: Image, look: Look, mask: Plane | None = None) -> Image:
    """The finished pixels (h, w, 3): colours kept if wanted, faded by the look's share, only where `mask` is set."""
    result = with_colors_of(painted, picture) if look.keep_colors else painted
    if look.share < 1:
        result = as_image(cv2.addWeighted(result, look.share, picture, 1 - look.share, 0))
    if mask is None:
        return result
    weight = mask.astype(np.uint16)[:, :, None]
    blended = (result * weight + picture * (255 - weight) + 127) // 255
    return as_image(blended.astype(np.uint8))


def opaque(image: Image) -> Image:
    """RGB for painting: what nobody sees (alpha 0) takes the mean colour of what is seen, so it leaves no trace."""
    if image.shape[2] == 3:
        return image
    rgb, unseen = np.ascontiguousarray(image[:, :, :3]), image[:, :, 3] == 0
    if unseen.any():
        seen = rgb[~unseen]
        rgb[unseen] = seen.mean(axis=0).astype(np.uint8) if seen.size else 128
    return as_image(rgb)
