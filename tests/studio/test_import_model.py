"""Imported models work: they stand in the gallery, paint any size without seams, enlarge, mask, and go again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from artdesk.core.errors import ArtDeskError, BadCard, Cancelled, ModelMissing, UnknownModel, WrongUse
from artdesk.core.image import Image, as_image, size_within
from artdesk.core.pictures import open_picture
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import (
    ForeignStyleRequest,
    ImportModelRequest,
    MaskRequest,
    ProbeModelRequest,
    RemoveModelRequest,
    StylizeFileRequest,
    StylizeRequest,
    UpscaleRequest,
)
from artdesk.engine import tiles
from artdesk.engine.families.fixed_style import paint_fixed
from artdesk.engine.foreign.cards import foreign_spec
from artdesk.engine.foreign.testcard import card_picture
from artdesk.engine.rows import ArrayRows, shrink_rows
from artdesk.studio import foreign_painting
from artdesk.studio import import_model as importing
from artdesk.studio.perform import Studio
from tests.engine.foreign import makers
from tests.engine.scripted import open_engine
from tests.studio.foreign_studio import probe_here, take_in

PICTURE = card_picture(420, 610, 2)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(open_engine(tmp_path / "library"))
    yield made
    made.close()


def small_tiles(monkeypatch: pytest.MonkeyPatch, side: int = 192) -> None:
    monkeypatch.setattr(foreign_painting, "tile_side", lambda *args: side)


def difference(a: Image, b: Image) -> int:
    return int(np.abs(a.astype(int) - b).max())


def test_a_model_stands_as_a_style_and_paints(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = take_in(studio, makers.style_net(into="0..255", size=(224, 224)), tmp_path, "mosaic", monkeypatch)
    assert (result.model_id, result.family) == ("mosaic", "fixed_style")
    assert {what: str(how) for what, how in result.lines}["Size"] == "multiples of 2, freed from a fixed size"
    style = studio.engine.library.style("mosaic")
    assert style.kind == "model"
    assert style.preview.is_file()
    painted = studio.perform(StylizeRequest(image=PICTURE, mix=(("mosaic", 1.0),)), Progress())
    assert painted.image.shape == PICTURE.shape
    assert painted.receipt.model_id == "mosaic"
    assert difference(painted.image, PICTURE) > 20
    untouched = studio.perform(StylizeRequest(image=PICTURE, mix=(("mosaic", 1.0),), strength=0.0), Progress())
    assert difference(untouched.image, PICTURE) == 0
    half = studio.perform(StylizeRequest(image=PICTURE, mix=(("mosaic", 1.0),), strength=0.5), Progress())
    between = (PICTURE.astype(int) + painted.image) / 2
    assert np.abs(half.image - between).max() <= 1.5


def test_alpha_mask_and_files(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.style_net(), tmp_path, "mosaic", monkeypatch)
    alpha = np.zeros(PICTURE.shape[:2], np.uint8)
    alpha[:, :300] = 255
    rgba = as_image(np.dstack([PICTURE, alpha]))
    mask = np.zeros(PICTURE.shape[:2], np.uint8)
    mask[:200] = 255
    painted = studio.perform(StylizeRequest(image=rgba, mix=(("mosaic", 1.0),), mask=mask), Progress())
    np.testing.assert_array_equal(painted.image[:, :, 3], alpha)
    np.testing.assert_array_equal(painted.image[200:, :300, :3], PICTURE[200:, :300])
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    Pillow.fromarray(PICTURE).save(source)
    studio.perform(StylizeFileRequest(mix=(("mosaic", 1.0),), source=source, target=target), Progress())
    written = open_picture(target)
    assert written.image.shape == PICTURE.shape
    assert written.receipt is not None
    assert written.receipt.model_id == "mosaic"


@pytest.mark.parametrize("form", ["instance", "moments", "groups"])
def test_tiles_do_not_show(form: str, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the whole picture painted with the same thumbnail's statistics: no seam by construction."""
    take_in(studio, makers.style_net(form=form, into="0..255"), tmp_path, "mosaic", monkeypatch)
    request = StylizeRequest(image=PICTURE, mix=(("mosaic", 1.0),), device="cpu")
    own = studio.perform(request, Progress()).image
    small_tiles(monkeypatch)
    tiled = studio.perform(request, Progress())
    assert not tiled.notes
    card = studio.engine.library.model("mosaic")
    state = paint_fixed(studio.engine, card, thumbnail(PICTURE, 192), token=CancelToken()).state
    whole = paint_fixed(studio.engine, card, PICTURE, state=state, token=CancelToken()).image
    assert difference(tiled.image, whole) <= 2
    assert np.abs(tiled.image.astype(int) - own).mean() <= 4


