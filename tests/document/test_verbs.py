from __future__ import annotations

import numpy as np
import pytest

from artdesk.core.errors import WrongUse
from artdesk.document.blend import BlendMode, blend
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, PixelLayer
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from tests.document.random_documents import small_document, some_pixels, state_of


def shown(document: Document) -> np.ndarray:
    return document.composite(document.rect, premultiplied=True).astype(int)


def test_new_layers_lie_above_the_active_one_with_names_of_their_own() -> None:
    document = small_document()
    document.set_active(document.root.children[0])
    made = document.add_layer()
    assert document.root.children[1] is made
    assert document.active_layer is made
    assert made.name == "Layer 1"
    assert document.add_layer().name == "Layer 2"
    group = document.add_group()
    document.move_layer(made, group, 0)
    document.set_active(made)
    assert document.add_layer() in group.children
    copy = document.duplicate_layer(group)
    assert isinstance(copy, GroupLayer)
    assert {layer.id for layer in copy.walk()}.isdisjoint({layer.id for layer in group.walk()})


def test_a_copy_shares_memory_until_painted_on() -> None:
    document = small_document()
    before = document.bytes_used()["layers"]
    copy = document.duplicate_layer(document.root.children[0])
    assert document.bytes_used()["layers"] == before
    with document.begin_edit(copy, "Brush") as edit:
        edit.write(Rect(0, 0, 9, 9), np.full((9, 9, 4), 7, np.uint8))
    original = document.root.children[0]
    assert isinstance(original, PixelLayer)
    assert not (original.pixels.read(Rect(0, 0, 9, 9)) == 7).all()


def test_removing_chooses_a_neighbour_and_locked_layers_stay() -> None:
    document = small_document()
    ground, ink = document.root.children
    document.remove_layer(ink)
    assert document.active_layer is ground
    document.undo()
    assert document.active_layer is ink
    document.set_layer(ink, locked=True)
    with pytest.raises(WrongUse, match="locked"):
        document.remove_layer(ink)
    with pytest.raises(WrongUse, match="no longer there"):
        document.remove_layer("nobody")


def test_a_group_cannot_be_moved_into_itself() -> None:
    document = small_document()
    inner = document.group_layers([document.root.children[1]])
    outer = document.group_layers([inner])
    before = state_of(document)
    for target in (inner, outer):
        with pytest.raises(WrongUse):
            document.move_layer(outer, target, 0)
    assert state_of(document) == before


def test_grouping_and_ungrouping_look_the_same() -> None:
    document = small_document()
    before = shown(document)
    group = document.group_layers(list(document.root.children))
    assert np.abs(shown(document) - before).max() <= 1
    document.ungroup(group)
    assert np.array_equal(shown(document), before)
    assert [layer.name for layer in document.root.children] == ["Background", "Ink"]


@pytest.mark.parametrize("mode", [BlendMode.NORMAL, BlendMode.MULTIPLY, BlendMode.LUMINOSITY])
@pytest.mark.parametrize("clip", [False, True])
def test_merging_down_looks_the_same(mode: BlendMode, clip: bool) -> None:
    rng = np.random.default_rng(9)
    document = Document(300, 270)
    lower = PixelLayer(pixels=Tiles.of_array(some_pixels(np.random.default_rng(0), 250, 250), 10, 10), opacity=0.7)
    upper = PixelLayer(pixels=Tiles.of_array(some_pixels(rng, 200, 200), 60, 50), mode=mode, clip=clip, opacity=0.8)
    document.root.children = (lower, upper)
    document.add_mask(upper)
    with document.begin_edit(upper, "Mask", plane="mask") as edit:
        edit.write(Rect(80, 80, 60, 60), np.full((60, 60), 100, np.uint8))
    # A clipped layer takes part in its base's opacity, so compare with the base opaque.
    if clip:
        lower.opacity = 1.0
    before = shown(document)
    made = document.merge_down(upper)
    assert document.root.children == (made,)
    error = np.abs(shown(document) - before)
    assert error.mean() < 0.6
    assert np.percentile(error, 99.9) <= 3
    document.undo()
    assert document.root.children == (lower, upper)


def test_what_cannot_be_merged_says_why() -> None:
    document = small_document()
    ground, ink = document.root.children
    with pytest.raises(WrongUse, match="no layer below"):
        document.merge_down(ground)
    document.set_layer(ground, visible=False)
    with pytest.raises(WrongUse, match="Hidden"):
        document.merge_down(ink)


def test_flattening_keeps_the_picture_and_one_layer() -> None:
    document = small_document()
    document.set_layer(document.root.children[1], opacity=0.4, mode=BlendMode.SCREEN)
    before = shown(document)
    document.flatten()
    assert len(document.root.children) == 1
    assert np.abs(shown(document) - before).max() <= 1


