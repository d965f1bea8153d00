"""Painting a picture of any size: whole where it fits, else in tiles that share the statistics of the whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput, OutOfMemory
from artdesk.core.image import Image, as_image, size_within
from artdesk.core.progress import Progress
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.painter import Painted, State, paint, spec_of
from artdesk.engine.rows import ArrayRows, Rows, patchwork_rows, shrink_rows
from artdesk.engine.tensors import Tensor
from artdesk.engine.tiles import LEAST_SIDE, run_tiles, tile_side

_KEEP_PIXELS = 1_600_000
"""Runs above this give their working memory back at once: a gigabyte given back later stalls the interface."""
_FLAT = 1.0
_BLACK = 2.0

Code = NDArray[np.float32]
Write = Callable[[int, Image], None]


@dataclass
class Job:
    """One piece of painting: with what, where, in how much memory; and what came to light on the way."""

    engine: Engine
    card: ModelCard
    device: str = "auto"
    memory_mb: int = 0
    ran_on: str = ""
    notes: list[Note] = field(default_factory=list)
    buffer: Tensor = field(default_factory=lambda: np.empty((1, 3, 0, 0), np.float32))

    def tensor_for(self, image: Image) -> Tensor:
        """Room for the tensor of `image`, the same for one tile after another."""
        if self.buffer.shape[2:] != image.shape[:2]:
            self.buffer = np.empty((1, 3, *image.shape[:2]), np.float32)
        return self.buffer

    def say(self, notes: tuple[Note, ...]) -> None:
        """Keep what there is to tell, each thing once."""
        self.notes += [note for note in notes if note not in self.notes]


class Canvas:
    """A picture (h, w, 3) that is painted from the top down and read again afterwards."""

    def __init__(self, width: int, height: int) -> None:
        self._pixels = np.empty((height, width, 3), np.uint8)

    def write(self, top: int, rows: Image) -> None:
        self._pixels[top : top + rows.shape[0]] = rows

    def image(self) -> Image:
        return as_image(self._pixels)

    def rows(self) -> Rows:
        return ArrayRows(self.image())


def paint_rows(job: Job, source: Rows, code: Code, write: Write, progress: Progress) -> None:
    """Paint `source` in the style of `code` (D,); `write(top, rows)` gets the painting from the top down.

    Raises: OutOfMemory when not even the smallest tile fits, BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    pixels = source.width * source.height
    side = tile_side(job.card, job.engine.choose(job.card, job.device), job.memory_mb)
    watch = FlatWatch()
    progress.step(0)
    if pixels > side * side or not _paint_whole(job, source, code, write, progress, watch):
        share = min(0.2, side * side / pixels)
        state, side = shared_state(job, source, code, min(side, max(source.width, source.height)), progress)
        paint_tiles(job, source, code, state, side, write, progress.part(share, 1), watch)
    watch.check()
    job.engine.speeds.note(job.card.sha256, job.ran_on, pixels / 1e6, time.perf_counter() - begun)


def _paint_whole(job: Job, source: Rows, code: Code, write: Write, progress: Progress, watch: FlatWatch) -> bool:
    """Paint everything in one run with its own statistics; False when there is not enough memory for that."""
    image = as_image(source.read(0, source.height))
    try:
        write(0, _paint(job, image, code, None, progress, watch, smaller_helps=max(image.shape[:2]) > LEAST_SIDE))
    except OutOfMemory:
        if max(image.shape[:2]) <= LEAST_SIDE:
            raise
        return False
    progress.step(1)
    return True


def paint_tiles(
    job: Job,
    source: Rows,
    code: Code,
    state: State,
    side: int,
    write: Write,
    progress: Progress,
    watch: FlatWatch | None = None,
) -> None:
    """Paint `source` in tiles of at most `side`, all with the statistics `state` (1, K)."""
    spec = spec_of(job.card)

    def paint_tile(tile: Image, *, smaller_helps: bool, last: bool) -> Image:
        return _paint(job, tile, code, state, progress, watch, smaller_helps=smaller_helps, keep_memory=not last)

    wanted = job.engine.choose(job.card, job.device)

    def side_now(side: int) -> int:
        nonlocal wanted
        if job.ran_on == wanted:
            return side
        wanted = job.ran_on
        return tile_side(job.card, wanted, job.memory_mb)

    run_tiles(
        source,
        side=side,
        side_now=side_now,
        margin=spec.receptive_radius,
        align=spec.align,
        least=job.card.image.minimum,
        paint_tile=paint_tile,
        write=write,
        progress=progress,
    )


