"""The desk in figures: how soon it stands, what it costs beside the bare network, how long it holds its breath."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from artdesk.bench import BenchContext
from artdesk.core.errors import ArtDeskError, EngineError
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import StylizeRequest

WIDTH, HEIGHT = 1024, 768
BIG = (6000, 4000)
_STARTS = 3
_RUNS = 5


def measure(context: BenchContext) -> dict[str, float]:
    """What the promises of the desk come to on this machine.

    - `startup_s`: from the start of the process to the first painted window, best of three
    - `overhead_ratio`: `stylize` against the bare run of the same network, in turn in one process
    - `ui_block_ms`: longest pause of the interface thread while 24 megapixels are opened and painted;
      `ui_block_own_ms`: the same without the time other programs kept the processors (Linux)

    Raises: EngineError when the desk cannot be opened here, ModelMissing without a painter.
    """
    progress = context.progress
    figures = {"startup_s": startup_seconds(1 if context.quick else _STARTS)}
    progress.step(0.2)
    figures["overhead_ratio"] = overhead_ratio(3 if context.quick else _RUNS, progress.token)
    progress.step(0.5)
    block = _child("block", *map(str, (3000, 2000) if context.quick else BIG))
    figures["ui_block_ms"] = round(block["block_ms"], 1)
    figures["ui_block_own_ms"] = round(block["own_ms"], 1)
    progress.step(1.0)
    return figures


def startup_seconds(runs: int) -> float:
    """Seconds from the start of the process to the first painted window; the best of `runs` after one for warming."""
    _child("start")
    return round(min(float(_child("start")["seconds"]) for _ in range(runs)), 3)


def overhead_ratio(runs: int, token: CancelToken) -> float:
    """Median time of `stylize` 1024 × 768 divided by that of the same network's bare run on the processor."""
    from artdesk.compose import make_studio
    from artdesk.engine.families.painter import spec_of

    studio = make_studio()
    try:
        engine = studio.engine
        card = engine.library.painter("quality")
        style = next((s for s in engine.library.styles() if s.kind != "model"), None)
        if style is None:
            raise EngineError("There is no style to measure with.")
        picture = test_picture(WIDTH, HEIGHT)
        request = StylizeRequest(image=picture, mix=((style.id, 1.0),), device="cpu")
        inputs: dict[str, Any] = {
            "image": np.ascontiguousarray(picture.transpose(2, 0, 1)[None].astype(np.float32) / 255.0),
            "code": engine.library.code(style.id).reshape(1, -1),
            "state": np.zeros((1, spec_of(card).state_size), np.float32),
            "hold": np.zeros((), np.float32),
        }
        runner = engine.sessions.get(card, "cpu")
        runner.run(inputs, token)
        studio.perform(request, Progress(token=token))
        bare, whole = [], []
        for _ in range(runs):  # in turn, so that whatever else the machine does meets both
            started = time.perf_counter()
            runner.run(inputs, token)
            bare.append(time.perf_counter() - started)
            started = time.perf_counter()
            studio.perform(request, Progress(token=token))
            whole.append(time.perf_counter() - started)
        return round(statistics.median(whole) / statistics.median(bare), 3)
    finally:
        studio.close()


def test_picture(width: int, height: int) -> Any:
    """A picture with soft and hard structure, (height, width, 3)."""
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    waves = 0.5 + 0.25 * np.sin(40 * x + 9 * y) + 0.25 * np.cos(31 * y * (1 + x))
    tones = [waves, np.broadcast_to(y, waves.shape), np.broadcast_to(x, waves.shape)]
    return as_image(np.stack([(tone * 255).astype(np.uint8) for tone in tones], axis=2))


def _child(*arguments: str) -> dict[str, float]:
    """Run `artdesk.bench.desk_child` in a process of its own, with a home of its own and without a screen."""
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, ARTDESK_HOME=home, ARTDESK_BENCH_STARTED=repr(time.time()))
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        # An installed ArtDesk has its modules compiled; a switch of this shell must not make every start compile.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            [sys.executable, "-m", "artdesk.bench.desk_child", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            cwd=Path.cwd(),
            check=False,
        )
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{"):
            answer: dict[str, float] = json.loads(line)
            if "seconds" in answer or "block_ms" in answer:
                return answer
    last = (done.stderr.strip().splitlines() or ["?"])[-1]
    raise _failed(last)


def _failed(reason: str) -> ArtDeskError:
    return EngineError("The desk could not be measured here: {reason}", reason=reason[:300])
