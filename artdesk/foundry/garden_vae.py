# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Training the picture auto-encoder: encoder and decoder together, then the decoder alone."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import nn

from artdesk.foundry.garden_data import Album
from artdesk.foundry.garden_losses import reconstruction
from artdesk.foundry.garden_nets import SIDE, AutoEncoder
from artdesk.foundry.garden_run import Numbers, Trainer, mosaic
from artdesk.foundry.nets import Features


@dataclass(frozen=True)
class VaeRecipe:
    """The numbers of the training; the defaults are those of the model that ships."""

    batch: int = 8
    side: int = 128
    window: int = 64
    """Side, in pixels, of the part at which full size is compared."""
    photo_share: float = 0.15
    divergence: float = 0.08
    muon: float = 0.012
    adam: float = 1.5e-3
    noise: float = 0.2
    """Deviation of the noise on standardised latents once the encoder is frozen."""
    weights: dict[str, float] = field(
        default_factory=lambda: {"pixels": 1.0, "colours": 1.0, "fine": 0.3, "coarse": 0.5, "texture": 1.0}
    )


class VaeTrainer(Trainer):
    """Learns from crops of paintings and a few photographs."""

    def __init__(
        self,
        nets: AutoEncoder,
        features: Features,
        paintings: Album,
        photos: Album | None,
        recipe: VaeRecipe | None = None,
        frozen: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(nets)
        self.ae = nets
        self.recipe = r = recipe or VaeRecipe()
        self.features = features.requires_grad_(False).eval().to(memory_format=torch.channels_last)
        self.paintings, self.photos, self.frozen = paintings, photos, frozen
        self.rng = random.Random(seed)
        learning: list[nn.Module] = [nets.decoder]
        if frozen:
            nets.encoder.requires_grad_(False)
        else:
            learning.append(nets.encoder)
        self.parameters = [p for net in learning for p in self.optimise(net, r.muon, r.adam, ("out",))]

    def step(self, progress: float) -> Numbers:
        """One batch of crops; see ``Trainer``."""
        r = self.recipe
        crops = []
        for _ in range(r.batch):
            photo = self.photos is not None and self.rng.random() < r.photo_share
            album = self.photos if photo and self.photos is not None else self.paintings
            crops.append(album.crop(self.rng.randrange(len(album)), r.side, self.rng))
        x = torch.stack(crops).contiguous(memory_format=torch.channels_last)
        with torch.set_grad_enabled(not self.frozen):
            mean, log_variance = self.ae.encoder(x)
        if self.frozen:
            latent = mean + torch.randn_like(mean) * self.ae.scale * (r.noise * self.rng.random())
            divergence = mean.new_zeros(())
        else:
            latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        loss, numbers = reconstruction(self.features, self.ae.decoder(latent), x, r.weights, r.window)
        loss = loss + r.divergence * divergence
        if not math.isfinite(float(loss.detach())):
            return dict.fromkeys(["loss", *numbers, "divergence"], float("nan"))
        for o in self.optimisers:
            o.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for o in self.optimisers:
            o.step()
        return {"loss": float(loss.detach()), **numbers, "divergence": float(divergence.detach())}

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Whole paintings above what becomes of them."""
        album = self.paintings
        numbers = [round(i * (len(album) - 1) / 11) for i in range(12)]
        views = [album.view(n, SIDE) for n in numbers]
        ae = self.average
        assert isinstance(ae, AutoEncoder)
        made = [ae.decode(ae.encode(v[None]))[0] for v in views]
        rows: list[torch.Tensor] = []
        for i in range(0, 12, 6):
            rows += views[i : i + 6] + made[i : i + 6]
        return mosaic(rows, 6)
