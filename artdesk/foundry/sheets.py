# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Sample sheets: every style on a few pictures, for the eye."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from artdesk.foundry.data import load, tensor
from artdesk.foundry.nets import Painter


def picture(x: Tensor) -> Image.Image:
    """(1,3,H,W) 0..1 -> RGB picture."""
    array = (x[0].detach().permute(1, 2, 0).clamp(0, 1).cpu().numpy() * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(array)


@torch.no_grad()
def save_sheet(
    painter: Painter, codes: Tensor, files: Sequence[Path], path: Path, short: int = 224, per_row: int = 4
) -> None:
    """Every code on every picture: one strip per code, ``per_row`` strips beside each other."""
    inputs = [tensor(load(f, short)) for f in files]
    strips = []
    for code in codes:
        cells = [picture(painter.paint(x, code[None])) for x in inputs]
        strip = Image.new("RGB", (sum(c.width for c in cells), max(c.height for c in cells)))
        at = 0
        for cell in cells:
            strip.paste(cell, (at, 0))
            at += cell.width
        strips.append(strip)
    w, h = max(s.width for s in strips), max(s.height for s in strips)
    rows = (len(strips) + per_row - 1) // per_row
    sheet = Image.new("RGB", (w * per_row, h * rows), "white")
    for i, strip in enumerate(strips):
        sheet.paste(strip, (i % per_row * w, i // per_row * h))
    temporary = path.with_name(path.stem + ".new" + path.suffix)
    sheet.save(temporary, quality=88)
    temporary.replace(path)
