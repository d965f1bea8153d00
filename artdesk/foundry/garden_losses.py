"""What a decoded picture should share with the painting it came from: places roughly, strokes exactly."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from artdesk.foundry.losses import moments
from artdesk.foundry.nets import Features


def relative(a: Tensor, b: Tensor) -> Tensor:
    """||a - b||^2 / ||b||^2 for each item of the batch."""
    return (a - b).flatten(1).square().sum(1) / b.flatten(1).square().sum(1).clamp_min(1e-8)


def shallow(features: Features, picture: Tensor) -> tuple[Tensor, Tensor]:
    """relu1_1 and relu2_1 only, which is half the work of all three."""
    one = F.relu(features.conv1_1(F.pad(picture, (1, 1, 1, 1), mode="reflect")))
    return one, features.conv2_1(F.max_pool2d(features.conv1_2(one), 2, 2, ceil_mode=True))


def texture(a: Tensor, b: Tensor) -> Tensor:
    """Relative error of channel means, covariances and Gram matrices; a and b (B,C,H,W) -> ()."""
    am, ac = moments(a)
    with torch.no_grad():
        bm, bc = moments(b)
        floor = 0.02 * bc.flatten(1).square().sum(1).mean()  # flat parts have hardly any strokes to be relative to
    cov = (ac - bc).flatten(1).square().sum(1) / (bc.flatten(1).square().sum(1) + floor + 1e-3)
    return (0.5 * relative(am, bm) + cov).mean()


def reconstruction(
    features: Features, result: Tensor, picture: Tensor, weights: dict[str, float], window: int = 64
) -> tuple[Tensor, dict[str, float]]:
    """Loss of a decoded crop against its painting, both (B,3,S,S) 0..1 with S a multiple of 16.

    Full size is compared in one window per step only, for features cost more than the decoder itself.
    """
    y, x = (int(torch.randint(0, (n - window) // 16 + 1, ())) * 16 for n in picture.shape[2:])
    part = (slice(None), slice(None), slice(y, y + window), slice(x, x + window))
    with torch.no_grad():
        t1, t2 = shallow(features, picture[part])
        _, s2, s3 = features(F.avg_pool2d(picture, 2))
    r1, r2 = shallow(features, result[part])
    _, h2, h3 = features(F.avg_pool2d(result, 2))
    low, low_target = F.avg_pool2d(result, 8), F.avg_pool2d(picture, 8)
    terms = {
        "pixels": (result - picture).abs().mean() * 4,
        "colours": (low - low_target).abs().mean() * 8,
        "fine": relative(r2, t2).mean(),
        "coarse": relative(h2, s2).mean() + relative(h3, s3).mean(),
        "texture": texture(r1, t1) + texture(r2, t2) + texture(h2, s2) + texture(h3, s3),
    }
    loss = sum((weights[k] * v for k, v in terms.items()), result.new_zeros(()))
    return loss, {k: float(v.detach()) for k, v in terms.items()}
