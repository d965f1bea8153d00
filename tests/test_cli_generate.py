"""The verb generate, run in this process over tiny scripted latent models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from artdesk import cli, cli_generate_files, compose
from artdesk.core.garden import cross, new_garden, sow, with_favourite
from artdesk.core.garden_file import garden_in, load_garden, save_garden
from artdesk.core.pictures import open_picture
from artdesk.core.progress import Progress
from artdesk.core.receipt import GENERATED
from artdesk.core.requests import GenerateRequest
from artdesk.studio.garden_models import garden_models
from tests.engine.latent_makers import SIDE, labelled, write_gardens, write_latent


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; the bundled models are scripted ones, latent ones among them."""
    root = tmp_path / "bundled"
    folders = write_gardens(root)
    classes = 'classes = [{ en = "sea", zh = "海" }, { en = "wood" }, { en = "town" }]'
    write_latent(folders.models / "scenes", main=labelled(), table=classes)
    monkeypatch.setattr(compose, "bundled", lambda *parts: root.joinpath(*[p for p in parts if p != "resources"]))
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_seeds_become_files_with_receipts(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["generate", "--model", "mapped", "--seed", "7", "--count", "3", "-o", str(work), "--json"]) == 0
    made = rows(capsys)
    assert [Path(row["output"]).name for row in made] == ["mapped-7.png", "mapped-8.png", "mapped-9.png"]
    assert [row["seed"] for row in made] == [7, 8, 9]
    opened = open_picture(work / "mapped-8.png")
    assert opened.image.shape == (SIDE, SIDE, 3)
    assert opened.receipt is not None
    assert opened.receipt.source_type == GENERATED
    assert (opened.receipt.seed, opened.receipt.model_id) == (8, "mapped")
    assert b"trainedAlgorithmicMedia" in (work / "mapped-8.png").read_bytes()
    # What exists is left as it is; the others are made all the same.
    assert cli.run(["generate", "--model", "mapped", "--seed", "9", "--count", "2", "-o", str(work), "--json"]) == 1
    again = rows(capsys)
    assert "exists already" in again[0]["error"]
    assert Path(again[1]["output"]).name == "mapped-10.png"


def test_many_seeds_go_round_the_end(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_generate_files, "_AT_ONCE", 30)
    last = 2**32 - 1
    command = ["generate", "--model", "plain", "--seed", str(last - 1), "--count", "70", "-o", str(work), "--json"]
    assert cli.run(command) == 0
    made = rows(capsys)
    assert [row["seed"] for row in made[:4]] == [last - 1, last, 0, 1]
    assert len({row["output"] for row in made}) == 70 == len(list(work.iterdir()))


def test_the_command_line_the_desk_and_a_new_process_agree(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["generate", "--model", "mapped", "--seed", "3", "--count", "4", "-o", str(work / "a")]) == 0
    studio = compose.make_studio()
    model = next(m for m in garden_models(studio.engine) if m.id == "mapped")
    garden = sow(new_garden(model.id, model.sha256), 4, 3, model.truncation)
    result = studio.perform(GenerateRequest("mapped", garden, (3, 1, 0, 2)), Progress())
    for node, image in zip((3, 1, 0, 2), result.images, strict=True):  # type: ignore[attr-defined]
        assert np.array_equal(open_picture(work / "a" / f"mapped-{3 + node}.png").image, image)
    studio.close()
    script = (
        "import sys; from pathlib import Path; from artdesk import cli, compose; root = Path(sys.argv[1]);"
        "compose.bundled = lambda *p: root.joinpath(*[x for x in p if x != 'resources']);"
        "sys.exit(cli.run(sys.argv[2:]))"
    )
    command = [sys.executable, "-c", script, str(work.parent / "bundled"), "generate", "--model", "mapped"]
    fresh = {**os.environ, "ARTDESK_HOME": str(work / "other-home")}
    subprocess.run([*command, "--seed", "6", "-o", str(work / "b")], check=True, env=fresh, capture_output=True)
    one, other = (open_picture(work / name / "mapped-6.png").image for name in "ab")
    assert np.array_equal(one, other)
    capsys.readouterr()


