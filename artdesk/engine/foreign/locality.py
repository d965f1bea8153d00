"""Does a network look at the neighbourhood only, at the whole picture through statistics, or at everything? And how
far?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.engine.foreign.facts import Recipe
from artdesk.engine.foreign.geometry import Sizes
from artdesk.engine.foreign.network import Network, RunFailed
from artdesk.engine.foreign.norms import fused_norms, reductions, rewrite, write_out
from artdesk.engine.foreign.subject import Subject, spatial
from artdesk.engine.foreign.surgery import expose_shapes
from artdesk.engine.foreign.testcard import card_picture

ALIGN = 32
"""Tiles start on multiples of this (and of the network's own): strides up to 32 then fall on the same pixels."""
FELT = 0.35 / 255
"""A change smaller than this, in the output's range, is not felt."""
_WORST = 2.0
_RADII = (0, 8, 16, 24, 32, 48, 64, 96, 128, 192)


@dataclass(frozen=True)
class Locality:
    """See `Measured`: recipe, seamless, radius, worst."""

    recipe: Recipe | None
    seamless: str
    radius: int
    worst: float


def find_recipe(subject: Subject, sizes: tuple[tuple[int, int], tuple[int, int]], threads: int) -> Recipe | None:
    """Which normalisations and reductions work on the whole picture, seen from their shapes at two sizes.

    None where there are none. Raises RunFailed where the network cannot be looked into.
    """
    content = subject.content.name
    dtype = subject.content.dtype if subject.content.dtype in ("float16", "float64") else "float32"
    inside = fused_norms(subject.model, content)
    shapes = _shapes(subject, list(inside.values()), sizes, threads)
    ranks = {
        output: len(shapes[value][0]) for output, value in inside.items() if _is_global(subject, output, *shapes[value])
    }
    opened = write_out(subject.model, ranks, dtype)
    trial = replace(subject, model=opened)
    reduced = reductions(opened, content)
    shapes = _shapes(trial, [*reduced.values(), *reduced.keys()], sizes, threads)
    statistics = tuple(
        (output, shapes[output][0])
        for output, value in reduced.items()
        if shapes[value][0] != shapes[value][1]
        and shapes[output][0] == shapes[output][1]
        and 0 < np.prod(shapes[output][0]) <= 65536
    )
    return Recipe(tuple(ranks.items()), statistics, dtype) if statistics else None


def _shapes(
    subject: Subject, values: list[str], sizes: tuple[tuple[int, int], tuple[int, int]], threads: int
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    if not values:
        return {}
    model, told = expose_shapes(subject.model, values)
    network = Network(model, threads)
    runs = [network.run(subject.feeds(card_picture(*size))) for size in sizes]
    return {
        value: (tuple(map(int, runs[0][output])), tuple(map(int, runs[1][output]))) for value, output in told.items()
    }


def _is_global(subject: Subject, output: str, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Whether a fused normalisation takes its statistics over axes that grow with the picture."""
    if len(first) != len(second) or not 2 <= len(first) <= 6:
        return False
    node = next(n for n in subject.model.graph.node if output in n.output)
    if node.op_type != "LayerNormalization":
        return True
    axis = next((a.i for a in node.attribute if a.name == "axis"), -1) % len(first)
    return first[axis:] != second[axis:]


@dataclass
class Rewritten:
    """A rewritten network ready to be compared: `subject` has the extra ports, `state` is a thumbnail's."""

    subject: Subject
    state: NDArray[np.float32] | None

    def paint(self, picture: NDArray[np.uint8], hold: float = 1.0) -> NDArray[Any]:
        feeds: Mapping[str, NDArray[Any]] = self.subject.feeds(picture)
        if self.state is not None:
            feeds = {**feeds, "state": self.state, "hold": np.array(hold, np.float32)}
        return self.subject.network.run(feeds)[self.subject.output]


def open_rewritten(subject: Subject, recipe: Recipe | None, picture: NDArray[np.uint8], threads: int) -> Rewritten:
    """The subject with its statistics open, holding those of `picture`. Raises RunFailed or ValueError."""
    if recipe is None:
        return Rewritten(subject, None)
    model = rewrite(subject.model, recipe)
    network = Network(model, threads)
    opened = replace(subject, model=model, network=network)
    zero = np.zeros((1, recipe.state_size), np.float32)
    feeds = {**opened.feeds(picture), "state": zero, "hold": np.array(0, np.float32)}
    return Rewritten(opened, network.run(feeds)["state_out"])


def measure_locality(subject: Subject, sizes: Sizes, span: float, side: int, threads: int) -> Locality:
    """Rewrite, compare with the network as it was, find how far a pixel is felt, and paint the card in tiles.

    span: the output's range in its own numbers. side: how many pixels across the network can be run in reasonable
    time.
    """
    whole = _sized(side, sizes)
    card = card_picture(*whole)
    try:
        recipe = find_recipe(subject, (_sized(side // 2, sizes), whole), threads)
        rewritten = open_rewritten(subject, recipe, card, threads)
        if recipe is not None:
            before, after = subject.paint(card), rewritten.paint(card, hold=0.0)
            if float(np.abs(before.astype(np.float32) - after.astype(np.float32)).max()) > span * 1.5 / 255:
                return Locality(None, "blend", _blend_overlap(side), 0.0)
        radius = _felt(rewritten, sizes, span, whole)
        worst = _tiled_against_whole(rewritten, sizes, span, whole, radius)
        while worst > _WORST / 2 and radius < _RADII[-1] and 2 * (radius + ALIGN) < whole[1]:
            radius = next((r for r in _RADII if r > radius), radius * 2)
            worst = _tiled_against_whole(rewritten, sizes, span, whole, radius)
    except (RunFailed, ValueError, StopIteration):
        return Locality(None, "blend", _blend_overlap(side), 0.0)
    if worst > _WORST:
        return Locality(None, "blend", _blend_overlap(side), min(worst, 255.0))
    return Locality(recipe, "state" if recipe is not None else "local", radius, worst)


def _blend_overlap(side: int) -> int:
    return min(64, side // 4)


def _sized(side: int, sizes: Sizes) -> tuple[int, int]:
    """About side × 1.5 side, in steps tiles may start on."""
    step = int(np.lcm(ALIGN, sizes.multiple_of))
    h = max(step, side // step * step)
    return h, max(h + step, int(side * 1.5) // step * step)


def _felt(rewritten: Rewritten, sizes: Sizes, span: float, size: tuple[int, int]) -> int:
    """How far (input px) a small patch turned to its opposite changes the picture, statistics held."""
    h, w = size
    reach = 0
    for seed, (cy, cx) in enumerate(((h // 2, w // 2), (h // 2 + 5, w // 3 + 3))):
        card = card_picture(h, w, seed)
        changed = card.copy()
        patch = changed[cy : cy + 4, cx : cx + 4]
        changed[cy : cy + 4, cx : cx + 4] = np.where(patch > 127, 0, 255)
        one, other = rewritten.paint(card), rewritten.paint(changed)
        oh, ow, _ = spatial(one.shape, sizes.layout)
        moved = np.abs(one.astype(np.float32) - other.astype(np.float32)).reshape(-1)
        grid = _per_pixel(moved.reshape(one.shape), sizes) > span * FELT
        rows, columns = np.nonzero(grid)
        if rows.size == 0:
            continue
        top, left = (cy * sizes.factor - sizes.shrink), (cx * sizes.factor - sizes.shrink)
        far = max(
            top - int(rows.min()),
            int(rows.max()) - top - 4 * sizes.factor,
            left - int(columns.min()),
            int(columns.max()) - left - 4 * sizes.factor,
            0,
        )
        reach = max(reach, int(np.ceil(far / sizes.factor)))
        if int(rows.min()) == 0 or int(rows.max()) == oh - 1 or int(columns.min()) == 0 or int(columns.max()) == ow - 1:
            return w  # felt up to the edge: how much farther, this picture cannot tell
    return reach + 2


def _per_pixel(moved: NDArray[np.float32], sizes: Sizes) -> NDArray[np.float32]:
    """The largest change over the channels: (height, width)."""
    if moved.ndim == 4:
        moved = moved[0]
    return np.asarray(moved.max(axis=0 if sizes.layout in ("nchw", "chw") else 2))


def _tiled_against_whole(rewritten: Rewritten, sizes: Sizes, span: float, size: tuple[int, int], radius: int) -> float:
    """The largest difference, in 1/255 of the range, between the card painted at once and in two tiles, both with the
    same statistics."""
    h, w = size
    step = int(np.lcm(ALIGN, sizes.multiple_of))
    card = card_picture(h, w, 3)
    at_once = _per_channel_last(rewritten.paint(card), sizes)
    cut = w // 2 // step * step or step
    overlap = -(-radius // step) * step if radius else 0
    worst = 0.0
    for first, last in ((0, cut), (cut, w)):
        start, stop = max(0, first - overlap), min(w, last + overlap)
        if stop - start >= w:
            return 0.0 if radius * 2 < w else float("inf")
        tile = _per_channel_last(rewritten.paint(np.ascontiguousarray(card[:, start:stop])), sizes)
        f, s = int(sizes.factor), sizes.shrink
        x0, x1 = first * f - (s if first else 0), last * f - (s if last < w else 2 * s)
        part = tile[:, x0 - start * f : x1 - start * f]
        worst = max(worst, float(np.abs(part - at_once[:, x0:x1]).max()) / span * 255)
    return worst


def _per_channel_last(value: NDArray[Any], sizes: Sizes) -> NDArray[np.float32]:
    x = value.astype(np.float32)
    if x.ndim == 4:
        x = x[0]
    return x.transpose(1, 2, 0) if sizes.layout in ("nchw", "chw") else x
