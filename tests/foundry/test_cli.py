"""The verbs of `artdesk train`, over the networks that ship."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("torch")

from artdesk.core.errors import WrongUse
from artdesk.core.paths import bundled
from artdesk.foundry.cli import app

shipped = pytest.mark.skipif(not (bundled("models") / "features" / "model.onnx").exists(), reason="no models here")


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(w) for w in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_wrong_uses_are_sentences(data: Path, styles: list[Path], tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no picture"):
        run("style", tmp_path / "missing.jpg")
    with pytest.raises(WrongUse, match="how long"):
        run("styles", "--data", data, "--styles", styles[0].parent, "--out", tmp_path / "o")
    with pytest.raises(WrongUse, match="not there"):
        run(
            "styles", "--data", tmp_path / "none", "--styles", styles[0].parent, "--out", tmp_path / "o", "--steps", "1"
        )
    with pytest.raises(WrongUse, match="quality or live"):
        run("report", "--styles", styles[0].parent, "--pictures", data, "--out", tmp_path / "o", "--role", "fast")


@shipped
def test_an_own_style_lands_in_the_folder_asked_for(styles: list[Path], tmp_path: Path) -> None:
    run("style", styles[0], "--steps", "1", "--out", tmp_path / "own", "--name", "My dots")
    folder = tmp_path / "own" / "my_dots"
    assert tomllib.loads((folder / "style.toml").read_text(encoding="utf-8"))["title"]["zh"] == "My dots"
    assert np.load(folder / "code.npy", allow_pickle=False).dtype == np.float32
    run("style", styles[0], "--steps", "1", "--out", tmp_path / "own", "--name", "My dots")
    assert (tmp_path / "own" / "my_dots_2" / "preview.webp").exists()


@shipped
@pytest.mark.skipif(not os.environ.get("ARTDESK_SLOW_TESTS"), reason="half a minute; set ARTDESK_SLOW_TESTS=1")
def test_styles_are_trained_exported_and_resumed_from_the_export(
    data: Path, styles: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("styles", "--data", data, "--styles", styles[0].parent, "--out", out, "--device", "cpu")
    run(*words, "--steps", "1")
    for name in ("painter", "live_painter", "stylist", "features", "styles/dots"):
        assert (out / name).is_dir()
    before = np.load(out / "styles" / "dots" / "code.npy")
    (out / "training.pt").unlink()
    run(*words, "--steps", "1", "--resume")
    after = np.load(out / "styles" / "dots" / "code.npy")
    # One average step moves a code a little; a fresh start would have given another code altogether.
    assert 0 < np.abs(after - before).max() < 0.1
