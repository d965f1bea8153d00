# mypy: disable-error-code="untyped-decorator"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Pictures to train on: photographs to be painted, paintings to learn from, styles to ship."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from artdesk.foundry.losses import Statistics, instance_normalised, pyramid
from artdesk.foundry.nets import STYLIST_SIDE

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
STYLE_SIDE = 384
"""Short side at which a style's strokes are measured."""


def find_pictures(folder: Path) -> list[Path]:
    """All picture files below a folder, in a fixed order."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def held_out(path: Path, one_in: int = 32) -> bool:
    """Whether a file is kept for testing; depends on its last two names only, so it never changes."""
    return zlib.crc32("/".join(path.parts[-2:]).encode()) % one_in == 0


def load(path: Path, short: int | None = None, limit: int = 100_000_000) -> Image.Image:
    """Open as RGB, optionally scaled to a short side; refuses pictures beyond ``limit`` pixels."""
    with Image.open(path) as opened:
        if opened.width * opened.height > limit:
            raise ValueError(f"{path.name} is too large to train on")
        picture = opened.convert("RGB")
    if short is not None:
        k = short / min(picture.size)
        size = (max(short, round(picture.width * k)), max(short, round(picture.height * k)))
        if size != picture.size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


def tensor(picture: Image.Image) -> Tensor:
    """RGB picture -> (1,3,H,W) 0..1."""
    return torch.from_numpy(np.asarray(picture, np.float32).transpose(2, 0, 1) / 255).unsqueeze(0)


def middle(picture: Image.Image, side: int, rng: random.Random | None = None) -> Image.Image:
    """A square of ``side`` from the middle, or from anywhere with ``rng``; the picture must be large enough."""
    fx, fy = (0.5, 0.5) if rng is None else (rng.random(), rng.random())
    x, y = round((picture.width - side) * fx), round((picture.height - side) * fy)
    return picture.crop((x, y, x + side, y + side))


def on_device_of(network: nn.Module, x: Tensor) -> Tensor:
    """A tensor where the network's weights lie, channels last."""
    return x.to(next(network.parameters()).device, memory_format=torch.channels_last)


@dataclass
class Photos:
    """Photographs as fixed crops, with their content features kept in memory as they are met.

    Every photograph has ``variants`` crops: scaled, mirrored and sometimes darkened by a fixed seed.
    """

    files: list[Path]
    side: int = 160
    variants: int = 2
    keep: int = 3000
    _crops: dict[int, Tensor] = field(default_factory=dict)
    _contents: dict[int, Tensor] = field(default_factory=dict)

    def crop(self, number: int) -> Tensor:
        """Crop ``number`` (0 .. files * variants) as (1,3,side,side)."""
        kept = self._crops.get(number)
        if kept is None:
            rng = random.Random(number)
            short = rng.choice((max(self.side, 200), 250, 300))
            picture = middle(load(self.files[number % len(self.files)], max(short, self.side)), self.side, rng)
            if rng.random() < 0.5:
                picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            if rng.random() < 0.12:
                gamma, scale = rng.uniform(1.2, 2.4), rng.uniform(0.35, 0.9)
                picture = picture.point([round(255 * scale * (i / 255) ** gamma) for i in range(256)] * 3)
            kept = torch.from_numpy(np.asarray(picture).transpose(2, 0, 1).copy()).unsqueeze(0)
            self._crops[number] = kept
        return kept.float() / 255

    def batch(self, count: int, rng: random.Random) -> tuple[Tensor, list[int]]:
        """Random crops (count,3,side,side) and their numbers."""
        numbers = [rng.randrange(len(self.files) * self.variants) for _ in range(count)]
        return torch.cat([self.crop(n) for n in numbers]), numbers

    @torch.no_grad()
    def contents(self, numbers: list[int], network: nn.Module) -> Tensor:
        """Instance-normalised relu3_1 of crops, from memory where possible."""
        missing = [n for n in dict.fromkeys(numbers) if n not in self._contents]
        found = {n: self._contents[n] for n in numbers if n in self._contents}
        if missing:
            inputs = on_device_of(network, torch.cat([self.crop(n) for n in missing]))
            fresh = instance_normalised(network(inputs)[2])
            for i, n in enumerate(missing):
                found[n] = fresh[i : i + 1].half()
                if len(self._contents) < self.keep:
                    self._contents[n] = found[n]
        return torch.cat([found[n].float() for n in numbers]).contiguous(memory_format=torch.channels_last)

    def forget(self) -> None:
        """Drop the features (the loss network has changed)."""
        self._contents.clear()


@dataclass
class Paintings:
    """Paintings with their statistics and their description for the stylist, computed when first met."""

    files: list[Path]
    side: int = 256
    _statistics: dict[int, Statistics] = field(default_factory=dict)
    _descriptions: dict[int, Tensor] = field(default_factory=dict)

    def square(self, number: int) -> Image.Image:
        """The middle square of a painting at full short side."""
        picture = load(self.files[number], STYLE_SIDE)
        return middle(picture, STYLE_SIDE)

    @torch.no_grad()
    def statistics(self, number: int, network: nn.Module) -> Statistics:
        """What a painting in this style should measure."""
        kept = self._statistics.get(number)
        if kept is None:
            picture = middle(load(self.files[number], STYLE_SIDE), self.side, random.Random(number))
            kept = pyramid(network, on_device_of(network, tensor(picture)))[0].half()
            self._statistics[number] = kept
        return kept.full()

    @torch.no_grad()
    def description(self, number: int, stylist: nn.Module) -> Tensor:
        """What the stylist sees of it (1,size)."""
        kept = self._descriptions.get(number)
        if kept is None:
            small = self.square(number).resize((STYLIST_SIDE, STYLIST_SIDE), Image.Resampling.LANCZOS)
            kept = stylist.describe(on_device_of(stylist, tensor(small)))
            self._descriptions[number] = kept
        return kept

    def forget(self) -> None:
        """Drop the statistics (the loss network has changed)."""
        self._statistics.clear()


@torch.no_grad()
def style_statistics(path: Path, network: nn.Module, device: torch.device | None = None) -> Statistics:
    """Statistics of a whole style picture at short side 384."""
    picture = load(path, STYLE_SIDE)
    if max(picture.size) > 2 * STYLE_SIDE:
        picture = picture.crop((0, 0, min(picture.width, 2 * STYLE_SIDE), min(picture.height, 2 * STYLE_SIDE)))
    return pyramid(network, tensor(picture).to(device, memory_format=torch.channels_last))[0]


@torch.no_grad()
def style_views(path: Path, stylist: nn.Module, count: int = 4, device: torch.device | None = None) -> Tensor:
    """Descriptions (count,size) of a style picture as a person may hand it in: squeezed, cropped, scaled."""
    out = []
    whole = load(path, STYLE_SIDE)
    for i in range(count):
        if i == 0:
            view = whole
        elif i == 1:
            view = middle(whole, STYLE_SIDE)
        else:
            rng = random.Random(i)
            view = middle(whole, round(STYLE_SIDE * rng.uniform(0.75, 0.98)), rng)
        view = view.resize((STYLIST_SIDE, STYLIST_SIDE), Image.Resampling.LANCZOS)
        out.append(stylist.describe(tensor(view).to(device)))
    return torch.cat(out)
