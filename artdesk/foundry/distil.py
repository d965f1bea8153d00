# mypy: disable-error-code="untyped-decorator,no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Our own perceptual features, distilled from VGG-19 so that training needs no download."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from artdesk.foundry.data import find_pictures, held_out, load, middle, tensor
from artdesk.foundry.losses import LEVELS, moments, pyramid, style_terms
from artdesk.foundry.nets import Features, LowRank, Vgg

Report = Callable[[float, str], None]


def _mirror(x: Tensor) -> Tensor:
    return F.pad(x, (1, 1, 1, 1), mode="reflect")


def _flat(x: Tensor) -> Tensor:
    return x.permute(1, 0, 2, 3).flatten(1)


@torch.no_grad()
def _narrow(layer: LowRank, full: nn.Conv2d, teacher: Tensor, student: Tensor) -> tuple[Tensor, Tensor]:
    """Fit one low-rank layer to a full convolution; returns both networks' features behind it.

    The narrow filters are the principal axes of the teacher's responses; the way back is least squares on
    the student's own input, so that what earlier layers lost is made up for (Zhang et al. 2016).
    """
    wanted = torch.cat([full(_mirror(t)) for t in teacher.split(8)])
    flat = _flat(wanted)
    centred = flat - flat.mean(1, keepdim=True)
    axes = torch.linalg.eigh(centred @ centred.T / flat.shape[1])[1][:, -layer.narrow.out_channels :]
    layer.narrow.weight.copy_(torch.einsum("oikl,or->rikl", full.weight, axes))
    seen = torch.cat([layer.narrow(_mirror(s)) for s in student.split(8)])
    known = torch.cat([_flat(seen), torch.ones(1, flat.shape[1])])
    gram = known @ known.T / flat.shape[1]
    gram += 1e-5 * gram.diagonal().mean() * torch.eye(gram.shape[0])
    answer = torch.linalg.solve(gram, known @ flat.T / flat.shape[1]).T
    layer.widen.weight.copy_(answer[:, :-1, None, None])
    assert layer.widen.bias is not None
    layer.widen.bias.copy_(answer[:, -1])
    return F.relu(wanted), F.relu(layer.widen(seen))


@torch.no_grad()
def compress(teacher: Vgg, pictures: Tensor, ranks: tuple[int, int, int, int] = (24, 40, 56, 80)) -> Features:
    """The features network that comes closest to VGG on ``pictures`` (N,3,H,W), in closed form."""
    net = Features(ranks)
    net.conv1_1.load_state_dict(teacher.conv1_1.state_dict())
    t = s = torch.cat([F.relu(net.conv1_1(_mirror(p))) for p in pictures.split(8)])
    for name in ("conv1_2", "conv2_1", "conv2_2", "conv3_1"):
        t, s = _narrow(getattr(net, name), getattr(teacher, name), t, s)
        if name in ("conv1_2", "conv2_2"):
            t, s = (F.max_pool2d(x, 2, 2, ceil_mode=True) for x in (t, s))
    return net


def _refine_loss(student: Features, teacher: Vgg, pictures: Tensor) -> Tensor:
    loss = pictures.new_zeros(())
    with torch.no_grad():
        wanted = teacher(pictures)
    for a, b in zip(student(pictures), wanted, strict=True):
        spread = (b - b.mean((0, 2, 3), keepdim=True)).square().mean()
        loss = loss + (a - b).square().mean() / spread
        (_, ca), (_, cb) = moments(a), moments(b)
        loss = loss + ((ca - cb).square().sum((1, 2)) / cb.square().sum((1, 2))).mean()
    return loss


def distil(
    data: Path,
    vgg: Vgg,
    *,
    minutes: float = 0.0,
    count: int = 96,
    side: int = 160,
    start: Features | None = None,
    report: Report | None = None,
) -> Features:
    """A features network for a data folder: closed form first, then ``minutes`` of refinement by gradient.

    The pictures (photographs and paintings) are those that are not held out.
    """
    files = [p for p in find_pictures(data) if not held_out(p)]
    if not files:
        raise FileNotFoundError(data)
    rng = random.Random(5)
    vgg.requires_grad_(False).eval()

    def crops(n: int) -> Tensor:
        chosen = rng.choices(files, k=n) if len(files) < n else rng.sample(files, n)
        scales = [rng.choice((side, round(side * 1.4), side * 2)) for _ in chosen]
        return torch.cat([tensor(middle(load(p, k), side, rng)) for p, k in zip(chosen, scales, strict=True)])

    net = start or compress(vgg, crops(count))
    if minutes <= 0:
        return net.requires_grad_(False).eval()
    net.requires_grad_(True)
    net.conv1_1.requires_grad_(False)
    trained = [p for p in net.parameters() if p.requires_grad]
    adam = torch.optim.Adam(trained, 3e-4, betas=(0.9, 0.98))
    began, steps = time.monotonic(), 0
    while (progress := (time.monotonic() - began) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = 3e-4 * min(1.0, (steps + 1) / 20) * (1 - progress) + 1e-6
        loss = _refine_loss(net, vgg, crops(4))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        adam.step()
        steps += 1
        if report and steps % 10 == 0:
            report(progress, f"{steps} steps, loss {float(loss.detach()):.4f}")
    return net.requires_grad_(False).eval()


@torch.no_grad()
def agreement(net: Features, vgg: Vgg, files: Sequence[Path], pairs: int = 60, short: int = 192) -> dict[str, float]:
    """How well style distances by our features follow those by VGG: over ``pairs`` random pairs of pictures,
    ``correlation`` of the logarithms, ``rank`` correlation (Spearman) and mean relative ``error``."""
    rng = random.Random(1)
    chosen = rng.sample(list(files), min(len(files), 24))
    measured = []
    for path in chosen:
        x = tensor(load(path, short))
        measured.append((pyramid(net, x)[0], pyramid(vgg, x)[0]))
    ours, theirs = [], []
    for _ in range(pairs):
        a, b = rng.sample(measured, 2)
        ours.append(float(style_terms(a[0], b[0])[1]))
        theirs.append(float(style_terms(a[1], b[1])[1]))
    x, y = np.log(ours), np.log(theirs)
    ranks = [np.argsort(np.argsort(v)) for v in (x, y)]
    return {
        "pairs": float(pairs),
        "levels": float(len(LEVELS)),
        "correlation": float(np.corrcoef(x, y)[0, 1]),
        "rank": float(np.corrcoef(ranks[0], ranks[1])[0, 1]),
        "error": float(np.mean(np.abs(np.exp(x - y) - 1))),
    }
