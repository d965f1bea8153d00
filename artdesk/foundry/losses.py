"""What makes a painting good, in numbers: style, content, smoothness, steadiness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = ((1, 1.0), (2, 1.0), (4, 0.5))
"""Pyramid levels (shrinking factor, weight) at which the style is compared."""


@dataclass
class Statistics:
    """Channel means (B,C) and centred covariances (B,C,C) of each layer of each level."""

    means: list[Tensor]
    covariances: list[Tensor]

    def half(self) -> Statistics:
        """The same, in float16, for caches."""
        return Statistics([m.half() for m in self.means], [c.half() for c in self.covariances])

    def full(self) -> Statistics:
        """The same, in float32."""
        return Statistics([m.float() for m in self.means], [c.float() for c in self.covariances])


def stack(many: Sequence[Statistics]) -> Statistics:
    """One batch of statistics from several pictures."""
    return Statistics(
        [torch.cat(m) for m in zip(*(s.means for s in many), strict=True)],
        [torch.cat(c) for c in zip(*(s.covariances for s in many), strict=True)],
    )


def moments(feature: Tensor, sparse: bool = False) -> tuple[Tensor, Tensor]:
    """(B,C,H,W) -> mean (B,C), covariance (B,C,C); ``sparse`` looks at a quarter of the positions."""
    if sparse:
        i, j = (int(v) for v in torch.randint(0, 2, (2,)))
        feature = feature[:, :, i::2, j::2]
    v = feature.flatten(2).float()
    mean = v.mean(2)
    with torch.autocast(v.device.type, enabled=False):
        gram = v @ v.transpose(1, 2) / v.shape[2]
    return mean, gram - mean[:, :, None] * mean[:, None, :]


def pyramid(
    network: nn.Module, picture: Tensor, sparse: bool = False, window: tuple[int, int, int, int] | None = None
) -> tuple[Statistics, Tensor]:
    """Statistics of (B,3,H,W) at all levels, and the finest relu3_1 for the content.

    ``sparse`` samples the two large maps of the finest level, which is cheaper and as good on average.
    ``window`` (x, y, width, height), multiples of four, looks at the finest level there only: that level
    is three quarters of the work.
    """
    means: list[Tensor] = []
    covariances: list[Tensor] = []
    finest: Tensor | None = None
    for shrink, _ in LEVELS:
        layers = network(F.avg_pool2d(picture, shrink) if shrink > 1 else cut(picture, window))
        if finest is None:
            finest = layers[2]
        for depth, feature in enumerate(layers):
            m, c = moments(feature, sparse and depth < 2 and shrink == 1)
            means.append(m)
            covariances.append(c)
    assert finest is not None
    return Statistics(means, covariances), finest


def cut(picture: Tensor, window: tuple[int, int, int, int] | None) -> Tensor:
    """The part (x, y, width, height) of (B,C,H,W); ``None`` is the whole."""
    if window is None:
        return picture
    x, y, w, h = window
    return picture[:, :, y : y + h, x : x + w]


def _relative(a: Tensor, b: Tensor) -> Tensor:
    """||a - b||^2 / ||b||^2 for each item of the batch."""
    return (a - b).flatten(1).square().sum(1) / b.flatten(1).square().sum(1).clamp_min(1e-8)


def style_terms(result: Statistics, style: Statistics) -> tuple[Tensor, Tensor]:
    """(loss, distance), both (B,): what is minimised, and the plain Gram distance that is reported.

    The loss is the mean of the relative errors of means, covariances and Gram matrices: means alone
    only recolour, covariances carry the strokes.
    """
    loss = result.means[0].new_zeros(result.means[0].shape[0])
    distance = torch.zeros_like(loss)
    layers = len(result.means) // len(LEVELS)
    total = sum(weight for _, weight in LEVELS) * layers
    for i, (m, c, sm, sc) in enumerate(
        zip(result.means, result.covariances, style.means, style.covariances, strict=True)
    ):
        weight = LEVELS[i // layers][1]
        gram = _relative(c + m[:, :, None] * m[:, None, :], sc + sm[:, :, None] * sm[:, None, :])
        loss = loss + weight / total * (0.4 * _relative(m, sm) + 0.4 * _relative(c, sc) + 0.4 * gram)
        distance = distance + gram.detach() / len(result.means)
    return loss, distance


def instance_normalised(feature: Tensor) -> Tensor:
    """Features without channel means and scales, so that colour is free."""
    v = feature.float()
    mean = v.mean((2, 3), keepdim=True)
    return (v - mean) / (v.std((2, 3), keepdim=True, unbiased=False) + 1e-5)


def content_distance(result: Tensor, normalised_content: Tensor) -> Tensor:
    """(B,): 0 the same picture, 1 unrelated; the second argument is already instance-normalised."""
    return (instance_normalised(result) - normalised_content).square().flatten(1).mean(1) / 2


def total_variation(picture: Tensor) -> Tensor:
    """(B,): mean squared difference of neighbours."""
    x = (picture[:, :, :, 1:] - picture[:, :, :, :-1]).square().flatten(1).mean(1)
    y = (picture[:, :, 1:, :] - picture[:, :, :-1, :]).square().flatten(1).mean(1)
    return x + y


def flatness(photo: Tensor, painted: Tensor, cell: int = 8) -> Tensor:
    """(B,): how much broad shapes appear where the photograph has none.

    Normalisation amplifies what is hardly there (night skies break into bands); texture finer than
    ``cell`` pixels is free.
    """
    small, broad = F.avg_pool2d(photo, cell), F.avg_pool2d(painted, cell)
    total = painted.new_zeros(painted.shape[0])
    for dim in (2, 3):
        n = small.shape[dim] - 1
        was = (small.narrow(dim, 1, n) - small.narrow(dim, 0, n)).abs().amax(1, keepdim=True)
        now = (broad.narrow(dim, 1, n) - broad.narrow(dim, 0, n)).square().sum(1, keepdim=True)
        total = total + (torch.exp(-was / 0.012) * now).flatten(1).mean(1)
    return total
