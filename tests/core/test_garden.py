"""Gardens: verbs that keep the past, files that come back the same, and files that lie."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core import garden as gardens
from artdesk.core.errors import ArtDeskError, ProjectError, WrongUse
from artdesk.core.garden import Garden, GardenModel, ancestors, cutting, new_garden
from artdesk.core.garden_file import from_plain, garden_in, load_garden, model_note, recipe, save_garden, to_plain
from artdesk.core.metadata import packet_with
from artdesk.core.receipt import GENERATED, Receipt

SHA = "ab" * 32
POINT = "f4:AACAPwAAAEA=:1d2c3b4a"


@st.composite
def grown(draw: st.DrawFn) -> Garden:
    """A garden after a handful of verbs chosen by lot."""
    garden = gardens.sow(new_garden("mapped", SHA), draw(st.integers(1, 9)), draw(st.integers(0, 2**32 - 1)), 0.7)
    for _ in range(draw(st.integers(0, 8))):
        node = draw(st.integers(0, len(garden.nodes) - 1))
        other = draw(st.integers(0, len(garden.nodes) - 1))
        count, seed = draw(st.integers(1, 9)), draw(st.integers(0, 2**32 - 1))
        strength = draw(st.floats(0, 2))
        verb = draw(st.integers(0, 8))
        if verb == 0:
            garden = gardens.sow(garden, count, seed, draw(st.floats(0, 2)), draw(st.integers(0, 5)))
        elif verb == 1:
            garden = gardens.descend(garden, node, count, strength, seed)
        elif verb == 2 and node != other:
            garden = gardens.cross(garden, [(node, draw(st.floats(0.01, 9))), (other, 1.0)], count, strength, seed)
        elif verb == 3:
            garden = gardens.steer(garden, node, [(draw(st.integers(0, 31)), draw(st.floats(-20, 20)))])
        elif verb == 4:
            garden = gardens.spread(garden, node, draw(st.integers(0, 31)), count)
        elif verb == 5:
            garden = gardens.plant_picture(garden, POINT, draw(st.text(max_size=8)), count, strength, seed)
        elif verb == 6:
            garden = gardens.with_lock(gardens.with_favourite(garden, other), node, draw(st.booleans()))
        elif verb == 7:
            garden = gardens.rename(gardens.name_direction(garden, 3, draw(st.text(max_size=9))), node, "name")
        else:
            garden = gardens.go_to(garden, draw(st.integers(0, len(garden.generations) - 1)))
    return garden


@given(grown())
@settings(max_examples=150, deadline=None)
def test_a_garden_comes_back_the_same(garden: Garden) -> None:
    text = json.dumps(to_plain(garden), ensure_ascii=False)
    assert from_plain(json.loads(text)) == garden
    for node in garden.nodes:
        assert garden.node(node.id) is node
        assert all(parent < node.id for parent, _ in node.parents)
    for page in garden.generations:
        assert all(0 <= n < len(garden.nodes) for n in page.nodes)
    way = garden.path()
    assert way[-1] == garden.current
    assert garden.generations[way[0]].parent is None


@given(grown(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_cutting_holds_all_that_is_needed(garden: Garden, data: st.DataObject) -> None:
    node = data.draw(st.integers(0, len(garden.nodes) - 1))
    cut = cutting(garden, node)
    assert len(cut.nodes) == len(ancestors(garden, node))
    assert from_plain(to_plain(cut)) == cut

    def shape(g: Garden, n: int) -> Any:
        own = dataclasses.replace(g.nodes[n], id=0, parents=(), locked=False)
        return own, [(shape(g, p), w) for p, w in g.nodes[n].parents]

    assert shape(cut, cut.page()[0].id) == shape(garden, node)


def test_what_is_locked_keeps_its_cell() -> None:
    garden = gardens.sow(new_garden("m", SHA), 9, 100, 0.7)
    garden = gardens.with_lock(gardens.with_lock(garden, 4), 8)
    for turned in (
        gardens.sow(garden, 9, 5, 0.7),
        gardens.descend(garden, 0, 9, 0.3, 5),
        gardens.cross(garden, [(0, 1), (1, 1)], 9, 0.3, 5),
    ):
        shown = [n.id for n in turned.page()]
        assert (shown[4], shown[8]) == (4, 8)
        assert len(set(shown)) == 9
        assert min(n for place, n in enumerate(shown) if place not in (4, 8)) >= 9
    smaller = gardens.descend(garden, 0, 4, 0.3, 5)
    assert 4 in [n.id for n in smaller.page()], "a locked one whose cell is gone takes a free one"
    sown = gardens.sow(garden, 9, 5, 0.7).page()
    assert [n.seed for n in sown if n.id not in (4, 8)] == [5, 6, 7, 8, 10, 11, 12]


def test_the_plain_crossing_and_the_planted_picture_are_always_shown() -> None:
    garden = gardens.sow(new_garden("m", SHA), 4, 1, 0.5)
    for node in range(4):
        garden = gardens.with_lock(garden, node)
    planted = gardens.plant_picture(garden, POINT, "cat", 4, 0.3, 9)
    assert "picture" in [n.kind for n in planted.page()]
    free = gardens.with_lock(garden, 2, on=False)
    crossed = gardens.cross(free, [(0, 1), (1, 1)], 4, 0.5, 9)
    assert [n.id for n in crossed.page() if n.kind == "cross" and n.strength == 0] == [4]
    assert crossed.page()[2].id == 4


def test_steering_changes_one_cell_and_a_spread_shows_a_direction() -> None:
    garden = gardens.sow(new_garden("m", SHA), 4, 1, 0.5)
    steered = gardens.steer(garden, 2, [(0, 1.5)])
    assert [n.id for n in steered.page()] == [0, 1, 4, 3]
    assert steered.page()[2].steers == ((0, 1.5),)
    spread = gardens.spread(garden, 2, 1, 5, reach=2)
    assert [n.steers[0][1] for n in spread.page()] == [-2, -1, 0, 1, 2]
    assert steered.generations[-1].parent == 0
    back = gardens.go_to(steered, 0)
    assert [n.id for n in back.page()] == [0, 1, 2, 3]
    assert len(gardens.sow(back, 4, 1).children(0)) == 2


@pytest.mark.parametrize(
    "verb",
    [
        lambda g: gardens.sow(g, 0, 1),
        lambda g: gardens.sow(g, 65, 1),
        lambda g: gardens.sow(g, 1, -1),
        lambda g: gardens.sow(g, 1, 2**32),
        lambda g: gardens.sow(g, 1, 1, float("nan")),
        lambda g: gardens.descend(g, 99, 1, 0.1, 1),
        lambda g: gardens.descend(g, 0, 1, float("inf"), 1),
        lambda g: gardens.cross(g, [(0, 1)], 1, 0, 1),
        lambda g: gardens.cross(g, [(0, 1), (0, 1)], 1, 0, 1),
        lambda g: gardens.cross(g, [(0, 1), (1, 0)], 1, 0, 1),
        lambda g: gardens.steer(g, 0, [(0, float("nan"))]),
        lambda g: gardens.steer(g, 0, [(-1, 1.0)]),
        lambda g: gardens.go_to(g, 7),
        lambda g: gardens.name_direction(g, -1, "x"),
        lambda g: gardens.show(g, []),
    ],
)
def test_wrong_wishes_are_told(verb: Any) -> None:
    with pytest.raises(WrongUse):
        verb(gardens.sow(new_garden("m", SHA), 3, 1))


def test_a_full_garden_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gardens, "MOST_NODES", 5)
    with pytest.raises(WrongUse, match="full"):
        gardens.sow(new_garden("m", SHA), 9, 1)


def test_files(tmp_path: Path) -> None:
    garden = gardens.rename(gardens.sow(new_garden("m", SHA), 3, 1, 0.7), 1, "Größe 花")
    path = save_garden(tmp_path / "a.artdesk-garden", garden)
    assert load_garden(path) == garden
    assert len(path.read_bytes()) < 1000
    with pytest.raises(ArtDeskError, match="exists already"):
        save_garden(path, garden, overwrite=False)
    with pytest.raises(ArtDeskError, match="does not exist"):
        load_garden(tmp_path / "nowhere")


def _damaged(change: Any) -> Any:
    plain: dict[str, Any] = to_plain(gardens.cross(gardens.sow(new_garden("m", SHA), 2, 1), [(0, 1), (1, 1)], 1, 0, 1))
    change(plain)
    return plain


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(format="other"),
        lambda p: p.update(version=True),
        lambda p: p["model"].update(id="../up"),
        lambda p: p["model"].update(sha256="zz"),
        lambda p: p["nodes"][2].update(parents=[[2, 1.0], [0, 1.0]]),
        lambda p: p["nodes"][0].update(kind="mutate", parents=[[1, 1.0]]),
        lambda p: p["nodes"][2].update(parents=[]),
        lambda p: p["nodes"][2].update(parents=[[0, 0.0], [1, 1.0]]),
        lambda p: p["nodes"][2].update(parents=[[0, 10**400], [1, 1.0]]),
        lambda p: p["nodes"][0].update(kind="virus"),
        lambda p: p["nodes"][0].update(id=1),
        lambda p: p["nodes"][0].update(seed=2**32),
        lambda p: p["nodes"][0].update(seed=1.5),
        lambda p: p["nodes"][0].update(truncation=float("nan")),
        lambda p: p["nodes"][0].update(name="x" * 300),
        lambda p: p["nodes"][0].update(name="\ud800"),
        lambda p: p["nodes"][0].update(point=POINT),
        lambda p: p["nodes"][0].update(kind="picture", point="f4:%%%:00000000"),
        lambda p: p["nodes"][0].update(favourite=1),
        lambda p: p["generations"][1].update(parent=1),
        lambda p: p["generations"][1].update(nodes=[7]),
        lambda p: p["generations"][1].update(nodes=[0] * 99),
        lambda p: p.update(current=9),
        lambda p: p.update(directions={"-1": "x"}),
        lambda p: p.update(nodes="nodes"),
    ],
)
def test_a_garden_that_lies_is_refused_in_a_sentence(change: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.artdesk-garden"
    path.write_text(json.dumps(_damaged(change)), encoding="utf-8")
    with pytest.raises(ProjectError, match="is not a garden, or it is damaged"):
        load_garden(path)


def test_deep_nesting_and_the_future_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.artdesk-garden"
    path.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ProjectError):
        load_garden(path)
    path.write_text(json.dumps(_damaged(lambda p: p.update(version=2))), encoding="utf-8")
    with pytest.raises(ProjectError, match="newer ArtDesk"):
        load_garden(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(grown(), st.lists(st.integers(0, 50), min_size=1, max_size=4), _JSON)
@settings(max_examples=200, deadline=None)
def test_anything_anywhere_in_a_file_never_breaks_reading(garden: Garden, way: list[int], value: Any) -> None:
    plain = to_plain(garden)
    at: Any = plain
    for step in way[:-1]:
        keys = list(at) if isinstance(at, dict) else range(len(at))
        if not keys:
            break
        inner = at[list(keys)[step % len(keys)]]
        if not isinstance(inner, dict | list) or not inner:
            break
        at = inner
    keys = list(at) if isinstance(at, dict) else list(range(len(at)))
    at[keys[way[-1] % len(keys)]] = value
    receipt = Receipt("generate", "m", SHA, "cpu", {"garden": plain})
    found = garden_in(receipt)
    assert found is None or from_plain(to_plain(found)) == found


def test_a_receipt_carries_the_recipe() -> None:
    garden = gardens.sow(new_garden("m", SHA), 2, 1, 0.7)
    garden = gardens.cross(garden, [(0, 1), (1, 2)], 1, 0.0, 3)
    receipt = Receipt("generate", "m", SHA, "cpu", recipe(garden, 2), source_type=GENERATED)
    back = Receipt.from_json(receipt.to_json())
    assert back is not None
    assert garden_in(back) == cutting(garden, 2)
    assert garden_in(Receipt("stylize", "m", SHA, "cpu")) is None
    long = gardens.plant_picture(garden, f"f4:{'A' * 200_000}:00000000", "x", 1, 0.1, 1)
    assert set(recipe(long, 3)) == {"node"}, "a receipt stays small"


def test_a_model_that_is_missing_or_other_is_said() -> None:
    garden = gardens.sow(new_garden("m", SHA), 1, 1)
    assert model_note(garden, {"m": GardenModel("m", SHA)}) is None
    assert "another version" in str(model_note(garden, {"m": GardenModel("m", "cd" * 32)}))
    assert "is not here" in str(model_note(garden, {}))


def test_the_longest_recipe_fits_a_jpeg() -> None:
    """A generated picture says so in every format: a packet too long for a JPEG would be left out of it."""
    garden = gardens.sow(new_garden("m", SHA), 1, 1)
    for seed in range(900):
        garden = gardens.descend(garden, len(garden.nodes) - 1, 1, 0.123456789012345, 2**32 - 1 - seed)
    longest = 0
    for node in range(0, 900, 20):
        receipt = Receipt("generate", "m", SHA, "cpu", recipe(garden, node), source_type=GENERATED)
        longest = max(longest, len(packet_with(receipt)))
        if "garden" not in receipt.settings:
            assert node > 200, "an ordinary ancestry is kept whole"
    assert 20_000 < longest < 65_000