def test_merging_a_group_keeps_mode_and_opacity() -> None:
    document = small_document()
    group = document.group_layers([document.root.children[1]])
    document.set_layer(group, opacity=0.5, mode=BlendMode.MULTIPLY)
    before = shown(document)
    made = document.merge_group(group)
    assert (made.opacity, made.mode) == (0.5, BlendMode.MULTIPLY)
    assert np.abs(shown(document) - before).max() <= 2


def test_masks_hide_show_and_can_be_applied() -> None:
    document = small_document()
    ink = document.root.children[1]
    before = shown(document)
    document.add_mask(ink)
    assert np.array_equal(shown(document), before)
    document.fill(ink, 0, plane="mask")
    document.undo()
    document.select(Selection.rectangle(Rect(100, 100, 50, 50)))
    document.fill(ink, 0, plane="mask")
    masked = shown(document)
    ground_only = document.render_layer(document.root.children[0], document.rect)
    assert np.array_equal(masked[100:150, 100:150], ground_only[100:150, 100:150])
    assert np.array_equal(masked[:100], before[:100])
    document.set_mask_enabled(ink, False)
    assert np.array_equal(shown(document), before)
    document.set_mask_enabled(ink, True)
    document.remove_mask(ink, apply=True)
    assert ink.mask is None
    assert np.abs(shown(document) - masked).max() <= 1
    document.undo()
    document.remove_mask(ink)
    assert np.array_equal(shown(document), before)
    document.add_mask(ink, from_selection=True)
    assert np.array_equal(shown(document)[:100], ground_only[:100])


def test_settings_are_checked() -> None:
    document = small_document()
    layer = document.root.children[1]
    document.set_layer(layer, opacity=7)
    assert layer.opacity == 1.0
    with pytest.raises(WrongUse):
        document.set_layer(layer, opacity=float("nan"))
    with pytest.raises(WrongUse):
        document.set_layer(layer, pixels=Tiles())
    with pytest.raises(WrongUse):
        document.set_layer(layer, strength=0.5)
    with pytest.raises(ValueError):
        document.set_layer(layer, mode="svg:nothing")


def test_every_edit_stays_inside_the_selection() -> None:
    document = small_document()
    layer = document.root.children[0]
    assert isinstance(layer, PixelLayer)
    before = layer.pixels.read(document.rect)
    document.select(Selection.ellipse(Rect(50, 50, 100, 80)))
    document.change_selection("feather", 8)
    assert document.selection is not None
    amount = document.selection.read(document.rect)
    document.fill(layer, (1, 2, 3, 255))
    after = layer.pixels.read(document.rect)
    assert np.array_equal(after[amount == 0], before[amount == 0])
    assert (after[amount == 255] == (1, 2, 3, 255)).all()
    part = (amount > 20) & (amount < 235)
    t = amount[part][:, None] / 255
    assert np.abs(after[part][:, :3] - (before[part][:, :3] * (1 - t) + np.array([1, 2, 3]) * t)).max() <= 1
    document.undo()
    document.clear(layer)
    assert np.array_equal(layer.pixels.read(document.rect)[amount == 0], before[amount == 0])
    assert (layer.pixels.read(document.rect)[amount == 255] == 0).all()


def test_writing_twice_into_a_soft_selection_counts_once() -> None:
    document = Document(64, 64)
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    document.select(Selection.of_array(np.full((64, 64), 128, np.uint8)))
    with document.begin_edit(layer, "Brush") as edit:
        for _ in range(5):
            edit.write(document.rect, np.full((64, 64, 4), 255, np.uint8))
    assert (layer.pixels.read(document.rect)[..., 3] == 128).all()


def test_locked_transparency_keeps_alpha_but_takes_colour() -> None:
    document = small_document()
    ink = document.root.children[1]
    assert isinstance(ink, PixelLayer)
    before = ink.pixels.read(document.rect)
    document.set_layer(ink, lock_alpha=True)
    document.fill(ink, (10, 20, 30, 255))
    after = ink.pixels.read(document.rect)
    assert np.array_equal(after[..., 3], before[..., 3])
    assert (after[after[..., 3] > 0][:, :3] == (10, 20, 30)).all()
    document.clear(ink)
    assert np.array_equal(ink.pixels.read(document.rect), after)


def test_painting_over_locked_transparency_is_source_atop() -> None:
    document = Document(4, 1)
    old = np.array([[(200, 0, 0, 255), (200, 0, 0, 100), (200, 0, 0, 0), (200, 0, 0, 100)]], np.uint8)
    layer = PixelLayer(pixels=Tiles.of_array(old), lock_alpha=True)
    document.root.children = (layer,)
    brush = np.empty_like(old)
    brush[...] = (0, 0, 250, 128)
    with document.begin_edit(layer, "Brush") as edit:
        edit.write(document.rect, blend(BlendMode.NORMAL, old, brush))
    after = layer.pixels.read(document.rect)[0].astype(int)
    assert after[:, 3].tolist() == [255, 100, 0, 100]
    # Half covered: half way between the old and the brush's colour, however transparent the layer is.
    for index in (0, 1, 3):
        assert np.abs(after[index, :3] - [100, 0, 125]).max() <= 2


