# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""What the garden's trainings share: the clock, averages, checkpoints, sheets and an orderly end."""

from __future__ import annotations

import copy
import csv
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.optim import Muon
from artdesk.foundry.sheets import picture

CHECKPOINT = "training.pt"
Numbers = dict[str, float]


class Trainer(ABC):
    """Networks that learn step by step; ``nets`` learn, ``average`` is what is shown and shipped."""

    def __init__(self, nets: nn.Module, ema: float = 0.998, warmup: int = 50, decay_from: float = 0.5) -> None:
        self.nets = nets.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(nets).requires_grad_(False)
        self.ema, self.warmup, self.decay_from = ema, warmup, decay_from
        self.steps = 0
        self.seconds = 0.0
        self.first = 0
        self.optimisers: list[torch.optim.Optimizer] = []

    def optimise(self, net: nn.Module, muon: float, adam: float, plain: Sequence[str] = ()) -> list[Tensor]:
        """Optimisers for one network: Muon for its convolutions and matrices, Adam for biases and ``plain`` ones."""
        matrices: list[Tensor] = []
        rest: list[Tensor] = []
        for name, p in net.named_parameters():
            if p.requires_grad:
                big = p.dim() in (2, 4) and not any(name.startswith(s) for s in plain)
                (matrices if big else rest).append(p)
        made: list[torch.optim.Optimizer] = [torch.optim.Adam(rest, adam, betas=(0.9, 0.98)), Muon(matrices, muon)]
        for o in made:
            for group in o.param_groups:
                group["start"] = group["lr"]
        self.optimisers += made
        return matrices + rest

    def rate(self, progress: float) -> float:
        """Set the learning rates for ``progress`` 0..1 of the training; returns the factor."""
        factor = min(1.0, (self.steps - self.first + 1) / self.warmup)
        if progress > self.decay_from:
            t = min(1.0, (progress - self.decay_from) / (1 - self.decay_from))
            factor *= 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * t))
        for o in self.optimisers:
            for group in o.param_groups:
                group["lr"] = group["start"] * factor
        return factor

    def advance(self, progress: float) -> Numbers:
        """One step with its clock and the running average; numbers with a NaN ``loss`` mean nothing was learned."""
        started = time.monotonic()
        self.rate(progress)
        numbers = self.step(progress)
        keep = min(self.ema, (self.steps - self.first + 1) / (self.steps - self.first + 10))
        with torch.no_grad():
            for a, b in zip(self.average.parameters(), self.nets.parameters(), strict=True):
                a.lerp_(b, 1 - keep)
            for a, b in zip(self.average.buffers(), self.nets.buffers(), strict=True):
                a.copy_(b)
        self.steps += 1
        self.seconds += time.monotonic() - started
        return numbers

    @abstractmethod
    def step(self, progress: float) -> Numbers:
        """Learn once; ``loss`` must be among the numbers."""

    @abstractmethod
    def sheet(self) -> Image.Image:
        """What the average makes of fixed inputs, for the eye."""

    def save(self, path: Path) -> None:
        """Write everything needed to go on; the old file stays whole until the new one is."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        torch.save(
            {
                "nets": self.nets.state_dict(),
                "average": self.average.state_dict(),
                "optimisers": [o.state_dict() for o in self.optimisers],
                "steps": self.steps,
                "seconds": self.seconds,
            },
            temporary,
        )
        os.replace(temporary, path)

    def resume(self, path: Path) -> None:
        """Go on from ``path``; a file with code in it is refused (``weights_only``)."""
        kept = torch.load(path, map_location="cpu", weights_only=True)
        self.nets.load_state_dict(kept["nets"])
        self.average.load_state_dict(kept["average"])
        starts = [[g["start"] for g in o.param_groups] for o in self.optimisers]
        for o, state, start in zip(self.optimisers, kept["optimisers"], starts, strict=True):
            o.load_state_dict(state)
            for group, value in zip(o.param_groups, start, strict=True):
                group["start"] = value
        self.steps, self.seconds = kept["steps"], kept["seconds"]

    def follow(self, path: Path) -> None:
        """Start from the averaged weights and the clock of an earlier stage; optimisers begin anew."""
        kept = torch.load(path, map_location="cpu", weights_only=True)
        self.nets.load_state_dict(kept["average"])
        self.average.load_state_dict(kept["average"])
        self.steps, self.seconds, self.first = kept["steps"], kept["seconds"], kept["steps"]


def train(
    trainer: Trainer,
    out: Path,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    every_minutes: float = 4.0,
    report: Callable[[int, float, Numbers], None] | None = None,
) -> None:
    """Train until ``minutes`` of training time or ``steps`` steps (both counted over all resumed parts).

    Now and then a checkpoint, a sample sheet and a line of numbers are written to ``out``; an interrupt
    ends the training in order. Raises ArithmeticError when the numbers stop being numbers.
    """
    from artdesk.foundry.train_styles import Stopper

    if minutes is None and steps is None:
        raise ValueError("Say how long to train: minutes or steps.")
    out.mkdir(parents=True, exist_ok=True)
    saved = time.monotonic()
    recent: list[Numbers] = []
    bad = 0
    with Stopper() as stopper:
        while not stopper.asked:
            progress = max(
                trainer.seconds / (60 * minutes) if minutes else 0.0, trainer.steps / steps if steps else 0.0
            )
            if progress >= 1:
                break
            numbers = trainer.advance(progress)
            bad = bad + 1 if math.isnan(numbers["loss"]) else 0
            if bad > 20:
                raise ArithmeticError("The training diverged; resume from the last checkpoint.")
            recent.append(numbers)
            if trainer.steps % 20 == 0:
                mean = {k: sum(n[k] for n in recent) / len(recent) for k in recent[0]}
                recent.clear()
                _write_line(out / "training.csv", trainer, mean)
                if report:
                    report(trainer.steps, progress, mean)
            if time.monotonic() - saved > 60 * every_minutes:
                _keep(trainer, out)
                saved = time.monotonic()
    _keep(trainer, out)


def _keep(trainer: Trainer, out: Path) -> None:
    trainer.save(out / CHECKPOINT)
    temporary = out / "samples.new.jpg"
    trainer.sheet().save(temporary, quality=88)
    temporary.replace(out / "samples.jpg")


def _write_line(path: Path, trainer: Trainer, mean: Numbers) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["steps", "seconds", *mean])
        writer.writerow([trainer.steps, round(trainer.seconds, 1), *(round(v, 4) for v in mean.values())])


def mosaic(pictures: Sequence[Tensor], columns: int) -> Image.Image:
    """Equally large (3,H,W) pictures 0..1 as one sheet, row by row."""
    h, w = pictures[0].shape[1:]
    rows = (len(pictures) + columns - 1) // columns
    sheet = Image.new("RGB", (columns * w, rows * h), "white")
    for i, p in enumerate(pictures):
        sheet.paste(picture(p[None]), (i % columns * w, i // columns * h))
    return sheet
