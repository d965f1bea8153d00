"""The edges of a mask as closed outlines along pixel corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def outlines_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Closed outlines of the True regions of `(h, w)`: arrays `(n, 2)` of corner x, y, turning points only.

    Regions lie to the right of the walking direction on screen (outer edges clockwise, holes the other way);
    pixels that touch at a corner alone are outlined separately.
    """
    padded = np.pad(mask, 1)
    w = mask.shape[1]
    inside = padded[1:-1, 1:-1]
    stride = w + 1
    starts: list[NDArray[np.int64]] = []
    ends: list[NDArray[np.int64]] = []
    # Unit steps around every region, directed so that the region is on the right hand (y points down).
    for edge, (sx, sy), (ex, ey) in (
        (inside & ~padded[:-2, 1:-1], (0, 0), (1, 0)),
        (inside & ~padded[1:-1, 2:], (1, 0), (1, 1)),
        (inside & ~padded[2:, 1:-1], (1, 1), (0, 1)),
        (inside & ~padded[1:-1, :-2], (0, 1), (0, 0)),
    ):
        ys, xs = np.nonzero(edge)
        starts.append((ys + sy) * stride + xs + sx)
        ends.append((ys + ey) * stride + xs + ex)
    following: dict[int, list[int]] = {}
    for start, end in zip(np.concatenate(starts).tolist(), np.concatenate(ends).tolist(), strict=True):
        following.setdefault(start, []).append(end)
    loops = []
    while following:
        loops.append(_walk(following, stride))
    return loops


def _walk(following: dict[int, list[int]], stride: int) -> NDArray[np.int32]:
    first = next(iter(following))
    corners: list[int] = []
    here, came, first_step = first, 0, 0
    while True:
        choices = following[here]
        if len(choices) == 1:
            there = choices[0]
            del following[here]
        else:
            # Two regions meet at this corner: turn right, so that each keeps to its own outline.
            right = _right_of(came, stride)
            there = here + right if here + right in choices else choices[0]
            choices.remove(there)
        step = there - here
        first_step = first_step or step
        if step != came:
            corners.append(here)
        here, came = there, step
        if here == first:
            break
    if came == first_step:
        # The walk began in the middle of a straight side.
        del corners[0]
    points = np.array(corners, np.int64)
    return np.stack([points % stride, points // stride], axis=1).astype(np.int32)


def _right_of(step: int, stride: int) -> int:
    """The step after a right turn: → ↓ ← ↑."""
    return {1: stride, stride: -1, -1: -stride, -stride: 1}.get(step, 1)
