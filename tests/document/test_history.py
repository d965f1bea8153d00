from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.document.changes import Change
from artdesk.document.document import Document
from artdesk.document.history import MAX_STEPS, History
from artdesk.document.rect import Rect
from tests.document.random_documents import random_step, small_document, state_of


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=14))
def test_undo_and_redo_bring_back_every_byte(seeds: list[int]) -> None:
    document = small_document()
    states = {0: state_of(document)}
    for seed in seeds:
        random_step(document, seed)
        states[document.history.position] = state_of(document)
    last = document.history.position
    for position in range(last - 1, -1, -1):
        assert document.undo() is not None
        assert state_of(document) == states[position]
    assert document.undo() is None
    for position in range(1, last + 1):
        document.redo()
        assert state_of(document) == states[position]
    assert document.redo() is None
    # The picture on screen is that of the layers, whatever was remembered on the way.
    fresh = document.snapshot_for_saving()
    shown = document.composite(document.rect, premultiplied=True).astype(int)
    assert np.abs(shown - fresh.composite(fresh.rect, premultiplied=True)).max() <= 2


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=10), st.data())
def test_jumping_is_undoing_and_redoing(seeds: list[int], data: st.DataObject) -> None:
    document = small_document(1)
    states = [state_of(document)]
    for seed in seeds:
        random_step(document, seed)
        del states[document.history.position :]
        states.append(state_of(document))
    for _ in range(4):
        position = data.draw(st.integers(0, len(states) - 1))
        document.jump_to(position)
        assert state_of(document) == states[position]
        assert document.history.position == position


def test_a_slider_drag_is_one_step_and_two_drags_are_two() -> None:
    document = small_document()
    layer = document.active_layer
    assert layer is not None
    for value in (0.9, 0.7, 0.5):
        document.set_layer(layer, opacity=value)
    document.history.seal()
    document.set_layer(layer, opacity=0.2)
    assert [entry.label for entry in document.history.entries] == ["Layer opacity", "Layer opacity"]
    document.undo()
    assert layer.opacity == 0.5
    document.undo()
    assert layer.opacity == 1.0


def test_drags_far_apart_in_time_do_not_merge() -> None:
    now = [0.0]
    document = small_document()
    document.history = History(100, clock=lambda: now[0])
    layer = document.active_layer
    assert layer is not None
    document.set_layer(layer, opacity=0.9)
    now[0] = 10.0
    document.set_layer(layer, opacity=0.8)
    assert document.history.position == 2


def test_history_is_bounded_in_megabytes_and_keeps_the_newest() -> None:
    rng = np.random.default_rng(0)
    document = Document(512, 512, undo_mb=2)
    layer = document.add_layer()
    for index in range(12):
        with document.begin_edit(layer, f"stroke {index}") as edit:
            edit.write(document.rect, rng.integers(0, 256, (512, 512, 4), dtype=np.uint8))
    assert document.history.bytes_used() <= 2 << 20
    labels = [entry.label for entry in document.history.entries]
    assert labels[-1] == "stroke 11"
    assert len(labels) == 2
    before = document.composite(document.rect)
    document.undo()
    document.redo()
    assert np.array_equal(document.composite(document.rect), before)


def test_steps_that_cost_no_memory_are_bounded_too() -> None:
    document = small_document()
    layer = document.root.children[0]
    for index in range(MAX_STEPS + 50):
        document.set_layer(layer, name=f"name {index}")
        document.history.seal()
    assert document.history.position == MAX_STEPS
    document.jump_to(0)
    assert layer.name == "name 49"


def test_undoing_a_stroke_on_an_empty_layer_keeps_nothing_in_memory_twice() -> None:
    document = Document(1024, 1024)
    layer = document.add_layer()
    with document.begin_edit(layer, "Brush") as edit:
        edit.write(Rect(0, 0, 512, 512), np.random.default_rng(0).integers(0, 256, (512, 512, 4), dtype=np.uint8))
    assert document.history.bytes_used() == 0
    document.undo()
    assert document.history.bytes_used() == 512 * 512 * 4
    assert document.bytes_used()["layers"] == 0


def test_an_edit_that_changed_nothing_leaves_no_step() -> None:
    document = small_document()
    layer = document.active_layer
    assert layer is not None
    with document.begin_edit(layer, "Nothing") as edit:
        edit.write(Rect(60, 60, 90, 90), edit.read(Rect(60, 60, 90, 90)))
    assert document.history.position == 0
    assert not document.dirty


def test_an_exception_while_painting_takes_the_edit_back() -> None:
    document = small_document()
    layer = document.active_layer
    assert layer is not None
    before = state_of(document)
    with pytest.raises(RuntimeError), document.begin_edit(layer, "Broken") as edit:
        edit.write(Rect(0, 0, 50, 50), np.full((50, 50, 4), 255, np.uint8))
        raise RuntimeError
    assert state_of(document) == before
    assert document.history.position == 0


def test_dirty_follows_the_saved_state_through_undo_and_redo() -> None:
    document = small_document()
    assert not document.dirty
    document.add_layer()
    assert document.dirty
    snapshot = document.snapshot_for_saving()
    document.add_layer()
    document.mark_saved(state_id=snapshot.state_id)
    assert document.dirty
    document.undo()
    assert not document.dirty
    document.undo()
    assert document.dirty


def test_watchers_hear_what_changed_and_one_that_fails_does_not_silence_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    document = small_document()
    heard: list[Change] = []

    def broken(change: Change) -> None:
        raise ValueError

    document.subscribe(broken)
    stop = document.subscribe(heard.append)
    layer = document.active_layer
    assert layer is not None
    with document.begin_edit(layer, "Brush") as edit:
        edit.write(Rect(10, 20, 30, 40), np.full((40, 30, 4), 255, np.uint8))
    assert heard[0] == Change("pixels", Rect(10, 20, 30, 40), layer.id)
    assert "history" in {change.kind for change in heard}
    document.set_layer(layer, opacity=0.5)
    assert heard[-3].kind == "structure"
    stop()
    count = len(heard)
    document.undo()
    assert len(heard) == count
    assert "watcher" in caplog.text


def test_a_snapshot_brings_everything_back_and_can_itself_be_undone() -> None:
    document = small_document()
    kept = state_of(document)
    snapshot = document.take_snapshot("before")
    document.rotate(90)
    document.flatten()
    layer = document.active_layer
    assert layer is not None
    document.clear(layer)
    changed = state_of(document)
    document.restore_snapshot(snapshot.id)
    assert state_of(document) == kept
    # Painting after going back must not paint into the snapshot.
    with document.begin_edit(document.root.children[0], "Brush") as edit:
        edit.write(Rect(0, 0, 99, 99), np.zeros((99, 99, 4), np.uint8))
    document.restore_snapshot(snapshot.id)
    assert state_of(document) == kept
    document.jump_to(document.history.position - 3)
    assert state_of(document) == changed
    document.remove_snapshot(snapshot.id)
    assert document.snapshots == ()
