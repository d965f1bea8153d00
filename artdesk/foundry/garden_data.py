"""Paintings for the garden: kept small in memory, cropped afresh at every look, with classes from the manifest."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from artdesk.foundry.data import find_pictures, held_out, load

KEPT = 288
"""Short side, in pixels, at which pictures are kept in memory."""
ONE_IN = 16
"""One painting of so many is held out, to be measured against."""

CLASSES: tuple[tuple[str, str, str], ...] = (
    ("portrait", "Portrait", "肖像"),
    ("landscape", "Landscape", "风景"),
    ("still_life", "Still life", "静物"),
    ("genre_scene", "Genre scene", "风俗画"),
    ("old_master", "Old master", "古典大师"),
    ("impressionist", "Impressionist", "印象派"),
    ("modern", "Modern", "现代"),
    ("other", "Other", "其他"),
)
"""Key, English and Chinese name of the classes pictures are drawn from."""

_MOVEMENTS = {
    "Impressionism": "impressionist",
    "Post-Impressionism": "impressionist",
    "Realism / early Impressionism": "impressionist",
    "Italian Renaissance": "old_master",
    "Northern Renaissance": "old_master",
    "Baroque": "old_master",
    "Medieval / Byzantine": "old_master",
    "Rococo": "old_master",
    "Mannerism": "old_master",
    "Abstract": "modern",
    "Expressionism": "modern",
    "Symbolism / Art Nouveau": "modern",
}


def classes_of(data: Path) -> dict[str, int]:
    """Path below ``data`` (with /) -> number of its class, from ``MANIFEST.csv``; empty without one."""
    manifest = data / "MANIFEST.csv"
    if not manifest.is_file():
        return {}
    numbers = {key: i for i, (key, _, _) in enumerate(CLASSES)}
    with manifest.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    out = {}
    for row in rows:
        key = row.get("genre") or _MOVEMENTS.get(row.get("movement") or "", "other")
        out[row.get("path", "")] = numbers.get(key, numbers["other"])
    return out


@dataclass
class Album:
    """Pictures in memory as RGB bytes, with their class numbers."""

    files: list[Path]
    pictures: list[Image.Image]
    labels: list[int]

    def __len__(self) -> int:
        return len(self.pictures)

    def crop(self, number: int, side: int, rng: random.Random) -> Tensor:
        """A random part, mirrored half the time, scaled as if the whole were about 256 px; (3,side,side) 0..1."""
        picture = self.pictures[number]
        whole = min(picture.size)
        box = min(float(whole), side * KEPT / 256 * 2 ** rng.uniform(-0.25, 0.7) * whole / KEPT)
        x, y = rng.uniform(0, picture.width - box), rng.uniform(0, picture.height - box)
        part = picture.resize((side, side), Image.Resampling.BICUBIC, box=(x, y, x + box, y + box), reducing_gap=None)
        return _tensor(part, rng.random() < 0.5)

    def view(self, number: int, side: int, variant: int = 0) -> Tensor:
        """A whole picture made square, (3,side,side) 0..1; even variants as it is, odd ones mirrored.

        Variants 0 and 1 take the middle of a picture that is squeezed by up to a quarter; the others take
        a slightly smaller part from a place chosen by the variant.
        """
        picture = self.pictures[number]
        w, h = picture.size
        bw, bh = min(w, h * 1.25), min(h, w * 1.25)
        x, y = (w - bw) / 2, (h - bh) / 2
        if h > w:
            y *= 0.6  # portraits carry their faces high
        if variant >= 2:
            rng = random.Random(number * 1009 + variant // 2)
            k = rng.uniform(0.8, 1.0)
            x = rng.uniform(0, w - bw * k)
            y = rng.uniform(0, h - bh * k) if h <= w else y + rng.uniform(0, bh * (1 - k) * 0.6)
            bw, bh = bw * k, bh * k
        part = picture.resize((side, side), Image.Resampling.LANCZOS, box=(x, y, x + bw, y + bh))
        return _tensor(part, variant % 2 == 1)


def _tensor(picture: Image.Image, mirror: bool) -> Tensor:
    array = np.asarray(picture)
    if mirror:
        array = array[:, ::-1]
    return torch.from_numpy(array.transpose(2, 0, 1).astype(np.float32) / 255)


def open_album(data: Path, folders: tuple[str, ...], held: bool | None, every: int = 1) -> Album:
    """Pictures of some folders of ``data``: those held out (True), the others (False) or all (None).

    Picture files that cannot be read are left out. Raises ValueError where none is left.
    """
    labels = classes_of(data)
    files = [p for f in folders for p in find_pictures(data / f) if held is None or held_out(p, ONE_IN) == held]
    kept = Album([], [], [])
    for path in files[::every]:
        try:
            picture = load(path, KEPT)
        except (OSError, ValueError):
            continue
        kept.files.append(path)
        kept.pictures.append(picture)
        kept.labels.append(labels.get(path.relative_to(data).as_posix(), len(CLASSES) - 1))
    if not kept.files:
        raise ValueError("There is no readable picture among the data.")
    return kept


PAINTINGS = ("paintings", "paintings_by_genre")
