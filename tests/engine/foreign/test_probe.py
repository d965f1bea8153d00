"""The child: it measures honest models, and whatever a hostile one does ends there."""

from __future__ import annotations

import base64
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest

from artdesk.core.errors import Cancelled, ModelRefused
from artdesk.core.progress import CancelToken
from artdesk.engine.foreign import probe as probing
from artdesk.engine.foreign.facts import FileFacts, Port
from artdesk.engine.foreign.probe import ProbeLimits, ask_child, probe_model
from artdesk.engine.foreign.reading import ReadModel
from artdesk.engine.foreign.refusals import SENTENCES, refusal
from tests.engine.foreign import hostile, makers


def unread(model: object) -> ReadModel:
    """A model handed to the child as if static reading had let it pass."""
    ports = (Port("x", "float32", (1, 3, None, None)),)
    return ReadModel(model, FileFacts("evil.onnx", "0" * 64, 1, 17, "", 1, 1, {}, ports, ports))  # type: ignore[arg-type]


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_an_honest_model_is_measured_in_a_child_and_nothing_stays(tmp_path: Path) -> None:
    before = children()
    said: list[float] = []
    path = makers.save(makers.style_net(into="0..255"), tmp_path / "mosaic.onnx")
    found = probe_model(path, report=lambda fraction, message: said.append(fraction), limits=ProbeLimits(threads=1))
    assert found.measured.family == "fixed_style"
    assert found.measured.seamless == "state"
    assert found.after is not None
    assert found.after.shape == found.before.shape
    assert float(np.abs(found.after.astype(int) - found.before).mean()) > 3, "it paints"
    assert found.measured.mb_per_megapixel > 10
    assert said[-1] == 1.0
    assert children() == before


def test_an_endless_loop_is_stopped() -> None:
    before, begun = children(), time.monotonic()
    answer = ask_child(unread(hostile.loop_model()), ProbeLimits(seconds=3, threads=1), CancelToken())
    assert answer["refused"] == "time"
    assert time.monotonic() - begun < 12
    assert children() == before


def test_a_greedy_model_is_stopped_and_the_memory_is_back() -> None:
    before, rss = children(), psutil.Process().memory_info().rss
    limits = ProbeLimits(memory_mb=300, seconds=40, threads=1)
    answer = ask_child(unread(hostile.greedy_model()), limits, CancelToken())
    assert answer["refused"] in ("memory", "does_not_run")
    assert children() == before
    assert psutil.Process().memory_info().rss - rss < 100 << 20


def test_cancelling_ends_the_child_at_once() -> None:
    before, token = children(), CancelToken()
    wished: list[float] = []

    def stop() -> None:
        wished.append(time.monotonic())
        token.cancel()

    threading.Timer(1.0, stop).start()
    with pytest.raises(Cancelled):
        ask_child(unread(hostile.loop_model()), ProbeLimits(seconds=60, threads=1), token)
    assert time.monotonic() - wished[0] < 2.0  # 0.1 s on an idle machine
    assert children() == before


def test_a_crash_and_nonsense_are_answers_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert probing._parsed(b"", -11, ProbeLimits())["refused"] == "crash"
    assert probing._parsed(b"", -24, ProbeLimits())["refused"] == "time"
    assert probing._parsed(b"{nonsense", 0, ProbeLimits())["refused"] == "answer"
    assert probing._parsed(b"[" * 100_000, 0, ProbeLimits())["refused"] == "answer"
    assert probing._parsed(b"[1, 2]", 0, ProbeLimits())["refused"] == "answer"
    path = makers.save(makers.style_net(), tmp_path / "model.onnx")
    for answer in (
        {"measured": {"family": "virus"}, "before": None},
        {"refused": ["a"], "values": 7},
        {"refused": "no such key", "values": {"limit": "x" * 9999, "name": "other"}},
        {},
    ):
        monkeypatch.setattr(probing, "ask_child", lambda *args, said=answer: said)
        with pytest.raises(ModelRefused) as refused:
            probe_model(path)
        assert len(str(refused.value)) < 300
        assert "model.onnx" in str(refused.value)


def test_a_picture_in_the_answer_never_unpacks_to_more_than_it_claims() -> None:
    bomb = base64.b64encode(zlib.compress(b"\0" * (64 << 20))).decode()
    with pytest.raises(ValueError, match="size"):
        probing._unpacked({"shape": [10, 10, 3], "data": bomb})
    for shape in ([10**6, 10**6, 3], [0, 5, 3], [4, 4, 1]):
        with pytest.raises(ValueError, match="shape"):
            probing._unpacked({"shape": shape, "data": bomb})


def test_the_child_sees_nothing_of_the_persons_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("LD_PRELOAD", "/tmp/evil.so")
    environment = probing.child_environment()
    assert "SECRET_TOKEN" not in environment
    assert "LD_PRELOAD" not in environment


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_refusal_is_a_whole_sentence(key: str) -> None:
    text = str(refusal(key, "model.onnx", {"limit": 5, "count": 4, "input": "x"}))
    assert "{" not in text
    assert text.endswith(".")
