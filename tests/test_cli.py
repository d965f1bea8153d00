"""The command line, run in this process over tiny scripted networks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from artdesk import cli, compose
from artdesk.cli_options import mix_of, pixels_of
from artdesk.core.errors import WrongUse
from artdesk.core.image import as_image
from artdesk.core.pictures import open_picture, save_picture
from tests.engine import scripted


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; bundled models and styles are tiny scripted ones."""
    root = tmp_path / "bundled"
    root.mkdir()
    scripted.write_library(root)
    monkeypatch.setattr(compose, "bundled", lambda *parts: root.joinpath(*[p for p in parts if p != "resources"]))
    work = tmp_path / "work"
    work.mkdir()
    return work


def picture(path: Path, h: int = 40, w: int = 60) -> Path:
    noise = np.random.default_rng(1).integers(0, 256, (h, w, 3), dtype=np.uint8)
    return save_picture(path, as_image(noise))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def first_style(capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run(["styles", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(set(row) >= {"id", "title", "artist", "kind"} for row in found)
    return str(found[0]["id"])


def test_a_picture_is_painted_and_told_as_json(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = first_style(capsys)
    source = picture(desk / "a.png")
    assert (
        cli.run(["stylize", str(source), "--style", style, "-o", str(desk / "b.png"), "--device", "cpu", "--json"]) == 0
    )
    (row,) = lines(capsys)
    assert row["output"] == str(desk / "b.png")
    assert (row["width"], row["height"], row["device"]) == (60, 40, "cpu")
    assert len(str(row["sha256"])) == 64
    painted = open_picture(desk / "b.png")
    assert painted.image.shape == (40, 60, 3)
    assert painted.receipt is not None
    assert not np.array_equal(painted.image, open_picture(source).image)


def test_a_folder_is_painted_into_a_folder_and_one_bad_picture_stops_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    style = first_style(capsys)
    folder = desk / "in"
    folder.mkdir()
    picture(folder / "a.png")
    (folder / "b.png").write_text("not a picture")
    picture(folder / "c.jpg")
    out = desk / "out"
    assert cli.run(["stylize", str(folder), "--style", style, "-o", str(out), "--json"]) == 1
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "c.jpg"]
    assert "error" in rows[1]
    assert "1 of 3" in captured.err


def test_nothing_is_overwritten_unasked(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = first_style(capsys)
    source, target = picture(desk / "a.png"), desk / "b.png"
    target.write_bytes(b"mine")
    command = ["stylize", str(source), "--style", style, "-o", str(target)]
    assert cli.run(command) == 1
    assert target.read_bytes() == b"mine"
    assert "exists already" in capsys.readouterr().err
    assert cli.run([*command, "--overwrite"]) == 0


def test_no_receipt_when_switched_off(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = first_style(capsys)
    command = ["stylize", str(picture(desk / "a.png")), "--style", style, "-o", str(desk / "b.png"), "--no-receipt"]
    assert cli.run(command) == 0
    assert b"artdesk" not in (desk / "b.png").read_bytes().lower()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--style", "no_such_style"],
        ["--style", "missing.png"],
        ["--strength", "1.5"],
        ["--stroke-size", "9"],
        ["--device", "abacus"],
        ["--mix", "x"],
        ["--painter", "cubist"],
        ["--size", "huge"],
        ["--unknown-option"],
    ],
)
def test_wrong_use_ends_with_two_and_a_sentence(
    desk: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    style = [] if "--style" in wrong else ["--style", first_style(capsys)]
    command = ["stylize", str(picture(desk / "a.png")), *style, "-o", str(desk / "b.png"), *wrong]
    assert cli.run(command) == 2
    assert capsys.readouterr().err
    assert not (desk / "b.png").exists()


def test_a_missing_picture_is_said(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = first_style(capsys)
    assert cli.run(["stylize", str(desk / "no.png"), "--style", style, "-o", str(desk / "b.png")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_cuda_without_cuda_paints_and_says_so(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if any(row["id"] == "cuda" and row["available"] for row in _devices(capsys)):
        pytest.skip("CUDA is there")
    style = first_style(capsys)
    command = ["stylize", str(picture(desk / "a.png")), "--style", style, "-o", str(desk / "b.png"), "--device", "cuda"]
    assert cli.run([*command, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["device"] == "cpu"
    assert "CUDA" in captured.err


def _devices(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert cli.run(["devices", "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    assert any(row["id"] == "cpu" and row["available"] for row in found)
    return found


def test_a_picture_becomes_a_style_and_goes_again(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = picture(desk / "brush strokes.png", 80, 80)
    assert cli.run(["style", "add", str(source), "--name", "My strokes", "--json"]) == 0
    style = str(lines(capsys)[0]["id"])
    assert cli.run(["stylize", str(source), "--style", style, "-o", str(desk / "b.png")]) == 0
    assert cli.run(["style", "remove", style]) == 0
    assert cli.run(["stylize", str(source), "--style", style, "-o", str(desk / "c.png")]) == 2


def test_a_bundled_style_cannot_be_removed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = first_style(capsys)
    assert cli.run(["style", "remove", style]) != 0
    assert first_style(capsys) == style


def test_models_are_listed_as_json(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models", "--json"]) == 0
    assert {"painter", "stylist"} <= {row["family"] for row in json.loads(capsys.readouterr().out)}


def test_shares_of_a_mix() -> None:
    same = str
    assert mix_of("a", [], same) == (("a", 1.0),)
    assert mix_of("a", ["b=0.25"], same) == (("a", 0.75), ("b", 0.25))
    assert dict(mix_of("a", ["b=0.5", "c=0.5"], same)) == {"b": 0.5, "c": 0.5}
    for bad in (["b"], ["b=2"], ["b=0.6", "c=0.6"], ["=0.2"], ["b=nan"]):
        with pytest.raises(WrongUse):
            mix_of("a", bad, same)


def test_sizes() -> None:
    assert pixels_of("full") == 0
    assert pixels_of("640") == 640
    with pytest.raises(WrongUse):
        pixels_of("6a")
