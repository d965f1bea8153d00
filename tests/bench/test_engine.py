"""The table of speeds: its rows are complete, its contenders paint the same picture, and who does not is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from artdesk.bench import engine as bench
from artdesk.bench.contenders import bare_ort
from artdesk.core.progress import CancelToken, Progress
from tests.engine.foreign import makers
from tests.engine.foreign.test_norms import tensor
from tests.engine.scripted import open_engine


def test_the_table_has_a_row_for_every_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SIZES", ((64, 64), (96, 64)))
    monkeypatch.setattr(bench, "contenders", lambda file, output, device: {"ort": bare_ort(file, output, device)})
    engine = open_engine(tmp_path)
    figures = bench._measured(engine, True, Progress())
    engine.close()
    rows = figures["table"]
    assert [(r["model"], r["size"]) for r in rows] == [
        (model, size) for model in ("live", "painter") for size in ("64×64", "96×64")
    ]
    assert all(row["ms"] > 0 and row["ort_ratio"] > 0 for row in rows)
    assert figures["artdesk_to_bare_ort"] > 0


def test_whoever_paints_something_else_is_no_contender() -> None:
    picture = np.random.default_rng(1).random((1, 3, 8, 8)).astype(np.float32)
    assert bench._same(picture + 1e-3, picture)
    assert not bench._same(1 - picture, picture)
    assert not bench._same(picture[:, :, :4], picture)


def test_everybody_gets_a_turn_and_stopping_is_heard() -> None:
    turns: list[str] = []
    others = {"ort": lambda inputs: turns.append("ort") or np.zeros(1)}
    times = bench._take_turns(lambda: turns.append("ours"), others, {}, True, CancelToken())
    assert set(times) == {"artdesk", "ort"}
    assert turns == ["ours", "ort", "ort", "ours"]


@pytest.mark.parametrize("form", ["instance", "reshape-instance"])
def test_pytorch_computes_what_onnx_runtime_does(form: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from artdesk.bench.torch_eager import EagerNetwork

    model = makers.style_net(form=form, into="0..255", layout="nhwc")
    path = makers.save(model, tmp_path / "model.onnx")
    feeds = {"input": np.ascontiguousarray(tensor(64, 96).transpose(0, 2, 3, 1)) * 255}
    ort = bare_ort(path, "output", "cpu")
    np.testing.assert_allclose(EagerNetwork(onnx.load(path)).run(feeds)["output"], ort(feeds), atol=0.05)
