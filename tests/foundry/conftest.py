"""Small pictures and tiny networks; nothing here needs data, a GPU or the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three photographs and two paintings of 90 x 80 pixels."""
    rng = np.random.default_rng(0)
    for folder, count in (("photos", 3), ("paintings", 2)):
        (tmp_path / folder).mkdir()
        for i in range(count):
            coarse = Image.fromarray(rng.integers(0, 255, (9, 10, 3), dtype=np.uint8))
            coarse.resize((90, 80), Image.Resampling.BICUBIC).save(tmp_path / folder / f"p{i}x.png")
    return tmp_path


@pytest.fixture
def styles(tmp_path: Path) -> list[Path]:
    """Two plain style pictures: stripes and dots."""
    folder = tmp_path / "styles"
    folder.mkdir()
    y, x = np.mgrid[0:96, 0:96]
    stripes = np.stack([(x // 4 % 2) * 200, (y // 8 % 2) * 90, 0 * x + 40], 2).astype(np.uint8)
    dots = np.stack([((x % 9 < 4) & (y % 9 < 4)) * 255] * 3, 2).astype(np.uint8)
    paths = [folder / "dots.png", folder / "stripes.png"]
    Image.fromarray(dots).save(paths[0])
    Image.fromarray(stripes).save(paths[1])
    return paths
