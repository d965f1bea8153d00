"""The verbs about models and folders, from the command line, with a real child process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from artdesk.cli import run
from artdesk.engine.foreign.testcard import card_picture
from artdesk.studio import import_model
from tests.engine.foreign import hostile, makers
from tests.studio.foreign_studio import probe_here


def said(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """The JSON lines printed since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_model_is_checked_imported_used_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = makers.save(makers.grey_drawing(), tmp_path / "pencil.onnx")
    album = tmp_path / "album"
    (album / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png"):
        Pillow.fromarray(card_picture(60, 90)).save(album / name)
    (album / "broken.png").write_bytes(b"no picture")

    assert run(["models", "check", str(path), "--json"]) == 0
    found = said(capsys)[0]
    assert found["fits"] is True
    assert found["family"] == "fixed_style"
    assert run(["models", "--json"]) == 0
    assert "pencil" not in {row["id"] for row in said(capsys)[0]}

    assert run(["models", "import", str(path), "--id", "pencil", "--title", "Pencil"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "pencil"
    assert run(["models", "--json"]) == 0
    assert {row["id"]: row["own"] for row in said(capsys)[0]}["pencil"] is True
    assert run(["models", "import", str(path), "--id", "pencil"]) == 2

    output = tmp_path / "out"
    assert run(["stylize", str(album / "a.png"), "-o", str(tmp_path / "one.png"), "--style", "pencil", "--json"]) == 0
    assert said(capsys)[0]["model"] == "pencil"
    batch = ["batch", str(album), "-o", str(output), "--style", "pencil", "--json"]
    assert run(batch) == 1
    lines = said(capsys)
    assert lines[-1] | {"failures": None} == {
        "total": 3,
        "done": 2,
        "failed": 1,
        "skipped": 0,
        "left": 0,
        "stopped": False,
        "failures": None,
    }
    assert "broken.png" in lines[-1]["failures"][0]["error"]
    assert (output / "sub" / "b.png").is_file()
    assert run([*batch, "--resume", "--jobs", "2"]) == 1
    assert said(capsys)[-1]["skipped"] == 2
    (album / "broken.png").unlink()
    assert run([*batch, "--skip-existing"]) == 0
    assert run(batch) == 1, "what exists is never overwritten unasked"

    assert run(["upscale", str(album / "a.png"), "--model", "pencil", "-o", str(tmp_path / "x.png")]) == 2
    assert run(["models", "remove", "pencil"]) == 0
    assert run(["models", "remove", "pencil"]) == 2
    capsys.readouterr()


def test_refusals_have_words_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = hostile.external_above(tmp_path)
    assert run(["models", "check", str(path), "--json"]) == 1
    found = said(capsys)[0]
    assert found["fits"] is False
    assert "right beside" in found["reason"]
    assert run(["models", "import", str(path)]) == 1
    assert "right beside" in capsys.readouterr().err
    assert run(["models", "check", str(tmp_path / "nowhere.onnx")]) == 1
    assert run(["models", "import", str(path), "--set", "nonsense"]) == 2
    assert run(["batch", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out"), "--style", "x"]) == 2
    capsys.readouterr()


def test_imported_models_are_put_to_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_model, "probe_model", probe_here)
    picture, style = tmp_path / "a.png", tmp_path / "s.png"
    Pillow.fromarray(card_picture(60, 90)).save(picture)
    Pillow.fromarray(card_picture(80, 80, 3)).save(style)
    for name, model in (("larger", makers.upscaler(2)), ("finder", makers.mask_net()), ("both", makers.adain())):
        assert run(["models", "import", str(makers.save(model, tmp_path / f"{name}.onnx")), "--json"]) == 0
    capsys.readouterr()
    for name, verb in (
        ("larger", ["upscale"]),
        ("finder", ["models", "mask"]),
        ("both", ["models", "paint", "--style", str(style)]),
    ):
        target = tmp_path / f"{name}.png"
        assert run([*verb, str(picture), "--model", name, "-o", str(target), "--json"]) == 0
        made = said(capsys)[0]
        factor = 2 if name == "larger" else 1
        with Pillow.open(target) as written:
            assert written.size == (90 * factor, 60 * factor) == (made["width"], made["height"])
        assert made["model"] == name
        assert run([*verb, str(picture), "--model", name, "-o", str(target)]) == 1, "never overwritten unasked"
        capsys.readouterr()
