"""What is worked out once of a latent model and kept: the mean of w for each class, and the directions along which its
pictures differ most.

Directions of a mapped model are the principal components of many mapped draws (GANSpace: Härkönen et al., 2020);
those of a model without a mapping are the right singular vectors of its first layer (SeFa: Shen and Zhou, 2021).
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import ArtDeskError
from artdesk.core.files import atomic_write
from artdesk.core.progress import Progress
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.latent import Floats, map_draws, model_sha256, one_hot, spec_of
from artdesk.engine.families.latent_card import LatentSpec
from artdesk.engine.families.latent_first_layer import first_layer

_log = logging.getLogger(__name__)
SPACE_FILE = "space.npz"
"""Beside a model that ships: its means and directions."""
_VERSION = 1
_MEAN_DRAWS = 4096
_MEAN_DRAWS_SINGLY = 512
_MEAN_DRAWS_WIDE = 128  # mappings to that many numbers are slow, and the first picture waits for the mean
_PCA_DRAWS = 2048
_PCA_DRAWS_WIDE = 512
_WIDE = 1024
_CHUNK = 256
_MOST_DIRECTIONS = 32
_LEAST_SHARE = 1e-5
_SMALL = 128
_SQUEEZES = 30
_MEAN_KEY, _PCA_KEY = 2**64 + 1, 2**64 + 2  # beyond all seeds a person can type
_MOST_KEPT_BYTES = 64 << 20

_memory: dict[str, dict[str, Floats]] = {}
_lock = threading.RLock()


@dataclass(frozen=True, eq=False)
class Directions:
    """`vectors` (K, W) of unit length, `deviations` (K,) of the draws along each, `shares` (K,) of all variance."""

    vectors: Floats
    deviations: Floats
    shares: Floats

    @property
    def count(self) -> int:
        return len(self.vectors)


def draws(seed: int, count: int, size: int, prior: str = "normal") -> Floats:
    """z (count, size) of a seed: the same numbers on every machine (Philox). Uniform ones lie in −1..1."""
    generator = np.random.Generator(np.random.Philox(seed))
    if prior == "uniform":
        return np.asarray(generator.random((count, size), dtype=np.float32) * np.float32(2) - np.float32(1))
    return np.asarray(generator.standard_normal((count, size), dtype=np.float32))


def mean_w(engine: Engine, card: ModelCard, label: int, progress: Progress) -> Floats:
    """The mean (W,) of w over draws of one class; zeros where there is no mapping. Worked out once per model."""
    spec = spec_of(card)
    if spec.mapping is None:
        return np.zeros(spec.w_size, np.float32)
    hot = one_hot(card, label)

    def work_out() -> dict[str, Floats]:
        count = _MEAN_DRAWS if spec.w_size <= _WIDE else _MEAN_DRAWS_WIDE
        count = count if spec.batched else _MEAN_DRAWS_SINGLY
        total = np.zeros(spec.w_size, np.float64)
        for w in _mapped(engine, card, draws(_MEAN_KEY, count, spec.z_size, spec.prior), [hot], progress):
            total += w.sum(axis=0, dtype=np.float64)
        return {"mean": np.asarray(total / count, np.float32)}

    return _kept(engine, card, _mean_name(spec, label), {"mean": (spec.w_size,)}, work_out)["mean"]


def directions(engine: Engine, card: ModelCard, progress: Progress) -> Directions:
    """The model's directions, strongest first; none (count 0) where they cannot be found. Worked out once.

    Raises: EngineError, ModelMissing, ModelDamaged, Cancelled.
    """
    spec = spec_of(card)
    shapes = {"vectors": (None, spec.w_size), "deviations": (None,), "shares": (None,)}

    def work_out() -> dict[str, Floats]:
        if spec.mapping is None:
            layer = first_layer(card, spec.z_size)
            found = _of_layer(layer) if layer is not None else None
        else:
            classes = range(max(1, spec.labels if spec.label_at == "mapping" else 1))
            hots = [one_hot(card, c) for c in classes]
            count = _PCA_DRAWS if spec.w_size <= _WIDE else _PCA_DRAWS_WIDE
            z = draws(_PCA_KEY, count, spec.z_size, spec.prior)
            found = _of_draws(np.concatenate(list(_mapped(engine, card, z, hots, progress))))
        if found is None:
            return {
                "vectors": np.zeros((0, spec.w_size), np.float32),
                "deviations": np.zeros(0, np.float32),
                "shares": np.zeros(0, np.float32),
            }
        return {"vectors": found.vectors, "deviations": found.deviations, "shares": found.shares}

    kept = _kept(engine, card, "directions", shapes, work_out)
    return Directions(kept["vectors"], kept["deviations"], kept["shares"])


def _mapped(engine: Engine, card: ModelCard, z: Floats, hots: list[Floats], progress: Progress) -> Iterator[Floats]:
    """w of draws in chunks, the classes in turn from chunk to chunk; always in the same chunks, so that the same comes
    out.
    """
    step = min(_CHUNK, max(1, len(z) // len(hots))) if spec_of(card).batched else 1
    for n, start in enumerate(range(0, len(z), step)):
        progress.step(start / len(z))
        yield map_draws(engine, card, z[start : start + step], hots[n % len(hots)], token=progress.token)


def _of_draws(w: Floats) -> Directions | None:
    """Principal components of w (n, W), by whichever of both covariances is the smaller one."""
    centred = w.astype(np.float64) - w.mean(axis=0, dtype=np.float64)
    n, width = centred.shape
    if width <= n:
        values, vectors, total = _strongest(centred.T @ centred / (n - 1))
        return _sorted(values, vectors.T, np.sqrt(np.maximum(values, 0)), total)
    values, left, total = _strongest(centred @ centred.T / (n - 1))
    keep = values > total * _LEAST_SHARE
    values = values[keep]
    vectors = (left[:, keep].T @ centred) / np.sqrt(np.maximum(values, 1e-30) * (n - 1))[:, None]
    return _sorted(values, vectors, np.sqrt(np.maximum(values, 0)), total)


def _of_layer(weights: NDArray[np.float64]) -> Directions | None:
    """Right singular vectors of a first layer (out, Z): the draws deviate by 1 along every one of them."""
    values, vectors, total = _strongest(weights.T @ weights)
    return _sorted(values, vectors.T, np.ones(len(values)), total)


def _strongest(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """The largest eigenvalues (k,) of a symmetric matrix (n, n), their vectors (n, k), and the sum of all values.

    A large matrix is squeezed by subspace iteration: all of its eigenvalues would take seconds, and nobody wants them.
    """
    total = float(np.trace(matrix))
    if len(matrix) > _SMALL:
        start = np.random.Generator(np.random.Philox(_PCA_KEY)).standard_normal((len(matrix), _MOST_DIRECTIONS + 16))
        basis, _ = np.linalg.qr(start)
        for _ in range(_SQUEEZES):
            basis, _ = np.linalg.qr(matrix @ basis)
        values, inner = np.linalg.eigh(basis.T @ matrix @ basis)
        return values, basis @ inner, total
    values, vectors = np.linalg.eigh(matrix)
    return values, vectors, total


def _sorted(
    values: NDArray[np.float64], vectors: NDArray[np.float64], deviations: NDArray[np.float64], total: float
) -> Directions | None:
    if not np.isfinite(vectors).all() or not np.isfinite(total) or total <= 0:
        return None
    order = np.argsort(-values, kind="stable")[:_MOST_DIRECTIONS]
    order = order[values[order] / total > _LEAST_SHARE]
    chosen = vectors[order]
    # An eigenvector's sign is anybody's choice: the largest component points up.
    strongest = np.take_along_axis(chosen, np.argmax(np.abs(chosen), axis=1)[:, None], axis=1)
    chosen = chosen * np.where(strongest < 0, -1.0, 1.0)
    return Directions(
        np.ascontiguousarray(chosen, np.float32),
        deviations[order].astype(np.float32),
        (values[order] / total).astype(np.float32),
    )


def _kept(
    engine: Engine,
    card: ModelCard,
    what: str,
    shapes: dict[str, tuple[int | None, ...]],
    work_out: Callable[[], dict[str, Floats]],
) -> dict[str, Floats]:
    """From memory, from beside the model, from the cache folder, or worked out now and written there."""
    key = _key(card, what)
    with _lock:
        if key in _memory:
            return _memory[key]
        file = engine.home / "latent" / f"{key}.npz"
        found = _read(card.folder / SPACE_FILE, shapes, f"{key}-")
        if found is None:
            found = _read(file, shapes)
        if found is None:
            found = work_out()
            _write(file, found)
        for array in found.values():
            array.flags.writeable = False
        _memory[key] = found
        return found


def _key(card: ModelCard, what: str) -> str:
    """A name that only this model's numbers have: with other weights nothing kept is found."""
    spec = spec_of(card)
    shaped = f"{_VERSION} {what} {model_sha256(card)} {spec.z_shape} {spec.w_shape} {spec.prior} {spec.labels}"
    return hashlib.sha256(shaped.encode()).hexdigest()[:40]


