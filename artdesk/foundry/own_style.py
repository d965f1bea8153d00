# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""A style of one's own, learned well: only its code is refined, so two cores and ten minutes suffice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.data import Photos, find_pictures, load, style_statistics, tensor
from artdesk.foundry.losses import content_distance, instance_normalised, pyramid, style_terms
from artdesk.foundry.nets import STYLIST_SIDE, Painter, Stylist
from artdesk.foundry.scene import draw_scene

Report = Callable[[float, str], None]


@torch.no_grad()
def first_code(stylist: Stylist, picture: Path) -> Tensor:
    """The stylist's reading of a picture (1,D)."""
    small = load(picture).resize((STYLIST_SIDE, STYLIST_SIDE), Image.Resampling.LANCZOS)
    return stylist(tensor(small)).detach()


def refine_code(
    painter: Painter,
    stylist: Stylist,
    network: nn.Module,
    picture: Path,
    *,
    photos: Path | None = None,
    minutes: float | None = 10.0,
    steps: int | None = None,
    side: int = 160,
    style_weight: float = 6.0,
    report: Report | None = None,
) -> NDArray[np.float32]:
    """The code (D,) with which ``painter`` comes closest to ``picture``.

    Nothing but the code changes, so every other style stays as it is. Contents are taken from the folder
    ``photos``, or from our own drawn scene. Ends after ``minutes`` or ``steps``, whichever comes first; the
    code returned is the best average met, never worse than the stylist's first reading.
    """
    if minutes is None and steps is None:
        raise ValueError("Say how long to train: minutes or steps.")
    for net in (painter, stylist, network):
        net.requires_grad_(False).eval()
    target = style_statistics(picture, network)
    contents = _contents(photos, side)
    code = first_code(stylist, picture).clone().requires_grad_(True)
    adam = torch.optim.Adam([code], 0.03, betas=(0.9, 0.98))
    tests = torch.cat([contents(n) for n in range(2)])
    with torch.no_grad():
        wanted = instance_normalised(network(tests)[2])

    def score(candidate: Tensor) -> float:
        with torch.no_grad():
            found, deep = pyramid(network, painter.paint(tests, candidate.expand(len(tests), -1)))
            return float((style_weight * style_terms(found, target)[0] + content_distance(deep, wanted)).mean())

    best, best_score = code.detach().clone(), score(code)
    average = code.detach().clone()
    rng, began, done = random.Random(0), time.monotonic(), 0
    while True:
        by_time = (time.monotonic() - began) / (60 * minutes) if minutes else 0.0
        progress = max(by_time, done / steps if steps else 0.0)
        if progress >= 1:
            break
        for group in adam.param_groups:
            group["lr"] = 0.03 * (1 - 0.95 * progress)
        photo = torch.cat([contents(rng.randrange(10_000)) for _ in range(2)])
        with torch.no_grad():
            content = instance_normalised(network(photo)[2])
        measured, deep = pyramid(network, painter.paint(photo, code.expand(2, -1)), sparse=True)
        style, distance = style_terms(measured, target)
        loss = (content_distance(deep, content) + style_weight * style).mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([code], 1.0)
        adam.step()
        average.lerp_(code.detach(), 0.1)
        done += 1
        if done % 20 == 0 or (steps and done >= steps):
            now = score(average)
            if now < best_score:
                best, best_score = average.clone(), now
        if report:
            report(progress, f"{done} steps, style {float(distance.mean()):.3f}")
    return np.asarray(best[0].numpy(), np.float32)


def _contents(folder: Path | None, side: int) -> Callable[[int], Tensor]:
    """Crop number n of the photographs in a folder, or of the drawn scene."""
    files = find_pictures(folder) if folder else []
    if files:
        photos = Photos(files, side, variants=4)
        return lambda n: photos.crop(n % (4 * len(files)))
    scene = tensor(draw_scene(side * 2))

    def crop(n: int) -> Tensor:
        rng = random.Random(n)
        y, x = rng.randrange(side + 1), rng.randrange(side + 1)
        part = scene[:, :, y : y + side, x : x + side]
        return part.flip(3) if rng.random() < 0.5 else part

    return crop
