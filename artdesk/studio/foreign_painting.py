"""Painting any size with somebody else's network: whole, in tiles with a thumbnail's statistics, or blended."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from artdesk.core.errors import OutOfMemory, WrongUse
from artdesk.core.image import Image, as_image, size_within
from artdesk.core.progress import Progress
from artdesk.core.requests import StylizeSettings
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.families.fixed_style import paint_fixed
from artdesk.engine.foreign.blending import PaintTile, run_blended
from artdesk.engine.foreign.cards import ForeignSpec, foreign_spec
from artdesk.engine.foreign.running import Painted, State
from artdesk.engine.library import Library
from artdesk.engine.rows import Rows, patchwork_rows, shrink_rows
from artdesk.engine.tiles import LEAST_SIDE, run_tiles, tile_side
from artdesk.studio.painting import Code, FlatWatch, Job, Write, paint_rows

_KEEP_PIXELS = 1_600_000
_BLEND_OVERLAP = 64


class RunOne(Protocol):
    """One run of a foreign network on one picture or tile; its size × the network's factor."""

    def __call__(self, image: Image, /, *, state: State | None, keep_memory: bool, smaller_helps: bool) -> Painted: ...


def model_of_mix(library: Library, settings: StylizeSettings) -> ModelCard | None:
    """The foreign model that the request's style stands for; None for the styles of our own painter.

    Raises: UnknownStyle; WrongUse when a foreign model is part of a mix.
    """
    kinds = [library.style(style) for style, _ in settings.mix]
    models = [style for style in kinds if style.kind == "model" and style.model_id is not None]
    if not models:
        return None
    if len(kinds) > 1:
        title = models[0].title.get("en", models[0].id)
        raise WrongUse("“{title}” is a model of its own and cannot be mixed.", title=title)
    return library.model(str(models[0].model_id))


def painter_of(library: Library, settings: StylizeSettings, seed_code: Code | None = None) -> ModelCard:
    """The model that paints a request: the foreign one its style stands for, else our painter of that role.

    Raises: UnknownStyle, WrongUse, ModelMissing.
    """
    model = model_of_mix(library, settings) if seed_code is None else None
    return model if model is not None else library.painter(settings.painter)


def paint_any_rows(job: Job, source: Rows, code: Code, write: Write, progress: Progress) -> None:
    """Paint `source` with the job's model, ours (`code` is the style) or a foreign one (which is its own style).

    Raises: what `paint_rows` and `run_rows` raise.
    """
    if job.card.family != "fixed_style":
        paint_rows(job, source, code, write, progress)
        return

    def run_one(image: Image, *, state: State | None, keep_memory: bool, smaller_helps: bool) -> Painted:
        return paint_fixed(
            job.engine,
            job.card,
            image,
            state=state,
            device=job.device,
            token=progress.token,
            keep_memory=keep_memory,
            smaller_helps=smaller_helps,
        )

    run_rows(job, source, run_one, write, progress)


