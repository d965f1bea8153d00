"""What is said of nodes and pages: how they came about, in the person's language."""

from __future__ import annotations

from collections.abc import Mapping

from artdesk.core.garden import SEEDS, Garden, GardenModel, Generation, Node
from artdesk.ui.i18n import pick, tr


def name_of(node: Node) -> str:
    """The node's name, or its number."""
    return node.name or tr("Picture {number}", number=node.id + 1)


def class_name(model: GardenModel | None, label: int) -> str:
    """A class of the model in words; nothing for a model without classes."""
    if model is None or not 0 <= label < len(model.classes):
        return ""
    return pick(model.classes[label]) or str(label + 1)


def direction_name(garden: Garden, direction: int) -> str:
    """What the person called a direction, or its number."""
    return garden.direction_name(direction) or tr("Direction {number}", number=direction + 1)


def recipe_words(garden: Garden, node: Node, model: GardenModel | None = None) -> str:
    """How a node came about, in one line."""
    parents = [(garden.nodes[n], weight) for n, weight in node.parents]
    if node.kind == "seed":
        words = tr("Seed {seed}", seed=node.seed) + " · " + tr("truncation {value}", value=f"{node.truncation:.2f}")
        kind = class_name(model, node.label)
        return f"{words} · {kind}" if kind else words
    if node.kind == "mutate" and parents:
        return tr("Descends from {name}, strength {value}", name=name_of(parents[0][0]), value=f"{node.strength:.2f}")
    if node.kind == "cross":
        total = sum(weight for _, weight in parents) or 1.0
        shares = " + ".join(f"{name_of(parent)} {weight / total:.0%}" for parent, weight in parents)
        return tr("Crossed: {parents}", parents=shares)
    if node.kind == "steer" and parents:
        ways = ", ".join(f"{direction_name(garden, k)} {amount:+.1f}" for k, amount in node.steers)
        return tr("{name}, steered: {ways}", name=name_of(parents[0][0]), ways=ways or "0")
    return tr("A planted picture")


def page_seed(garden: Garden, page: Generation) -> int:
    """The seed a sown page was made from: the cell at place i has that seed + i, wherever locked ones stand."""
    place, fresh = max(enumerate(page.nodes), key=lambda pair: pair[1])
    return (garden.nodes[fresh].seed - place) % SEEDS


def sown_seed(garden: Garden) -> int | None:
    """The seed of the sown page that the one in view goes back to, if there is such a page."""
    for page in reversed(garden.path()):
        if garden.generations[page].note == "sow" and garden.generations[page].nodes:
            return page_seed(garden, garden.generations[page])
    return None


_TITLES: Mapping[str, str] = {
    "sow": "Sown",
    "descend": "Descendants",
    "cross": "Crossed",
    "steer": "Steered",
    "spread": "A direction",
    "picture": "Planted",
    "favourites": "Favourites",
    "cutting": "Cutting",
}


def page_words(garden: Garden, page: Generation) -> tuple[str, str]:
    """A page in two short lines: what was done, and to what."""
    title = tr(_TITLES.get(page.note, "Page"))
    fresh = max((garden.nodes[n] for n in page.nodes), key=lambda node: node.id, default=None)
    if fresh is None:
        return title, ""
    if page.note == "sow":
        return title, tr("seed {seed}", seed=page_seed(garden, page))
    if page.note in ("descend", "steer", "spread") and fresh.parents:
        return title, tr("of {name}", name=name_of(garden.nodes[fresh.parents[0][0]]))
    if page.note == "cross":
        return title, " + ".join(name_of(garden.nodes[n]) for n, _ in fresh.parents)
    if page.note == "picture":
        planted = next((garden.nodes[n] for n in page.nodes if garden.nodes[n].kind == "picture"), None)
        return title, name_of(planted) if planted is not None else ""
    return title, tr("{count} pictures", count=len(page.nodes))