def _paint(
    job: Job,
    image: Image,
    code: Code,
    state: State | None,
    progress: Progress,
    watch: FlatWatch | None,
    *,
    smaller_helps: bool,
    keep_memory: bool = False,
) -> Image:
    painted = paint(
        job.engine,
        job.card,
        image,
        code,
        state=state,
        hold=0.0 if state is None else 1.0,
        device=job.device,
        token=progress.token,
        keep_memory=keep_memory or image.shape[0] * image.shape[1] <= _KEEP_PIXELS,
        smaller_helps=smaller_helps,
        buffer=job.tensor_for(image),
    )
    job.ran_on = painted.device
    job.say(painted.notes)
    if watch is not None:
        watch.see(image, painted.image)
    return painted.image


def shared_state(job: Job, source: Rows, code: Code, side: int, progress: Progress) -> tuple[State, int]:
    """The statistics (1, K) all tiles are painted with, and the tile side that fitted.

    A thumbnail knows the whole picture but not its finest texture, parts at true size know the texture but
    not everything: the mean of both lies nearer to the picture's own statistics than either.
    """
    state, side, (width, height) = _thumbnail_state(job, source, code, side, progress)
    progress.token.check()
    parts = patchwork_rows(source, width, height)
    if parts is None:
        return state, side
    try:
        return np.float32(0.5) * (state + _look(job, parts, code, progress, smaller_helps=True).state), side
    except OutOfMemory:
        return state, side


def _thumbnail_state(
    job: Job, source: Rows, code: Code, side: int, progress: Progress
) -> tuple[State, int, tuple[int, int]]:
    """The statistics of the largest thumbnail that fits, the side that fitted, the thumbnail's width and height."""
    longest = max(source.width, source.height)
    tried = job.engine.choose(job.card, job.device)
    while True:
        width, height = _within(source.width, source.height, side * side)
        small = shrink_rows(source, width, height)
        progress.token.check()
        smaller_helps = side > LEAST_SIDE
        try:
            painted = _look(job, small, code, progress, smaller_helps=smaller_helps)
        except OutOfMemory:
            if not smaller_helps:
                raise
            side = max(LEAST_SIDE, side // 2)
            continue
        if painted.device != tried:
            # The device that needed so small a thumbnail is out: its successor takes a better one.
            tried, before = painted.device, side
            side = min(longest, tile_side(job.card, tried, job.memory_mb))
            if side > before:
                continue
            side = before
        return painted.state, side, (width, height)


def _look(job: Job, image: Image, code: Code, progress: Progress, *, smaller_helps: bool) -> Painted:
    """Paint `image` for its statistics."""
    painted = paint(
        job.engine,
        job.card,
        image,
        code,
        device=job.device,
        token=progress.token,
        keep_memory=False,
        smaller_helps=smaller_helps,
    )
    job.say(painted.notes)
    return painted


def _within(width: int, height: int, pixels: int) -> tuple[int, int]:
    scale = min(1.0, (pixels / (width * height)) ** 0.5)
    return size_within(width, height, max(1, int(max(width, height) * scale)))


class FlatWatch:
    """Watches a painting grow: one flat colour or black all over is a failure, unless the picture was flat."""

    def __init__(self) -> None:
        self._painted = _Spread()
        self._source = _Spread()

    def see(self, source: Image, painted: Image) -> None:
        self._painted.see(painted)
        if self._painted.flat:
            self._source.see(source)

    def check(self) -> None:
        """Raise BadOutput for a failure."""
        if not self._painted.flat or self._source.flat:
            return
        if self._painted.brightest <= _BLACK:
            raise BadOutput("The network painted the picture black: nothing was kept.")
        raise BadOutput("The network painted the picture in one flat colour: nothing was kept.")


class _Spread:
    """Whether everything seen so far is of one colour."""

    def __init__(self) -> None:
        self.flat = True
        self.brightest = 0.0
        self._first: NDArray[np.float64] | None = None

    def see(self, image: Image) -> None:
        if not self.flat:
            return
        mean, deviation = cv2.meanStdDev(
            image[:, :, :3] if image.shape[2] == 3 else np.ascontiguousarray(image[:, :, :3])
        )
        self._first = mean if self._first is None else self._first
        self.brightest = max(self.brightest, float(mean.max()))
        self.flat = float(deviation.max()) < _FLAT and float(np.abs(mean - self._first).max()) < 2 * _FLAT
