"""Gardens in figures: how soon the first nine pictures are there, how soon the next, and what is added to the bare
networks.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from artdesk.bench import BenchContext
from artdesk.core.errors import EngineError
from artdesk.core.garden import Garden, descend, new_garden, sow
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import EncodePointRequest, GenerateRequest, WalkRequest
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families import latent_space
from artdesk.engine.families.latent import spec_of
from artdesk.studio.garden_models import garden_model
from artdesk.studio.perform import Studio

_CELLS = 9
_FRAMES = 24


def measure(context: BenchContext) -> dict[str, Any]:
    """What gardens come to on this machine, on the processor, for each latent model that ships.

    - `first_s`: nine pictures from nothing: networks loaded, the mean of w worked out (best of the repetitions)
    - `first_picture_s`: the first of them
    - `next_s`: a page of nine descendants after that (median)
    - `overhead_ratio`: such a page against the bare runs of the same networks, in turn
    - `encode_s`: a picture's point, for models with an encoder
    - `walk_fps`: frames a second of a walk written as MP4

    Raises: EngineError where no latent model is installed.
    """
    from artdesk.compose import make_engine

    library = make_engine().library
    cards = [card for card in library.models() if card.family == "latent"]
    if not cards:
        raise EngineError("There is no model that makes pictures of its own to measure with.")
    rows = []
    for n, card in enumerate(cards):
        part = context.progress.part(n / len(cards), (n + 1) / len(cards))
        part.step(0.0, card.id)
        with tempfile.TemporaryDirectory() as home:
            rows.append(measure_model(Engine(library, home=Path(home)), card, 2 if context.quick else 5, part))
    return {"models": rows, "first_s": max(r["first_s"] for r in rows), "next_s": max(r["next_s"] for r in rows)}


def measure_model(engine: Engine, card: ModelCard, runs: int, progress: Progress) -> dict[str, Any]:
    """The figures of one model; `engine` has a home of its own, in which nothing is kept yet."""
    token = progress.token
    garden = sow(new_garden(card.id, garden_model(card).sha256), _CELLS, 1, spec_of(card).truncation)
    firsts = [_from_nothing(engine, card, garden, token) for _ in range(max(1, runs // 2))]
    progress.step(0.4)
    studio = Studio(engine)
    nexts, bare, whole = [], [], []
    for number in range(runs):  # in turn, so that whatever else the machine does meets both
        garden = descend(garden, number, _CELLS, 0.4, 100 * number)
        page = tuple(node.id for node in garden.page())
        started = time.perf_counter()
        studio.perform(GenerateRequest(card.id, garden, page, "cpu"), Progress(token=token))
        whole.append(time.perf_counter() - started)
        nexts.append(whole[-1])
        bare.append(_bare(engine, card, token))
    progress.step(0.7)
    figures: dict[str, Any] = {
        "model": card.id,
        "first_s": round(min(total for total, _ in firsts), 3),
        "first_picture_s": round(min(first for _, first in firsts), 3),
        "next_s": round(statistics.median(nexts), 3),
        "overhead_ratio": round(statistics.median(whole) / max(1e-9, statistics.median(bare)), 3),
        "encode_s": None,
    }
    if spec_of(card).encoder is not None:
        figures["encode_s"] = _encoding(studio, card, token)
    with tempfile.TemporaryDirectory() as folder:
        request = WalkRequest(card.id, garden, (0, 1), Path(folder) / "walk.mp4", _FRAMES, device="cpu")
        started = time.perf_counter()
        studio.perform(request, Progress(token=token))
        figures["walk_fps"] = round((_FRAMES + 1) / (time.perf_counter() - started), 1)
    engine.sessions.release()
    progress.step(1.0)
    return figures


def _from_nothing(engine: Engine, card: ModelCard, garden: Garden, token: CancelToken) -> tuple[float, float]:
    """Seconds to all nine pictures and to the first, with nothing loaded and nothing kept."""
    engine.sessions.release()
    latent_space.forget()
    for kept in (engine.home / "latent").glob("*"):
        kept.unlink()
    arrived: list[float] = []
    progress = Progress(token=token, take=lambda part: arrived.append(time.perf_counter()))
    started = time.perf_counter()
    Studio(engine).perform(GenerateRequest(card.id, garden, tuple(range(_CELLS)), "cpu"), progress)
    return time.perf_counter() - started, arrived[0] - started


def _bare(engine: Engine, card: ModelCard, token: CancelToken) -> float:
    """Seconds of nine bare runs of the generator and, where there is one, of the mapping."""
    spec = spec_of(card)
    hot = np.zeros((1, *spec.label_shape), spec.label_dtype)

    def extras(place: str) -> dict[str, Any]:
        given: dict[str, Any] = {spec.label_input: hot} if spec.label_input and spec.label_at == place else {}
        if spec.psi_input and spec.psi_at == place:
            given[spec.psi_input] = np.ones(spec.psi_shape, spec.dtype)
        return given

    rng = np.random.default_rng(1)
    runs = [
        (
            engine.sessions.get(card, "cpu"),
            {spec.sides["w"]: rng.standard_normal((1, *spec.w_shape)).astype(spec.dtype), **extras("generator")},
        )
    ]
    if spec.mapping is not None:
        part = replace(card, file=spec.mapping.file, sha256=spec.mapping.sha256)
        runs.append(
            (
                engine.sessions.get(part, "cpu"),
                {spec.sides["z"]: rng.standard_normal((1, *spec.z_shape)).astype(spec.dtype), **extras("mapping")},
            )
        )
    started = time.perf_counter()
    for _ in range(_CELLS):
        for runner, inputs in runs:
            runner.run(inputs, token)
    return time.perf_counter() - started


def _encoding(studio: Studio, card: ModelCard, token: CancelToken) -> float:
    side = spec_of(card).encoder_side
    y, x = np.mgrid[0:side, 0:side]
    picture = as_image(np.stack([x % 256, y % 256, (x + y) % 256], axis=2).astype(np.uint8))
    request = EncodePointRequest(card.id, picture, "cpu")
    studio.perform(request, Progress(token=token))
    started = time.perf_counter()
    studio.perform(request, Progress(token=token))
    return round(time.perf_counter() - started, 3)
