"""Walks: a film from picture to picture through the latent space, written as it is made."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from artdesk.core.errors import AlreadyExists, SaveError, WrongUse
from artdesk.core.fields import check_fields
from artdesk.core.files import atomic_write
from artdesk.core.garden_file import recipe
from artdesk.core.metadata import packet_with
from artdesk.core.progress import Progress
from artdesk.core.receipt import GENERATED, Receipt
from artdesk.core.requests import WalkRequest
from artdesk.core.results import Note, WalkResult
from artdesk.engine.engine import Engine
from artdesk.engine.families.latent import Point, make_picture, spec_of
from artdesk.studio.garden_models import model_for
from artdesk.studio.garden_points import Points, between
from artdesk.studio.walk_film import SUFFIXES, film_for, rate_of

_MOST_STOPS = 256
_MOST_RECIPES = 48_000


def walk(engine: Engine, request: WalkRequest, progress: Progress) -> WalkResult:
    """Write the film of the request. Points are laid straight (lerp) or along the sphere (slerp), as the model's card
    says; each frame is made and written before the next. A film that is not finished leaves nothing behind.

    Raises: UnknownModel, WrongUse for fewer than two pictures or values out of range, AlreadyExists, SaveError,
    BadOutput, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    check_fields(request)
    target = Path(request.target)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise SaveError(
            "Walks are saved as MP4, GIF or WebP; “{suffix}” is none of them.", suffix=suffix or target.name
        )
    if not 2 <= len(request.nodes) <= _MOST_STOPS:
        raise WrongUse("A walk goes through two to {most} pictures.", most=_MOST_STOPS)
    if not request.overwrite and os.path.lexists(target):  # told before the work, not after it
        raise AlreadyExists("“{name}” exists already and was left as it is.", name=str(target))
    card, told = model_for(engine, request.model_id, request.garden)
    notes = list(told)
    if rate_of(target, request.fps) != request.fps:
        notes.append(Note("GIF films show at most {rate} pictures a second.", {"rate": rate_of(target, request.fps)}))
    points = Points(engine, card, request.garden, progress.token)
    stops = [points.of(node) for node in request.nodes]
    if request.loop:
        stops.append(stops[0])
    around = spec_of(card).walk == "slerp"
    total = (len(stops) - 1) * request.frames + (0 if request.loop else 1)
    device, height, width = "", 0, 0
    with atomic_write(target, request.overwrite) as file:
        film = film_for(suffix, file, request.fps, with_packet=request.with_receipt)
        try:
            for number, point in enumerate(_steps(stops, request.frames, around, request.loop)):
                progress.step(number / total)
                made = make_picture(engine, card, point, device=request.device, token=progress.token)
                film.add(made.image)
                device = made.device
                height, width = made.image.shape[:2]
                notes += [note for note in made.notes if note not in notes]
        except BaseException:
            film.drop()
            raise
        receipt = Receipt(
            ability="walk",
            model_id=card.id,
            model_sha256=card.sha256,
            device=device,
            settings=_settings(request),
            seconds=time.perf_counter() - begun,
            source_type=GENERATED,
        )
        film.close(packet_with(receipt) if request.with_receipt else b"")
    progress.step(1.0)
    return WalkResult(receipt, tuple(notes), target, width, height, total)


def _steps(stops: Sequence[Point], frames: int, around: bool, loop: bool) -> Iterator[Point]:
    """Points of the frames; a loop leaves out the last one, which is the first again."""
    for start, end in itertools.pairwise(stops):
        for i in range(frames):
            yield between(start, end, i / frames, around=around)
    if not loop:
        yield stops[-1]


def _settings(request: WalkRequest) -> dict[str, object]:
    """What shaped the walk: its stops as recipes while they are short enough for a receipt."""
    stops: list[object] = []
    length = 0
    for node in request.nodes:
        known = recipe(request.garden, node)
        length += len(str(known))
        stops.append(known if length <= _MOST_RECIPES else node)
    return {"stops": stops, "frames": request.frames, "fps": request.fps, "loop": request.loop}
