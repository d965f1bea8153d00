# mypy: disable-error-code="misc,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Prior and decoder together: from a painting's few components to a picture with its strokes.

The components hold the composition and its colours only. What they leave out is invented by the prior's
convolutions, which are asked for the texture of the very painting, not for its every line.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

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
        joint.prior.mapping.requires_grad_(False)
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
        g = torch.Generator().manual_seed(5)
        self.shown = torch.randn(48, joint.prior.size, generator=g)
        self.shown_labels = one_hot(torch.arange(48) // 6 % len(CLASSES))

    def step(self, progress: float) -> Numbers:
        """One batch of parts of paintings; see ``Trainer``."""
        r, ae = self.recipe, self.joint.ae
        maps, parts, corners = [], [], []
        for _ in range(r.batch):
            n, v = self.rng.randrange(len(self.paintings)), self.rng.randrange(self.latents.maps.shape[1])
            top, left = self.rng.randint(0, MARGIN), self.rng.randint(0, MARGIN)
            y, x = (self.rng.randint(0, CELLS - r.cells) for _ in range(2))
            maps.append(self.latents.maps[n, v, :, top : top + CELLS, left : left + CELLS].float())
            view = self.paintings.view(n, (CELLS + MARGIN) * SHRINK, v)
            at, to, side = (top + y) * SHRINK, (left + x) * SHRINK, r.cells * SHRINK
            parts.append(view[:, at : at + side, to : to + side])
            corners.append((y, x))
        real = torch.stack(maps)
        pictures = torch.stack(parts).contiguous(memory_format=torch.channels_last)
        half = r.batch // 2
        made = self.joint.prior.synthesis(components(self.joint.prior, real[:half]))
        noisy = real[half:] + torch.randn_like(real[half:]) * (r.noise * self.rng.random())
        cut = [
            m[:, y : y + r.cells, x : x + r.cells] for m, (y, x) in zip(torch.cat([made, noisy]), corners, strict=True)
        ]
        shown = ae.decoder(torch.stack(cut) * ae.scale + ae.mean)
        free, loose = reconstruction(self.features, shown[:half], pictures[:half], r.free)
        exact, tight = reconstruction(self.features, shown[half:], pictures[half:], r.exact)
        near = (made - real[:half]).abs().mean()
        loss = free + exact + r.near * near
        numbers = {
            "free_texture": loose["texture"],
            "free_colours": loose["colours"],
            "texture": tight["texture"],
            "pixels": tight["pixels"],
            "near": float(near.detach()),
            "deviation": float(made.detach().std(0, unbiased=False).mean()),
        }
        if not math.isfinite(float(loss.detach())):
            return dict.fromkeys(["loss", *numbers], float("nan"))
        for o in self.optimisers:
            o.zero_grad(set_to_none=True)
        loss.backward()
        for group in self.learning:
            nn.utils.clip_grad_norm_(group, 1.0)
        for o in self.optimisers:
            o.step()
        return {"loss": float(loss.detach()), **numbers}

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
