"""The library: styles of one's own come and go, mixes are weighted sums, unknown names get hints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artdesk.core.errors import NotWritable, SaveError, UnknownModel, UnknownStyle, WrongUse
from artdesk.core.image import as_image
from artdesk.engine.library import Library, mix_codes
from artdesk.engine.styles import make_id
from tests.engine.scripted import photograph, scripted_code, write_library

PREVIEW = as_image(photograph(40, 30))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return write_library(tmp_path).open()


def test_own_styles_come_and_go(library: Library) -> None:
    code = scripted_code(9)
    added = library.add_style(code, "Großmutters Bild", PREVIEW, "ab" * 32)
    assert added.kind == "own"
    assert added.id == "gromutters_bild"
    assert np.array_equal(library.code(added.id), code)
    assert added.preview.is_file()
    again = library.add_style(code, "Großmutters Bild", PREVIEW, "ab" * 32)
    assert again.id == "gromutters_bild_2"
    library.remove_style(added.id)
    assert [s.id for s in library.styles() if s.kind == "own"] == [again.id]
    assert sorted(p.name for p in library.own_styles.iterdir()) == [again.id]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(max_size=60))
def test_any_name_makes_a_style_that_can_be_read_again(library: Library, name: str) -> None:
    added = library.add_style(scripted_code(1), name, PREVIEW, "")
    assert not library.problems()
    assert library.style(added.id).title["en"]
    library.remove_style(added.id)


@settings(deadline=None)
@given(name=st.text(max_size=200))
def test_ids_are_plain(name: str) -> None:
    taken = {"style", "a"}
    made = make_id(name, lambda i: i in taken)
    assert made not in taken
    assert made.replace("_", "").isalnum()
    assert made.isascii()


def test_bundled_styles_stay(library: Library) -> None:
    with pytest.raises(WrongUse, match="came with ArtDesk"):
        library.remove_style("ember")


def test_unknown_names_get_hints(library: Library) -> None:
    with pytest.raises(UnknownStyle, match="Did you mean frost"):
        library.style("frosst")
    with pytest.raises(UnknownModel, match="Did you mean painter"):
        library.model("paintr")
    with pytest.raises(UnknownStyle):
        library.code("../../etc")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    folders = write_library(tmp_path)
    folders.own_styles.rmdir()
    folders.own_styles.write_text("a file where the folder should be")
    library = folders.open()
    with pytest.raises((NotWritable, SaveError)):
        library.add_style(scripted_code(1), "x", PREVIEW, "")
    assert len(library.styles()) == 3


def test_a_mix_is_the_weighted_sum(library: Library) -> None:
    mixed = mix_codes(library, (("ember", 3.0), ("frost", 1.0)))
    assert np.allclose(mixed, 0.75 * library.code("ember") + 0.25 * library.code("frost"), atol=1e-6)
    assert np.array_equal(mix_codes(library, (("moss", 0.2),)), library.code("moss"))


@pytest.mark.parametrize("mix", [(), (("ember", 0.0),), (("ember", -1.0), ("frost", 2.0)), (("ember", float("nan")),)])
def test_an_impossible_mix_is_wrong_use(library: Library, mix: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(WrongUse):
        mix_codes(library, mix)


def test_the_identity_code_is_there(library: Library) -> None:
    assert library.identity().shape == (8,)
