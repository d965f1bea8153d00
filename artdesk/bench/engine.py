"""The table of speeds: every painting model, on every device, at four sizes, beside what else could run it.

All contenders of a row take turns in the same seconds, so that a busy machine slows all of them alike. Their
figures are ratios: how many times as long as ArtDesk they take, from pixels to pixels for ArtDesk, from tensor to
tensor for them.
"""

from __future__ import annotations

import functools
import gc
import logging
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from artdesk.bench.contenders import NAMES, Inputs, Run, contenders
from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken, Progress

if TYPE_CHECKING:
    from artdesk.bench import BenchContext
    from artdesk.engine.cards import ModelCard
    from artdesk.engine.engine import Engine

log = logging.getLogger(__name__)

SIZES = ((512, 512), (640, 480), (1024, 768), (1920, 1080))
_SECONDS_A_CELL = 8.0
_WRONG = 0.03
_PAINTING = ("painter", "fixed_style")


@dataclass(frozen=True)
class _Subject:
    """One model made ready: `paint` from pixels to pixels, and the same work as bare tensors for the others."""

    card: ModelCard
    output: str
    paint: Callable[[Image, str, CancelToken], Any]
    inputs: Callable[[Image], Inputs]


def measure(context: BenchContext) -> dict[str, Any]:
    """Rows by model, device and size, and the one figure to remember.

    ArtDesk's own share on top of bare ONNX Runtime.
    """
    from artdesk.compose import make_engine

    engine = make_engine()
    try:
        return _measured(engine, context.quick, context.progress)
    finally:
        engine.close()


def _measured(engine: Engine, quick: bool, progress: Progress) -> dict[str, Any]:
    cards = [card for card in engine.library.models() if card.family in _PAINTING]
    devices = [device for device in engine.usable() if device != "tensorrt"]
    sizes = SIZES[:2] if quick else SIZES
    rows: list[dict[str, Any]] = []
    cells = [(card, device, size) for card in cards for device in devices for size in sizes]
    for done, (card, device, size) in enumerate(cells):
        progress.step(done / len(cells), f"{card.id} {device} {size[0]}×{size[1]}")
        subject = _subject(engine, card)
        try:
            rows.append(_row(subject, device, size, quick, progress))
        except ArtDeskError as error:
            log.warning("%s on %s: %s", card.id, device, error)
            rows.append(_empty_row(card.id, device, size, str(error)))
        engine.sessions.release()
        gc.collect()
    figures: dict[str, Any] = {"table": rows}
    shares = [
        1 / row["ort_ratio"] for row in rows if isinstance(row["ort_ratio"], float) and row["device"] != "openvino"
    ]
    if shares:
        figures["artdesk_to_bare_ort"] = round(statistics.median(shares), 3)
    return figures


def _subject(engine: Engine, card: ModelCard) -> _Subject:
    if card.family == "painter":
        from artdesk.engine.families.painter import paint, spec_of
        from artdesk.engine.tensors import to_tensor

        spec, library = spec_of(card), engine.library
        styles = [style for style in library.styles() if style.kind != "model"]
        code: NDArray[np.float32] = library.code(styles[0].id) if styles else np.zeros(spec.code_size, np.float32)
        state = np.zeros((1, spec.state_size), np.float32)
        return _Subject(
            card,
            "painted",
            lambda image, device, token: paint(engine, card, image, code, device=device, token=token),
            lambda image: {
                "image": to_tensor(image),
                "code": np.ascontiguousarray(code).reshape(1, -1),
                "state": state,
                "hold": np.array(0, np.float32),
            },
        )
    from artdesk.engine.families.fixed_style import paint_fixed
    from artdesk.engine.foreign.cards import foreign_spec
    from artdesk.engine.foreign.pixels import encode

    foreign = foreign_spec(card)
    assert foreign.output is not None

    def inputs(image: Image) -> Inputs:
        given: dict[str, NDArray[Any]] = {foreign.image.name: encode(image, foreign.image)}
        for scalar in foreign.scalars:
            given[scalar.name] = np.full(scalar.shape, scalar.value, scalar.dtype)
        if foreign.state_size:
            given |= {"state": np.zeros((1, foreign.state_size), np.float32), "hold": np.array(0, np.float32)}
        return given

    return _Subject(
        card,
        foreign.output.name,
        lambda image, device, token: paint_fixed(engine, card, image, device=device, token=token),
        inputs,
    )


