"""A garden: points of a latent model, how each was made, and the pages on which a person looked at them.

Nothing here is a picture. A node is a recipe (a seed, or what was done to which parents), so that any picture can be
made again bit for bit. A node's id is its place in `Garden.nodes` and its parents always stand before it: a garden
cannot hold a circle. Every verb gives a new garden. `core.garden_file` reads and writes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from artdesk.core.errors import WrongUse

if TYPE_CHECKING:
    from artdesk.core.results import Note

Kind = Literal["seed", "mutate", "cross", "steer", "picture"]
KINDS: tuple[Kind, ...] = ("seed", "mutate", "cross", "steer", "picture")
SEEDS = 2**32
"""Seeds are whole numbers from 0 to SEEDS − 1."""
MOST_NODES = 20_000
MOST_PAGES = 10_000
MOST_CELLS = 64
MOST_PARENTS = 16
MOST_STEERS = 32
MOST_DIRECTIONS = 512
MOST_TRUNCATION = 2.0
MOST_STRENGTH = 2.0
MOST_AMOUNT = 20.0
MOST_NAME = 200
Parents = tuple[tuple[int, float], ...]
"""((node id, weight), …): weights are positive and normalised when used."""
Steers = tuple[tuple[int, float], ...]
"""((direction, amount in standard deviations), …)."""


@dataclass(frozen=True)
class Node:
    """One point of the latent space, as a recipe.

    seed     z drawn from `seed`, drawn towards the mean by `truncation`
    mutate   the one parent, moved by `strength` towards the draw of `seed`
    cross    the parents' weighted sum; with a `strength` above 0 moved like a mutation
    steer    the one parent, moved along `steers`
    picture  `point`: what the encoder made of a picture
    """

    id: int
    kind: Kind
    seed: int = 0
    truncation: float = 1.0
    label: int = 0
    parents: Parents = ()
    strength: float = 0.0
    steers: Steers = ()
    point: str = ""
    name: str = ""
    favourite: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Generation:
    """A page: the nodes shown together, and the page it was made from (None for a first one).

    `note` says what made it: sow, descend, cross, steer, spread or picture.
    """

    id: int
    parent: int | None
    nodes: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class Garden:
    """All nodes and pages made with one model. `current` is the page in view; new pages grow from it."""

    model_id: str
    model_sha256: str
    nodes: tuple[Node, ...] = ()
    generations: tuple[Generation, ...] = ()
    direction_names: tuple[tuple[int, str], ...] = ()
    current: int = 0

    def node(self, identity: int) -> Node:
        """Raises WrongUse for a node that is not there."""
        if not 0 <= identity < len(self.nodes):
            raise WrongUse("There is no picture {node} in this garden.", node=identity)
        return self.nodes[identity]

    def page(self) -> tuple[Node, ...]:
        """The nodes in view; none in a new garden."""
        return tuple(self.nodes[n] for n in self.generations[self.current].nodes) if self.generations else ()

    def favourites(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.favourite)

    def children(self, page: int | None) -> tuple[Generation, ...]:
        """The pages made from `page`; those without a parent for None."""
        return tuple(g for g in self.generations if g.parent == page)

    def path(self) -> tuple[int, ...]:
        """Page ids from a first page to the one in view."""
        way: list[int] = []
        step: int | None = self.current if self.generations else None
        while step is not None:
            way.append(step)
            step = self.generations[step].parent
        return tuple(reversed(way))

    def direction_name(self, direction: int) -> str:
        """What the person called a direction, or nothing."""
        return dict(self.direction_names).get(direction, "")


@dataclass(frozen=True)
class GardenModel:
    """What the desk and the command line need to know of a latent model.

    `sha256` covers every file that shapes a picture; a garden keeps it. `encodes`: pictures can be planted;
    `truncation` is a good one to begin with. `classes` are names by language, in the labels' order. `notes` say what
    of the model cannot be used.
    """

    id: str
    sha256: str
    title: Mapping[str, str] = field(default_factory=dict)
    width: int = 256
    height: int = 256
    classes: tuple[Mapping[str, str], ...] = ()
    encodes: bool = False
    truncation: float = 0.8
    notes: tuple[Note, ...] = ()


def new_garden(model_id: str, model_sha256: str) -> Garden:
    """An empty garden of one model."""
    return Garden(model_id, model_sha256)


def sow(garden: Garden, count: int, seed: int, truncation: float = 1.0, label: int = 0) -> Garden:
    """A page of `count` cells from seeds: the cell at place i has the seed `seed` + i. Locked cells stay."""
    _check(count=count, seed=seed, truncation=truncation, label=label)
    fresh = [_Fresh("seed", (seed + i) % SEEDS, truncation, label) for i in range(count)]
    return _turn(garden, fresh, "sow")


def descend(garden: Garden, node: int, count: int, strength: float, seed: int) -> Garden:
    """A page of mutations of one node; the cell at place i uses the seed `seed` + i. Locked cells stay."""
    parent = garden.node(node)
    _check(count=count, seed=seed, strength=strength)
    fresh = [_child("mutate", parent, (seed + i) % SEEDS, strength, ((node, 1.0),)) for i in range(count)]
    return _turn(garden, fresh, "descend")


def cross(garden: Garden, parents: Sequence[tuple[int, float]], count: int, strength: float, seed: int) -> Garden:
    """A page of crossings: the plain one first, the others moved by `strength`. Locked cells stay.

    Raises: WrongUse for fewer than two parents or weights that are no positive numbers.
    """
    _check(count=count, seed=seed, strength=strength)
    chosen = tuple((garden.node(n).id, float(w)) for n, w in parents)
    if not 2 <= len(chosen) <= MOST_PARENTS or len({n for n, _ in chosen}) != len(chosen):
        raise WrongUse("Choose from two to {most} different pictures to cross.", most=MOST_PARENTS)
    if not all(math.isfinite(w) and 0 < w <= 1e6 for _, w in chosen):
        raise WrongUse("The weights of a crossing must be positive numbers.")
    heaviest = garden.node(max(chosen, key=lambda pair: pair[1])[0])
    total = sum(w for _, w in chosen)
    blended = replace(heaviest, truncation=sum(garden.node(n).truncation * w for n, w in chosen) / total)
    fresh = [_child("cross", blended, (seed + i) % SEEDS, strength if i else 0.0, chosen) for i in range(max(1, count))]
    return _turn(garden, fresh, "cross", plain_first=True)


def steer(garden: Garden, node: int, steers: Sequence[tuple[int, float]], place: int | None = None) -> Garden:
    """The page in view with one cell moved along directions; `place` is that cell (the node's own by default)."""
    parent = garden.node(node)
    moved = _child("steer", parent, 0, 0.0, ((node, 1.0),), _steers(steers))
    shown = list(garden.generations[garden.current].nodes) if garden.generations else []
    if place is None:
        place = shown.index(node) if node in shown else 0
    grown, identity = _add(garden, moved)
    if 0 <= place < len(shown):
        shown[place] = identity
    elif len(shown) < MOST_CELLS:
        shown.append(identity)
    return _open_page(grown, tuple(shown), "steer")


def spread(garden: Garden, node: int, direction: int, count: int, reach: float = 3.0) -> Garden:
    """A page that shows what a direction does: `count` cells from −`reach` to +`reach` deviations. Nothing is kept
    in place: the row would make no sense with gaps.
    """
    parent = garden.node(node)
    _check(count=count)
    steps = [reach * (2 * i / (count - 1) - 1) if count > 1 else reach for i in range(count)]
    shown = []
    for amount in steps:
        fresh = _child("steer", parent, 0, 0.0, ((node, 1.0),), _steers([(direction, amount)]))
        garden, identity = _add(garden, fresh)
        shown.append(identity)
    return _open_page(garden, tuple(shown), "spread")


def plant_picture(
    garden: Garden,
    point: str,
    name: str,
    count: int,
    strength: float,
    seed: int,
    truncation: float = 1.0,
    label: int = 0,
) -> Garden:
    """A page around a picture's point (from EncodePointRequest): the picture first, then its mutations."""
    _check(count=count, seed=seed, strength=strength, truncation=truncation, label=label)
    first = _Fresh("picture", 0, truncation, label, point=point, name=name[:MOST_NAME])
    garden, identity = _add(garden, first)
    parent = garden.node(identity)
    fresh = [_child("mutate", parent, (seed + i) % SEEDS, strength, ((identity, 1.0),)) for i in range(1, count)]
    return _turn(garden, fresh, "picture", given=identity)


def with_favourite(garden: Garden, node: int, on: bool = True) -> Garden:
    return _changed(garden, replace(garden.node(node), favourite=bool(on)))


def with_lock(garden: Garden, node: int, on: bool = True) -> Garden:
    """A locked node keeps its cell on the pages that follow."""
    return _changed(garden, replace(garden.node(node), locked=bool(on)))


def rename(garden: Garden, node: int, name: str) -> Garden:
    return _changed(garden, replace(garden.node(node), name=name.strip()[:MOST_NAME]))


def name_direction(garden: Garden, direction: int, name: str) -> Garden:
    """Give a direction a name of the person's own; an empty one takes it away."""
    if not 0 <= direction < MOST_DIRECTIONS:
        raise WrongUse("There is no direction {number}.", number=direction)
    names = {k: n for k, n in garden.direction_names if k != direction}
    if name.strip():
        names[direction] = name.strip()[:MOST_NAME]
    return replace(garden, direction_names=tuple(sorted(names.items())))


def go_to(garden: Garden, page: int) -> Garden:
    """Walk to another page of the tree. Raises WrongUse for a page that is not there."""
    if not 0 <= page < len(garden.generations):
        raise WrongUse("There is no page {page} in this garden.", page=page)
    return replace(garden, current=page)


def show(garden: Garden, nodes: Sequence[int], note: str = "") -> Garden:
    """A page of nodes that are there already (the favourites, say)."""
    shown = tuple(garden.node(n).id for n in nodes)
    if not 1 <= len(shown) <= MOST_CELLS:
        raise WrongUse("A page holds from 1 to {most} pictures.", most=MOST_CELLS)
    return _open_page(garden, shown, note)


def ancestors(garden: Garden, node: int) -> tuple[int, ...]:
    """The node and all it came from, parents before children."""
    found: set[int] = set()
    waiting = [garden.node(node).id]
    while waiting:
        identity = waiting.pop()
        if identity not in found:
            found.add(identity)
            waiting.extend(n for n, _ in garden.nodes[identity].parents)
    return tuple(sorted(found))  # parents stand before their children


def cutting(garden: Garden, node: int) -> Garden:
    """A garden of one node and its ancestors alone: all that is needed to make its picture again."""
    kept = ancestors(garden, node)
    numbers = {old: new for new, old in enumerate(kept)}
    nodes = tuple(
        replace(n, id=numbers[n.id], parents=tuple((numbers[p], w) for p, w in n.parents), locked=False)
        for n in (garden.nodes[k] for k in kept)
    )
    page = Generation(0, None, (numbers[node],), "sow" if garden.node(node).kind == "seed" else "cutting")
    return Garden(garden.model_id, garden.model_sha256, nodes, (page,), garden.direction_names)


@dataclass(frozen=True)
class _Fresh:
    """A node to be, before it has a number."""

    kind: Kind
    seed: int
    truncation: float
    label: int
    parents: Parents = ()
    strength: float = 0.0
    steers: Steers = ()
    point: str = ""
    name: str = ""


def _child(kind: Kind, parent: Node, seed: int, strength: float, parents: Parents, steers: Steers = ()) -> _Fresh:
    return _Fresh(kind, seed, parent.truncation, parent.label, parents, float(strength), steers)


def _add(garden: Garden, fresh: _Fresh) -> tuple[Garden, int]:
    identity = len(garden.nodes)
    if identity >= MOST_NODES:
        raise WrongUse("This garden is full ({most} pictures): begin a new one.", most=MOST_NODES)
    return replace(garden, nodes=(*garden.nodes, Node(identity, **vars(fresh)))), identity


def _turn(
    garden: Garden, fresh: Sequence[_Fresh], note: str, *, plain_first: bool = False, given: int | None = None
) -> Garden:
    """A new page: locked cells stay at their places, the others are taken by `fresh`, place by place.

    With `plain_first` the first fresh one takes the first free cell whatever its place; a `given` node does so
    before all of them.
    """
    count = len(fresh) + (given is not None)
    shown = garden.generations[garden.current].nodes if garden.generations else ()
    locked = [(place, n) for place, n in enumerate(shown) if garden.nodes[n].locked]
    cells: list[int | None] = [None] * count
    homeless = [n for place, n in locked if place >= count]
    for place, n in locked:
        if place < count:
            cells[place] = n
    free = [place for place in range(count) if cells[place] is None]
    for n in homeless:
        if free:
            cells[free.pop(0)] = n
    if given is not None:
        if not free:  # what was asked for is shown, whatever is locked
            cells.append(None)
            free = [len(cells) - 1]
        cells[free.pop(0)] = given
        fresh = [fresh[0], *fresh] if fresh else fresh
    elif plain_first and free and free[0] != 0:
        fresh = list(fresh)
        fresh[free[0]] = fresh[0]
    for place in free:
        garden, cells[place] = _add(garden, fresh[place])
    return _open_page(garden, tuple(n for n in cells if n is not None), note)


def _open_page(garden: Garden, nodes: tuple[int, ...], note: str) -> Garden:
    identity = len(garden.generations)
    if identity >= MOST_PAGES:
        raise WrongUse("This garden is full ({most} pages): begin a new one.", most=MOST_PAGES)
    parent = garden.current if garden.generations else None
    pages = (*garden.generations, Generation(identity, parent, nodes, note))
    return replace(garden, generations=pages, current=identity)


def _changed(garden: Garden, node: Node) -> Garden:
    return replace(garden, nodes=(*garden.nodes[: node.id], node, *garden.nodes[node.id + 1 :]))


def _steers(steers: Sequence[tuple[int, float]]) -> Steers:
    chosen = tuple((int(k), float(a)) for k, a in steers)
    if len(chosen) > MOST_STEERS or not all(
        0 <= k < MOST_DIRECTIONS and math.isfinite(a) and abs(a) <= MOST_AMOUNT for k, a in chosen
    ):
        raise WrongUse("A direction is followed for at most {most} deviations either way.", most=MOST_AMOUNT)
    return chosen


def _check(*, count: int = 1, seed: int = 0, strength: float = 0.0, truncation: float = 1.0, label: int = 0) -> None:
    if not 1 <= count <= MOST_CELLS:
        raise WrongUse("A page holds from 1 to {most} pictures.", most=MOST_CELLS)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEEDS:
        raise WrongUse("A seed is a whole number from 0 to {most}.", most=SEEDS - 1)
    if not math.isfinite(strength) or not 0 <= strength <= MOST_STRENGTH:
        raise WrongUse("The strength of a mutation lies between 0 and {most}.", most=MOST_STRENGTH)
    if not math.isfinite(truncation) or not 0 <= truncation <= MOST_TRUNCATION:
        raise WrongUse("Truncation lies between 0 and {most}.", most=MOST_TRUNCATION)
    if not 0 <= label < 100_000:
        raise WrongUse("There is no class {number}.", number=label)
