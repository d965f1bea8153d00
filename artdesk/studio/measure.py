"""Measuring devices: every usable one on every painter, once; "auto" chooses by it from then on."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import ArtDeskError, DeviceUnavailable, WrongUse
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import MeasureDevicesRequest
from artdesk.core.results import DevicesResult, Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.painter import paint, spec_of

_WIDTH, _HEIGHT = 640, 480
_RUNS = 3
Row = tuple[str, str, float | None, str]


def measure_devices(engine: Engine, request: MeasureDevicesRequest, progress: Progress) -> DevicesResult:
    """Time every device of this machine on the painters (or on one of them) and remember the quickest.

    Asked for deliberately, so devices that failed before are tried again. The milliseconds are those of one
    run at 640 × 480, the best of three after a first one.

    Raises: UnknownModel, WrongUse for a model that is no painter, Cancelled.
    """
    begun = time.perf_counter()
    engine.forgive()
    library = engine.library
    cards = (
        [library.model(request.model_id)]
        if request.model_id
        else [m for m in library.models() if m.family == "painter"]
    )
    if any(card.painter is None for card in cards):
        raise WrongUse("“{model}” is not a painter: only painters are measured.", model=request.model_id)
    rows: list[Row] = []
    for number, card in enumerate(cards):
        part = progress.part(number / len(cards), (number + 1) / len(cards))
        rows += measure_painter(engine, card, part)
    chosen = {card.id: engine.choose(card) for card in cards}
    engine.speeds.save()
    receipt = Receipt(
        ability="measure_devices",
        model_id=cards[0].id if cards else "",
        model_sha256=cards[0].sha256 if cards else "",
        device=next(iter(chosen.values()), "cpu"),
        settings={"width": _WIDTH, "height": _HEIGHT},
        seconds=time.perf_counter() - begun,
        source_type=COMPOSITE,
    )
    return DevicesResult(receipt, (), tuple(rows), chosen)


def measure_painter(engine: Engine, card: ModelCard, progress: Progress) -> list[Row]:
    """(model id, device id, milliseconds or None, what was said when it failed), one row for each device."""
    picture = _test_card(_WIDTH, _HEIGHT)
    code = np.zeros(spec_of(card).code_size, np.float32)
    devices = engine.devices()
    rows: list[Row] = []
    for number, device in enumerate(devices):
        progress.step(number / len(devices), device.title)
        if not device.available:
            rows.append((card.id, device.id, None, device.reason))
            continue
        try:
            seconds = _time(engine, card, picture, code, device.id, progress.token)
        except ArtDeskError as error:
            if device.id != "cpu":  # the processor is the last resort and is always tried again
                engine.fail(device.id, str(error))
            rows.append((card.id, device.id, None, str(error)))
            continue
        engine.speeds.remember(card.sha256, device.id, seconds / (_WIDTH * _HEIGHT / 1e6))
        rows.append((card.id, device.id, seconds * 1000, ""))
    progress.step(1)
    return rows


def ensure_measured(engine: Engine, card: ModelCard, device: str, progress: Progress) -> None:
    """Before the first "auto" run of a painter on this machine: find out which device is the quickest.

    Nothing is done when there is only one device, when it is known already, and for foreign models (they run
    where the first choice is).
    """
    usable = engine.usable()
    if (
        card.painter is None
        or device != "auto"
        or len(usable) < 2
        or engine.speeds.quickest(card.sha256, usable) is not None
    ):
        return
    measure_painter(engine, card, Progress(token=progress.token))
    engine.speeds.save()


def _time(
    engine: Engine,
    card: ModelCard,
    picture: Image,
    code: NDArray[np.float32],
    device: str,
    token: CancelToken,
) -> float:
    best = float("inf")
    for number in range(_RUNS + 1):
        begun = time.perf_counter()
        painted = paint(engine, card, picture, code, device=device, token=token)
        if painted.device != device:
            _raise_fallen(painted.notes)
        if number:
            best = min(best, time.perf_counter() - begun)
    return best


def _raise_fallen(notes: tuple[Note, ...]) -> None:
    """The run was done elsewhere: the device is not usable, whatever it lists."""
    reason = notes[0].values.get("reason") if notes else None
    raise DeviceUnavailable("{reason}", reason=reason or "the processor did the work instead")


def _test_card(width: int, height: int) -> Image:
    """A picture with gradients and edges that stresses no code path in particular."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x * 255 // max(1, width - 1)), (y * 255 // max(1, height - 1)), ((x // 32 + y // 32) % 2 * 255)]
    return as_image(np.stack(planes, axis=2).astype(np.uint8))