def test_locked_and_hidden_layers_are_not_painted_on() -> None:
    document = small_document()
    ink = document.root.children[1]
    group = document.group_layers([ink])
    document.set_layer(group, locked=True)
    with pytest.raises(WrongUse, match="locked"):
        document.begin_edit(ink, "Brush")
    document.set_layer(group, locked=False, visible=False)
    with pytest.raises(WrongUse, match="hidden"):
        document.begin_edit(ink, "Brush")
    document.set_layer(group, visible=True)
    with pytest.raises(WrongUse, match="no mask"):
        document.begin_edit(group, "Brush")


def test_edits_are_cut_to_the_canvas_and_report_what_they_touched() -> None:
    document = Document(100, 80)
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    with document.begin_edit(layer, "Brush") as edit:
        touched = edit.write(Rect(90, 70, 50, 50), np.full((50, 50, 4), 200, np.uint8))
        assert touched == Rect(90, 70, 10, 10)
        assert edit.write(Rect(500, 0, 5, 5), np.full((5, 5, 4), 200, np.uint8)).empty
    assert layer.pixels.bounds() == Rect(90, 70, 10, 10)


def test_a_new_edit_commits_the_open_one() -> None:
    document = small_document()
    layer = document.root.children[0]
    first = document.begin_edit(layer, "First")
    first.write(Rect(0, 0, 9, 9), np.full((9, 9, 4), 3, np.uint8))
    second = document.begin_edit(layer, "Second")
    assert not first.is_open
    assert document.history.undo_label == "First"
    second.cancel()
    assert document.open_edit is None


def test_a_result_goes_where_it_is_selected_and_masked() -> None:
    document = small_document()
    ground = document.root.children[0]
    assert isinstance(ground, PixelLayer)
    before = ground.pixels.read(document.rect)
    document.select(Selection.rectangle(Rect(0, 0, 100, 100)))
    mask = np.zeros((100, 200), np.uint8)
    mask[:, 50:] = 255
    white = np.full((50, 100, 3), 255, np.uint8)
    document.put_result(white, ground, Rect(0, 0, 200, 100), mask)
    after = ground.pixels.read(document.rect)
    assert (after[:100, 50:100] == 255).all()
    changed = (after != before).any(axis=-1)
    changed[:100, 50:100] = False
    assert not changed.any()
    made = document.put_result(white, None, Rect(0, 0, 200, 100), mask, name="Paint")
    assert isinstance(made, PixelLayer)
    assert made.name == "Paint"
    assert made.pixels.bounds() == Rect(50, 0, 50, 100)
    with pytest.raises(WrongUse):
        document.put_result(white, None, Rect(0, 0, 200, 100), mask[:5])


def test_copy_and_paste_put_the_same_pixels_back() -> None:
    document = small_document()
    document.select(Selection.rectangle(Rect(20, 30, 40, 50)))
    copied = document.copy_selected(document.root.children[0])
    assert copied is not None
    image, place = copied
    assert place == Rect(20, 30, 40, 50)
    document.select_none()
    layer = document.paste_image(image, at=(place.x, place.y))
    document.remove_layer(document.root.children[1])
    document.set_layer(document.root.children[0], visible=False)
    assert np.array_equal(document.composite(place), image)
    assert layer.pixels.bounds() == place
    document.select(Selection.rectangle(Rect(250, 200, 10, 10)))
    assert document.copy_selected(layer) is None


def test_impossible_canvases_are_refused() -> None:
    for size in ((0, 5), (5, -1), (16385, 10)):
        with pytest.raises(WrongUse, match="16384"):
            Document(*size)


def test_thumbnails_show_what_the_layer_shows() -> None:
    document = small_document()
    ink = document.root.children[1]
    document.add_mask(ink, hide=True)
    assert document.layer_thumbnail(ink, 32).max() == 0
    assert document.layer_thumbnail(document.root.children[0], 32)[..., 3].min() == 255
    mask = document.mask_thumbnail(ink, 32)
    assert mask is not None
    assert mask.max() == 0
    assert max(document.thumbnail(50).shape[:2]) == 50
    group = document.group_layers([document.root.children[0]])
    assert np.array_equal(document.layer_thumbnail(group, 32), document.layer_thumbnail(group.children[0], 32))
    made = document.remember_thumbnail(20)
    assert document.history.entries[-1].thumbnail is made
