"""Devices on a bad day: each ends as the ladder says, and it is said aloud."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artdesk.core.errors import Cancelled, DeviceLost, EngineError, OutOfMemory, WrongUse
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import StylizeRequest
from artdesk.engine.devices import find_devices
from artdesk.engine.engine import Engine
from artdesk.engine.runners import OrtRunner, SessionKey
from artdesk.engine.session import Sessions
from artdesk.studio.stylize import stylize
from tests.engine.fakes import CPU, CUDA, SlowRunner, faked_engine
from tests.engine.scripted import open_engine, photograph, write_library

PICTURE = as_image(photograph(500, 400))


def request(**more: Any) -> StylizeRequest:
    return StylizeRequest(mix=(("ember", 1.0),), image=PICTURE, **more)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return stylize(open_engine(tmp_path_factory.mktemp("plain")), request(device="cpu"), Progress()).image


def test_a_device_that_works_is_used_and_named(tmp_path: Path, expected: Any) -> None:
    engine, made = faked_engine(tmp_path)
    result = stylize(engine, request(device="cuda"), Progress())
    assert result.receipt.device == "cuda"
    assert result.notes == ()
    assert made[0].runs == 1
    assert np.array_equal(result.image, expected)


def test_listed_but_not_loadable_falls_back_aloud(tmp_path: Path, expected: Any) -> None:
    engine, _ = faked_engine(tmp_path, starts=False)
    result = stylize(engine, request(device="cuda"), Progress())
    assert result.receipt.device == "cpu"
    assert "libcudnn is missing" in str(result.notes[0])
    assert np.array_equal(result.image, expected)
    assert [d.available for d in engine.devices()] == [False, True]
    engine.forgive("cuda")
    assert [d.available for d in engine.devices()] == [True, True]


def test_out_of_memory_at_the_third_tile_makes_smaller_tiles(tmp_path: Path) -> None:
    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        if run == 3:
            raise OutOfMemory("There is not enough memory for this picture.")

    engine, made = faked_engine(tmp_path, strike)
    result = stylize(engine, request(device="cuda", memory_mb=20), Progress())
    assert result.receipt.device == "cuda"
    whole = stylize(engine, request(device="cuda", memory_mb=20), Progress())
    assert np.abs(result.image.astype(int) - whole.image).max() <= 2
    assert made[0].device == "cuda"


def test_no_memory_at_all_goes_to_the_processor_once(tmp_path: Path) -> None:
    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        raise OutOfMemory("There is not enough memory for this picture.")

    engine, made = faked_engine(tmp_path, strike)
    result = stylize(engine, request(device="cuda"), Progress())
    assert result.receipt.device == "cpu"
    assert len(result.notes) == 1
    assert "memory" in str(result.notes[0])
    tried = made[0].runs
    again = stylize(engine, request(device="cuda"), Progress())
    assert made[0].runs == tried, "a device that failed is not tried again"
    assert "memory" in str(again.notes[0])


def test_tiles_grow_again_on_the_processor(tmp_path: Path) -> None:
    """Tiles a small card needed do not make the processor slow."""
    sides: list[int] = []

    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        sides.append(max(inputs["image"].shape))
        raise OutOfMemory("There is not enough memory for this picture.")

    engine, made = faked_engine(tmp_path, strike)
    picture = as_image(photograph(900, 1200))
    result = stylize(engine, StylizeRequest(mix=(("ember", 1.0),), image=picture, device="cuda"), Progress())
    assert result.receipt.device == "cpu"
    assert min(sides) < 250
    assert made[1].runs < 12
    plain = stylize(engine, StylizeRequest(mix=(("ember", 1.0),), image=picture, device="cpu"), Progress())
    assert np.abs(result.image.astype(int) - plain.image).mean() < 30


def test_no_memory_anywhere_is_a_sentence(tmp_path: Path) -> None:
    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        raise OutOfMemory("There is not enough memory for this picture.")

    engine, _ = faked_engine(tmp_path, strike, on=("cuda", "cpu"))
    with pytest.raises(OutOfMemory, match="not enough memory"):
        stylize(engine, request(device="auto"), Progress())


def test_a_device_lost_in_mid_run_is_replaced(tmp_path: Path) -> None:
    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        if run >= 3:
            raise DeviceLost("{device} stopped answering: {reason}", device="cuda", reason="device removed")

    engine, made = faked_engine(tmp_path, strike)
    result = stylize(engine, request(device="cuda", memory_mb=20), Progress())
    assert result.receipt.device == "cpu"
    assert len(result.notes) == 1
    assert "device removed" in str(result.notes[0])
    assert made[0].runs == 3
    plain = stylize(engine, request(device="cpu", memory_mb=20), Progress())
    assert np.abs(result.image.astype(int) - plain.image).max() <= 2


def test_nonsense_from_a_graphics_card_is_painted_again(tmp_path: Path, expected: Any) -> None:
    def nonsense(run: int, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**inputs, "image": np.full_like(inputs["image"], np.nan)}

    engine, made = faked_engine(tmp_path, nonsense)
    result = stylize(engine, request(device="cuda"), Progress())
    assert result.receipt.device == "cpu"
    assert "not numbers" in str(result.notes[0])
    assert np.array_equal(result.image, expected)
    assert made[0].runs == 1


def test_a_failing_processor_is_a_sentence(tmp_path: Path) -> None:
    def strike(run: int, inputs: Mapping[str, Any]) -> None:
        raise EngineError("The model “{model}” failed on {device}: {reason}", model="m", device="cpu", reason="x")

    engine, _ = faked_engine(tmp_path, strike, on=("cpu",))
    with pytest.raises(EngineError, match="failed"):
        stylize(engine, request(device="cpu"), Progress())


def test_an_unknown_device_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="abacus"):
        stylize(faked_engine(tmp_path)[0], request(device="abacus"), Progress())


def test_a_device_that_is_not_there_says_why(tmp_path: Path) -> None:
    engine = Engine(write_library(tmp_path).open(), home=tmp_path, devices=find_devices(lambda: []))
    result = stylize(engine, request(device="cuda"), Progress())
    assert result.receipt.device == "cpu"
    assert "this build of ONNX Runtime does not have it" in str(result.notes[0])


@pytest.mark.parametrize("memory_mb", [0, 20])
def test_cancelling_ends_within_a_third_of_a_second(tmp_path: Path, memory_mb: int) -> None:
    slow = SlowRunner("cuda", 5.0)
    sessions = Sessions(lambda key, source, name: slow)
    engine = Engine(write_library(tmp_path).open(), sessions, home=tmp_path, devices=(CUDA, CPU))
    token = CancelToken()
    asked: list[float] = []

    def stop() -> None:
        asked.append(time.monotonic())
        token.cancel()

    timer = threading.Timer(0.15, stop)
    timer.start()
    with pytest.raises(Cancelled):
        stylize(engine, request(device="cuda", memory_mb=memory_mb), Progress(token=token))
    ended = time.monotonic()
    timer.join()
    assert ended - asked[0] < 0.3
    assert slow.started == 1
    assert [d.available for d in engine.devices()] == [True, True], "cancelling is no failure of the device"


def test_a_real_run_is_stopped_from_another_thread(tmp_path: Path) -> None:
    """ONNX Runtime's own run ends early and leaves a session that still works."""
    engine = open_engine(tmp_path)
    card = engine.library.painter()
    runner = OrtRunner(SessionKey(card.sha256, "cpu"), card.file, card.id)
    side = 3000
    inputs = {
        "image": np.random.default_rng(0).random((1, 3, side, side), np.float32),
        "code": engine.library.code("ember")[None],
        "state": np.zeros((1, 24), np.float32),
        "hold": np.array(0, np.float32),
    }
    token = CancelToken()
    timer = threading.Timer(0.1, token.cancel)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        runner.run(inputs, token)
    assert time.monotonic() - begun < 0.1 + 0.6  # 0.3, and as much again for a machine busy with other tests
    timer.join()
    inputs["image"] = inputs["image"][:, :, :64, :64].copy()
    assert runner.run(inputs, CancelToken())["painted"].shape == (1, 3, 64, 64)
