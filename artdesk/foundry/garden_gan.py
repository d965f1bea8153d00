# mypy: disable-error-code="misc,no-any-return,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Training the generator of latents against a critic; tiny maps make this affordable without a GPU.

The generator completes what a painting's principal components lay out; the critic compares that with the painting
itself, seeing the components too (Isola et al. 2017). Drawn components then give pictures nobody painted.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.garden_data import CLASSES
from artdesk.foundry.garden_gan_nets import W_SIZE, Critic, Generator
from artdesk.foundry.garden_latents import Latents
from artdesk.foundry.garden_nets import CELLS, AutoEncoder
from artdesk.foundry.garden_prior import GaussianPrior, fit_prior
from artdesk.foundry.garden_run import Numbers, Trainer, mosaic


@dataclass(frozen=True)
class GanRecipe:
    """The numbers of the training; the defaults are those of the models that ship."""

    batch: int = 24
    adam: float = 4e-4
    critic_adam: float = 4e-4
    near: float = 1.0
    """Weight of the distance from the painting whose components are completed."""
    penalty: float = 1.0
    penalty_every: int = 3
    head_start: int = 20
    """Steps in which only the critic learns."""
    augment: float = 0.6
    """Share of items that are shifted, and again that are cut, before the critic sees them."""
    ema: float = 0.998
    decay_from: float = 0.7


class Pair(nn.Module):
    """Generator and critic, kept together."""

    def __init__(self, labels: int = len(CLASSES), size: int = W_SIZE) -> None:
        super().__init__()
        self.generator = Generator(labels, size)
        self.critic = Critic(labels)


@torch.no_grad()
def start_gaussian(nets: Sequence[Generator], latents: Latents) -> None:
    """Let generators start as the Gaussian of each class over the latents' principal components."""
    views = latents.maps.shape[1]
    x = torch.cat([latents.middle(v) for v in range(views)])
    labels = latents.labels.repeat(views)
    fitted: GaussianPrior | None = None
    for net in nets:
        if fitted is None or fitted.basis.shape[0] != net.size:
            fitted = fit_prior(x, labels, len(net.mapping.centres), net.size)
        net.mapping.centres.copy_(fitted.centres)
        net.mapping.roots.copy_(fitted.roots)
        net.synthesis.dense.weight.copy_(fitted.basis.T)
        net.synthesis.dense.bias.copy_(fitted.mean[0])


