"""The long training: painters, codes and stylist together, with checkpoints and sample sheets on the way."""

from __future__ import annotations

import csv
import logging
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from artdesk.foundry import checkpoints
from artdesk.foundry.data import find_pictures, held_out
from artdesk.foundry.nets import Features
from artdesk.foundry.prepare import fresh_nets, open_data
from artdesk.foundry.recipe import Recipe
from artdesk.foundry.sheets import save_sheet
from artdesk.foundry.trainer import StyleTrainer

log = logging.getLogger(__name__)

CHECKPOINT = "training.pt"


class Stopper:
    """Turns Ctrl+C and a polite kill into an orderly end after the current step."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Stopper:
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, *_: object) -> None:
        self.asked = True

    def __exit__(self, *_: object) -> None:
        for s, handler in self._before.items():
            signal.signal(s, handler)


def make_trainer(
    data: Path,
    styles: list[Path],
    features: Features,
    loss_network: nn.Module,
    recipe: Recipe | None = None,
    side: int = 144,
) -> StyleTrainer:
    """Fresh networks and optimisers over a data folder (``photos/``, ``paintings*/``) and style pictures."""
    photos, paintings = open_data(data, side)
    nets = fresh_nets(features, len(styles), paintings.files if paintings else styles)
    return StyleTrainer(nets, loss_network, photos, paintings, styles, recipe)


def train(
    trainer: StyleTrainer,
    out: Path,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    every_minutes: float = 4.0,
    finish_with: nn.Module | None = None,
    finish_from: float = 0.7,
    samples: list[Path] | None = None,
    report: Callable[[int, float, dict[str, float]], None] | None = None,
) -> None:
    """Train until ``minutes`` of training time or ``steps`` steps (both counted over all resumed parts).

    Every ``every_minutes`` a checkpoint ``training.pt``, a sample sheet and a line of numbers are written
    to ``out``. From the share ``finish_from`` on, the loss network is exchanged for ``finish_with`` (an exact
    and slower one), if given. An interrupt ends the training in order, with a checkpoint.
    """
    if minutes is None and steps is None:
        raise ValueError("Say how long to train: minutes or steps.")
    out.mkdir(parents=True, exist_ok=True)
    saved = time.monotonic()
    recent: list[dict[str, float]] = []
    bad = 0
    with Stopper() as stopper:
        while not stopper.asked:
            by_time = trainer.seconds / (60 * minutes) if minutes else 0.0
            by_steps = trainer.steps / steps if steps else 0.0
            progress = max(by_time, by_steps)
            if progress >= 1:
                break
            if finish_with is not None and progress >= finish_from:
                trainer.set_loss_network(finish_with)
                finish_with = None
            numbers = trainer.step(progress)
            if math.isnan(numbers["loss"]):
                bad += 1
                if bad > 20:
                    raise ArithmeticError("The training diverged; resume from the last checkpoint.")
                continue
            bad = 0
            recent.append(numbers)
            if trainer.steps % 20 == 0:
                mean = {k: _mean([n[k] for n in recent if n["live"] == 0]) for k in recent[0]}
                mean["live_style"] = _mean([n["style"] for n in recent if n["live"] == 1])
                recent.clear()
                _write_line(out / "training.csv", trainer, mean)
                if report:
                    report(trainer.steps, progress, mean)
            if time.monotonic() - saved > 60 * every_minutes:
                checkpoints.save(trainer, out / CHECKPOINT)
                if samples:
                    save_sheet(trainer.average.painter, trainer.average.codes, samples, out / "samples.jpg")
                saved = time.monotonic()
    checkpoints.save(trainer, out / CHECKPOINT)
    if samples:
        save_sheet(trainer.average.painter, trainer.average.codes, samples, out / "samples.jpg")


def _mean(values: list[float]) -> float:
    kept = [v for v in values if not math.isnan(v)]
    return sum(kept) / len(kept) if kept else float("nan")


def _write_line(path: Path, trainer: StyleTrainer, mean: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["steps", "seconds", *mean])
        writer.writerow([trainer.steps, round(trainer.seconds, 1), *(round(v, 4) for v in mean.values())])


def sample_pictures(data: Path, count: int = 3) -> list[Path]:
    """Some photographs that are never trained on."""
    return [p for p in find_pictures(data / "photos") if held_out(p)][:count]


def threads(count: int) -> None:
    """How many processor threads torch may use."""
    torch.set_num_threads(max(1, count))
