# mypy: disable-error-code="untyped-decorator,no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Getting a training on its feet: loss networks, the stylist's frame of reference, the data folder."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from artdesk.foundry.data import Paintings, Photos, find_pictures, held_out, load, middle, tensor
from artdesk.foundry.nets import STYLIST_SIDE, Features, Stylist, Vgg, live_painter, quality_painter
from artdesk.foundry.recipe import Nets


def load_vgg(path: Path) -> Vgg:
    """The VGG-19 encoder from an ``.npz``; objects in the file are refused."""
    with np.load(path, allow_pickle=False) as arrays:
        return Vgg({name: torch.from_numpy(arrays[name]) for name in arrays.files})


@torch.no_grad()
def frame_stylist(stylist: Stylist, files: list[Path], count: int = 96) -> None:
    """Choose the stylist's covariance axes and its input scaling from some paintings."""
    chosen = random.Random(3).sample(files, min(count, len(files)))
    squares = []
    for path in chosen:
        side = STYLIST_SIDE
        squares.append(tensor(middle(load(path, side), side).resize((side, side), Image.Resampling.BOX)))
    sums = {"turn2": torch.zeros(128, 128), "turn3": torch.zeros(256, 256)}
    for x in squares[:48]:
        _, two, three = stylist.features(x)
        for name, f in (("turn2", two), ("turn3", three)):
            v = f[0].flatten(1)
            v = v - v.mean(1, keepdim=True)
            sums[name] += v @ v.T / v.shape[1]
    for name, total in sums.items():
        conv: nn.Conv2d = getattr(stylist, name)
        values, vectors = torch.linalg.eigh(total / max(1, len(squares[:48])))
        rank = conv.weight.shape[0]
        axes = vectors[:, -rank:] / (values[-rank:].clamp_min(1e-6).sqrt())
        conv.weight.copy_(axes.T[:, :, None, None])
    described = torch.cat([stylist.describe(x) for x in squares])
    stylist.centre.copy_(described.mean(0, keepdim=True))
    stylist.scale.copy_(1 / (described.std(0, keepdim=True) + 1e-3))


def open_data(data: Path, side: int) -> tuple[Photos, Paintings | None]:
    """``photos/`` and ``paintings*/`` of a data folder, without the files held out for tests."""
    photos = [p for p in find_pictures(data / "photos") if not held_out(p)]
    if not photos:
        raise FileNotFoundError(data / "photos")
    paintings = [p for f in sorted(data.glob("paintings*")) for p in find_pictures(f) if not held_out(p)]
    return Photos(photos, side), Paintings(paintings) if paintings else None


def fresh_nets(features: Features, styles: int, paintings: list[Path]) -> Nets:
    """New networks for a number of styles; the stylist looks through ``features``."""
    stylist = Stylist(features)
    if paintings:
        frame_stylist(stylist, paintings)
    nets = Nets(quality_painter(), live_painter(), stylist, styles)
    return nets.to(memory_format=torch.channels_last)
