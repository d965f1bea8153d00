"""Gardens as files (`.artdesk-garden`, JSON): written atomically, hostile until checked."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artdesk.core.errors import ProjectError
from artdesk.core.files import read_text, write_text
from artdesk.core.garden import (
    KINDS,
    MOST_AMOUNT,
    MOST_CELLS,
    MOST_DIRECTIONS,
    MOST_NAME,
    MOST_NODES,
    MOST_PAGES,
    MOST_PARENTS,
    MOST_STEERS,
    MOST_STRENGTH,
    MOST_TRUNCATION,
    SEEDS,
    Garden,
    GardenModel,
    Generation,
    Node,
    ancestors,
    cutting,
)
from artdesk.core.receipt import Receipt
from artdesk.core.results import Note

SUFFIX = ".artdesk-garden"
_FORMAT = "artdesk-garden"
_VERSION = 1
_MOST_BYTES = 64 << 20
_MOST_POINT = 400_000
_MOST_RECIPE = 48_000  # a JPEG holds no longer packet than 64 kB, and there is more to be said in it
_MOST_ANCESTORS = 700
_POINT = re.compile(r"f[24]:[A-Za-z0-9+/]+={0,2}:[0-9a-f]{8}")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA = re.compile(r"[0-9a-f]{64}|")
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(Node) if f.default is not dataclasses.MISSING}


def save_garden(path: Path, garden: Garden, *, overwrite: bool = True) -> Path:
    """Write `garden` atomically. Raises SaveError and its kin."""
    path = Path(path)
    write_text(path, json.dumps(to_plain(garden), ensure_ascii=False, separators=(",", ":")) + "\n", overwrite)
    return path


def load_garden(path: Path) -> Garden:
    """The garden in a file. Whether its model is here, and the same, says `model_note`.

    Raises: ProjectError in a sentence for anything that is no garden; UnreadablePicture for a file that is not there.
    """
    path = Path(path)
    text = read_text(path, _MOST_BYTES)
    try:
        return from_plain(json.loads(text))
    except _Newer as error:
        raise ProjectError("“{name}” was written by a newer ArtDesk.", name=path.name) from error
    except (_Bad, ValueError, RecursionError) as error:
        raise ProjectError(
            "“{name}” is not a garden, or it is damaged ({reason}).", name=path.name, reason=_reason(error)
        ) from error


def model_note(garden: Garden, models: Mapping[str, GardenModel]) -> Note | None:
    """What there is to say of a garden's model on this machine; None when all is well. `models` by id."""
    model = models.get(garden.model_id)
    if model is None:
        return Note(
            "This garden was made with the model “{model}”, which is not here: its pictures cannot be made again.",
            {"model": garden.model_id},
        )
    if garden.model_sha256 and model.sha256 != garden.model_sha256:
        return Note(
            "This garden was made with another version of the model “{model}”: its pictures may differ.",
            {"model": garden.model_id},
        )
    return None


def recipe(garden: Garden, node: int) -> dict[str, Any]:
    """What a receipt keeps of a node: JSON values from which `garden_in` makes it again.

    A node with too long an ancestry (or too large points) keeps only its own record.
    """
    own = _plain_node(garden.node(node))
    own.pop("point", None)
    if len(ancestors(garden, node)) > _MOST_ANCESTORS:
        return {"node": own}
    plain = to_plain(cutting(garden, node))
    return {"node": own} if len(json.dumps(plain)) > _MOST_RECIPE else {"node": own, "garden": plain}


def garden_in(receipt: Receipt) -> Garden | None:
    """The garden a generated picture's receipt carries, with that one picture on its page; None if it has none."""
    plain = receipt.settings.get("garden")
    if plain is None:
        return None
    try:
        return from_plain(plain)
    except (_Bad, _Newer, ValueError, RecursionError):
        return None


def to_plain(garden: Garden) -> dict[str, Any]:
    """JSON values of a garden; what has its default is left out."""
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "model": {"id": garden.model_id, "sha256": garden.model_sha256},
        "nodes": [_plain_node(node) for node in garden.nodes],
        "generations": [
            {"id": g.id, "parent": g.parent, "nodes": list(g.nodes), "note": g.note} for g in garden.generations
        ],
        "directions": {str(k): name for k, name in garden.direction_names},
        "current": garden.current,
    }


def _plain_node(node: Node) -> dict[str, Any]:
    record: dict[str, Any] = {"id": node.id, "kind": node.kind}
    for name, default in _DEFAULTS.items():
        value = getattr(node, name)
        if value != default:
            record[name] = [list(pair) for pair in value] if isinstance(value, tuple) else value
    return record


class _Bad(Exception):
    pass


class _Newer(Exception):
    pass


def _reason(error: Exception) -> str:
    if isinstance(error, _Bad):
        return str(error)
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it is not JSON"


