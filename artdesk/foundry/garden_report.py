"""The report on a latent model as it ships: a table of figures and sheets to look at."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from artdesk.foundry.garden_measure import Describer, Floats, kernel_distance, nearest, spread

DRAWS = 2**20
"""Seeds of the report start here, far from those the desk begins with."""


class Model:
    """A folder of the family ``latent``: random numbers to pictures, the way the desk makes them."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.card: dict[str, Any] = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
        self.latent: dict[str, Any] = self.card["latent"]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads

        def session(name: str) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])

        self.generator = session(self.card["file"])
        self.mapping = session(self.latent["mapping"])
        self.encoder = session(self.latent["encoder"]) if "encoder" in self.latent else None
        self.classes = len(self.latent["classes"])
        self._means: dict[int, Floats] = {}

    def point(self, seed: int, label: int) -> Floats:
        """w (1,...) of a seed in a class, without truncation."""
        z = np.random.Generator(np.random.Philox(seed)).standard_normal((1, self.latent["z_size"]), dtype=np.float32)
        return self._map(z, label)

    def _map(self, z: Floats, label: int) -> Floats:
        hot = np.zeros((len(z), self.classes), np.float32)
        hot[:, label] = 1
        return np.asarray(self.mapping.run(None, {"z": z, "label": hot})[0], np.float32)

    def mean(self, label: int) -> Floats:
        """The mean w of a class."""
        if label not in self._means:
            z = np.random.Generator(np.random.Philox(1)).standard_normal((1024, self.latent["z_size"]), np.float32)
            self._means[label] = self._map(z, label).mean(0, keepdims=True)
        return self._means[label]

    def picture(self, w: Floats) -> Floats:
        """(3,256,256) 0..1 of one w."""
        return np.asarray(self.generator.run(None, {"w": w})[0][0], np.float32)

    def encode(self, picture: Floats) -> Floats:
        """w of a picture, where there is an encoder."""
        if self.encoder is None:
            raise ValueError("This model has no encoder.")
        return np.asarray(self.encoder.run(None, {"image": picture[None]})[0], np.float32)

    def draw(self, seed: int, label: int, truncation: float) -> Floats:
        """The picture of a seed."""
        mean = self.mean(label)
        return self.picture(np.asarray(mean + truncation * (self.point(seed, label) - mean), np.float32))


@dataclass
class Figures:
    """What was measured; distances are kernel distances, see ``garden_measure``."""

    samples_to_held_out: float
    training_to_held_out: float
    photographs_to_held_out: float
    diversity: float
    nearest_ratio: float
    counts: dict[str, int] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value, what it should be."""
        return [
            ("samples vs held-out paintings", f"{self.samples_to_held_out:.3f}", "nearer to (a) than to (b)"),
            ("(a) training vs held-out paintings", f"{self.training_to_held_out:.3f}", ""),
            ("(b) photographs vs held-out paintings", f"{self.photographs_to_held_out:.3f}", ""),
            ("diversity, share of the held-out paintings'", f"{self.diversity:.2f}", "at least 0.70"),
            ("distance to the nearest training painting, share of a held-out one's", f"{self.nearest_ratio:.2f}", ""),
        ]


def figures(samples: Floats, training: Floats, held_out: Floats, photographs: Floats) -> Figures:
    """Figures from standardised descriptions, one row a picture."""
    _, near_sample = nearest(samples, training, 1)
    _, near_held = nearest(held_out, training, 1)
    return Figures(
        samples_to_held_out=kernel_distance(samples, held_out),
        training_to_held_out=kernel_distance(training, held_out),
        photographs_to_held_out=kernel_distance(photographs, held_out),
        diversity=spread(samples) / spread(held_out),
        nearest_ratio=float(np.median(near_sample) / np.median(near_held)),
        counts={
            "samples": len(samples),
            "training": len(training),
            "held_out": len(held_out),
            "photographs": len(photographs),
        },
    )


def sheet(pictures: list[Floats], columns: int, side: int) -> Image.Image:
    """Pictures (3,H,W) 0..1 row by row, each ``side`` pixels large."""
    rows = (len(pictures) + columns - 1) // columns
    out = Image.new("RGB", (columns * side, rows * side), "white")
    for i, p in enumerate(pictures):
        out.paste(_image(p).resize((side, side), Image.Resampling.LANCZOS), (i % columns * side, i // columns * side))
    return out


def _image(p: Floats) -> Image.Image:
    array: NDArray[np.uint8] = (p.transpose(1, 2, 0).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(array)


def walk(model: Model, seeds: tuple[int, int], labels: tuple[int, int], frames: int, truncation: float) -> list[Floats]:
    """Pictures on the straight way between two points of w."""
    ends = []
    for seed, label in zip(seeds, labels, strict=True):
        mean = model.mean(label)
        ends.append(mean + truncation * (model.point(seed, label) - mean))
    steps = np.linspace(0, 1, frames)
    return [model.picture(np.asarray((1 - t) * ends[0] + t * ends[1], np.float32)) for t in steps]


@dataclass
class Sources:
    """Pictures (3,256,256) 0..1 to measure against, and how often each class is met among the paintings."""

    training: list[Floats]
    held_out: list[Floats]
    photographs: list[Floats]
    shares: NDArray[np.float64]


def labels_of(shares: NDArray[np.float64], count: int) -> list[int]:
    """Class numbers for ``count`` samples, as frequent as ``shares`` says; the same every time."""
    return [int(v) for v in np.random.Generator(np.random.Philox(3)).choice(len(shares), count, p=shares)]


def write_report(
    model: Model, sources: Sources, describer: Describer, out: Path, samples: int = 384, truncation: float = 1.0
) -> Figures:
    """Measure ``samples`` draws and write report.md, report.json and four sheets to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    labels = labels_of(sources.shares, samples)
    first: list[Floats] = []

    def drawn() -> Iterator[Floats]:
        for i, label in enumerate(labels):
            p = model.draw(DRAWS + i, label, truncation)
            if len(first) < 64:
                first.append(p)
            yield p

    described = describer(drawn())
    held, photos = describer(sources.held_out), describer(sources.photographs)
    found = figures(described, describer.training, held, photos)
    sheet(first, 8, 192).save(out / "samples.jpg", quality=88)
    order, away = nearest(described[:16], describer.training, 3)
    cells: list[Floats] = []
    for i in range(16):
        cells += [first[i], *(sources.training[n] for n in order[i])]
    sheet(cells, 8, 192).save(out / "neighbours.jpg", quality=88)
    frames: list[Floats] = []
    for i in range(8):
        one = i % model.classes
        frames += walk(
            model, (DRAWS + 2 * i, DRAWS + 2 * i + 1), (one, one if i % 2 else (one + 1) % model.classes), 9, truncation
        )
    sheet(frames, 9, 160).save(out / "walks.jpg", quality=88)
    if model.encoder is not None:
        pairs: list[Floats] = []
        for p in [*sources.held_out[:16], *sources.photographs[:8]]:
            pairs += [p, model.picture(model.encode(p))]
        sheet(pairs, 8, 192).save(out / "reconstructions.jpg", quality=88)
    lines = [f"# {model.card['id']}", "", f"{samples} samples, truncation {truncation:g}; {found.counts}", ""]
    lines += ["| figure | value | wanted |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in found.rows())]
    lines += ["", "Nearest training paintings of 16 samples (neighbours.jpg), distances: "]
    lines += [", ".join(f"{v:.2f}" for v in away[:, 0])]
    (out / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "report.json").write_text(json.dumps(vars(found), indent=1), encoding="utf-8")
    return found
