"""The figures of gardens, on scripted networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from artdesk import compose
from artdesk.bench import BenchContext, measure_all
from artdesk.bench.generate import measure
from artdesk.core.errors import EngineError
from artdesk.core.progress import Progress
from artdesk.engine.engine import Engine
from tests.engine.latent_makers import open_gardens
from tests.engine.scripted import open_engine


def test_every_latent_model_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "make_engine", lambda: open_gardens(tmp_path))
    seen: list[float] = []
    progress = Progress(lambda fraction, message: seen.append(fraction))
    figures = measure_all(("generate",), quick=True, progress=progress)["generate"]
    rows = {row["model"]: row for row in figures["models"]}
    assert set(rows) == {"mapped", "plain"}
    for row in rows.values():
        assert 0 < row["first_picture_s"] <= row["first_s"] < 5
        assert row["next_s"] > 0
        assert row["overhead_ratio"] > 0
        assert row["walk_fps"] > 0
    assert rows["mapped"]["encode_s"] is not None
    assert rows["plain"]["encode_s"] is None
    assert figures["next_s"] == max(row["next_s"] for row in rows.values())
    assert seen[-1] == 1.0


def test_without_such_models_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Engine = open_engine(tmp_path)
    monkeypatch.setattr(compose, "make_engine", lambda: engine)
    with pytest.raises(EngineError, match="no model that makes pictures"):
        measure(BenchContext(quick=True))
