"""Figures of generated pictures: how far from paintings, how varied, how near to what was learned from.

Pictures are described in the project's own feature network, by numpy and ONNX Runtime alone. A description
holds how strong and how varied each feature is (texture, colour) and, from a small copy of the picture, where
it is (composition). Every number of it is standardised by the training paintings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Network = Callable[[Floats], list[Floats]]
PLACES = 4
"""Rows and columns of the composition part."""


def feature_network(path: Path, threads: int = 2) -> Network:
    """The features of a file (image (1,3,H,W) 0..1 -> relu1_1, relu2_1, relu3_1)."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(image: Floats) -> list[Floats]:
        return [np.asarray(x, np.float32) for x in session.run(None, {name: image})]

    return run


def shrunk(image: Floats, factor: int) -> Floats:
    """Mean of blocks: (C,H,W) -> (C,H/factor,W/factor)."""
    c, h, w = image.shape
    return np.asarray(image.reshape(c, h // factor, factor, w // factor, factor).mean((2, 4)), np.float32)


def describe(image: Floats, network: Network) -> tuple[Floats, Floats]:
    """Texture (1792,) and composition (2048,) of a picture (3,256,256) 0..1."""
    texture: list[Floats] = []
    q = image.shape[1] // 4
    for view in (image[:, q : 3 * q, q : 3 * q], shrunk(image, 2)):  # the middle shows the strokes as well as all
        layers = network(np.ascontiguousarray(view[None]))
        for f in layers:
            flat = f[0].reshape(f.shape[1], -1)
            texture += [flat.mean(1), flat.std(1)]
    small = network(np.ascontiguousarray(shrunk(image, 4)[None]))
    places: list[Floats] = []
    for f in small[1:]:
        side = f.shape[2] // PLACES
        blocks = f[0, :, : side * PLACES, : side * PLACES].reshape(f.shape[1], PLACES, side, PLACES, side)
        places.append(blocks.mean((2, 4)).ravel())
    return np.concatenate(texture).astype(np.float32), np.concatenate(places).astype(np.float32)


class Describer:
    """Descriptions standardised by those of the training paintings; both parts weigh the same."""

    def __init__(self, network: Network, training: Iterable[Floats]) -> None:
        self.network = network
        raw = [describe(x, network) for x in training]
        self.centres, self.scales = [], []
        for part in zip(*raw, strict=True):
            rows = np.stack(part)
            self.centres.append(rows.mean(0))
            self.scales.append(rows.std(0) + 1e-6)
        self.training = np.stack([self._standard(r) for r in raw])

    def _standard(self, raw: tuple[Floats, ...]) -> Floats:
        parts = [
            np.clip((x - c) / s, -8, 8) / np.sqrt(len(x))
            for x, c, s in zip(raw, self.centres, self.scales, strict=True)
        ]
        return np.concatenate(parts).astype(np.float32)

    def __call__(self, pictures: Iterable[Floats]) -> Floats:
        """(N, D); the mean square of a training painting's description is about 2."""
        return np.stack([self._standard(describe(x, self.network)) for x in pictures])


def kernel_distance(a: Floats, b: Floats) -> float:
    """Unbiased squared maximum mean discrepancy with the cubic kernel of the kernel inception distance.

    (Binkowski et al. 2018.) 0 is expected for samples of the same distribution, whatever their number; it may
    fall below. ``a`` (N,D), ``b`` (M,D) standardised, with N and M at least 2.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)
    if len(x) < 2 or len(y) < 2:
        raise ValueError("A distance needs at least two of each.")
    kxx, kyy, kxy = ((u @ v.T / 2 + 1) ** 3 for u, v in ((x, x), (y, y), (x, y)))
    n, m = len(x), len(y)
    within_x = (kxx.sum() - np.trace(kxx)) / (n * (n - 1))
    within_y = (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
    return float(within_x + within_y - 2 * kxy.mean())


def spread(a: Floats) -> float:
    """Mean distance of all pairs of rows: 0 where all are the same."""
    return float(distances(a, a).sum() / (len(a) * (len(a) - 1)))


def distances(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Euclidean distance of every row of ``a`` to every row of ``b``, (N,M)."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    square = (x * x).sum(1)[:, None] + (y * y).sum(1)[None] - 2 * x @ y.T
    out: NDArray[np.float64] = np.sqrt(np.maximum(square, 0))
    if a is b:
        np.fill_diagonal(out, 0)
    return out


def nearest(a: Floats, b: Floats, count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For every row of ``a`` the ``count`` nearest rows of ``b`` and their distances, nearest first."""
    d = distances(a, b)
    order = np.argsort(d, axis=1, kind="stable")[:, :count]
    return order, np.take_along_axis(d, order, 1)
