# mypy: disable-error-code="misc"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""What a training is made of: the recipe's numbers and the networks that learn together."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch
from torch import nn

from artdesk.foundry.nets import CODE_SIZE, Painter, Stylist


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training; the defaults are those of the longest part of the models that ship."""

    batch: int = 4
    stylist_share: float = 0.08
    style_weight: float = 5.0
    style_goal: float = 0.085
    content_goal: float = 0.36
    smoothness: float = 0.3
    flatness: float = 8.0
    steadiness: float = 20.0
    steadiness_share: float = 0.1
    identity_every: int = 4
    teach_share: float = 0.35
    muon: float = 0.005
    adam: float = 1e-3
    code_rate: float = 2e-3
    warmup: int = 60
    decay_from: float = 0.6
    """Share of the training after which the rates fall: nearly all of the gain comes with the fall."""
    ema: float = 0.998
    live_share: float = 0.22
    threads: int = 2
    window: int = 96
    """Side, in px, of the part at which the finest level is compared; 0 is the whole crop."""
    device: str = "cpu"
    bfloat16: bool = False


@dataclass(frozen=True)
class Plan:
    """What one step does, for all threads alike."""

    live: bool
    steadiness: bool
    teach: bool


@dataclass(frozen=True)
class Order:
    """One thread's share: its dice, its bundled styles, how many paintings beside them."""

    rng: random.Random
    own: list[int]
    borrowed: int
    first: bool


class Nets(nn.Module):
    """Everything that is trained, as one module, so that one checkpoint and one average hold it."""

    def __init__(self, painter: Painter, live: Painter, stylist: Stylist, styles: int) -> None:
        super().__init__()
        self.painter, self.live, self.stylist = painter, live, stylist
        # The last row is the identity code.
        self.codes = nn.Parameter(torch.randn(styles + 1, CODE_SIZE, generator=torch.Generator().manual_seed(7)))


def fast_bfloat16(device: str) -> bool:
    """Whether the device computes bfloat16 in hardware, so that autocast is a gain."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in checks)


def recipe_for(device: str, recipe: Recipe | None = None) -> Recipe:
    """The recipe adapted to a device: one thread and larger batches where a GPU does the work."""
    base = recipe or Recipe()
    if device.startswith("cuda"):
        base = replace(base, threads=1, batch=max(8, base.batch))
    return replace(base, device=device, bfloat16=fast_bfloat16(device))
