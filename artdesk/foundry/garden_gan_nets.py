# mypy: disable-error-code="misc"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The generating networks of the garden: from random numbers to a latent map, and the critic that judges it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from artdesk.foundry.garden_nets import CELLS, LATENT, level

GRAIN = 8
"""Channels of the fixed noise."""
W_SIZE = 192
"""Length of the style vector of the generator; people wander in this space. z is as long."""


class Mapping(nn.Module):
    """Random numbers (B,W) and a class (B,L) one-hot -> style vector (B,W).

    The Gaussian of each class: ``centres`` (L,W) and ``roots`` (L,W,W) of its covariance.
    """

    centres: Tensor
    roots: Tensor

    def __init__(self, labels: int, size: int = W_SIZE) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(labels, size))
        self.register_buffer("roots", torch.eye(size).repeat(labels, 1, 1))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return label @ self.centres + torch.einsum("bi,bl,lij->bj", z, label, self.roots)


class StyledConv(nn.Module):
    """3x3 convolution of levelled channels that the style scales first; (B,i,h,w), (B,W) -> (B,o,h,w)."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.style = nn.Linear(size, inputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        with torch.no_grad():
            self.style.weight.mul_(0.5)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = level(x) * (1 + self.style(w))[:, :, None, None]
        return F.leaky_relu(self.conv(x), 0.2)


class Synthesis(nn.Module):
    """Style vector (B,W) -> standardised latent map (B,16,16,16).

    A dense layer, which starts as the principal components of the paintings' latents, lays out the picture;
    convolutions at 16x16, 8x8 and 4x4 cells and back add what the components leave out. ``grain`` tells one
    place from another, or smooth parts would be filled with the same stroke again and again; it is the same in
    every picture, so the same numbers always give the same picture.
    """

    grain: Tensor

    def __init__(self, size: int = W_SIZE, widths: tuple[int, int, int] = (96, 128, 160)) -> None:
        super().__init__()
        a, b, c = widths
        self.dense = nn.Linear(size, LATENT * CELLS * CELLS)
        self.register_buffer("grain", torch.randn(1, GRAIN, CELLS, CELLS, generator=torch.Generator().manual_seed(9)))
        self.stem = nn.Conv2d(LATENT + GRAIN, a, 3, padding=1)
        self.down16 = StyledConv(a, a, size)
        self.down8 = StyledConv(a, b, size)
        self.down4 = StyledConv(b, c, size)
        self.deep = StyledConv(c, c, size)
        self.up8 = StyledConv(c, b, size)
        self.mix8 = StyledConv(b, b, size)
        self.up16 = StyledConv(b, a, size)
        self.mix16 = StyledConv(a, a, size)
        self.out = nn.Conv2d(a, LATENT, 3, padding=1)
        with torch.no_grad():
            self.out.weight.mul_(0.2)

    def forward(self, w: Tensor) -> Tensor:
        base = self.base(w)
        grain = self.grain.expand(base.shape[0], -1, -1, -1)
        x16 = self.down16(F.leaky_relu(self.stem(torch.cat([base, grain], 1)), 0.2), w)
        x8 = self.down8(F.avg_pool2d(x16, 2), w)
        x4 = self.deep(self.down4(F.avg_pool2d(x8, 2), w), w)
        x8 = self.mix8(x8 + _larger(self.up8(x4, w)), w)
        x16 = self.mix16(x16 + _larger(self.up16(x8, w)), w)
        out: Tensor = base + self.out(level(x16))
        return out

    def base(self, w: Tensor) -> Tensor:
        """What the components alone lay out, (B,W) -> (B,16,16,16)."""
        out: Tensor = self.dense(w).reshape(-1, LATENT, CELLS, CELLS)
        return out


class Generator(nn.Module):
    """Mapping and synthesis, as one thing to average and to keep."""

    def __init__(self, labels: int, size: int = W_SIZE, widths: tuple[int, int, int] = (96, 128, 160)) -> None:
        super().__init__()
        self.size = size
        self.mapping = Mapping(labels, size)
        self.synthesis = Synthesis(size, widths)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        out: Tensor = self.synthesis(self.mapping(z, label))
        return out


def _larger(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Critic(nn.Module):
    """How well a latent map completes what components laid out: twice (B,16,16,16), (B,L) one-hot -> (B,65).

    The first score is of the whole, by a projection on the class (Miyato and Koyama 2018), the other 64 are of
    places. The deepest layer also sees how much the batch varies, in groups of four.
    """

    def __init__(self, labels: int, widths: tuple[int, int, int] = (80, 144, 224)) -> None:
        super().__init__()
        a, b, c = widths
        self.stem = nn.Conv2d(2 * LATENT, a, 3, padding=1)
        self.first = nn.Conv2d(a, a, 3, padding=1)
        self.to_eight = nn.Conv2d(a, b, 3, padding=1)
        self.second = nn.Conv2d(b, b, 3, padding=1)
        self.place = nn.Conv2d(b, 1, 1)
        self.to_four = nn.Conv2d(b, c, 3, padding=1)
        self.third = nn.Conv2d(c + 1, c, 3, padding=1)
        self.flat = nn.Linear(c * (CELLS // 4) ** 2, 256)
        self.out = nn.Linear(256, 1)
        self.label = nn.Linear(labels, 256, bias=False)

    def forward(self, both: Tensor, label: Tensor) -> Tensor:
        """``both`` (B,32,16,16): the latent and, after it, its base."""
        x = F.leaky_relu(self.stem(both), 0.2)
        x = x + F.leaky_relu(self.first(x), 0.2)
        x = F.leaky_relu(self.to_eight(F.avg_pool2d(x, 2)), 0.2)
        x = x + F.leaky_relu(self.second(x), 0.2)
        places = self.place(x).flatten(1)
        x = F.leaky_relu(self.to_four(F.avg_pool2d(x, 2)), 0.2)
        x = F.leaky_relu(self.third(torch.cat([x, _variety(x)], 1)), 0.2)
        h = F.leaky_relu(self.flat(x.flatten(1)), 0.2)
        whole = self.out(h) + (h * self.label(label)).sum(1, keepdim=True) / 16
        return torch.cat([whole, places], 1)


def _variety(x: Tensor, group: int = 4) -> Tensor:
    """Mean deviation over groups of the batch as one more channel (B,1,h,w) (Karras et al. 2018)."""
    b, _, h, w = x.shape
    g = group if b % group == 0 else b
    if g < 2:
        return x.new_zeros(b, 1, h, w)
    y = x.reshape(g, b // g, -1)
    y = (y.var(0, unbiased=False) + 1e-6).sqrt().mean(1)
    return y.repeat(g)[:, None, None, None].expand(b, 1, h, w)
