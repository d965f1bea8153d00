"""The verbs of `artdesk train garden`: wrong uses are sentences, the parts fit each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from artdesk.core.errors import WrongUse
from artdesk.foundry.cli import app
from artdesk.foundry.garden_gan import Pair
from artdesk.foundry.garden_joint import Joint
from artdesk.foundry.garden_run import CHECKPOINT


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["garden", *(str(w) for w in words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_wrong_uses_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WrongUse, match="not there"):
        run("vae", "--data", tmp_path / "none", "--out", tmp_path / "o", "--steps", "1")
    with pytest.raises(WrongUse, match="no paintings"):
        run("vae", "--data", tmp_path / "empty", "--out", tmp_path / "o", "--steps", "1")
    with pytest.raises(WrongUse, match="no training of a prior"):
        run("gan", "--prior", tmp_path / "empty", "--out", tmp_path / "o", "--steps", "1")
    with pytest.raises(WrongUse, match="no checkpoint"):
        run("export", "--prior", tmp_path / "empty", "--out", tmp_path / "o")


def test_checkpoints_become_models_with_the_time_they_took(tmp_path: Path) -> None:
    import tomllib

    for folder, net in (("prior", Joint()), ("gan", Pair())):
        (tmp_path / folder).mkdir()
        kept = {"average": net.state_dict(), "steps": 7, "seconds": 90.0}
        torch.save(kept, tmp_path / folder / CHECKPOINT)
    before = tmp_path / "prior" / CHECKPOINT
    said = run(
        "export", "--prior", tmp_path / "prior", "--gan", tmp_path / "gan", "--before", before, "--out", tmp_path
    )
    assert "differ by at most" in said
    for name, steps, minutes in (("painting_vae", 14, 3.0), ("painting_gan", 7, 1.5)):
        training = tomllib.loads((tmp_path / name / "card.toml").read_text(encoding="utf-8"))["training"]
        assert (training["steps"], training["minutes"]) == (steps, minutes)
        assert (tmp_path / name / "space.npz").is_file()