def augment(x: Tensor, share: float) -> Tensor:
    """Shift by up to three cells and cut a hole, differentiably (Zhao et al. 2020); (B,16,h,w) -> the same."""
    b, _, h, w = x.shape
    moved = (torch.rand(b) < share).float()[:, None, None]
    shift = (torch.rand(b, 2) * 2 - 1) * 6.0 / torch.tensor([w, h])
    grid = F.affine_grid(torch.eye(2, 3).repeat(b, 1, 1), [b, 1, h, w], align_corners=False)
    cells = torch.tensor([w / 2, h / 2])
    whole = (shift * cells).round() / cells  # whole cells only: resampling would blur, and blur would leak
    x = F.grid_sample(x, grid + (whole * moved[:, 0])[:, None, None], mode="nearest", align_corners=False)
    cut = torch.rand(b) < share * 0.6
    at = torch.randint(-h // 4, h * 3 // 4 + 1, (b, 2))
    rows, columns = torch.arange(h)[None], torch.arange(w)[None]
    inside_y = (rows >= at[:, :1]) & (rows < at[:, :1] + h // 2)
    inside_x = (columns >= at[:, 1:]) & (columns < at[:, 1:] + w // 2)
    hole = inside_y[:, None, :, None] & inside_x[:, None, None, :] & cut[:, None, None, None]
    return x * (~hole).float()


class GanTrainer(Trainer):
    """Relativistic pairing loss with gradient penalties on both sides (Huang et al. 2024)."""

    def __init__(
        self, pair: Pair, ae: AutoEncoder, latents: Latents, recipe: GanRecipe | None = None, seed: int = 0
    ) -> None:
        self.recipe = r = recipe or GanRecipe()
        # Paintings can be brought to their components only while the layer that lays them out does not learn.
        pair.generator.synthesis.dense.requires_grad_(False)
        super().__init__(pair, ema=r.ema, decay_from=r.decay_from)
        self.pair, self.ae, self.latents = pair, ae.eval().requires_grad_(False), latents
        self.rng = random.Random(seed)
        for net, rate in ((pair.generator, r.adam), (pair.critic, r.critic_adam)):
            adam = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], rate, betas=(0.5, 0.98))
            adam.param_groups[0]["start"] = rate
            self.optimisers.append(adam)
        g = torch.Generator().manual_seed(5)
        self.shown = torch.randn(64, pair.generator.size, generator=g)
        self.shown_labels = one_hot(torch.arange(64) // 8 % len(CLASSES))

    def step(self, progress: float) -> Numbers:
        """One step of the critic and one of the generator; see ``Trainer``."""
        r, pair = self.recipe, self.pair
        real, numbers = self.latents.batch(r.batch, self.rng)
        labels = one_hot(numbers)
        w = components(pair.generator, real)
        base, fake = pair.generator.synthesis.base(w), pair.generator.synthesis(w)
        # The critic's turn; it sees a painting and what was made of its components beside these.
        pair.critic.requires_grad_(True)
        both = augment(torch.cat([torch.cat([x, base], 1) for x in (real, fake.detach())]), r.augment)
        scores = pair.critic(both, labels.repeat(2, 1))
        loss = paired(scores[: r.batch], scores[r.batch :])
        self.optimisers[1].zero_grad(set_to_none=True)
        loss.backward()
        slope = 0.0
        if self.steps % r.penalty_every == 0:
            half = r.batch // 2
            some = torch.cat([both[:half], both[r.batch : r.batch + half]]).detach().requires_grad_(True)
            out = pair.critic(some, labels[:half].repeat(2, 1))
            (grad,) = torch.autograd.grad(out[:, 0].sum() + out[:, 1:].mean(1).sum(), some, create_graph=True)
            penalty = grad.square().flatten(1).sum(1).mean()
            (penalty * (r.penalty * r.penalty_every)).backward()
            slope = float(penalty.detach()) * r.penalty_every
        self._step(1, pair.critic)
        # The generator's turn, once the critic has had a look at where it starts.
        pair.critic.requires_grad_(False)
        fake_scores = pair.critic(augment(torch.cat([fake, base], 1), r.augment), labels)
        made = paired(fake_scores, scores[: r.batch].detach())
        near = (fake - real).abs().mean()
        if not math.isfinite(float(made.detach()) + float(loss.detach())):
            return dict.fromkeys(["loss", "critic", "gap", "slope", "near", "deviation"], float("nan"))
        if self.steps >= r.head_start:
            self.optimisers[0].zero_grad(set_to_none=True)
            (made + r.near * near).backward()
            self._step(0, pair.generator)
        return {
            "loss": float(made.detach()),
            "critic": float(loss.detach()),
            "gap": float((scores[: r.batch, 0] - scores[r.batch :, 0]).detach().mean()),
            "slope": slope,
            "near": float(near.detach()),
            "deviation": float(fake.detach().std(0, unbiased=False).mean()),
        }

    def _step(self, side: int, net: nn.Module) -> None:
        nn.utils.clip_grad_norm_([p for p in net.parameters() if p.grad is not None], 5.0)
        self.optimisers[side].step()

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Sixty-four fixed draws, one class a row, at half size."""
        pair = self.average
        assert isinstance(pair, Pair)
        latent = pair.generator(self.shown, self.shown_labels)
        return mosaic([F.avg_pool2d(self.ae.decode(x[None]), 2)[0] for x in latent], 8)


def components(net: Generator, latents: Tensor) -> Tensor:
    """What the generator's dense layer needs to come nearest to latents (B,16,16,16) -> (B,W).

    Exact because that layer, whose columns are at right angles, does not learn.
    """
    dense = net.synthesis.dense
    out: Tensor = (latents.flatten(1) - dense.bias) @ (dense.weight / dense.weight.square().sum(0).clamp_min(1e-6))
    return out


def paired(better: Tensor, worse: Tensor) -> Tensor:
    """Relativistic loss of scores (B,1+P) that should be higher than others; the whole weighs as much as all places."""
    gap = F.softplus(worse - better)
    return gap[:, 0].mean() + gap[:, 1:].mean()


def one_hot(labels: Tensor) -> Tensor:
    """Class numbers (B,) -> (B,L) float32."""
    return F.one_hot(labels, len(CLASSES)).float()


assert CELLS == 16, "the synthesis grows from 4 to 16 cells"
