"""Training in miniature: it learns, stops, resumes and ships; one's own style; features; report."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from artdesk.foundry import checkpoints, distil, own_style, package, report
from artdesk.foundry.data import Paintings, Photos, find_pictures, held_out
from artdesk.foundry.losses import content_distance, flatness, instance_normalised, pyramid, style_terms
from artdesk.foundry.nets import CODE_SIZE, Features, Painter, Stylist, Vgg
from artdesk.foundry.optim import orthogonalised
from artdesk.foundry.recipe import Nets, Recipe
from artdesk.foundry.train_styles import CHECKPOINT, train
from artdesk.foundry.trainer import StyleTrainer


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def tiny_features() -> Features:
    return Features((2, 2, 2, 2)).requires_grad_(False).eval()


def tiny_vgg() -> Vgg:
    shapes = {
        "conv1_1": (3, 64),
        "conv1_2": (64, 64),
        "conv2_1": (64, 128),
        "conv2_2": (128, 128),
        "conv3_1": (128, 256),
    }
    arrays = {}
    for name, (i, o) in shapes.items():
        arrays[f"{name}.weight"] = torch.randn(o, i, 3, 3) * (2 / (9 * i)) ** 0.5
        arrays[f"{name}.bias"] = torch.zeros(o)
    return Vgg(arrays).requires_grad_(False).eval()


def make(data: Path, styles: list[Path], **recipe: float) -> StyleTrainer:
    features = tiny_features()
    nets = Nets(Painter(8, 1, 8), Painter(8, 1, 8), Stylist(features, hidden=8), len(styles))
    photos = Photos(find_pictures(data / "photos"), side=48)
    paintings = Paintings(find_pictures(data / "paintings"), side=64)
    return StyleTrainer(nets, features, photos, paintings, styles, Recipe(**recipe))  # type: ignore[arg-type]


def test_training_learns_stops_and_resumes(data: Path, styles: list[Path], tmp_path: Path) -> None:
    trainer = make(data, styles)
    before = trainer.nets.codes.detach().clone()
    train(trainer, tmp_path / "out", steps=3, samples=find_pictures(data / "photos")[:1])
    assert trainer.steps == 3
    assert not torch.equal(before, trainer.nets.codes)
    assert (tmp_path / "out" / "samples.jpg").exists()
    again = make(data, styles)
    checkpoints.resume(again, tmp_path / "out" / CHECKPOINT)
    assert again.steps == 3
    assert torch.equal(again.average.codes, trainer.average.codes)
    train(again, tmp_path / "out", steps=4)
    assert again.steps == 4


def test_a_checkpoint_of_other_styles_is_refused(data: Path, styles: list[Path], tmp_path: Path) -> None:
    trainer = make(data, styles)
    checkpoints.save(trainer, tmp_path / "t.pt")
    trainer.styles = styles[::-1]
    with pytest.raises(ValueError):
        checkpoints.resume(trainer, tmp_path / "t.pt")


def test_training_starts_from_given_networks(data: Path, styles: list[Path]) -> None:
    trainer = make(data, styles)
    given = Nets(Painter(8, 1, 8), Painter(8, 1, 8), Stylist(tiny_features(), hidden=8), len(styles))
    trainer.start_from(given)
    assert torch.equal(trainer.average.codes, given.codes)
    assert torch.equal(trainer.nets.painter.stem.conv.weight, given.painter.stem.conv.weight)


def test_bfloat16_is_only_another_way_to_compute(data: Path, styles: list[Path]) -> None:
    exact = make(data, styles, stylist_share=0.0)
    torch.manual_seed(0)
    half = make(data, styles, stylist_share=0.0, bfloat16=True)
    a, b = exact.step(0.01), half.step(0.01)
    assert b["style"] == pytest.approx(a["style"], rel=0.1)
    # Untrained features have nearly dead channels, whose normalised values are mostly rounding.
    assert b["content"] == pytest.approx(a["content"], abs=0.1)


def test_the_loss_falls(data: Path, styles: list[Path]) -> None:
    trainer = make(data, styles, stylist_share=0.0, warmup=1)
    # The fifth part of the way: the live painter has its own steps from there on, which is another loss.
    losses = [trainer.step(0.01)["loss"] for _ in range(24)]
    assert np.mean(losses[-6:]) < np.mean(losses[:6])


def test_packed_models_and_styles_read_back(data: Path, styles: list[Path], tmp_path: Path) -> None:
    features = Features()
    from artdesk.foundry.nets import live_painter, quality_painter

    nets = Nets(quality_painter(), live_painter(), Stylist(features), len(styles)).eval()
    out = tmp_path / "models"
    package.export_models(nets, out, {"steps": 0})
    package.export_styles(nets, [p.stem for p in styles], out / "styles")
    card = tomllib.loads((out / "painter" / "card.toml").read_text(encoding="utf-8"))
    assert card["painter"]["code_size"] == CODE_SIZE
    about = tomllib.loads((out / "styles" / "dots" / "style.toml").read_text(encoding="utf-8"))
    assert about["code_space"] == card["code_space"]
    assert (out / "styles" / "dots" / "preview.webp").stat().st_size <= package.PREVIEW_BYTES
    again = package.load_trained(out, tmp_path, styles)
    assert torch.equal(again.codes, nets.codes)
    own = package.write_own_style(tmp_path / "own", "Märchen 1", styles[0], again, nets.codes[0].detach().numpy())
    about = tomllib.loads((own / "style.toml").read_text(encoding="utf-8"))
    assert about["id"] == own.name == "marchen_1"
    assert about["title"]["en"] == "Märchen 1"


def test_only_the_code_of_an_own_style_is_refined(styles: list[Path]) -> None:
    features = tiny_features()
    painter, stylist = Painter(8, 1, 8), Stylist(features, hidden=8)
    before = [p.clone() for p in painter.parameters()]
    code = own_style.refine_code(painter, stylist, features, styles[0], minutes=None, steps=3, side=48)
    assert code.shape == (CODE_SIZE,)
    assert np.isfinite(code).all()
    assert all(torch.equal(a, b) for a, b in zip(before, painter.parameters(), strict=True))


def test_distilled_features_follow_their_teacher(data: Path) -> None:
    teacher = tiny_vgg()
    full = distil.distil(data, teacher, count=3, side=48)
    x = torch.rand(1, 3, 48, 48)
    assert torch.allclose(full(x)[0], teacher(x)[0], atol=1e-4)
    refined = distil.distil(data, teacher, count=3, side=48, minutes=0.005)
    assert all(torch.isfinite(f).all() for f in refined(x))
    figures = distil.agreement(full, teacher, find_pictures(data / "photos"), pairs=6, short=64)
    assert -1 <= figures["rank"] <= 1


def test_report_measures_and_writes(data: Path, styles: list[Path], tmp_path: Path) -> None:
    painter = Painter(8, 1, 8)
    codes = torch.randn(2, CODE_SIZE)
    rows = report.measure(painter, codes, styles, find_pictures(data / "photos")[:1], tiny_features())
    text = report.write(rows, tmp_path / "report")
    assert "stripes" in text
    assert Image.open(report.sheet(painter, codes, find_pictures(data / "photos")[:2], tmp_path / "report")).width > 100


def test_losses_are_zero_for_the_same_picture() -> None:
    network, x = tiny_features(), torch.rand(1, 3, 64, 64)
    a, deep = pyramid(network, x)
    loss, distance = style_terms(a, a)
    assert float(loss) == float(distance) == 0
    assert float(content_distance(deep, instance_normalised(deep))) == 0
    assert float(style_terms(pyramid(network, x * 0.5)[0], a)[1]) > 0


def test_a_window_looks_at_its_part_of_the_finest_level_only() -> None:
    network, picture = tiny_features(), torch.rand(1, 3, 96, 80)
    with torch.no_grad():
        seen, features = pyramid(network, picture, window=(16, 8, 48, 40))
        part, part_features = pyramid(network, picture[:, :, 8:48, 16:64])
        whole, _ = pyramid(network, picture)
    assert torch.equal(features, part_features)
    for i, mean in enumerate(seen.means):
        assert torch.equal(mean, (part if i < 3 else whole).means[i])


def test_rates_hold_and_then_fall(data: Path, styles: list[Path]) -> None:
    trainer = make(data, styles)
    trainer.steps = trainer.recipe.warmup
    turn = trainer.recipe.decay_from
    assert trainer._rate(0.0) == trainer._rate(turn) == 1.0
    assert abs(trainer._rate((1 + turn) / 2) - 0.5) < 1e-6
    assert trainer._rate(1.0) == 0.02


def test_flatness_minds_shapes_only_where_the_photograph_has_none() -> None:
    flat, bands = torch.full((1, 3, 64, 64), 0.3), torch.zeros(1, 3, 64, 64)
    bands[:, :, ::2] = 0.5
    bands[:, :, 16:32] += 0.4
    assert float(flatness(flat, bands)) > 20 * float(flatness(bands, bands))


def test_orthogonalised_matrices_have_even_singular_values() -> None:
    for shape in ((6, 20), (20, 6)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(shape)))
        assert 0.5 < float(values.min()) <= float(values.max()) < 1.5


def test_held_out_files_do_not_depend_on_the_folder() -> None:
    names = [f"photos/{i}.jpg" for i in range(640)]
    kept = [n for n in names if held_out(Path(n))]
    assert kept == [n for n in names if held_out(Path("/elsewhere") / n)]
    assert 5 < len(kept) < 60
