"""Foreign networks on a bad day: memory runs out, the card falls away, the person stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import BadOutput, Cancelled, DeviceLost, OutOfMemory
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import StylizeRequest
from artdesk.engine.foreign.blending import fades, run_blended, stretches
from artdesk.engine.foreign.testcard import card_picture
from artdesk.engine.rows import ArrayRows
from artdesk.studio import foreign_painting
from artdesk.studio.perform import Studio
from tests.engine.fakes import faked_engine
from tests.engine.foreign import makers
from tests.studio.foreign_studio import take_in

PICTURE = card_picture(500, 700, 1)
MIX = (("mosaic", 1.0),)


def pixels(inputs: Mapping[str, Any]) -> int:
    image = inputs["input"]
    return int(image.shape[2] * image.shape[3])


def test_too_little_memory_makes_tiles_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    largest: list[int] = []
    imported = threading.Event()

    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        if "input" in inputs and imported.is_set():
            if pixels(inputs) > 250 * 250:
                raise OutOfMemory("There is not enough memory on {device} for this picture.", device="cuda")
            largest.append(pixels(inputs))

    engine, _ = faked_engine(tmp_path / "library", strike, on=("cuda", "cpu"))
    studio = Studio(engine)
    take_in(studio, makers.style_net(into="0..255"), tmp_path, "mosaic", monkeypatch)
    imported.set()
    painted = studio.perform(StylizeRequest(image=PICTURE, mix=MIX), Progress())
    assert painted.image.shape == PICTURE.shape
    assert painted.receipt.device == "cuda"
    assert len(largest) > 5
    studio.close()


def test_a_card_that_falls_away_is_replaced_by_the_processor_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck = threading.Event()

    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        if "input" in inputs and run >= 3:
            struck.set()
            raise DeviceLost("{device} stopped answering: {reason}", device="cuda", reason="illegal memory access")

    engine, _ = faked_engine(tmp_path / "library", strike)
    studio = Studio(engine)
    take_in(studio, makers.style_net(into="0..255"), tmp_path, "mosaic", monkeypatch)
    monkeypatch.setattr(foreign_painting, "tile_side", lambda *args: 192)
    painted = studio.perform(StylizeRequest(image=PICTURE, mix=MIX), Progress())
    assert struck.is_set()
    assert painted.receipt.device == "cpu"
    assert any("processor" in str(note) for note in painted.notes)
    studio.close()


def test_black_pictures_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = faked_engine(
        tmp_path / "library",
        lambda run, inputs: (
            {**inputs, "input": np.full_like(inputs["input"], np.nan)} if "input" in inputs and run > 1 else None
        ),
        on=("cpu",),
    )
    studio = Studio(engine)
    take_in(studio, makers.style_net(into="0..255"), tmp_path, "mosaic", monkeypatch)
    with pytest.raises(BadOutput, match="not numbers"):
        for _ in range(2):
            studio.perform(StylizeRequest(image=PICTURE, mix=MIX, device="cpu"), Progress())
    studio.close()


def test_stopping_between_and_inside_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = faked_engine(tmp_path / "library")
    studio = Studio(engine)
    take_in(studio, makers.style_net(into="0..255"), tmp_path, "mosaic", monkeypatch)
    monkeypatch.setattr(foreign_painting, "tile_side", lambda *args: 192)
    large = as_image(np.tile(PICTURE, (5, 5, 1)))
    token = CancelToken()
    begun: list[float] = []

    def stop() -> None:
        begun.append(time.monotonic())
        token.cancel()

    threading.Timer(0.5, stop).start()
    with pytest.raises(Cancelled):
        studio.perform(StylizeRequest(image=large, mix=MIX, device="cpu"), Progress(token=token))
    assert time.monotonic() - begun[0] < 2.0  # 0.1 s on an idle machine
    studio.close()


def test_a_network_whose_memory_grows_steeply_gets_no_more_than_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []

    def watch(run: int, inputs: Mapping[str, Any]) -> None:
        if "input" in inputs:
            seen.append(inputs["input"].shape[2:])

    engine, _ = faked_engine(tmp_path / "library", watch, on=("cuda", "cpu"))
    studio = Studio(engine)
    take_in(studio, makers.style_net(form="none"), tmp_path, "mosaic", monkeypatch)
    card = engine.library.model("mosaic")
    path = card.folder / "card.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("largest = 0", "largest = 96"), encoding="utf-8")
    engine.library.refresh()
    seen.clear()
    painted = studio.perform(StylizeRequest(image=PICTURE, mix=MIX), Progress())
    assert painted.image.shape == PICTURE.shape
    assert max(max(shape) for shape in seen) <= 96
    studio.close()


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3000), st.integers(8, 600), st.integers(0, 128), st.sampled_from([1, 2, 32]))
def test_fades_add_up_to_one(length: int, side: int, overlap: int, align: int) -> None:
    parts = stretches(length, side, overlap, align)
    assert parts[0][0] == 0
    assert parts[-1][1] == length
    total = np.zeros(length)
    for (start, stop), fade in zip(parts, fades(parts), strict=True):
        assert stop - start <= side
        total[start:stop] += fade
    np.testing.assert_allclose(total, 1.0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(16, 90), st.integers(1, 3))
def test_blending_what_does_not_change_changes_nothing(height: int, width: int, side: int, scale: int) -> None:
    picture = card_picture(height, width)
    made = np.zeros((height * scale, width * scale, 3), np.uint8)

    def write(top: int, rows: np.ndarray) -> None:  # type: ignore[type-arg]
        made[top : top + rows.shape[0]] = rows

    def enlarge(tile: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return as_image(np.repeat(np.repeat(tile, scale, axis=0), scale, axis=1))

    run_blended(
        ArrayRows(picture),
        side=(side, side + 7),
        overlap=16,
        align=2,
        paint_tile=enlarge,
        write=write,
        progress=Progress(),
        scale=scale,
    )
    assert np.abs(made.astype(int) - enlarge(picture)).max() <= 1
