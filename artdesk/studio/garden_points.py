"""The arithmetic of gardens: from a node's recipe to a point of the latent space. The only place where it stands.

Everything is float32 in a fixed order, one draw at a time, so that a recipe gives the same bits whatever else is made
with it. With z a draw, `mean` the class' mean of w and t the truncation:

seed     mean + t·(map(z) − mean);  without a mapping t·z
mutate   parent + s·t·(map(z) − mean);  without a mapping √(1−s²)·parent + s·t·z, which stays on the draws' shell
cross    Σ weight·parent;  without a mapping brought to the parents' weighted length
steer    parent + Σ amount·deviation·direction
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

import numpy as np

from artdesk.core.errors import ProjectError, WrongUse
from artdesk.core.garden import Garden, Node, ancestors
from artdesk.core.progress import CancelToken, Progress
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.latent import Floats, Point, map_draws, one_hot, spec_of
from artdesk.engine.families.latent_space import directions, draws, mean_w

_KINDS = {"f4": "<f4", "f2": "<f2"}


def pack_point(w: Floats) -> str:
    """A point (W,) as a garden keeps it: base64 of little-endian float32, with a checksum."""
    data = np.ascontiguousarray(w, "<f4").tobytes()
    return f"f4:{base64.b64encode(data).decode('ascii')}:{zlib.crc32(data):08x}"


def unpack_point(text: str, size: int) -> Floats:
    """The point (`size`,) that `pack_point` wrote. Raises ProjectError when it is damaged or another model's."""
    kind, _, rest = text.partition(":")
    data64, _, checksum = rest.rpartition(":")
    try:
        data = base64.b64decode(data64, validate=True)
        sound = f"{zlib.crc32(data):08x}" == checksum
        w = np.frombuffer(data, _KINDS[kind]).astype(np.float32)
    except (KeyError, ValueError, binascii.Error) as error:
        raise ProjectError("A picture's point in this garden is damaged.") from error
    if not sound or not np.isfinite(w).all():
        raise ProjectError("A picture's point in this garden is damaged.")
    if w.size != size:
        raise ProjectError("A picture's point in this garden belongs to another model.")
    return w