def test_gardens_come_from_files_and_from_pictures(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = work / "first.artdesk-garden"
    command = ["generate", "--model", "plain", "--seed", "11", "--count", "2", "-o", str(work)]
    assert cli.run([*command, "--save-garden", str(saved)]) == 0
    garden = cross(load_garden(saved), [(0, 1.0), (1, 2.0)], 2, 0.3, 5)
    save_garden(saved, garden)
    capsys.readouterr()
    assert cli.run(["generate", "--garden", str(saved), "--node", "2", "-o", str(work), "--json"]) == 0
    assert rows(capsys)[-1]["kind"] == "cross"
    picture = work / "plain-node-2.png"
    receipt = open_picture(picture).receipt
    assert receipt is not None
    kept = garden_in(receipt)
    assert kept is not None
    assert len(kept.nodes) == 3
    assert cli.run(["generate", "--garden", str(picture), "-o", str(work / "again")]) == 0
    assert np.array_equal(open_picture(work / "again" / "plain-node-2.png").image, open_picture(picture).image)
    stars = ["generate", "--garden", str(saved), "--walk", "favourites", "--frames", "2", "-o", str(work / "film")]
    assert cli.run(stars) == 2
    assert "has 0 favourites" in capsys.readouterr().err
    save_garden(saved, with_favourite(with_favourite(garden, 0), 3))
    assert cli.run(stars) == 0
    assert (work / "film" / "plain-walk-favourites.mp4").is_file()
    assert cli.run(["generate", "--garden", str(saved), "-o", str(work / "page")]) == 0
    assert len(list((work / "page").iterdir())) == 2


def test_walks_labels_and_finishing(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = ["generate", "--model", "plain", "--walk", "1,2,3", "--frames", "4", "-o"]
    assert cli.run([*walk, str(work / "w.gif"), "--loop", "--json"]) == 0
    assert rows(capsys)[0]["frames"] == 12
    with Pillow.open(work / "w.gif") as film:
        assert film.n_frames == 12  # type: ignore[attr-defined]
    assert cli.run([*walk, str(work), "--film", "webp"]) == 0
    assert (work / "plain-walk-1-2-3.webp").is_file()
    assert cli.run(["generate", "--model", "scenes", "--label", "海", "--seed", "1", "-o", str(work)]) == 0
    assert cli.run(["generate", "--model", "scenes", "--label", "2", "--seed", "1", "-o", str(work)]) == 0
    sea, town = (open_picture(work / f"scenes-c{n}-1.png").image for n in (0, 2))
    assert not np.array_equal(sea, town)
    finish = ["--finish", "ember", "--scale", "3", "--json", "-o", str(work / "big")]
    capsys.readouterr()
    assert cli.run(["generate", "--model", "plain", "--seed", "1", *finish]) == 0
    assert rows(capsys)[0]["width"] == 3 * SIDE
    painted = open_picture(work / "big" / "plain-1.png")
    assert painted.receipt is not None
    assert (painted.receipt.ability, painted.receipt.source_type) == ("finish", GENERATED)


def test_a_picture_and_its_kin(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = work / "cat.jpg"
    Pillow.fromarray(np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)).save(picture)
    command = ["generate", "--model", "mapped", "--from", str(picture), "--seed", "8", "-o", str(work / "kin")]
    assert cli.run([*command, "--count", "3", "--strength", "0.6", "--json"]) == 0
    made = rows(capsys)
    assert [Path(row["output"]).name for row in made] == ["mapped-cat.png", "mapped-cat-9.png", "mapped-cat-10.png"]
    assert [row["kind"] for row in made] == ["picture", "mutate", "mutate"]
    receipt = open_picture(work / "kin" / "mapped-cat-9.png").receipt
    assert receipt is not None
    assert garden_in(receipt) is not None, "it can be made again without the picture"
    again = ["generate", "--garden", str(work / "kin" / "mapped-cat-9.png"), "-o", str(work / "again")]
    assert cli.run(again) == 0
    (file,) = (work / "again").iterdir()
    assert np.array_equal(open_picture(file).image, open_picture(work / "kin" / "mapped-cat-9.png").image)
    capsys.readouterr()
    for wrong, words in (
        (["--model", "plain", "--from", str(picture)], "has no encoder"),
        (["--model", "mapped", "--from", str(picture), "--walk", "1,2"], "neither with"),
        (["--model", "mapped", "--from", str(picture), "--strength", "3"], "between 0 and 2"),
    ):
        assert cli.run(["generate", *wrong, "-o", str(work / "no")]) == 2
        assert words in capsys.readouterr().err
    assert cli.run(["generate", "--model", "mapped", "--from", str(work / "none.png"), "-o", str(work / "no")]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "plane"], "Did you mean plain"),
        (["--model", "painter"], "makes no pictures of its own"),
        (["--model", "plain", "--seed", "4294967296"], "whole number from 0"),
        (["--model", "plain", "--seed", "-1"], "whole number from 0"),
        (["--model", "plain", "--truncation", "3"], "Truncation lies"),
        (["--model", "plain", "--truncation", "-1"], "Truncation lies"),
        (["--model", "plain", "--walk", "1,-2"], "whole number from 0"),
        (["--model", "plain", "--scale", "0"], "between 1 and 8"),
        (["--model", "plain", "--label", "sea"], "has no classes"),
        (["--model", "scenes", "--label", "moon"], "there are sea, wood, town"),
        (["--model", "plain", "--walk", "1"], "two pictures"),
        (["--model", "plain", "--walk", "1,x"], "whole numbers"),
        (["--model", "plain", "--walk", "1,2", "--film", "avi"], "--film is"),
        (["--model", "plain", "--node", "1"], "--node wants"),
        (["--model", "plain", "--scale", "9"], "between 1 and 8"),
    ],
)
def test_wrong_use_is_told(work: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert cli.run(["generate", *arguments, "-o", str(work)]) == 2
    assert words in capsys.readouterr().err
    assert not list(work.iterdir())


def test_a_file_that_is_no_garden(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = work / "bad.artdesk-garden"
    bad.write_text("{}", encoding="utf-8")
    assert cli.run(["generate", "--garden", str(bad), "-o", str(work)]) == 1
    assert "is not a garden" in capsys.readouterr().err
