# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The report of a training: every style on every picture, for the eye and in numbers."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.data import load, tensor
from artdesk.foundry.losses import Statistics, content_distance, instance_normalised, pyramid, style_terms
from artdesk.foundry.nets import Painter
from artdesk.foundry.sheets import save_sheet

SHORT = 384
"""Everything is compared at this short side."""


@dataclass(frozen=True)
class Row:
    """One style's mean figures over the pictures: style and content distance, and the untouched pictures' style."""

    style: str
    style_distance: float
    content_distance: float
    untouched: float


@torch.no_grad()
def _statistics(network: nn.Module, picture: Image.Image) -> Statistics:
    """Pyramid statistics; every level is shrunk by area from the full picture."""
    return pyramid(network, tensor(picture))[0]


@torch.no_grad()
def measure(
    painter: Painter, codes: Tensor, styles: Sequence[Path], pictures: Sequence[Path], network: nn.Module
) -> list[Row]:
    """Style and content distance of each style (code i belongs to picture ``styles[i]``) over ``pictures``.

    style: mean over layers and levels of ||G(result) - G(style)||^2 / ||G(style)||^2; content: half the mean
    squared difference of channel-normalised relu3_1 features.
    """
    inputs = [tensor(load(p, SHORT)) for p in pictures]
    own = [pyramid(network, x) for x in inputs]
    rows = []
    for code, path in zip(codes, styles, strict=True):
        target = _statistics(network, load(path, SHORT))
        figures = []
        for x, (before, deep) in zip(inputs, own, strict=True):
            painted = painter.paint(x, code[None])
            after, changed = pyramid(network, painted)
            figures.append(
                (
                    float(style_terms(after, target)[1]),
                    float(content_distance(changed, instance_normalised(deep))),
                    float(style_terms(before, target)[1]),
                )
            )
        s, c, u = (float(v) for v in np.mean(figures, axis=0))
        rows.append(Row(path.stem, s, c, u))
    return rows


def write(rows: Sequence[Row], out: Path) -> str:
    """Write ``report.csv`` and ``report.md`` into ``out``; returns the Markdown table."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "report.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["style", "style_distance", "content_distance", "untouched"])
        for r in rows:
            writer.writerow([r.style, f"{r.style_distance:.4f}", f"{r.content_distance:.4f}", f"{r.untouched:.4f}"])
    lines = ["| style | style ↓ | content ↓ | untouched |", "|---|---|---|---|"]
    lines += [f"| {r.style} | {r.style_distance:.3f} | {r.content_distance:.3f} | {r.untouched:.2f} |" for r in rows]
    s, c, u = (
        float(np.mean([getattr(r, k) for r in rows])) for k in ("style_distance", "content_distance", "untouched")
    )
    lines.append(f"| **mean** | **{s:.3f}** | **{c:.3f}** | {u:.2f} |")
    text = "\n".join(lines) + "\n"
    (out / "report.md").write_text(text, encoding="utf-8")
    return text


def sheet(painter: Painter, codes: Tensor, pictures: Sequence[Path], out: Path) -> Path:
    """The grid content x style as ``sheet.png`` in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    save_sheet(painter, codes, pictures, out / "sheet.png", per_row=2 if len(pictures) > 2 else 4)
    return out / "sheet.png"