def from_plain(data: Any) -> Garden:
    """A garden from JSON values, every one of them checked."""
    table = _table(data, "the file")
    if table.get("format") != _FORMAT:
        raise _Bad("it does not call itself one")
    version = table.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > _VERSION:
        raise _Newer
    if version != _VERSION or isinstance(version, bool):
        raise _Bad("its version is wrong")
    model = _table(table.get("model"), "model")
    identity, sha256 = _text(model.get("id"), "model", 64), _text(model.get("sha256", ""), "model", 64)
    if not _ID.fullmatch(identity) or not _SHA.fullmatch(sha256):
        raise _Bad("its model has no proper name")
    nodes = tuple(_node(entry, i) for i, entry in enumerate(_list(table.get("nodes", []), "nodes", MOST_NODES)))
    pages = _list(table.get("generations", []), "generations", MOST_PAGES)
    generations = tuple(_generation(entry, i, len(nodes)) for i, entry in enumerate(pages))
    names = _table(table.get("directions", {}), "directions")
    if len(names) > MOST_DIRECTIONS:
        raise _Bad("it has too many directions")
    directions = []
    for key, name in names.items():
        if not re.fullmatch(r"0|[1-9][0-9]{0,3}", key) or int(key) >= MOST_DIRECTIONS:
            raise _Bad("a direction has no number")
        directions.append((int(key), _text(name, "directions", MOST_NAME)))
    current = _whole(table.get("current", 0), "current", 0, max(0, len(generations) - 1))
    return Garden(identity, sha256, nodes, generations, tuple(sorted(directions)), current)


def _node(data: Any, place: int) -> Node:
    d = _table(data, "a node")
    if d.get("id") != place or isinstance(d.get("id"), bool):
        raise _Bad(f"node {place} is not in its place")
    kind = d.get("kind")
    if kind not in KINDS:
        raise _Bad(f"node {place} is of an unknown kind")
    parents = tuple(
        (_whole(n, f"a parent of node {place}", 0, place - 1), _number(w, f"a weight of node {place}", 1e-12, 1e6))
        for n, w in _pairs(d.get("parents", []), MOST_PARENTS)
    )
    steers = tuple(
        (_whole(k, "a direction", 0, MOST_DIRECTIONS - 1), _number(a, "an amount", -MOST_AMOUNT, MOST_AMOUNT))
        for k, a in _pairs(d.get("steers", []), MOST_STEERS)
    )
    wanted = {"mutate": (1, 1), "steer": (1, 1), "cross": (1, MOST_PARENTS)}.get(kind, (0, 0))
    if not wanted[0] <= len(parents) <= wanted[1]:
        raise _Bad(f"node {place} has the wrong number of parents")
    point = _text(d.get("point", ""), "a point", _MOST_POINT)
    if (kind == "picture") != bool(point) or (point and not _POINT.fullmatch(point)):
        raise _Bad(f"node {place} has no proper point")
    return Node(
        id=place,
        kind=kind,
        seed=_whole(d.get("seed", 0), "a seed", 0, SEEDS - 1),
        truncation=_number(d.get("truncation", 1.0), "a truncation", 0, MOST_TRUNCATION),
        label=_whole(d.get("label", 0), "a class", 0, 99_999),
        parents=parents,
        strength=_number(d.get("strength", 0.0), "a strength", 0, MOST_STRENGTH),
        steers=steers,
        point=point,
        name=_text(d.get("name", ""), "a name", MOST_NAME),
        favourite=_flag(d.get("favourite", False)),
        locked=_flag(d.get("locked", False)),
    )


def _generation(data: Any, place: int, nodes: int) -> Generation:
    d = _table(data, "a page")
    if d.get("id") != place or isinstance(d.get("id"), bool):
        raise _Bad(f"page {place} is not in its place")
    parent = d.get("parent")
    if parent is not None:
        parent = _whole(parent, "a page's parent", 0, place - 1)
    shown = tuple(_whole(n, "a page's node", 0, nodes - 1) for n in _list(d.get("nodes"), "a page", MOST_CELLS + 1))
    return Generation(place, parent, shown, _text(d.get("note", ""), "a page's note", MOST_NAME))


def _table(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Bad(f"{what} is no table")
    return value


def _list(value: Any, what: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise _Bad(f"{what} is no list")
    if len(value) > most:
        raise _Bad(f"{what} is too long")
    return value


def _pairs(value: Any, most: int) -> list[list[Any]]:
    pairs = _list(value, "a list of pairs", most)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise _Bad("a pair is none")
    return pairs


def _text(value: Any, what: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _Bad(f"{what} is no short text")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Bad(f"{what} holds what is no character")
    return value


def _whole(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _Bad(f"{what} is out of range")
    return value


def _number(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Bad(f"{what} is no number")
    if not low <= value <= high:  # nor is NaN
        raise _Bad(f"{what} is out of range")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Bad("a mark is neither true nor false")
    return value
