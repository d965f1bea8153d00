"""The card of a foreign model says what was measured, whatever names the model gave its parts."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.engine.cards import ModelCard, read_card
from artdesk.engine.foreign.cards import card_text, foreign_spec
from artdesk.engine.foreign.facts import CodePort, FileFacts, ImagePort, Measured, Recipe, ScalarPort, Scale
from artdesk.engine.foreign.importing import id_from

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ranges = st.sampled_from([Scale(0, 1), Scale(0, 255), Scale(-1, 1)])
images = st.builds(
    ImagePort,
    name=names,
    layout=st.sampled_from(["nchw", "nhwc", "chw", "hwc"]),
    order=st.sampled_from(["rgb", "bgr"]),
    scale=ranges,
    fixed=st.none() | st.tuples(st.integers(16, 512), st.integers(16, 512)),
)


@settings(max_examples=80, deadline=None)
@given(images, images, names, names, st.integers(1, 64), st.integers(1, 4), st.integers(0, 500))
def test_written_and_read_back(
    image: ImagePort, output: ImagePort, title: str, source: str, multiple: int, factor: int, radius: int
) -> None:
    facts = FileFacts(source, "1" * 64, 10, 17, "tests", 5, 100, {}, (), ())
    measured = Measured(
        family="arbitrary_style",
        image=image,
        output=output,
        style=image,
        code=CodePort(title, (1, 8)),
        scalars=(ScalarPort(source, (1,)),),
        multiple_of=multiple,
        factor=factor,
        radius=radius,
        recipe=Recipe(statistics=(("m", (1, 4, 1, 1)),)),
        seamless="state",
    )
    text = card_text(identity="x", title=title, facts=facts, measured=measured, sha256="0" * 64, bytes_per_pixel=99)
    table = tomllib.loads(text)
    spec = foreign_spec(ModelCard("x", "arbitrary_style", Path(), "0" * 64, Path(), extra=table))
    assert spec.output is not None
    assert spec.code is not None
    assert (spec.image.name, spec.image.layout, spec.image.order) == (image.name, image.layout, image.order)
    assert (spec.image.scale, spec.image.fixed) == (image.scale, image.fixed)
    assert (spec.output.layout, spec.output.order, spec.output.scale) == (output.layout, output.order, output.scale)
    assert (spec.code.name, spec.scalars[0].name) == (title, source)
    assert (spec.multiple_of, spec.factor, spec.radius, spec.state_size) == (multiple, factor, radius, 4)
    assert table["title"]["en"] == title


def test_the_library_reads_it(tmp_path: Path) -> None:
    facts = FileFacts("a.onnx", "1" * 64, 10, 17, "", 5, 100, {}, (), ())
    measured = Measured("upscaler", ImagePort("lr"), ImagePort("sr"), factor=4, seamless="local")
    folder = tmp_path / "larger"
    folder.mkdir()
    text = card_text(identity="larger", title="Larger", facts=facts, measured=measured, sha256="0" * 64)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    card = read_card(folder)
    assert (card.family, card.image.scale) == ("upscaler", 4.0)
    assert foreign_spec(card).factor == 4


@given(st.text(max_size=80))
def test_ids_are_always_made(name: str) -> None:
    from artdesk.engine.cards import is_id

    assert is_id(id_from(Path("/folder") / (name.replace("/", "").replace("\0", "") + ".onnx")))
