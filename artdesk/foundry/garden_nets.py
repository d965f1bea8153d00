# mypy: disable-error-code="misc"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The picture auto-encoder of the garden: small convolutions between a picture and a map of numbers.

A picture of side S becomes a latent (16 channels, S/16 x S/16) and back. Everything is convolutional, so
that the networks learn from crops and work on whole pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LATENT = 16
"""Channels of the latent map."""
SHRINK = 16
"""How many pixels, each way, one position of the latent stands for."""
SIDE = 256
"""Side, in pixels, of the pictures the garden shows."""
CELLS = SIDE // SHRINK
"""Side of the latent map of such a picture."""


def level(x: Tensor) -> Tensor:
    """Bring the channels of every position to unit mean square; (B,C,H,W) -> the same."""
    return x * (x.square().mean(1, keepdim=True) + 1e-4).rsqrt()


class Step(nn.Module):
    """Residual pair of 3x3 convolutions whose branch starts at a tenth of its strength."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.relu(self.first(level(x))))
        return out


@dataclass(frozen=True)
class Widths:
    """Channels at a sixteenth, an eighth, a quarter and half of the side, and steps at each of the first three."""

    sixteenth: int = 160
    eighth: int = 112
    quarter: int = 64
    half: int = 32
    steps: tuple[int, int, int] = (2, 2, 1)


class Encoder(nn.Module):
    """Picture (B,3,S,S) 0..1 -> mean and log variance of its latent, (B,16,S/16,S/16) each."""

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        w = widths or Widths(160, 112, 56)
        self.stem = nn.Conv2d(48, w.quarter, 3, padding=1)
        self.quarter = Step(w.quarter)
        self.to_eighth = nn.Conv2d(w.quarter, w.eighth, 4, 2, 1)
        self.eighth = Step(w.eighth)
        self.to_sixteenth = nn.Conv2d(w.eighth, w.sixteenth, 4, 2, 1)
        self.sixteenth = Step(w.sixteenth)
        self.out = nn.Conv2d(w.sixteenth, 2 * LATENT, 3, padding=1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        x = self.quarter(self.stem(F.pixel_unshuffle(picture * 2 - 1, 4)))
        x = self.eighth(self.to_eighth(x))
        x = self.sixteenth(self.to_sixteenth(x))
        both = self.out(level(x) * 1.0)
        return both[:, :LATENT], (both[:, LATENT:] - 2.0).clamp(-8.0, 2.0)


class Decoder(nn.Module):
    """Latent (B,16,h,w) -> picture (B,3,16h,16w), about 0..1 (not clipped, so that gradients pass)."""

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        w = widths or Widths()
        self.stem = nn.Conv2d(LATENT, w.sixteenth, 3, padding=1)
        self.sixteenth = nn.Sequential(*(Step(w.sixteenth) for _ in range(w.steps[0])))
        self.to_eighth = nn.Conv2d(w.sixteenth, w.eighth, 3, padding=1)
        self.eighth = nn.Sequential(*(Step(w.eighth) for _ in range(w.steps[1])))
        self.to_quarter = nn.Conv2d(w.eighth, w.quarter, 3, padding=1)
        self.quarter = nn.Sequential(*(Step(w.quarter) for _ in range(w.steps[2])))
        self.to_half = nn.Conv2d(w.quarter, w.half, 3, padding=1)
        self.out = nn.Conv2d(w.half, 12, 3, padding=1)
        with torch.no_grad():
            # The four phases of the depth-to-space start alike, which leaves no two-pixel grid.
            self.out.weight.copy_((self.out.weight[::4] * 0.3).repeat_interleave(4, 0))
            assert self.out.bias is not None
            self.out.bias.zero_()

    def forward(self, latent: Tensor) -> Tensor:
        x = self.sixteenth(self.stem(latent))
        x = self.eighth(self.to_eighth(_double(x)))
        x = self.quarter(self.to_quarter(_double(x, "bilinear")))
        # Repeated cells would show as a weave over every smooth sky; the last two steps are therefore smooth.
        x = F.relu(self.to_half(_double(level(x), "bilinear")))
        return F.pixel_shuffle(self.out(x), 2) + 0.5


def _double(x: Tensor, mode: str = "nearest") -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode=mode, align_corners=None if mode == "nearest" else False)


class AutoEncoder(nn.Module):
    """Encoder and decoder; ``mean`` and ``scale`` (1,16,1,1) bring latents to zero mean and unit variance.

    They are measured once, when the encoder is frozen; until then they do nothing.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        self.encoder = Encoder(None if widths is None else widths)
        self.decoder = Decoder(widths)
        self.register_buffer("mean", torch.zeros(1, LATENT, 1, 1))
        self.register_buffer("scale", torch.ones(1, LATENT, 1, 1))

    def encode(self, picture: Tensor) -> Tensor:
        """The standardised latent of a picture, without noise."""
        out: Tensor = (self.encoder(picture)[0] - self.mean) / self.scale
        return out

    def decode(self, latent: Tensor) -> Tensor:
        """The picture of a standardised latent, within 0..1."""
        out: Tensor = self.decoder(latent * self.scale + self.mean)
        return out.clamp(0.0, 1.0)
