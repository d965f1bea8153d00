"""Cards are checked before anything is believed, and every complaint is a sentence with the key in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artdesk.core.errors import ArtDeskError, BadCard, ModelDamaged, ModelMissing
from artdesk.engine.cards import read_card
from artdesk.engine.styles import read_style
from tests.engine.scripted import LibraryFolders, write_library


@pytest.fixture
def folders(tmp_path: Path) -> LibraryFolders:
    return write_library(tmp_path)


def test_a_card_is_read(folders: LibraryFolders) -> None:
    card = read_card(folders.models / "painter")
    assert (card.family, card.role, card.title["zh"]) == ("painter", "quality", "测试")
    assert card.painter is not None
    assert card.painter.receptive_radius == 8
    card.verify()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('family = "painter"', 'family = "sorcerer"', "family"),
        ('role = "quality"', 'role = "best"', "role"),
        ('id = "painter"', 'id = "other"', "id"),
        ('id = "painter"', 'id = "../painter"', "id"),
        ('file = "model.onnx"', 'file = "../live/model.onnx"', "file"),
        ('file = "model.onnx"', 'file = "C:\\\\model.onnx"', "file"),
        ('file = "model.onnx"', "file = 3", "file"),
        ('layout = "NCHW"', 'layout = "CHWN"', "layout"),
        ("minimum = 16", "minimum = -1", "minimum"),
        ("minimum = 16", "minimum = true", "minimum"),
        ("state_size = 24", 'state_size = "24"', "state_size"),
        ("receptive_radius = 8", "receptive_radius = 1e9", "receptive_radius"),
        ('en = "Scripted painter"', "", "title.en"),
        ('sha256 = "', 'sha256 = "x', "sha256"),
        ("[painter]", "[painters]", "code_size"),
    ],
)
def test_a_wrong_value_is_named(folders: LibraryFolders, old: str, new: str, key: str) -> None:
    path = folders.models / "painter" / "card.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadCard, match=key):
        read_card(path.parent)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(junk=st.binary(max_size=300), cut=st.integers(0, 700))
def test_any_bytes_are_a_sentence_at_worst(folders: LibraryFolders, junk: bytes, cut: int) -> None:
    path = folders.models / "painter" / "card.toml"
    good = path.read_bytes()
    try:
        path.write_bytes(good[:cut] + junk)
        try:
            read_card(path.parent)
        except ArtDeskError as error:
            assert "painter" in str(error)
    finally:
        path.write_bytes(good)


def test_damage_and_loss_of_the_model_are_told_apart(folders: LibraryFolders) -> None:
    card = read_card(folders.models / "painter")
    card.file.write_bytes(card.file.read_bytes() + b"x")
    with pytest.raises(ModelDamaged, match="damaged"):
        card.verify()
    card.file.unlink()
    with pytest.raises(ModelMissing, match="missing"):
        card.verify()


def _spoil(folder: Path, what: str) -> None:
    code = folder / "code.npy"
    if what == "gone":
        code.unlink()
    elif what == "nan":
        np.save(code, np.full(8, np.nan, np.float32))
    elif what == "pickle":
        np.save(code, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif what == "large":
        np.save(code, np.zeros(100_000, np.float32))
    elif what == "text":
        np.save(code, np.array(["a"] * 8))
    elif what == "cut":
        code.write_bytes(code.read_bytes()[:40])
    elif what == "integers":
        np.save(code, np.zeros(8, np.int64))


@pytest.mark.parametrize("what", ["gone", "nan", "pickle", "large", "text", "cut", "integers"])
def test_a_damaged_code_is_a_sentence(folders: LibraryFolders, what: str) -> None:
    _spoil(folders.styles / "moss", what)
    with pytest.raises(BadCard, match="moss"):
        read_style(folders.styles / "moss", "bundled")


@pytest.mark.parametrize("what", ["gone", "pickle"])
def test_damage_disables_one_style_alone(folders: LibraryFolders, what: str) -> None:
    _spoil(folders.styles / "moss", what)
    library = folders.open()
    assert [s.id for s in library.styles()] == ["ember", "frost"]
    assert len(library.problems()) == 1
    assert "moss" in str(library.problems()[0])


def test_a_damaged_model_disables_itself_alone(folders: LibraryFolders) -> None:
    (folders.models / "live" / "card.toml").write_text("id = [", encoding="utf-8")
    (folders.models / "stylist" / "model.onnx").unlink()
    library = folders.open()
    assert [m.id for m in library.models()] == ["painter"]
    assert len(library.problems()) == 2
    assert library.painter("live").id == "painter"
    with pytest.raises(ModelMissing, match="stylist"):
        library.stylist()


def test_no_models_at_all_is_a_sentence(folders: LibraryFolders) -> None:
    shutil.rmtree(folders.models)
    library = folders.open()
    with pytest.raises(ModelMissing, match="No painter"):
        library.painter()


def test_a_code_of_another_painter_is_not_mixed_in(folders: LibraryFolders) -> None:
    path = folders.styles / "moss" / "style.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("scripted", "another"), encoding="utf-8")
    library = folders.open()
    assert "moss" not in [s.id for s in library.styles()]
    assert "another painter" in str(library.problems()[0])
