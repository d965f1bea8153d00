# mypy: disable-error-code="misc,untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The optimiser: orthogonalised momentum for convolutions (Muon, Jordan 2024), Adam for the rest."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def orthogonalised(g: Tensor, steps: int = 5) -> Tensor:
    """The nearest matrix with equal singular values, by a quintic Newton-Schulz iteration; g is (rows, columns)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(steps):
        y = x @ x.T
        x = a * x + (b * y + c * (y @ y)) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix of every convolution is orthogonalised before the step."""

    def __init__(self, params: Iterable[Tensor], lr: float = 0.01, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One step; ``lr`` is the root mean square change of a weight relative to an orthogonal matrix."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p, memory_format=torch.contiguous_format)
                m = state["momentum"]
                m.lerp_(p.grad, 1 - group["momentum"])
                g = p.grad.lerp(m, group["momentum"]).flatten(1)
                update = orthogonalised(g) * max(1.0, g.shape[0] / g.shape[1]) ** 0.5
                p.add_(update.view_as(p), alpha=-group["lr"])
