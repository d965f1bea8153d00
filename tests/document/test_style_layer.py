from __future__ import annotations

import numpy as np
import pytest

from artdesk.core.errors import WrongUse
from artdesk.document.document import Document
from artdesk.document.layers import StyleLayer
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.selection import Selection
from tests.document.random_documents import small_document, state_of

INK = (("ink", 1.0),)


def red(document: Document) -> np.ndarray:
    image = np.zeros((document.height, document.width, 3), np.uint8)
    image[..., 0] = 255
    return image


def painted_document() -> tuple[Document, StyleLayer]:
    document = small_document()
    layer = document.add_style_layer(INK, strength=0.8)
    document.set_painted(layer, red(document))
    return document, layer


def stroke(document: Document, index: int, plane: str | None = None) -> None:
    with document.begin_edit(document.root.children[index], "Brush", plane=plane) as edit:
        rect = Rect(30, 40, 50, 20)
        pixels = np.full((20, 50), 17, np.uint8) if edit.is_mask else np.full((20, 50, 4), 17, np.uint8)
        edit.write(rect, pixels)


def test_it_waits_shows_what_was_painted_and_is_one_step() -> None:
    document = small_document()
    before = state_of(document)
    layer = document.add_style_layer(INK)
    assert document.stale_layers() == [layer]
    source = document.style_source(layer)
    assert np.array_equal(source, document.composite(document.rect))
    document.set_painted(layer, red(document))
    assert not layer.stale
    assert document.composite(Rect(0, 0, 1, 1))[0, 0].tolist() == [255, 0, 0, 255]
    document.undo()
    assert state_of(document) == before


def test_painting_its_source_makes_it_stale_where_it_was_painted() -> None:
    document, layer = painted_document()
    revision = layer.revision
    stroke(document, 0)
    assert layer.stale
    assert layer.stale_rect == Rect(30, 40, 50, 20)
    assert layer.revision > revision


def test_what_lies_above_or_is_its_own_does_not_make_it_stale() -> None:
    document, layer = painted_document()
    document.add_layer()
    stroke(document, 3)
    document.add_mask(layer)
    stroke(document, 2)
    document.set_layer(layer, opacity=0.5, name="Red")
    assert not layer.stale
    assert layer.stale_rect == NOTHING


def test_every_setting_makes_it_stale_and_undo_takes_stroke_and_repaint_back_together() -> None:
    document, layer = painted_document()
    for settings in ({"strength": 0.3}, {"mix": (("oil", 2.0),)}, {"keep_colors": True}, {"stroke_size": 2.0}):
        document.set_layer(layer, **settings)
        assert layer.stale, settings
        document.set_painted(layer, red(document))
        assert not layer.stale
    before = state_of(document)
    position = document.history.position
    stroke(document, 0)
    blue = red(document)[..., ::-1].copy()
    document.set_painted(layer, blue, revision=layer.revision)
    assert document.history.position == position + 1
    document.undo()
    assert state_of(document) == before
    assert not layer.stale
    document.redo()
    assert not layer.stale
    assert document.composite(Rect(0, 0, 1, 1))[0, 0].tolist() == [0, 0, 255, 255]


def test_a_late_result_is_shown_but_leaves_it_stale() -> None:
    document, layer = painted_document()
    stroke(document, 0)
    revision = layer.revision
    stroke(document, 1)
    document.set_painted(layer, red(document), revision=revision)
    assert layer.stale


def test_a_result_that_arrives_during_a_stroke_does_not_break_it() -> None:
    document, layer = painted_document()
    before = state_of(document)
    edit = document.begin_edit(document.root.children[0], "Brush")
    edit.write(Rect(0, 0, 9, 9), np.full((9, 9, 4), 5, np.uint8))
    document.set_painted(layer, red(document)[..., ::-1].copy())
    assert edit.is_open
    edit.write(Rect(9, 0, 9, 9), np.full((9, 9, 4), 5, np.uint8))
    edit.commit()
    document.undo()
    document.undo()
    document.redo()
    document.redo()
    document.jump_to(0)
    assert state_of(document)[3:5] == before[3:5]


def test_a_part_can_be_repainted() -> None:
    document, layer = painted_document()
    document.set_painted(layer, np.full((10, 20, 3), 9, np.uint8), Rect(40, 50, 20, 10))
    picture = document.composite(document.rect)
    assert (picture[50:60, 40:60, :3] == 9).all()
    picture[50:60, 40:60, :3] = (255, 0, 0)
    assert (picture[..., :3] == (255, 0, 0)).all()


def test_the_selection_becomes_its_mask_and_the_style_brush_paints_into_it() -> None:
    document = small_document()
    below = document.composite(document.rect)
    document.select(Selection.rectangle(Rect(0, 0, 60, 60)))
    layer = document.add_style_layer(INK)
    document.set_painted(layer, red(document))
    assert (document.composite(Rect(0, 0, 60, 60))[..., :3] == (255, 0, 0)).all()
    assert np.array_equal(document.composite(document.rect)[60:], below[60:])
    document.select_none()
    hidden = document.add_style_layer((("oil", 1.0),), hidden=True)
    document.set_painted(hidden, red(document)[..., ::-1].copy())
    with document.begin_edit(hidden, "Style brush") as edit:
        assert edit.is_mask
        edit.write(Rect(100, 100, 30, 30), np.full((30, 30), 255, np.uint8))
    picture = document.composite(document.rect)
    assert (picture[100:130, 100:130] == (0, 0, 255, 255)).all()
    assert np.array_equal(picture[150:], below[150:])


def test_one_layer_as_source() -> None:
    document = small_document()
    ground, ink = document.root.children
    layer = document.add_style_layer(INK, source=ink.id)
    assert np.array_equal(document.style_source(layer), document.render_layer(ink, document.rect))
    document.set_painted(layer, red(document))
    stroke(document, 0)
    assert not layer.stale
    stroke(document, 1)
    assert layer.stale
    document.remove_layer(ink)
    with pytest.raises(WrongUse, match="no longer there"):
        document.style_source(layer)
    with pytest.raises(WrongUse, match="itself"):
        document.set_layer(layer, source=layer.id)
    with pytest.raises(WrongUse):
        document.style_source(ground)


def test_impossible_mixes_are_refused() -> None:
    document, layer = painted_document()
    for mix in ((("a", 0.0),), (("a", -1.0),), (("a", float("inf")),)):
        with pytest.raises(WrongUse):
            document.set_layer(layer, mix=mix)
    with pytest.raises(WrongUse):
        document.add_style_layer(INK, colour=3)
