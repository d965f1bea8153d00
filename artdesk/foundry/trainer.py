# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""One joint training of quality painter, live painter, style codes and stylist."""

from __future__ import annotations

import copy
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from artdesk.foundry.data import Paintings, Photos, style_statistics, style_views
from artdesk.foundry.losses import (
    Statistics,
    content_distance,
    cut,
    flatness,
    instance_normalised,
    moments,
    pyramid,
    stack,
    style_terms,
    total_variation,
)
from artdesk.foundry.nets import Painter
from artdesk.foundry.optim import Muon
from artdesk.foundry.recipe import Nets, Order, Plan, Recipe


class StyleTrainer:
    """Holds networks, optimisers and pictures; ``step`` makes one step and returns its numbers."""

    def __init__(
        self,
        nets: Nets,
        loss_network: nn.Module,
        photos: Photos,
        paintings: Paintings | None,
        styles: list[Path],
        recipe: Recipe | None = None,
        seed: int = 0,
    ) -> None:
        self.recipe = recipe or Recipe()
        self.device = torch.device(self.recipe.device)
        self.nets = nets = nets.to(self.device)
        self.average = copy.deepcopy(nets).requires_grad_(False)
        self.photos, self.paintings, self.styles = photos, paintings, styles
        self.rng = random.Random(seed)
        self.steps = 0
        self.seconds = 0.0
        self.weights = torch.full((len(styles),), self.recipe.style_weight)
        self.seen_style = torch.full((len(styles),), 0.3)
        self.seen_content = torch.full((len(styles),), 0.3)
        self.queue: list[int] = []
        self.set_loss_network(loss_network)
        self.look_at_styles()
        self.parameters = [p for p in nets.parameters() if p.requires_grad]
        self.pool = ThreadPoolExecutor(self.recipe.threads)
        self._make_optimisers()

    def set_loss_network(self, network: nn.Module) -> None:
        """Use these frozen features from now on; what was measured with others is dropped."""
        self.network = network.requires_grad_(False).eval().to(self.device, memory_format=torch.channels_last)
        self.photos.forget()
        if self.paintings is not None:
            self.paintings.forget()
        self.targets: list[Statistics] = [style_statistics(p, self.network, self.device) for p in self.styles]

    def look_at_styles(self) -> None:
        """Describe the style pictures for the stylist; needed again whenever its weights were replaced."""
        self.views = torch.stack([style_views(p, self.nets.stylist, device=self.device) for p in self.styles])

    def start_from(self, nets: Nets) -> None:
        """Take over weights and codes of exported networks; optimisers and schedule begin anew."""
        self.nets.load_state_dict(nets.state_dict())
        self.average.load_state_dict(nets.state_dict())
        self.look_at_styles()

    def _make_optimisers(self) -> None:
        convs: list[Tensor] = []
        rest: list[Tensor] = []
        for net in (self.nets.painter, self.nets.live):
            for name, p in net.named_parameters():
                (convs if p.dim() == 4 and not name.startswith("out") else rest).append(p)
        rest += [p for p in self.nets.stylist.parameters() if p.requires_grad]
        r = self.recipe
        self.adam = torch.optim.Adam(
            [{"params": rest, "lr": r.adam}, {"params": [self.nets.codes], "lr": r.code_rate}], betas=(0.9, 0.98)
        )
        if r.muon > 0:
            self.muon: Muon | None = Muon(convs, r.muon)
        else:
            self.muon = None
            self.adam.add_param_group({"params": convs, "lr": r.adam})
        for optimiser in (self.adam, self.muon):
            for group in optimiser.param_groups if optimiser else []:
                group["start"] = group["lr"]

    def _rate(self, progress: float) -> float:
        r = self.recipe
        rate = min(1.0, (self.steps + 1) / r.warmup)
        if progress > r.decay_from:
            rate *= max(0.02, (1 - progress) / (1 - r.decay_from))
        for optimiser in (self.adam, self.muon):
            for group in optimiser.param_groups if optimiser else []:
                group["lr"] = group["start"] * rate
        return rate

    def _next_styles(self, count: int) -> list[int]:
        while len(self.queue) < count:
            order = list(range(len(self.styles)))
            self.rng.shuffle(order)
            # Styles that are far off come twice a round.
            score = self.seen_style / self.recipe.style_goal
            order += torch.topk(score, max(1, len(self.styles) // 5)).indices.tolist()
            self.queue += order
        out, self.queue = self.queue[:count], self.queue[count:]
        return out

    def step(self, progress: float) -> dict[str, float]:
        """One optimisation step at ``progress`` 0..1 of the training; returns losses to be shown."""
        started = time.monotonic()
        r = self.recipe
        self._rate(progress)
        free = self.paintings is not None and len(self.paintings.files) > 0
        # The live painter first copies; it needs losses of its own once there is something worth copying.
        share = 0.0 if progress < 0.15 else r.live_share * (0.5 if progress < 0.6 else 1.2)
        live = self.rng.random() < share
        teach = not live and progress > 0.08 and self.rng.random() < r.teach_share
        plan = Plan(live, self.rng.random() < r.steadiness_share, teach)
        # One picture for each thread at a time: threads that meet once a step are not held up by other
        # programs on the same cores, as threads that meet in every operation are.
        orders = []
        share_size = r.batch if r.threads == 1 else 1
        for number in range(r.batch // share_size):
            guests = sum(self.rng.random() < r.stylist_share for _ in range(share_size)) if free else 0
            dice = random.Random(self.rng.random())
            orders.append(Order(dice, self._next_styles(share_size - guests), guests, number == 0))
        torch.set_num_threads(1)
        parts = list(self.pool.map(lambda order: self._part(plan, order), orders))
        self._gather([grads for grads, _ in parts])
        loss = sum(p["loss"] for _, p in parts) / len(parts)
        if not math.isfinite(loss):
            return {"loss": float("nan"), "live": float(live)}
        for net in (self.nets.painter, self.nets.live, self.nets.stylist):
            nn.utils.clip_grad_norm_([p for p in net.parameters() if p.grad is not None], 1.0)
        self.adam.step()
        if self.muon:
            self.muon.step()
        self._update_average()
        if not live:
            for order, (_, seen) in zip(orders, parts, strict=True):
                self._watch(order.own, seen["distances"], seen["contents"])
        self.steps += 1
        self.seconds += time.monotonic() - started
        own: list[tuple[float, float]] = []
        borrowed: list[tuple[float, float]] = []
        for order, (_, seen) in zip(orders, parts, strict=True):
            figures = list(zip(seen["distances"], seen["contents"], strict=True))
            own += figures[: len(order.own)]
            borrowed += figures[len(order.own) :]
        return {
            "loss": loss,
            "live": float(live),
            "style": _mean([d for d, _ in own]),
            "content": _mean([c for _, c in own]),
            "any_style": _mean([d for d, _ in borrowed]),
            "any_content": _mean([c for _, c in borrowed]),
        }

    def _part(self, plan: Plan, order: Order) -> tuple[list[Tensor | None], dict[str, Any]]:
        """Loss and gradients of one thread's share of the batch."""
        torch.set_num_threads(1)
        r, nets, rng = self.recipe, self.nets, order.rng
        photos, numbers = self.photos.batch(len(order.own) + order.borrowed, rng)
        photos = photos.to(self.device, memory_format=torch.channels_last)
        codes, targets = [nets.codes[order.own]], [self.targets[i] for i in order.own]
        weights = torch.cat([self.weights[order.own], torch.full((order.borrowed,), float(self.weights.median()))]).to(
            self.device
        )
        for _ in range(order.borrowed):
            assert self.paintings is not None
            n = rng.randrange(len(self.paintings.files))
            codes.append(nets.stylist.read(self.paintings.description(n, nets.stylist)))
            targets.append(self.paintings.statistics(n, self.network))
        code, target = torch.cat(codes), stack(targets)
        student = nets.live if plan.live else nets.painter
        with torch.autocast(self.device.type, torch.bfloat16, enabled=r.bfloat16):
            loss, distance, content = self._losses(plan, order, student, photos, numbers, code, weights, target)
        grads = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        return list(grads), {
            "loss": float(loss.detach()),
            "distances": distance.tolist(),
            "contents": content.detach().tolist(),
        }

    def _losses(
        self,
        plan: Plan,
        order: Order,
        student: Painter,
        photos: Tensor,
        numbers: list[int],
        code: Tensor,
        weights: Tensor,
        target: Statistics,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Whole loss (), style distance (B,) and content distance (B,) of one share."""
        r, rng = self.recipe, order.rng
        painted = student.paint(photos, code.detach() if plan.live else code)
        window = _random_window(rng, painted.shape[3], painted.shape[2], r.window)
        measured, features = pyramid(self.network, painted, sparse=True, window=window)
        style, distance = style_terms(measured, target)
        known = self.photos.contents(numbers, self.network)
        if window is not None:
            # Normalising is affine, so a part normalised again is the normalised part.
            known = instance_normalised(cut(known, tuple(v // 4 for v in window)))  # type: ignore[arg-type]
        content = content_distance(features, known)
        ramp = 0.35 + 0.65 * min(1.0, self.steps / 500)
        each = (
            content
            + ramp * weights * style
            + r.smoothness * total_variation(painted)
            + r.flatness * flatness(photos, painted)
        )
        # Logarithmic: a style far from its goal must not drown the ones beside it.
        loss = (each / (0.3 + 0.7 * each.detach())).mean()
        if plan.teach:
            loss = loss + self._teach_live(photos, code.detach(), painted.detach())
        loss = loss + self._pull_stylist(rng)
        # What only the first share does counts for all of them.
        shares = 1 if r.threads == 1 else r.batch
        if order.first and self.steps % r.identity_every == 0:
            loss = loss + shares * self._identity(photos[:1])
        if order.first and plan.steadiness:
            loss = loss + shares * r.steadiness * self._unsteadiness(
                student, photos[:1], code[:1].detach(), painted[:1], rng
            )
        return loss, distance, content

    @torch.no_grad()
    def _gather(self, parts: list[list[Tensor | None]]) -> None:
        """Average the threads' gradients into ``.grad``."""
        for p, *grads in zip(self.parameters, *parts, strict=True):
            kept = [g for g in grads if g is not None]
            p.grad = sum(kept[1:], start=kept[0]) / len(parts) if kept else None

    def _teach_live(self, photos: Tensor, code: Tensor, painted: Tensor) -> Tensor:
        """The live painter copies the quality painter: pixels, edges and the finest statistics."""
        copied = self.nets.live.paint(photos, code)
        loss = 4 * (copied - painted).abs().mean()
        first = self.network.conv1_1
        pad = (1, 1, 1, 1)
        a = F.relu(first(F.pad(copied, pad, mode="reflect")))
        with torch.no_grad():
            b = F.relu(first(F.pad(painted, pad, mode="reflect")))
            bm, bc = moments(b, sparse=True)
        am, ac = moments(a, sparse=True)
        scale = bc.flatten(1).square().sum(1)
        return loss + 2 * ((ac - bc).flatten(1).square().sum(1) / scale).mean() + 2 * (am - bm).square().mean()

    def _pull_stylist(self, rng: random.Random) -> Tensor:
        """The stylist finds the codes of the bundled styles again."""
        chosen = [rng.randrange(len(self.styles)) for _ in range(2)]
        views = torch.cat([self.views[i, rng.randrange(self.views.shape[1])][None] for i in chosen])
        return 0.3 * (self.nets.stylist.read(views) - self.nets.codes[chosen].detach()).square().mean()

    def _identity(self, photos: Tensor) -> Tensor:
        """The identity code gives back the picture."""
        code = self.nets.codes[-1:].expand(photos.shape[0], -1)
        back = self.nets.painter.paint(photos, code)
        small = self.nets.live.paint(photos, code.detach())
        return sum(2 * (p - photos).abs().mean() + 10 * (p - photos).square().mean() for p in (back, small))

    def _unsteadiness(self, net: Painter, photos: Tensor, code: Tensor, painted: Tensor, rng: random.Random) -> Tensor:
        """Change of the painting when the camera trembles: noise, or a step of one pixel, undone."""
        if rng.random() < 0.5:
            noisy = (photos + 0.02 * torch.randn_like(photos)).clamp(0, 1)
            return (net.paint(noisy, code) - painted).square().mean()
        dx, dy = rng.choice(((1, 0), (0, 1), (1, 1), (2, 1)))
        moved = torch.roll(photos, (dy, dx), (2, 3))
        back = torch.roll(net.paint(moved, code), (-dy, -dx), (2, 3))
        return (back - painted)[:, :, 8:-8, 8:-8].square().mean()

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.recipe.ema, (1 + self.steps) / (10 + self.steps))
        for a, b in zip(self.average.parameters(), self.nets.parameters(), strict=True):
            if b.requires_grad:
                a.lerp_(b, 1 - keep)

    @torch.no_grad()
    def _watch(self, own: list[int], distances: list[float], contents: list[float]) -> None:
        """Move each style's weight so that style and content miss their goals by the same share."""
        for i, s, c in zip(own, distances, contents, strict=False):
            self.seen_style[i] = 0.85 * self.seen_style[i] + 0.15 * s
            self.seen_content[i] = 0.85 * self.seen_content[i] + 0.15 * c
            if self.steps > 250:
                off = math.log(float(self.seen_style[i]) / self.recipe.style_goal)
                off -= 3.0 * math.log(float(self.seen_content[i]) / self.recipe.content_goal)
                self.weights[i] = float((self.weights[i] * math.exp(0.03 * max(-1.0, min(1.0, off)))).clamp(2.5, 14))


def _random_window(rng: random.Random, width: int, height: int, side: int) -> tuple[int, int, int, int] | None:
    """A random square of ``side`` px on relu3_1's grid (x, y, width, height); ``None`` if it would be all."""
    if not 0 < side < min(width, height):
        return None
    return 4 * rng.randint(0, (width - side) // 4), 4 * rng.randint(0, (height - side) // 4), side, side


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