def run_rows(job: Job, source: Rows, run_one: RunOne, write: Write, progress: Progress) -> None:
    """Run a foreign network over `source`; `write(top, rows)` gets the result (× its factor) from the top down.

    Raises: OutOfMemory when not even the smallest tile fits, BadOutput, EngineError, BadCard, Cancelled.
    """
    begun = time.perf_counter()
    spec = foreign_spec(job.card)
    watch = FlatWatch()

    def run(image: Image, state: State | None, *, smaller_helps: bool, keep_memory: bool = False) -> Painted:
        keep = keep_memory or image.shape[0] * image.shape[1] <= _KEEP_PIXELS
        painted = run_one(image, state=state, keep_memory=keep, smaller_helps=smaller_helps)
        job.ran_on = painted.device
        job.say(painted.notes)
        return painted

    def watched(image: Image, state: State | None, *, smaller_helps: bool, keep_memory: bool = False) -> Image:
        painted = run(image, state, smaller_helps=smaller_helps, keep_memory=keep_memory)
        watch.see(image, painted.image)
        return painted.image

    def alone(tile: Image) -> Image:
        return watched(tile, None, smaller_helps=spec.image.fixed is None and max(tile.shape[:2]) > LEAST_SIDE)

    side = tile_side(job.card, job.engine.choose(job.card, job.device), job.memory_mb)
    side = min(side, spec.largest) if spec.largest else side
    progress.step(0)
    if spec.image.fixed is not None:
        border = 2 * -(-spec.shrink // spec.factor)
        high, wide = spec.image.fixed
        _blend(job, spec, source, (high - border, wide - border), alone, write, progress)
    elif not _whole(source, side, watched, write, progress):
        margin = spec.radius + -(-spec.shrink // spec.factor)
        too_narrow = 0 < spec.largest < 2 * margin + 4 * spec.align
        if spec.seamless == "blend" or too_narrow:
            _blend(job, spec, source, (side, side), alone, write, progress)
        else:
            share = min(0.2, side * side / (source.width * source.height))
            state = None
            if spec.state_size:
                state, side = _shared_state(source, side, run, progress)
                progress.step(share)
            run_tiles(
                source,
                side=side,
                margin=margin,
                align=spec.align,
                least=spec.minimum,
                paint_tile=lambda tile, smaller_helps, last: watched(
                    tile, state, smaller_helps=smaller_helps, keep_memory=not last
                ),
                write=write,
                progress=progress.part(share, 1),
                scale=spec.factor,
            )
    watch.check()
    seconds = time.perf_counter() - begun
    job.engine.speeds.note(job.card.sha256, job.ran_on, source.width * source.height / 1e6, seconds)


class _Watched(Protocol):
    def __call__(
        self, image: Image, state: State | None, *, smaller_helps: bool, keep_memory: bool = False
    ) -> Image: ...


class _Run(Protocol):
    def __call__(
        self, image: Image, state: State | None, *, smaller_helps: bool, keep_memory: bool = False
    ) -> Painted: ...


def _whole(source: Rows, side: int, watched: _Watched, write: Write, progress: Progress) -> bool:
    """Everything in one run with its own statistics; False when that does not fit."""
    if source.width * source.height > side * side:
        return False
    image = as_image(source.read(0, source.height))
    small = max(source.width, source.height) <= LEAST_SIDE
    try:
        write(0, watched(image, None, smaller_helps=not small))
    except OutOfMemory:
        if small:
            raise
        return False
    progress.step(1)
    return True


def _shared_state(source: Rows, side: int, run: _Run, progress: Progress) -> tuple[State, int]:
    """The statistics all tiles share (a thumbnail's and those of parts at true size), and the side that fitted."""
    while True:
        scale = min(1.0, side / (source.width * source.height) ** 0.5)
        longest = max(1, int(max(source.width, source.height) * scale))
        small = shrink_rows(source, *size_within(source.width, source.height, longest))
        progress.token.check()
        try:
            state = run(small, None, smaller_helps=side > LEAST_SIDE).state
            parts = patchwork_rows(source, small.shape[1], small.shape[0])
            if parts is not None:
                state = np.float32(0.5) * (state + run(parts, None, smaller_helps=side > LEAST_SIDE).state)
            return state, side
        except OutOfMemory:
            if side <= LEAST_SIDE:
                raise
            side = max(LEAST_SIDE, side // 2)


def _blend(
    job: Job,
    spec: ForeignSpec,
    source: Rows,
    side: tuple[int, int],
    paint_tile: PaintTile,
    write: Write,
    progress: Progress,
) -> None:
    """Blended tiles, said aloud; out of memory halves them and begins again from the top."""
    if source.height > side[0] or source.width > side[1]:
        job.say(
            (
                Note(
                    "“{model}” sees each part of a picture on its own: they are blended and may differ a little.",
                    {"model": job.card.title.get("en", job.card.id)},
                ),
            )
        )
    high, wide = side
    while True:
        try:
            run_blended(
                source,
                side=(high, wide),
                overlap=min(_BLEND_OVERLAP, min(high, wide) // 4),
                align=spec.align,
                paint_tile=paint_tile,
                write=write,
                progress=progress,
                scale=spec.factor,
            )
            return
        except OutOfMemory:
            if spec.image.fixed is not None or max(high, wide) <= LEAST_SIDE:
                raise
            high, wide = max(LEAST_SIDE, high // 2), max(LEAST_SIDE, wide // 2)
