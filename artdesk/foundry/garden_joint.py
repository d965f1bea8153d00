# mypy: disable-error-code="misc,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Prior and decoder together: from a painting's few components to a picture with its strokes.

The components hold the composition and its colours only. What they leave out is invented by the prior's
convolutions, which are asked for the texture of the very painting, not for its every line.
"""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.garden_data import CLASSES, Album
from artdesk.foundry.garden_gan import components, one_hot
from artdesk.foundry.garden_gan_nets import W_SIZE, Generator
from artdesk.foundry.garden_latents import MARGIN, Latents
from artdesk.foundry.garden_losses import reconstruction
from artdesk.foundry.garden_nets import CELLS, SHRINK, AutoEncoder
from artdesk.foundry.garden_run import Numbers, Trainer, mosaic
from artdesk.foundry.nets import Features


@dataclass(frozen=True)
class JointRecipe:
    """The numbers of the training; the defaults are those of the models that ship."""

    batch: int = 8
    """Half of it shows paintings through their latents, half through their components."""
    threads: int = 2
    cells: int = 8
    """Side, in cells, of the part of a picture that is decoded and compared."""
    noise: float = 0.25
    muon: float = 0.012
    decoder_muon: float = 0.005
    adam: float = 1.5e-3
    near: float = 0.3
    """Weight of the distance of latents, for the half that starts from components."""
    exact: dict[str, float] = field(
        default_factory=lambda: {"pixels": 1.0, "colours": 1.0, "fine": 0.3, "coarse": 0.5, "texture": 1.0}
    )
    free: dict[str, float] = field(
        default_factory=lambda: {"pixels": 0.2, "colours": 0.7, "fine": 0.0, "coarse": 0.15, "texture": 1.0}
    )


class Joint(nn.Module):
    """The auto-encoder and its prior, kept together."""

    def __init__(self, ae: AutoEncoder | None = None, labels: int = len(CLASSES), size: int = W_SIZE) -> None:
        super().__init__()
        self.ae = ae or AutoEncoder()
        self.prior = Generator(labels, size)


class JointTrainer(Trainer):
    """Learns from the same views of whole paintings as their kept latents show."""

    def __init__(
        self,
        joint: Joint,
        features: Features,
        paintings: Album,
        latents: Latents,
        recipe: JointRecipe | None = None,
        seed: int = 0,
    ) -> None:
        if len(paintings) != len(latents.labels):
            raise ValueError("The latents are of other paintings.")
        joint.requires_grad_(True)
        joint.ae.encoder.requires_grad_(False)
        joint.prior.synthesis.dense.requires_grad_(False)
        super().__init__(joint)
        self.joint, self.paintings, self.latents = joint, paintings, latents
        self.recipe = r = recipe or JointRecipe()
        self.features = features.requires_grad_(False).eval().to(memory_format=torch.channels_last)
        self.rng = random.Random(seed)
        self.learning = [
            self.optimise(joint.prior.synthesis, r.muon, r.adam, ("out",)),
            self.optimise(joint.ae.decoder, r.decoder_muon, r.adam / 2, ("out",)),
        ]
        self.parameters = [p for group in self.learning for p in group]
        self.pool = ThreadPoolExecutor(r.threads)
        g = torch.Generator().manual_seed(5)
        self.shown = torch.randn(48, joint.prior.size, generator=g)
        self.shown_labels = one_hot(torch.arange(48) // 6 % len(CLASSES))

    def step(self, progress: float) -> Numbers:
        """One batch of parts of paintings; see ``Trainer``.

        Every thread has its own share of the batch and meets the others once a step: threads that meet in
        every operation are held up by whatever else runs on the same cores.
        """
        r = self.recipe
        seeds = [self.rng.random() for _ in range(r.threads)]
        parts = list(self.pool.map(self._part, seeds))
        mean = {k: sum(numbers[k] for _, numbers in parts) / len(parts) for k in parts[0][1]}
        if not math.isfinite(mean["loss"]):
            return dict.fromkeys(mean, float("nan"))
        with torch.no_grad():
            for i, p in enumerate(self.parameters):
                found = [grads[i] for grads, _ in parts if grads[i] is not None]
                p.grad = torch.stack(found).mean(0) if found else None
        for group in self.learning:
            nn.utils.clip_grad_norm_([p for p in group if p.grad is not None], 1.0)
        for o in self.optimisers:
            o.step()
        return mean

    def _part(self, seed: float) -> tuple[tuple[Tensor | None, ...], Numbers]:
        """Gradients of one thread's share, and its numbers."""
        torch.set_num_threads(1)
        r, ae, rng = self.recipe, self.joint.ae, random.Random(seed)
        count = max(2, r.batch // r.threads)
        maps, parts, corners = [], [], []
        for _ in range(count):
            n, v = rng.randrange(len(self.paintings)), rng.randrange(self.latents.maps.shape[1])
            top, left = rng.randint(0, MARGIN), rng.randint(0, MARGIN)
            y, x = (rng.randint(0, CELLS - r.cells) for _ in range(2))
            maps.append(self.latents.maps[n, v, :, top : top + CELLS, left : left + CELLS].float())
            view = self.paintings.view(n, (CELLS + MARGIN) * SHRINK, v)
            at, to, side = (top + y) * SHRINK, (left + x) * SHRINK, r.cells * SHRINK
            parts.append(view[:, at : at + side, to : to + side])
            corners.append((y, x))
        real = torch.stack(maps)
        pictures = torch.stack(parts).contiguous(memory_format=torch.channels_last)
        half = count // 2
        made = self.joint.prior.synthesis(components(self.joint.prior, real[:half]))
        noisy = real[half:] + torch.randn_like(real[half:]) * (r.noise * rng.random())
        cut = [
            m[:, y : y + r.cells, x : x + r.cells] for m, (y, x) in zip(torch.cat([made, noisy]), corners, strict=True)
        ]
        shown = ae.decoder(torch.stack(cut) * ae.scale + ae.mean)
        free, loose = reconstruction(self.features, shown[:half], pictures[:half], r.free)
        exact, tight = reconstruction(self.features, shown[half:], pictures[half:], r.exact)
        near = (made - real[:half]).abs().mean()
        loss = free + exact + r.near * near
        numbers = {
            "loss": float(loss.detach()),
            "free_texture": loose["texture"],
            "free_colours": loose["colours"],
            "texture": tight["texture"],
            "pixels": tight["pixels"],
            "near": float(near.detach()),
            "deviation": float(made.detach().std(0, unbiased=False).mean()),
        }
        return torch.autograd.grad(loss, self.parameters, allow_unused=True), numbers

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Forty-eight fixed draws, six of a class, then eight paintings from their components, at half size."""
        joint = self.average
        assert isinstance(joint, Joint)
        latent = joint.prior(self.shown, self.shown_labels)
        some = self.latents.middle()[:: max(1, len(self.latents.labels) // 8)][:8]
        back = joint.prior.synthesis(components(joint.prior, some))
        made = [F.avg_pool2d(joint.ae.decode(x[None]), 2)[0] for x in torch.cat([latent, back])]
        return mosaic(made, 8)
