# mypy: disable-error-code="misc,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""A Gaussian of each class over the latents of whole paintings, in closed form: what both generators start from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from artdesk.foundry.garden_nets import CELLS, LATENT


class GaussianPrior(nn.Module):
    """Random numbers (B,K) and a class (B,L) one-hot -> latent (B,16,16,16).

    ``mean + basis (centre_c + root_c z)``: the basis is common, centre and covariance belong to the class.
    """

    mean: Tensor
    basis: Tensor
    centres: Tensor
    roots: Tensor

    def __init__(self, labels: int, components: int) -> None:
        super().__init__()
        n = LATENT * CELLS * CELLS
        self.register_buffer("mean", torch.zeros(1, n))
        self.register_buffer("basis", torch.zeros(components, n))
        self.register_buffer("centres", torch.zeros(labels, components))
        self.register_buffer("roots", torch.zeros(labels, components, components))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        turned = torch.einsum("bi,bl,lij->bj", z, label, self.roots)
        x = self.mean + (label @ self.centres + turned) @ self.basis
        return x.reshape(-1, LATENT, CELLS, CELLS)


@torch.no_grad()
def fit_prior(latents: Tensor, labels: Tensor, count: int, components: int) -> GaussianPrior:
    """The prior of latents (N,16,16,16) with class numbers (N,), of ``count`` classes.

    A class with few paintings borrows its covariance from all: the share of its own is n / (n + components).
    Components beyond the number of paintings stay at rest; along the others all paintings have unit mean square.
    """
    prior = GaussianPrior(count, components)
    x = latents.flatten(1).float()
    prior.mean.copy_(x.mean(0, keepdim=True))
    x = x - prior.mean
    _, _, v = torch.svd_lowrank(x, q=min(components + 16, *x.shape), niter=4)
    k = min(components, v.shape[1])
    prior.basis[:k] = v[:, :k].T
    codes = x @ prior.basis.T
    spans = codes.square().mean(0).sqrt().clamp_min(1e-3)
    codes = codes / spans
    prior.basis.mul_(spans[:, None])
    common = codes.T @ codes / len(codes)
    for c in range(count):
        own = codes[labels == c]
        n = len(own)
        share = n / (n + components)
        centre = own.mean(0) * (n / (n + 8)) if n else codes.new_zeros(components)
        prior.centres[c] = centre
        spread = common
        if n > 1:
            d = own - centre
            spread = (1 - share) * common + share * (d.T @ d / n)
        values, vectors = torch.linalg.eigh(spread + 1e-6 * torch.eye(components))
        # The symmetric root: each number of z stays close to one direction of the common basis in every class.
        prior.roots[c] = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    return prior
