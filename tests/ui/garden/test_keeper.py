"""The garden in hand: growing, marks, walking back, and when there is something to lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artdesk.core.errors import WrongUse
from artdesk.ui.garden.keeper import MOST_CROSSED, GardenKeeper
from tests.ui.garden.conftest import GLASS, MEADOW, POINT


@pytest.fixture
def keeper(qapp: Any) -> GardenKeeper:
    made = GardenKeeper()
    made.begin(MEADOW)
    return made


def nodes(keeper: GardenKeeper) -> tuple[int, ...]:
    assert keeper.page is not None
    return keeper.page.nodes


def test_a_sown_page_has_its_seeds_and_the_models_truncation(keeper: GardenKeeper) -> None:
    keeper.sow(500)
    assert keeper.garden is not None
    assert [node.seed for node in keeper.garden.page()] == list(range(500, 509))
    assert {node.truncation for node in keeper.garden.page()} == {0.7}
    assert keeper.chosen == nodes(keeper)[0]


def test_locked_ones_stay_and_the_parent_is_looked_at(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    kept, parent = nodes(keeper)[2], nodes(keeper)[4]
    keeper.toggle_lock(kept)
    keeper.descend(parent, seed=7)
    assert nodes(keeper)[2] == kept
    assert keeper.chosen == parent
    assert len(nodes(keeper)) == 9


def test_back_and_forward_like_in_a_browser(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    first = nodes(keeper)
    keeper.descend(first[0], seed=1)
    second = nodes(keeper)
    assert keeper.can_go_back
    assert not keeper.can_go_forward
    keeper.back()
    assert nodes(keeper) == first
    keeper.forward()
    assert nodes(keeper) == second
    keeper.back()
    keeper.descend(first[1], seed=2)
    assert not keeper.can_go_forward
    keeper.back()
    assert nodes(keeper) == first


def test_walking_to_a_page_can_be_undone(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    keeper.sow(100)
    keeper.sow(200)
    keeper.go_to(0)
    keeper.back()
    assert keeper.garden is not None
    assert keeper.garden.current == 2


def test_crossing_takes_what_was_chosen(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    for node in nodes(keeper)[: MOST_CROSSED + 2]:
        keeper.toggle_crossing(node)
    assert len(keeper.crossing) == MOST_CROSSED
    for node in nodes(keeper)[2:]:
        keeper.crossing.pop(node, None)
    keeper.set_weight(nodes(keeper)[0], 0.75)
    keeper.set_weight(nodes(keeper)[1], 0.25)
    keeper.cross(seed=3)
    assert keeper.garden is not None
    assert keeper.garden.page()[0].parents == ((0, 0.75), (1, 0.25))
    assert not keeper.crossing


def test_one_alone_cannot_be_crossed_and_stays_chosen_for_it(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    keeper.toggle_crossing(0)
    keeper.set_weight(0, 0.0)
    with pytest.raises(WrongUse):
        keeper.cross()


def test_steering_puts_the_new_one_in_the_old_ones_place(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    node = nodes(keeper)[5]
    keeper.steer(node, ((0, 1.5),))
    assert keeper.chosen == nodes(keeper)[5] != node


def test_four_by_four_grows_the_same_page_larger(keeper: GardenKeeper) -> None:
    keeper.sow(40)
    keeper.set_side(4)
    assert keeper.garden is not None
    assert [node.seed for node in keeper.garden.page()] == list(range(40, 56))
    assert keeper.page_side == 4
    keeper.descend(0, seed=9)
    keeper.set_side(3)
    assert len(nodes(keeper)) == 9
    assert [node.seed for node in keeper.garden.page()] == list(range(9, 18))


def test_a_page_that_was_only_sown_is_no_loss(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    assert not keeper.dirty
    keeper.toggle_favourite(0)
    assert keeper.dirty


def test_saved_means_clean_and_looking_about_keeps_it_so(keeper: GardenKeeper, tmp_path: Path) -> None:
    keeper.sow(1)
    keeper.descend(0, seed=1)
    assert keeper.dirty
    assert keeper.garden is not None
    keeper.was_saved(keeper.garden, tmp_path / "a.artdesk-garden")
    assert not keeper.dirty
    keeper.back()
    assert not keeper.dirty
    keeper.sow(5)
    assert keeper.dirty


def test_changes_while_saving_are_not_lost(keeper: GardenKeeper, tmp_path: Path) -> None:
    keeper.sow(1)
    keeper.toggle_favourite(0)
    written = keeper.garden
    keeper.toggle_favourite(1)
    assert written is not None
    keeper.was_saved(written, tmp_path / "a.artdesk-garden")
    assert keeper.dirty


def test_a_garden_brought_back_after_a_crash_is_unsaved(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    keeper.toggle_favourite(3)
    garden = keeper.garden
    assert garden is not None
    other = GardenKeeper()
    other.open(garden, MEADOW, None)
    assert other.dirty
    assert other.truncation == pytest.approx(0.7)


def test_another_model_begins_afresh(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    keeper.toggle_crossing(0)
    keeper.begin(GLASS)
    assert keeper.page is None
    assert not keeper.crossing
    assert keeper.chosen is None


def test_a_planted_picture_stands_first(keeper: GardenKeeper) -> None:
    keeper.plant(POINT, "Lake", seed=1)
    assert keeper.garden is not None
    assert keeper.garden.page()[0].kind == "picture"
    assert keeper.garden.page()[0].name == "Lake"
    assert len(nodes(keeper)) == 9


def test_a_window_that_takes_over_goes_on(keeper: GardenKeeper) -> None:
    keeper.sow(1)
    keeper.descend(2, seed=4)
    keeper.toggle_favourite(2)
    other = GardenKeeper()
    other.take_state(keeper.state())
    assert other.garden == keeper.garden
    assert other.dirty
    other.back()
    assert other.garden is not None
    assert other.garden.current == 0