def ship_space(engine: Engine, card: ModelCard) -> Path:
    """Write means and directions beside the model, so that nobody who gets it waits for them.

    They are the very numbers `mean_w` and `directions` give. Raises: OSError, EngineError, Cancelled.
    """
    file = card.folder / SPACE_FILE
    file.unlink(missing_ok=True)
    forget()
    spec = spec_of(card)
    kept: dict[str, Floats] = {}
    if spec.mapping is not None:
        for label in range(max(1, spec.labels)):
            kept[f"{_key(card, _mean_name(spec, label))}-mean"] = mean_w(engine, card, label, Progress())
    found = directions(engine, card, Progress())
    name = _key(card, "directions")
    kept |= {f"{name}-{what}": getattr(found, what) for what in ("vectors", "deviations", "shares")}
    _write(file, kept)
    forget()
    return file


def _mean_name(spec: LatentSpec, label: int) -> str:
    return "mean" if spec.label_at != "mapping" else f"mean-{label}"


def _read(path: Path, shapes: dict[str, tuple[int | None, ...]], prefix: str = "") -> dict[str, Floats] | None:
    """What was kept, if it is what it should be; the file may be anything."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_KEPT_BYTES:
            return None
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            if prefix and f"{prefix}{next(iter(shapes))}" not in kept:
                return None
            found = {name: np.array(kept[f"{prefix}{name}"]) for name in shapes}
    except Exception as error:  # a damaged archive can raise nearly anything
        _log.warning("%s is worked out anew: %s", path.name, error)
        return None
    for name, shape in shapes.items():
        array = found[name]
        fits = array.ndim == len(shape) and all(w in (None, n) for w, n in zip(shape, array.shape, strict=True))
        if array.dtype != np.float32 or not fits or not np.isfinite(array).all():
            return None
    if len({len(array) for array in found.values()}) != 1:
        return None
    return found


def _write(target: Path, found: dict[str, Floats]) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, **found)  # type: ignore[arg-type]  # arrays by name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target, overwrite=True) as file:
            file.write(content.getvalue())
    except (ArtDeskError, OSError) as error:  # it is only worked out again next time
        _log.warning("%s could not be kept: %s", target.name, error)


def forget() -> None:
    """Drop what is in memory (tests)."""
    with _lock:
        _memory.clear()
