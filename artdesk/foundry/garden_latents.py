# mypy: disable-error-code="misc,no-any-return,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Latents of all paintings, computed once, and what is measured on them."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from artdesk.foundry.garden_data import PAINTINGS, Album, open_album
from artdesk.foundry.garden_nets import CELLS, SHRINK, AutoEncoder

LATENTS = "latents.pt"
MARGIN = 2
"""Cells more, each way, than a latent needs, so that every look can be shifted."""


@dataclass
class Latents:
    """Standardised latents (N,V,16,18,18) float16 of N paintings in V views, and their classes (N,).

    ``mean`` and ``scale`` (1,16,1,1) are what they were standardised with.
    """

    maps: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor

    def batch(self, count: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """Random paintings, views and shifts: (count,16,16,16) and class numbers (count,)."""
        out = []
        numbers = [rng.randrange(len(self.labels)) for _ in range(count)]
        for n in numbers:
            y, x = rng.randint(0, MARGIN), rng.randint(0, MARGIN)
            out.append(self.maps[n, rng.randrange(self.maps.shape[1]), :, y : y + CELLS, x : x + CELLS])
        return torch.stack(out).float(), self.labels[numbers]

    def middle(self, view: int = 0) -> Tensor:
        """The same part of one view of every painting, (N,16,16,16)."""
        m = MARGIN // 2
        return self.maps[:, view, :, m : m + CELLS, m : m + CELLS].float()

    def save(self, path: Path) -> None:
        """Write all tensors."""
        temporary = path.with_name(path.name + ".new")
        torch.save(vars(self), temporary)
        os.replace(temporary, path)


def load_latents(path: Path) -> Latents:
    """Read what ``Latents.save`` wrote; a file with code in it is refused."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    return Latents(kept["maps"], kept["labels"], kept["mean"], kept["scale"])


@torch.no_grad()
def encode_album(ae: AutoEncoder, album: Album, views: int = 4) -> Latents:
    """Latents of every picture in several views. The auto-encoder's mean and scale must be measured before."""
    side = (CELLS + MARGIN) * SHRINK
    rows = []
    for number in range(len(album)):
        x = torch.stack([album.view(number, side, v) for v in range(views)])
        rows.append(ae.encode(x.contiguous(memory_format=torch.channels_last)).contiguous().half())
    return Latents(torch.stack(rows), torch.tensor(album.labels), ae.mean.clone(), ae.scale.clone())


@torch.no_grad()
def standardise(ae: AutoEncoder, album: Album, count: int = 400) -> None:
    """Measure mean and scale of the latent's channels over some paintings and keep them in ``ae``."""
    ae.mean.zero_()
    ae.scale.fill_(1.0)
    step = max(1, len(album) // count)
    x = torch.cat([ae.encode(album.view(n, 256)[None]) for n in range(0, len(album), step)])
    ae.mean.copy_(x.mean((0, 2, 3))[None, :, None, None])
    ae.scale.copy_(x.std((0, 2, 3))[None, :, None, None].clamp_min(1e-3))


def load_auto_encoder(path: Path) -> AutoEncoder:
    """The averaged auto-encoder of a checkpoint; a file with code in it is refused."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    ae = AutoEncoder()
    ae.load_state_dict(kept["average"])
    return ae.requires_grad_(False).eval().to(memory_format=torch.channels_last)


def latents_of(ae: AutoEncoder, data: Path, path: Path) -> Latents:
    """Latents of all paintings below ``data`` that are not held out, from ``path`` where they are kept already.

    The auto-encoder is given the mean and scale they are standardised with.
    """
    if path.exists():
        latents = load_latents(path)
        ae.mean.copy_(latents.mean)
        ae.scale.copy_(latents.scale)
        return latents
    album = open_album(data, PAINTINGS, False)
    if float(ae.scale.std()) == 0:
        standardise(ae, album)
    latents = encode_album(ae, album)
    path.parent.mkdir(parents=True, exist_ok=True)
    latents.save(path)
    return latents