def thumbnail(picture: Image, side: int) -> Image:
    """As the studio makes it for tiles of that side."""
    h, w = picture.shape[:2]
    return shrink_rows(ArrayRows(picture), *size_within(w, h, int(max(w, h) * side / (w * h) ** 0.5)))


def test_what_cannot_share_statistics_is_blended_and_says_so(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    g = makers.Net()
    x = g.input("input", [1, 3, 64, 96])
    g.output(g.op("Mul", g.conv(x, 3, 3), g.const(g.rng.uniform(0.9, 1.0, (1, 1, 64, 96)))))
    take_in(studio, g.model(), tmp_path, "bound", monkeypatch)
    painted = studio.perform(StylizeRequest(image=PICTURE, mix=(("bound", 1.0),)), Progress())
    assert painted.image.shape == PICTURE.shape
    assert any("blended" in str(note) for note in painted.notes)
    tiny = as_image(PICTURE[:20, :30])
    alone = studio.perform(StylizeRequest(image=tiny, mix=(("bound", 1.0),)), Progress())
    assert alone.image.shape == tiny.shape
    assert not alone.notes


@pytest.mark.parametrize(("factor", "valid"), [(2, False), (3, False), (4, False), (2, True)])
def test_upscalers_enlarge_without_seams(
    factor: int, valid: bool, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(studio, makers.upscaler(factor, shuffle=not valid, valid=valid), tmp_path, "larger", monkeypatch)
    assert "larger" not in {style.id for style in studio.engine.library.styles()}
    picture = as_image(np.dstack([PICTURE[:250, :333], np.full((250, 333), 99, np.uint8)]))
    whole = studio.perform(UpscaleRequest(picture, "larger", "cpu"), Progress())
    assert whole.image.shape == (250 * factor, 333 * factor, 4)
    assert set(np.unique(whole.image[:, :, 3])) == {99}
    small_tiles(monkeypatch)
    tiled = studio.perform(UpscaleRequest(picture, "larger", "cpu"), Progress())
    assert difference(tiled.image, whole.image) <= 1


def test_a_grey_upscaler_keeps_the_colours(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.upscaler(3, channels=1), tmp_path, "larger", monkeypatch)
    large = studio.perform(UpscaleRequest(PICTURE, "larger"), Progress()).image
    small = large.reshape(420, 3, 610, 3, 3).mean(axis=(1, 3))
    ours, theirs = (p[:, :, 0].astype(float) - p[:, :, 2] for p in (small, PICTURE))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.95


def test_masks_have_the_pictures_size(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.mask_net(), tmp_path, "finder", monkeypatch)
    mask = studio.perform(MaskRequest(PICTURE, "finder"), Progress()).mask
    assert mask.shape == PICTURE.shape[:2]
    red = (PICTURE[:, :, 0] > 200) & (PICTURE[:, :, 2] < 60)
    assert mask[red].mean() > mask[~red].mean() + 60
    with pytest.raises(WrongUse, match="no upscaler"):
        studio.perform(UpscaleRequest(PICTURE, "finder"), Progress())


def test_style_pictures_and_codes(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    style = card_picture(200, 300, 6)
    take_in(studio, makers.adain(with_alpha=True), tmp_path, "adain", monkeypatch)
    painted = studio.perform(ForeignStyleRequest(PICTURE, style, "adain"), Progress())
    assert painted.image.shape == PICTURE.shape
    small_tiles(monkeypatch)
    tiled = studio.perform(ForeignStyleRequest(PICTURE, style, "adain"), Progress())
    assert np.abs(tiled.image.astype(int) - painted.image).mean() <= 4
    take_in(studio, makers.coded(), tmp_path, "coded", monkeypatch)
    with pytest.raises(ModelMissing, match="encoder"):
        studio.perform(ForeignStyleRequest(PICTURE, style, "coded"), Progress())
    take_in(studio, makers.encoder(), tmp_path, "encoder", monkeypatch)
    coded = studio.perform(ForeignStyleRequest(PICTURE, style, "coded"), Progress())
    other = studio.perform(ForeignStyleRequest(PICTURE, as_image(255 - style), "coded"), Progress())
    assert difference(coded.image, other.image) > 5


def test_the_persons_word_counts(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = (("order", "bgr"), ("range", "-1..1"), ("out_range", "0..255"))
    take_in(studio, makers.style_net(), tmp_path, "mosaic", monkeypatch, corrections=wishes, title="My mosaic")
    card = studio.engine.library.model("mosaic")
    assert card.title["en"] == "My mosaic"
    spec = foreign_spec(card)
    assert (spec.image.order, spec.image.scale.low, spec.image.scale.high) == ("bgr", -1, 1)
    assert spec.output is not None
    assert (spec.output.order, spec.output.scale.high) == ("bgr", 255)
    table = tomllib.loads((card.folder / "card.toml").read_text(encoding="utf-8"))
    assert table["image"]["order"] == "BGR"
    for bad in (("order", "green"), ("size", "7"), ("family", "virus")):
        with pytest.raises(WrongUse, match="cannot be set"):
            take_in(studio, makers.style_net(), tmp_path, "other", monkeypatch, corrections=(bad,))
    assert "other" not in {card.id for card in studio.engine.library.models()}


def test_a_card_corrected_by_hand_is_heard_and_nonsense_in_it_is_said(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(studio, makers.style_net(), tmp_path, "mosaic", monkeypatch)
    library = studio.engine.library
    path = library.model("mosaic").folder / "card.toml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace('out_order = "RGB"', 'out_order = "BGR"'), encoding="utf-8")
    library.refresh()
    spec = foreign_spec(library.model("mosaic"))
    assert spec.output is not None
    assert spec.output.order == "bgr"
    for damage in (
        ("shrink = 0", "shrink = -5"),
        ("radius = ", "radius = 99999 #"),
        ("[foreign]", "[other]"),
        ('"dtype" = "float32"', '"dtype" = "object"'),
        ('out_range = "0..1"', 'out_range = "0..7"'),
    ):
        assert damage[0] in good
        path.write_text(good.replace(*damage), encoding="utf-8")
        library.refresh()
        with pytest.raises(ArtDeskError) as said:
            foreign_spec(library.model("mosaic"))
        assert isinstance(said.value, BadCard | UnknownModel)


def test_ids_are_free_or_refused(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "probe_model", probe_here)
    path = makers.save(makers.grey_drawing(), tmp_path / "Ein schönes Bild (2).onnx")
    first = studio.perform(ImportModelRequest(path), Progress())
    second = studio.perform(ImportModelRequest(path), Progress())
    assert (first.model_id, second.model_id) == ("ein-schones-bild-2", "ein-schones-bild-2-2")
    with pytest.raises(WrongUse, match="already"):
        studio.perform(ImportModelRequest(path, id="ember"), Progress())
    with pytest.raises(WrongUse, match="id"):
        studio.perform(ImportModelRequest(path, id="../evil"), Progress())


def test_removing(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.grey_drawing(), tmp_path, "drawing", monkeypatch)
    folder = studio.engine.library.model("drawing").folder
    studio.perform(RemoveModelRequest("drawing"), Progress())
    assert not folder.exists()
    assert "drawing" not in {style.id for style in studio.engine.library.styles()}
    with pytest.raises(UnknownModel):
        studio.perform(RemoveModelRequest("drawing"), Progress())
    with pytest.raises(WrongUse, match="stays"):
        studio.perform(RemoveModelRequest(studio.engine.library.painter().id), Progress())


def test_stopping_an_import_leaves_nothing(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = CancelToken()

    def stopped_midway(*args: object, **more: object) -> None:
        token.cancel()
        token.check()

    monkeypatch.setattr(importing, "_paint_preview", stopped_midway)
    monkeypatch.setattr(importing, "probe_model", probe_here)
    path = makers.save(makers.style_net(), tmp_path / "mosaic.onnx")
    with pytest.raises(Cancelled):
        studio.perform(ImportModelRequest(path, id="mosaic"), Progress(token=token))
    own = studio.engine.library.own_models
    assert not own.exists() or not list(own.iterdir())


def test_looking_first_does_not_measure_twice(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Path] = []

    def counting(path: Path, **more: object) -> object:
        counted.append(path)
        return probe_here(path)

    monkeypatch.setattr(importing, "probe_model", counting)
    path = makers.save(makers.grey_drawing(), tmp_path / "drawing.onnx")
    looked = studio.perform(ProbeModelRequest(path), Progress())
    assert looked.family == "fixed_style"
    assert "drawing" not in {card.id for card in studio.engine.library.models()}
    studio.perform(ImportModelRequest(path), Progress())
    assert len(counted) == 1
    studio.perform(ImportModelRequest(path, id="again"), Progress())
    assert len(counted) == 2


def test_a_foreign_model_is_not_mixed(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.grey_drawing(), tmp_path, "drawing", monkeypatch)
    for mix in ((("drawing", 0.5), ("ember", 0.5)), (("ember", 0.5), ("drawing", 0.5))):
        with pytest.raises(WrongUse, match="cannot be mixed"):
            studio.perform(StylizeRequest(image=PICTURE, mix=mix), Progress())


def test_tile_budget_uses_what_the_card_says(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.style_net(), tmp_path, "mosaic", monkeypatch)
    card = studio.engine.library.model("mosaic")
    assert tiles.bytes_per_pixel(card) >= 60
    assert tiles.tile_side(card, "cpu", 40) >= tiles.LEAST_SIDE