def _row(subject: _Subject, device: str, size: tuple[int, int], quick: bool, progress: Progress) -> dict[str, Any]:
    width, height = size
    image = _picture(width, height)
    token = progress.token
    with _PeakMemory() as peak:
        painted = subject.paint(image, device, token)
    if painted.device != device:
        return _empty_row(subject.card.id, device, size, " ".join(str(note) for note in painted.notes))
    inputs = subject.inputs(image)
    others = {name: run for name, run in contenders(subject.card.file, subject.output, device).items() if run}
    reference: NDArray[Any] | None = None
    for name in tuple(others):
        result = _tried(others[name], inputs, name)
        token.check()
        if name == "ort":
            reference = result
        elif result is None or (reference is not None and not _same(result, reference)):
            del others[name]
    times = _take_turns(lambda: subject.paint(image, device, token), others, inputs, quick, token)
    own = times["artdesk"]
    row: dict[str, Any] = {
        "model": subject.card.id,
        "device": device,
        "size": f"{width}×{height}",
        "ms": round(own * 1000, 1),
        "mp_per_s": round(width * height / 1e6 / own, 3),
        "peak_mb": round(peak.megabytes),
    }
    row |= {f"{name}_ratio": round(times[name] / own, 3) if name in times else "–" for name in NAMES}
    return row | {"said": ""}


def _empty_row(model: str, device: str, size: tuple[int, int], said: str) -> dict[str, Any]:
    blank: dict[str, Any] = {"model": model, "device": device, "size": f"{size[0]}×{size[1]}"}
    return (
        blank | dict.fromkeys(("ms", "mp_per_s", "peak_mb", *(f"{name}_ratio" for name in NAMES)), "–") | {"said": said}
    )


def _tried(run: Run, inputs: Inputs, name: str) -> NDArray[Any] | None:
    try:
        return run(inputs)
    except Exception as error:
        log.info("%s cannot run it: %s", name, error)
        return None


def _same(result: NDArray[Any], reference: NDArray[Any]) -> bool:
    """Who paints something else is no contender."""
    if result.shape != reference.shape:
        return False
    span = float(np.ptp(reference)) or 1.0
    return float(np.abs(result.astype(np.float32) - reference).mean()) < _WRONG * span


def _take_turns(
    ours: Callable[[], Any], others: dict[str, Run], inputs: Inputs, quick: bool, token: CancelToken
) -> dict[str, float]:
    """Median seconds of each, everybody once a round, ArtDesk first and last alternately."""
    runs: dict[str, Callable[[], Any]] = {"artdesk": ours}
    runs |= {name: functools.partial(run, inputs) for name, run in others.items()}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    begun = time.perf_counter()
    rounds = 2 if quick else 7
    for turn in range(rounds):
        for name in list(runs) if turn % 2 == 0 else list(reversed(runs)):
            token.check()
            start = time.perf_counter()
            runs[name]()
            taken[name].append(time.perf_counter() - start)
        if turn >= 1 and time.perf_counter() - begun > _SECONDS_A_CELL:
            break
    return {name: statistics.median(values) for name, values in taken.items()}


def _picture(width: int, height: int) -> Image:
    """Soft waves and noise: no two pixels alike, the same on every machine."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [128 + 60 * np.sin(x / (23 + 9 * c)) + 40 * np.cos(y / (31 - 5 * c)) for c in range(3)]
    noisy = np.stack(planes, axis=2) + rng.normal(0, 8, (height, width, 3)).astype(np.float32)
    return as_image(np.clip(noisy, 0, 255).astype(np.uint8))


class _PeakMemory:
    """How far this process' resident memory rises above where it stood, sampled every five milliseconds."""

    def __enter__(self) -> _PeakMemory:
        self._process = psutil.Process()
        self._before = self._highest = self._process.memory_info().rss
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self._highest = max(self._highest, self._process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._highest = max(self._highest, self._process.memory_info().rss)

    @property
    def megabytes(self) -> float:
        """The rise in MB."""
        return float(self._highest - self._before) / 2**20
