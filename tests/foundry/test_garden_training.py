"""The trainings of the garden's networks on a handful of tiny pictures."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from artdesk.core.paths import bundled
from artdesk.engine.cards import CardReader, read_toml
from artdesk.engine.families.latent_card import read_latent
from artdesk.foundry import garden_export, garden_gan, garden_latents, garden_prior, garden_run
from artdesk.foundry.checkpoints import load_onnx_weights
from artdesk.foundry.garden_data import CLASSES, PAINTINGS, classes_of, open_album
from artdesk.foundry.garden_gan_nets import Critic, Generator
from artdesk.foundry.garden_joint import Joint, JointRecipe, JointTrainer
from artdesk.foundry.garden_losses import reconstruction, texture
from artdesk.foundry.garden_nets import CELLS, LATENT, AutoEncoder, Widths
from artdesk.foundry.garden_vae import VaeRecipe, VaeTrainer
from artdesk.foundry.nets import Features

TINY = Widths(16, 12, 8, 8, (1, 1, 1))


@pytest.fixture(autouse=True)
def steady() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    """Six paintings of two genres, of soft patches, and a manifest."""
    rng = np.random.default_rng(1)
    lines = ["path,movement,genre"]
    for i in range(6):
        folder = tmp_path / "paintings" / f"artist_{i}"
        folder.mkdir(parents=True)
        coarse = rng.integers(0, 255, (4, 5, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((150, 120), Image.Resampling.BICUBIC).save(folder / "001.png")
        lines.append(f"paintings/artist_{i}/001.png,Baroque,{'portrait' if i % 2 else ''}")
    (tmp_path / "MANIFEST.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def tiny_features() -> Features:
    return Features((4, 4, 4, 4)).requires_grad_(False).eval()


def test_classes_come_from_genre_first_then_movement(paintings: Path) -> None:
    keys = [key for key, _, _ in CLASSES]
    found = classes_of(paintings)
    assert found["paintings/artist_0/001.png"] == keys.index("old_master")
    assert found["paintings/artist_1/001.png"] == keys.index("portrait")
    assert classes_of(paintings / "nowhere") == {}


def test_held_out_and_training_albums_share_no_picture(paintings: Path) -> None:
    everything = open_album(paintings, PAINTINGS, None)
    training = open_album(paintings, PAINTINGS, False)
    assert set(training.files) <= set(everything.files)
    try:
        held = set(open_album(paintings, PAINTINGS, True).files)
    except ValueError:
        held = set()
    assert held | set(training.files) == set(everything.files)
    assert not held & set(training.files)


def test_a_view_is_the_same_every_time_and_its_mirror_is_its_mirror(paintings: Path) -> None:
    album = open_album(paintings, PAINTINGS, None)
    for variant in (0, 2):
        once, again, mirrored = (album.view(2, 64, v) for v in (variant, variant, variant + 1))
        assert torch.equal(once, again)
        assert torch.allclose(once.flip(2), mirrored)
    crop = album.crop(0, 48, random.Random(3))
    assert crop.shape == (3, 48, 48)
    assert 0 <= float(crop.min()) <= float(crop.max()) <= 1


@pytest.mark.parametrize("side", [64, 96])
def test_the_auto_encoder_keeps_sizes_and_undoes_its_own_scaling(side: int) -> None:
    ae = AutoEncoder(TINY).eval()
    picture = torch.rand(2, 3, side, side)
    before = ae.decode(ae.encode(picture))
    assert ae.encode(picture).shape == (2, LATENT, side // 16, side // 16)
    assert before.shape == picture.shape
    ae.mean.fill_(0.3)
    ae.scale.fill_(2.0)
    assert torch.allclose(ae.decode(ae.encode(picture)), before, atol=1e-5)


def test_texture_is_nothing_for_the_same_and_grows_with_blur() -> None:
    features = tiny_features()
    x = torch.rand(1, 3, 64, 64)
    sharp = features(x)[1]
    soft = features(torch.nn.functional.avg_pool2d(x, 5, 1, 2))[1]
    assert float(texture(sharp, sharp)) == pytest.approx(0, abs=1e-6)
    assert float(texture(soft, sharp)) > 100 * float(texture(sharp, sharp)) + 2e-4
    weights = VaeRecipe().weights
    same, numbers = reconstruction(features, x, x, weights, window=32)
    assert float(same) == pytest.approx(0, abs=1e-5)
    assert set(numbers) == set(weights)


@pytest.mark.skipif(not (bundled("models") / "features" / "model.onnx").exists(), reason="no models here")
def test_the_auto_encoder_learns_saves_and_goes_on(paintings: Path, tmp_path: Path) -> None:
    album = open_album(paintings, PAINTINGS, None)
    features = Features()
    load_onnx_weights(features, bundled("models") / "features" / "model.onnx")

    def trainer() -> VaeTrainer:
        nets = AutoEncoder(Widths(32, 24, 16, 16, (1, 1, 1)))
        return VaeTrainer(nets, features, album, None, VaeRecipe(batch=4, side=32, window=32, muon=0.03, adam=5e-3))

    made = trainer()
    made.warmup = 4
    crops = torch.stack([album.crop(n, 32, random.Random(n)) for n in range(len(album))])

    def loss() -> float:
        with torch.no_grad():
            result = made.ae.decoder(made.ae.encoder(crops)[0])
            return float(reconstruction(features, result, crops, made.recipe.weights, 32)[0])

    before = loss()
    for _ in range(20):
        made.advance(0.0)
    assert loss() < 0.88 * before
    made.save(tmp_path / "t.pt")
    other = trainer()
    other.resume(tmp_path / "t.pt")
    assert other.steps == 20
    for a, b in zip(made.nets.state_dict().values(), other.nets.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert other.optimisers[0].state_dict()["state"].keys() == made.optimisers[0].state_dict()["state"].keys()


def test_a_frozen_encoder_does_not_move(paintings: Path) -> None:
    album = open_album(paintings, PAINTINGS, None)
    made = VaeTrainer(
        AutoEncoder(TINY), tiny_features(), album, None, VaeRecipe(batch=1, side=32, window=32), frozen=True
    )
    before = [p.clone() for p in made.ae.encoder.parameters()]
    decoder = made.ae.decoder.stem.weight.clone()
    made.advance(0.0)
    assert all(torch.equal(a, b) for a, b in zip(before, made.ae.encoder.parameters(), strict=True))
    assert not torch.equal(decoder, made.ae.decoder.stem.weight)


def made_latents(count: int = 12) -> garden_latents.Latents:
    side = CELLS + garden_latents.MARGIN
    maps = torch.randn(count, 2, LATENT, 1, 1).expand(-1, -1, -1, side, side).half().contiguous()
    flat = torch.zeros(1, LATENT, 1, 1)
    return garden_latents.Latents(maps, torch.arange(count) % 3, flat, flat + 1)


def test_latents_are_kept_with_their_scale(paintings: Path, tmp_path: Path) -> None:
    ae = AutoEncoder()
    first = garden_latents.latents_of(ae, paintings, tmp_path / "l.pt")
    flat = first.middle().permute(1, 0, 2, 3).flatten(1)
    assert first.maps.shape[1:] == (4, LATENT, CELLS + 2, CELLS + 2)
    assert float(flat.mean(1).abs().max()) < 1.5
    other = AutoEncoder()
    again = garden_latents.latents_of(other, paintings, tmp_path / "l.pt")
    assert torch.equal(first.maps, again.maps)
    assert torch.equal(ae.scale, other.scale)
    batch, labels = again.batch(5, random.Random(0))
    assert batch.shape == (5, LATENT, CELLS, CELLS)
    assert labels.shape == (5,)


def test_the_generator_is_sure_of_itself_and_heeds_class_and_numbers() -> None:
    net = Generator(len(CLASSES), 10, (16, 12, 8)).eval()
    net.mapping.centres.normal_()
    z = torch.randn(2, 10)
    one, two = garden_gan.one_hot(torch.tensor([0, 0])), garden_gan.one_hot(torch.tensor([1, 1]))
    a = net(z, one)
    assert a.shape == (2, LATENT, CELLS, CELLS)
    assert torch.equal(a, net(z, one))
    assert not torch.allclose(a, net(z, two))
    assert not torch.allclose(a[0], a[1])
    assert net.mapping(z, one).shape == (2, 10)


def test_augmentation_moves_whole_cells_and_lets_gradients_through() -> None:
    x = torch.randn(16, 2 * LATENT, CELLS, CELLS, requires_grad=True)
    assert torch.allclose(garden_gan.augment(x, 0.0), x)
    moved = garden_gan.augment(x, 1.0)
    assert not torch.allclose(moved, x)
    known = set(x.detach().flatten().tolist()) | {0.0}
    assert set(moved.detach().flatten().tolist()) <= known
    moved.sum().backward()
    assert x.grad is not None
    assert float(x.grad.abs().sum()) > 0


def test_generators_start_from_the_paintings_components() -> None:
    latents, prior = made_latents(40), Generator(len(CLASSES), 5, (16, 12, 8)).requires_grad_(False)
    garden_gan.start_gaussian([prior], latents)
    real = latents.middle()
    codes = garden_gan.components(prior, real)
    assert codes.shape == (40, 5)
    back = prior.synthesis.dense(codes).reshape_as(real)
    centred = real - real.mean(0)
    assert (real - back).square().mean().item() < centred.square().mean().item()
    assert torch.allclose(garden_gan.components(prior, back), codes, atol=1e-3)


def test_the_generator_waits_for_its_critic_and_the_training_goes_on(tmp_path: Path) -> None:
    def trainer() -> garden_gan.GanTrainer:
        pair = garden_gan.Pair(size=6)
        pair.generator = Generator(len(CLASSES), 6, (16, 12, 8))
        pair.critic = Critic(len(CLASSES), (8, 8, 8))
        recipe = garden_gan.GanRecipe(batch=8, head_start=2)
        return garden_gan.GanTrainer(pair, AutoEncoder(TINY), made_latents(), recipe)

    made = trainer()
    garden_gan.start_gaussian([made.pair.generator], made.latents)
    moved = []
    for _ in range(4):
        before = made.pair.generator.synthesis.out.weight.clone()
        numbers = made.advance(0.0)
        moved.append(not torch.equal(before, made.pair.generator.synthesis.out.weight))
        assert np.isfinite(list(numbers.values())).all()
    assert moved == [False, False, True, True]
    garden_run.train(made, tmp_path, steps=6, every_minutes=60)
    assert (tmp_path / "samples.jpg").exists()
    other = trainer()
    other.resume(tmp_path / garden_run.CHECKPOINT)
    assert other.steps == 6
    for a, b in zip(made.average.state_dict().values(), other.average.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_the_pairing_loss_wants_the_better_ones_higher() -> None:
    low, high = torch.zeros(4, 65), torch.full((4, 65), 3.0)
    assert float(garden_gan.paired(high, low)) < 0.2 < float(garden_gan.paired(low, high))


def test_prior_and_decoder_learn_together_and_leave_the_encoder(paintings: Path, tmp_path: Path) -> None:
    album = open_album(paintings, PAINTINGS, None)
    latents = made_latents(len(album))

    def trainer() -> JointTrainer:
        joint = Joint(AutoEncoder(TINY), size=5)
        garden_gan.start_gaussian([joint.prior], latents)
        return JointTrainer(joint, tiny_features(), album, latents, JointRecipe(batch=2, cells=4))

    made = trainer()
    before = {k: v.clone() for k, v in made.joint.state_dict().items()}
    numbers = [made.advance(0.0) for _ in range(3)]
    assert all(np.isfinite(list(n.values())).all() for n in numbers)
    moved = {k for k, v in made.joint.state_dict().items() if not torch.equal(v, before[k])}
    assert all(k.startswith(("prior.synthesis.", "ae.decoder.")) for k in moved)
    assert not any("dense" in k for k in moved)
    assert {k.split(".")[0] for k in moved} == {"prior", "ae"}
    made.save(tmp_path / "t.pt")
    other = trainer()
    other.resume(tmp_path / "t.pt")
    assert all(torch.equal(a, b) for a, b in zip(made.nets.parameters(), other.nets.parameters(), strict=True))
    with pytest.raises(ValueError, match="other paintings"):
        JointTrainer(Joint(AutoEncoder(TINY), size=5), tiny_features(), album, made_latents(3))


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "bad.pt").write_bytes(pickle.dumps({"average": print}, protocol=2))
    with pytest.raises(pickle.UnpicklingError):
        garden_latents.load_auto_encoder(tmp_path / "bad.pt")


def test_the_prior_has_each_class_s_mean_and_covariance() -> None:
    g = torch.Generator().manual_seed(2)
    n = LATENT * CELLS * CELLS
    ways = torch.linalg.qr(torch.randn(n, 3, generator=g)).Q.T
    labels = torch.arange(4000) % 2
    codes = torch.randn(4000, 3, generator=g) * torch.tensor([3.0, 2.0, 1.0]) + labels[:, None] * torch.tensor(
        [5.0, 0, 0]
    )
    prior = garden_prior.fit_prior((codes @ ways).reshape(-1, LATENT, CELLS, CELLS), labels, 2, components=8)
    for c in (0, 1):
        hot = torch.eye(2)[[c] * 4000]
        drawn = prior(torch.randn(4000, 8, generator=g), hot).flatten(1) @ ways.T
        assert torch.allclose(drawn.mean(0), torch.tensor([5.0 * c, 0, 0]), atol=0.25)
        assert torch.allclose(drawn.std(0), torch.tensor([3.0, 2.0, 1.0]), rtol=0.12)


def test_models_are_exported_as_torch_computes_them(tmp_path: Path) -> None:
    import tomllib

    import onnx

    ae = AutoEncoder(TINY)
    prior, generator = Generator(len(CLASSES), 6, (16, 12, 8)), Generator(len(CLASSES), 5, (16, 12, 8))
    worst = garden_export.export_vae(ae, prior, tmp_path / "painting_vae", {"training": {"steps": 1}})
    gan = garden_export.export_gan(generator, ae, tmp_path / "painting_gan", {})
    assert max(worst, gan) < 1e-3
    for name in ("painting_vae", "painting_gan"):
        card = tomllib.loads((tmp_path / name / "card.toml").read_text(encoding="utf-8"))
        assert card["family"] == "latent"
        assert card["id"] == name
        assert [c["zh"] for c in card["latent"]["classes"]] == [zh for _, _, zh in CLASSES]
        kept = onnx.load(str(tmp_path / name / "model.onnx")).graph.initializer
        large = [t for t in kept if np.prod(t.dims) >= garden_export.FEW and t.data_type != onnx.TensorProto.INT64]
        assert large
        assert all(t.data_type == onnx.TensorProto.FLOAT16 for t in large)
    for z_size, name in ((6, "painting_vae"), (5, "painting_gan")):
        assert read_latent(CardReader(name, read_toml(tmp_path / name / "card.toml", name)), tmp_path).z_size == z_size
