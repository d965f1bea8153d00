"""The garden in hand: what is shown of it, what is chosen, where one has walked, and whether it is saved."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from artdesk.core import garden as plots
from artdesk.core.garden import SEEDS, Garden, GardenModel, Generation, Node

MOST_CROSSED = 6
_MOST_VISITED = 500


class GardenKeeper(QObject):
    """Holds one garden. Every verb makes a new value and says `changed`; raises WrongUse where core.garden does.

    `chosen` is the node that is looked at closely, `crossing` those that are to be crossed with their weights (0..1).
    """

    changed = Signal()
    replaced = Signal()  # another garden: nothing that was known of the last one is true any more

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.garden: Garden | None = None
        self.model: GardenModel | None = None
        self.path: Path | None = None
        self.side = 3
        self.truncation = 0.8
        self.label = 0
        self.strength = 0.3
        self.variation = 0.15
        self.chosen: int | None = None
        self.crossing: dict[int, float] = {}
        self._saved: Garden | None = None
        self._kept_back = False
        self._visited: list[int] = []
        self._at = -1

    # --- what there is -----------------------------------------------------------------------------------------

    @property
    def page(self) -> Generation | None:
        """The page in view."""
        garden = self.garden
        return garden.generations[garden.current] if garden is not None and garden.generations else None

    @property
    def page_side(self) -> int:
        """How many candidates stand in a row of the page in view."""
        page = self.page
        if page is None or not page.nodes:
            return self.side
        return max(2, math.isqrt(len(page.nodes) - 1) + 1)

    @property
    def chosen_node(self) -> Node | None:
        garden = self.garden
        return garden.nodes[self.chosen] if garden is not None and self.chosen is not None else None

    @property
    def dirty(self) -> bool:
        """Whether something a person did would be lost: a page that was only sown is its seed and needs no care."""
        garden = self.garden
        if garden is None or garden is self._saved:
            return False
        if self.path is not None or self._kept_back:
            return _without_view(garden) != _without_view(self._saved)
        return worth_keeping(garden)

    @property
    def can_go_back(self) -> bool:
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        return self._at + 1 < len(self._visited)

    # --- gardens -----------------------------------------------------------------------------------------------

    def begin(self, model: GardenModel) -> None:
        """An empty garden of this model."""
        self.truncation = model.truncation
        self.label = 0
        self._replace(plots.new_garden(model.id, model.sha256), model, None)
        self._saved = self.garden

    def open(self, garden: Garden, model: GardenModel | None, path: Path | None) -> None:
        """Take a garden that was read; without a path (brought back after a crash) it counts as unsaved."""
        if model is not None and not garden.nodes:
            self.truncation = model.truncation
        elif garden.nodes:
            self.truncation = garden.nodes[-1].truncation
            self.label = garden.nodes[-1].label
        self._replace(garden, model, path)
        self._saved = garden if path is not None else None
        self._kept_back = path is None

    def was_saved(self, garden: Garden, path: Path) -> None:
        """This value of the garden lies safely in a file."""
        self._saved, self.path, self._kept_back = garden, path, False
        self.changed.emit()

    def know_model(self, model: GardenModel | None) -> None:
        """The library was read anew: the model may have come or gone."""
        if model != self.model:
            self.model = model
            self.changed.emit()

    def _replace(self, garden: Garden, model: GardenModel | None, path: Path | None) -> None:
        self.garden, self.model, self.path = garden, model, path
        self._kept_back = False
        self.chosen, self.crossing = None, {}
        self._visited = [garden.current] if garden.generations else []
        self._at = len(self._visited) - 1
        page = self.page
        if page is not None and page.nodes:
            self.chosen = page.nodes[0]
        self.replaced.emit()
        self.changed.emit()

    def state(self) -> dict[str, object]:
        """Everything but the pictures, for a keeper that takes over."""
        names = (
            "garden",
            "model",
            "path",
            "side",
            "truncation",
            "label",
            "strength",
            "variation",
            "chosen",
            "crossing",
        )
        return {name: getattr(self, name) for name in (*names, "_saved", "_kept_back", "_visited", "_at")}

    def take_state(self, state: dict[str, object]) -> None:
        """Go on where another keeper was."""
        for name, value in state.items():
            setattr(self, name, value)
        self.replaced.emit()
        self.changed.emit()

    # --- growing -----------------------------------------------------------------------------------------------

    def sow(self, seed: int) -> None:
        """A page from seeds."""
        garden = self._need()
        self._take(plots.sow(garden, self.side**2, seed, self.truncation, self.label))

    def descend(self, node: int, seed: int | None = None) -> None:
        """A page of descendants of one node."""
        garden = self._need()
        drawn = self.draw_seed() if seed is None else seed
        self._take(plots.descend(garden, node, self.side**2, self.strength, drawn), keep=node)

    def cross(self, seed: int | None = None) -> None:
        """A page of crossings of what is chosen for it."""
        garden = self._need()
        parents = [(node, weight) for node, weight in self.crossing.items() if weight > 0]
        drawn = self.draw_seed() if seed is None else seed
        grown = plots.cross(garden, parents, self.side**2, self.variation, drawn)
        self.crossing = {}
        self._take(grown)

    def steer(self, node: int, steers: Sequence[tuple[int, float]]) -> None:
        """The page with one node moved along directions."""
        self._take(plots.steer(self._need(), node, steers), newest=True)

    def spread(self, node: int, direction: int) -> None:
        """A page that shows what a direction does to a node."""
        self._take(plots.spread(self._need(), node, direction, self.side**2), keep=node)

    def plant(self, point: str, name: str, seed: int | None = None) -> None:
        """A page around a picture's point."""
        drawn = self.draw_seed() if seed is None else seed
        grown = plots.plant_picture(
            self._need(), point, name, self.side**2, self.strength, drawn, self.truncation, self.label
        )
        self._take(grown)

    def show_favourites(self) -> None:
        """The favourites as a page (the newest, as many as one holds)."""
        garden = self._need()
        nodes = [node.id for node in garden.favourites()][-plots.MOST_CELLS :]
        if nodes:
            self._take(plots.show(garden, nodes, "favourites"))

    def set_side(self, side: int) -> None:
        """Three or four in a row. A page that was sown, descended or crossed is grown again in the new size."""
        if side == self.side:
            return
        self.side = side
        page, garden = self.page, self.garden
        if garden is None or page is None or len(page.nodes) == side**2:
            self.changed.emit()
            return
        again = _again(garden, page, side**2)
        if again is None:
            self.changed.emit()
        else:
            self._take(again)

    # --- marks -------------------------------------------------------------------------------------------------

    def toggle_favourite(self, node: int) -> None:
        garden = self._need()
        self._mark(plots.with_favourite(garden, node, not garden.node(node).favourite))

    def toggle_lock(self, node: int) -> None:
        garden = self._need()
        self._mark(plots.with_lock(garden, node, not garden.node(node).locked))

    def rename(self, node: int, name: str) -> None:
        garden = self._need()
        if garden.node(node).name != name.strip():
            self._mark(plots.rename(garden, node, name))

    def name_direction(self, direction: int, name: str) -> None:
        self._mark(plots.name_direction(self._need(), direction, name))

    def choose(self, node: int | None) -> None:
        """Look at a node closely."""
        if node != self.chosen:
            self.chosen = node
            self.changed.emit()

    def toggle_crossing(self, node: int) -> None:
        """Choose a node for crossing, or leave it out again; at most `MOST_CROSSED`."""
        if node in self.crossing:
            del self.crossing[node]
        elif len(self.crossing) < MOST_CROSSED:
            self.crossing[node] = 0.5
        self.changed.emit()

    def set_weight(self, node: int, weight: float) -> None:
        """The share (0..1, normalised when crossed) of one parent; says nothing, the slider knows."""
        if node in self.crossing:
            self.crossing[node] = weight

    def clear_crossing(self) -> None:
        if self.crossing:
            self.crossing = {}
            self.changed.emit()

    # --- walking -----------------------------------------------------------------------------------------------

    def go_to(self, page: int) -> None:
        """Walk to a page of the tree."""
        garden = self._need()
        if page != garden.current:
            self._take(plots.go_to(garden, page))

    def back(self) -> None:
        """To the page that was seen before."""
        self._step(-1)

    def forward(self) -> None:
        """To the page one came back from."""
        self._step(1)

    def _step(self, by: int) -> None:
        if 0 <= self._at + by < len(self._visited) and self.garden is not None:
            self._at += by
            self.garden = plots.go_to(self.garden, self._visited[self._at])
            self._choose_on_page(None)
            self.changed.emit()

    def draw_seed(self) -> int:
        """A seed nobody has thought of."""
        return random.randrange(SEEDS)

    def _need(self) -> Garden:
        if self.garden is None:
            raise RuntimeError("there is no garden yet")
        return self.garden

    def _mark(self, garden: Garden) -> None:
        self.garden = garden
        self.changed.emit()

    def _take(self, garden: Garden, *, keep: int | None = None, newest: bool = False) -> None:
        self.garden = garden
        if not self._visited or self._visited[self._at] != garden.current:
            del self._visited[self._at + 1 :]
            self._visited.append(garden.current)
            del self._visited[:-_MOST_VISITED]
            self._at = len(self._visited) - 1
        self._choose_on_page(max(garden.page(), key=lambda node: node.id).id if newest else keep)
        self.changed.emit()

    def _choose_on_page(self, keep: int | None) -> None:
        page = self.page
        shown = page.nodes if page is not None else ()
        if keep is not None:
            self.chosen = keep
        elif self.chosen not in shown:
            self.chosen = shown[0] if shown else None


def worth_keeping(garden: Garden) -> bool:
    """Whether a garden holds anything that its seeds alone do not."""
    return bool(garden.direction_names) or any(
        node.kind != "seed" or node.favourite or node.locked or node.name for node in garden.nodes
    )


def _without_view(garden: Garden | None) -> tuple[object, ...]:
    """What counts as a change: which page is in view does not."""
    if garden is None:
        return ()
    return (garden.model_id, garden.nodes, garden.generations, garden.direction_names)


def _again(garden: Garden, page: Generation, count: int) -> Garden | None:
    """The page once more with another number of cells; None where it was not grown from a seed."""
    made = [(place, garden.nodes[n]) for place, n in enumerate(page.nodes) if not garden.nodes[n].locked]
    if not made:
        return None
    place, node = made[-1]
    seed = (node.seed - place) % SEEDS
    if page.note == "sow" and node.kind == "seed":
        return plots.sow(garden, count, seed, node.truncation, node.label)
    if page.note == "descend" and node.kind == "mutate":
        return plots.descend(garden, node.parents[0][0], count, node.strength, seed)
    if page.note == "cross" and node.kind == "cross":
        return plots.cross(garden, node.parents, count, node.strength, seed)
    return None