class Points:
    """Works out the points of a garden's nodes with one model, each once. `token` stops it."""

    def __init__(self, engine: Engine, card: ModelCard, garden: Garden, token: CancelToken) -> None:
        self._engine, self._card, self._garden = engine, card, garden
        # Quick and rarely needed: what the mean and the directions take is no part of anybody's progress bar.
        self._progress = Progress(token=token)
        self._spec = spec_of(card)
        self._known: dict[int, Point] = {}

    def of(self, node: int) -> Point:
        """The point of a node, its ancestors first.

        Raises: WrongUse for a node, class or direction that is not there, ProjectError for a damaged point,
        EngineError, Cancelled.
        """
        if node not in self._known:
            for identity in ancestors(self._garden, node):
                if identity not in self._known:
                    self._known[identity] = self._made(self._garden.node(identity))
        return self._known[node]

    def _made(self, node: Node) -> Point:
        label = one_hot(self._card, node.label)
        if node.kind == "seed":
            return self._seed(node, label)
        if node.kind == "picture":
            return Point(unpack_point(node.point, self._spec.w_size), label, self._psi(node))
        parents = [(self._known[n], weight) for n, weight in node.parents]
        if node.kind == "cross":
            crossed = self._crossed(parents)
            return self._moved(node, crossed, label) if node.strength > 0 else crossed
        if node.kind == "steer":
            return self._steered(node, parents[0][0])
        return self._moved(node, parents[0][0], label)

    def _psi(self, node: Node) -> float:
        return node.truncation if self._spec.psi_input else 1.0

    def _draw(self, node: Node, label: Floats, psi: float = 1.0) -> Floats:
        z = draws(node.seed, 1, self._spec.z_size, self._spec.prior)
        drawn = map_draws(self._engine, self._card, z, label, psi, token=self._progress.token)
        return np.asarray(drawn[0], np.float32)

    def _seed(self, node: Node, label: Floats) -> Point:
        spec, t = self._spec, np.float32(node.truncation)
        if spec.psi_input:  # the network draws towards its mean by itself
            psi = node.truncation if spec.psi_at == "mapping" else 1.0
            return Point(self._draw(node, label, psi), label, node.truncation)
        w = self._draw(node, label)
        if spec.mapping is None:
            return Point(w * t, label)
        mean = mean_w(self._engine, self._card, node.label, self._progress)
        return Point(mean + t * (w - mean), label)

    def _moved(self, node: Node, parent: Point, label: Floats) -> Point:
        """A parent moved by the node's strength towards the draw of its seed."""
        spec = self._spec
        # Where the network truncates by itself, points stay untruncated.
        t = np.float32(1.0 if spec.psi_input and spec.psi_at == "generator" else node.truncation)
        w = self._draw(node, label)
        if spec.mapping is not None:
            mean = mean_w(self._engine, self._card, node.label, self._progress)
            return Point(parent.w + np.float32(node.strength) * t * (w - mean), parent.label, parent.psi)
        s = min(1.0, node.strength)
        kept = 1.0 - s if spec.prior == "uniform" else float(np.sqrt(1.0 - s * s))
        return Point(np.float32(kept) * parent.w + np.float32(s) * t * w, parent.label, parent.psi)

    def _crossed(self, parents: Sequence[tuple[Point, float]]) -> Point:
        total = sum(weight for _, weight in parents)
        shares = [weight / total for _, weight in parents]
        w = blend([p.w for p, _ in parents], shares)
        if self._spec.mapping is None and self._spec.prior == "normal":
            wanted = sum(share * _length(p.w) for (p, _), share in zip(parents, shares, strict=True))
            length = _length(w)
            if length > 1e-12:
                w = w * np.float32(wanted / length)
        label = blend([p.label for p, _ in parents], shares)
        return Point(w, label, sum(share * p.psi for (p, _), share in zip(parents, shares, strict=True)))

    def _steered(self, node: Node, parent: Point) -> Point:
        found = directions(self._engine, self._card, self._progress)
        w = parent.w
        for k, amount in node.steers:
            if k >= found.count:
                raise WrongUse(
                    "The model “{model}” has {count} directions; there is no direction {number}.",
                    model=self._card.id,
                    count=found.count,
                    number=k + 1,
                )
            w = w + np.float32(amount) * found.deviations[k] * found.vectors[k]
        return Point(w, parent.label, parent.psi)


def blend(arrays: Sequence[Floats], shares: Sequence[float]) -> Floats:
    """The weighted sum, in the order given."""
    total = np.zeros_like(arrays[0])
    for array, share in zip(arrays, shares, strict=True):
        total = total + np.float32(share) * array
    return total


def between(start: Point, end: Point, t: float, *, around: bool) -> Point:
    """The point at `t` (0..1) of the way; `around` goes along the sphere (slerp), its radius changing evenly."""
    if t <= 0:
        return start
    if t >= 1:
        return end
    label = blend([start.label, end.label], [1 - t, t])
    psi = (1 - t) * start.psi + t * end.psi
    if not around:
        return Point(blend([start.w, end.w], [1 - t, t]), label, psi)
    a, b = _length(start.w), _length(end.w)
    if min(a, b) < 1e-12:
        return Point(blend([start.w, end.w], [1 - t, t]), label, psi)
    cosine = float(np.clip(np.sum(start.w.astype(np.float64) * end.w) / (a * b), -1, 1))
    angle = float(np.arccos(cosine))
    if np.sin(angle) < 1e-4:  # the same way, or the opposite one, which has no shortest arc
        return Point(blend([start.w, end.w], [1 - t, t]), label, psi)
    first, second = np.sin((1 - t) * angle) / np.sin(angle), np.sin(t * angle) / np.sin(angle)
    length = (1 - t) * a + t * b
    w = blend([start.w, end.w], [first * length / a, second * length / b])
    return Point(w, label, psi)


def _length(w: Floats) -> float:
    return float(np.sqrt(np.sum(w.astype(np.float64) ** 2)))
