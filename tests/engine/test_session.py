"""A session's key is all that shaped it, and only so many are kept; devices say why they are not there."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from artdesk.core.errors import DeviceUnavailable, ModelDamaged, OutOfMemory
from artdesk.core.progress import CancelToken
from artdesk.engine.border import short_reason, translate_run_error, translate_start_error
from artdesk.engine.devices import find_devices
from artdesk.engine.engine import about_seconds
from artdesk.engine.runners import OrtRunner, SessionKey, make_runner, provider_options
from artdesk.engine.session import Sessions
from artdesk.engine.speed import SpeedBook
from tests.engine.fakes import SlowRunner
from tests.engine.scripted import open_engine, write_library


def test_sessions_are_kept_by_model_device_and_options(tmp_path: Path) -> None:
    made: list[SessionKey] = []

    def make(key: SessionKey, source: Any, name: str) -> Any:
        made.append(key)
        return SlowRunner(key.device, 0)

    library = write_library(tmp_path).open()
    sessions = Sessions(make, limit=3)
    card, other = library.painter(), library.painter("live")
    first = sessions.get(card, "cpu")
    assert sessions.get(card, "cpu") is first
    assert sessions.get(card, "cuda") is not first
    assert sessions.get(card, "cpu", "threads=1") is not first
    assert len(made) == 3
    sessions.get(other, "cpu")  # pushes the least used one out: (card, cpu)
    sessions.get(card, "cpu")
    assert [k.device for k in made] == ["cpu", "cuda", "cpu", "cpu", "cpu"]
    sessions.release(card.sha256)
    sessions.get(other, "cpu")
    assert len(made) == 5


def test_one_maker_for_one_session_and_nobody_else_waits(tmp_path: Path) -> None:
    library = write_library(tmp_path).open()
    started, go_on = threading.Event(), threading.Event()
    made: list[str] = []

    def make(key: SessionKey, source: Any, name: str) -> Any:
        if key.device == "tensorrt":
            started.set()
            assert go_on.wait(10)
        made.append(key.device)
        return SlowRunner(key.device, 0)

    sessions = Sessions(make)
    card = library.painter()
    ready = sessions.get(card, "cpu")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(sessions.get(card, "tensorrt"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    assert sessions.get(card, "cpu") is ready
    sessions.get(card, "directml")
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert sorted(made) == ["cpu", "directml", "tensorrt"]
    assert found[0] is found[1]


def test_a_failed_start_can_be_tried_again(tmp_path: Path) -> None:
    library = write_library(tmp_path).open()
    tries = iter([DeviceUnavailable("no"), None])

    def make(key: SessionKey, source: Any, name: str) -> Any:
        error = next(tries)
        if error is not None:
            raise error
        return SlowRunner(key.device, 0)

    sessions = Sessions(make)
    with pytest.raises(DeviceUnavailable):
        sessions.get(library.painter(), "cuda")
    assert sessions.get(library.painter(), "cuda").device == "cuda"


def test_a_model_that_changed_on_the_disk_is_not_loaded(tmp_path: Path) -> None:
    library = write_library(tmp_path).open()
    card = library.painter()
    card.file.write_bytes(library.painter("live").file.read_bytes())
    with pytest.raises(ModelDamaged):
        Sessions().get(card, "cpu")


def test_a_file_that_is_no_model_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelDamaged, match="cannot be loaded"):
        make_runner(SessionKey("0" * 64, "cpu"), path, "mine")


def test_memory_goes_back_when_it_is_not_kept(tmp_path: Path) -> None:
    """A large run without keep_memory leaves far less behind than one with it."""
    card = write_library(tmp_path).open().painter()
    inputs = {
        "image": np.zeros((1, 3, 1400, 1400), np.float32),
        "code": np.zeros((1, 8), np.float32),
        "state": np.zeros((1, 24), np.float32),
        "hold": np.array(0, np.float32),
    }
    left = {}
    for keep in (True, False):
        runner = OrtRunner(SessionKey(card.sha256, "cpu"), card.file, card.id)
        before = psutil.Process().memory_info().rss
        del_me = runner.run(inputs, CancelToken(), keep_memory=keep)
        del del_me
        left[keep] = psutil.Process().memory_info().rss - before
        del runner
    assert left[False] < 0.6 * left[True]


@pytest.mark.parametrize(
    ("listed", "device", "reason"),
    [
        ([], "cuda", "does not have it"),
        ([], "directml", "does not have it"),
        (["DmlExecutionProvider"], "directml", ""),
        (["CoreMLExecutionProvider"], "coreml", ""),
    ],
)
def test_devices_say_why_not(listed: list[str], device: str, reason: str) -> None:
    found = {d.id: d for d in find_devices(lambda: listed)}
    assert found["cpu"].available
    assert found[device].available == (not reason)
    assert reason in found[device].reason


def test_a_listed_provider_without_a_driver_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("artdesk.engine.devices.cuda_memory_bytes", lambda: (0, "no NVIDIA driver is installed"))
    found = {d.id: d for d in find_devices(lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])}
    assert not found["cuda"].available
    assert found["cuda"].reason == "no NVIDIA driver is installed"


@pytest.mark.parametrize("device", ["cpu", "cuda", "tensorrt", "directml", "coreml", "openvino"])
def test_every_device_has_provider_options_and_ends_on_the_processor(device: str, tmp_path: Path) -> None:
    chosen = provider_options(device)
    assert chosen[-1][0] == "CPUExecutionProvider"
    assert all(isinstance(v, str) for _, options in chosen for v in options.values())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Failed to allocate memory for requested buffer of size 1073741824", OutOfMemory),
        ("CUDA failure 2: out of memory ; GPU=0", OutOfMemory),
        ("std::bad_alloc", OutOfMemory),
    ],
)
def test_memory_errors_are_recognised(text: str, kind: type[Exception]) -> None:
    error = RuntimeError(text)
    assert isinstance(translate_run_error(error, device="cuda", model="m", cancelled=False), kind)
    assert isinstance(translate_start_error(error, device="cuda", model="m"), kind)


def test_reasons_are_for_people() -> None:
    for raw, told in (
        ("/onnxruntime_src/onnxruntime/core/x.cc:12 void f() failed", "the runtime gave an error"),
        ("[ONNXRuntimeError] : 1 : FAIL : no such operator", "no such operator"),
        ("", "RuntimeError"),
        ("a\nb", "a"),
    ):
        assert short_reason(RuntimeError(raw)) == told


def test_a_lost_device_is_recognised() -> None:
    for text in ("CUDA failure 700: an illegal memory access", "887A0005 The GPU device instance has been suspended"):
        made = translate_run_error(RuntimeError(text), device="cuda", model="m", cancelled=False)
        assert type(made).__name__ == "DeviceLost"


def test_measurements_are_remembered_and_hostile_files_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    book = SpeedBook(path)
    book.remember("a" * 64, "cpu", 1.0)
    book.remember("a" * 64, "cuda", 0.1)
    book.note("b" * 64, "cpu", 2.0, 3.0)
    book.save()
    again = SpeedBook(path)
    assert again.quickest("a" * 64, ("cpu", "cuda")) == "cuda"
    assert again.quickest("a" * 64, ("cpu",)) == "cpu"
    assert again.quickest("b" * 64, ("cpu",)) is None
    assert again.seconds_per_megapixel("b" * 64, "cpu") == pytest.approx(1.5)
    for junk in (
        b"",
        b"[1, 2]",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"m": {"k": "x", "n": -1, "i": 1e99}}).encode(),
    ):
        path.write_bytes(junk)
        assert SpeedBook(path).quickest("a" * 64, ("cpu",)) is None


def test_the_estimate_learns_from_runs(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    card = engine.library.painter()
    guess = about_seconds(engine, card, 10)
    assert guess > 0
    engine.speeds.note(card.sha256, "cpu", 1.0, 0.25)
    assert about_seconds(engine, card, 10) == pytest.approx(2.5)
    engine.close()
    assert (tmp_path / "home" / "speeds.json").is_file()


def test_outputs_are_written_into_place_and_wrong_declarations_do_no_harm(tmp_path: Path) -> None:
    """From the second run on the runtime writes into our arrays; a size it does not keep to is found out."""
    card = write_library(tmp_path).open().painter()
    runner = OrtRunner(SessionKey(card.sha256, "cpu"), card.file, card.id)
    rng = np.random.default_rng(0)

    def inputs(width: int, height: int) -> dict[str, Any]:
        return {
            "image": rng.random((1, 3, height, width), np.float32),
            "code": np.ones((1, 8), np.float32),
            "state": np.zeros((1, 24), np.float32),
            "hold": np.array(0, np.float32),
        }

    small, large = inputs(40, 30), inputs(71, 53)
    expected = [runner.run(small, CancelToken())["painted"].copy() for _ in range(2)]
    assert np.array_equal(expected[0], expected[1])
    assert runner.run(large, CancelToken())["painted"].shape == (1, 3, 53, 71)
    for wrong in ([1, 3, 10, 10], [1, 3, 300, 400]):
        liar = OrtRunner(SessionKey(card.sha256, "cpu"), card.file, card.id)
        liar.run(small, CancelToken())
        liar._output_specs["painted"] = (wrong, np.float32)
        assert np.array_equal(liar.run(small, CancelToken())["painted"], expected[0])
