"""Small documents and random steps on them, for tests of everything that must hold whatever was done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.document.blend import BlendMode
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, PixelLayer, StyleLayer
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.document.transform import Affine

SIZE = (300, 270)


def some_pixels(rng: np.random.Generator, w: int, h: int) -> np.ndarray:
    """Pixels of every kind: opaque, clear and in between, in patches so that tiles differ."""
    array = rng.integers(0, 256, (h, w, 4), dtype=np.uint8)
    kind = rng.integers(0, 3)
    if kind == 0:
        array[..., 3] = 255
    elif kind == 1:
        array[: h // 2] = 0
    return array


def small_document(seed: int = 0) -> Document:
    rng = np.random.default_rng(seed)
    document = Document.of_image(rng.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8))
    document.root.children += (PixelLayer(name="Ink", pixels=Tiles.of_array(some_pixels(rng, 200, 260), 60, 5)),)
    document.set_active(document.root.children[-1])
    return document


def _layer(document: Document, rng: np.random.Generator) -> Layer:
    layers = list(document.layers())
    if not layers:
        raise WrongUse("nothing to do")
    return layers[int(rng.integers(len(layers)))]


def _rect(document: Document, rng: np.random.Generator) -> Rect:
    w, h = int(rng.integers(1, 200)), int(rng.integers(1, 200))
    return Rect(int(rng.integers(-40, document.width)), int(rng.integers(-40, document.height)), w, h)


def _stroke(document: Document, rng: np.random.Generator) -> None:
    layer = _layer(document, rng)
    plane = [name for name, _ in layer.planes()]
    if not plane:
        raise WrongUse("nothing to paint on")
    edit = document.begin_edit(layer, "Stroke", plane=plane[int(rng.integers(len(plane)))])
    for _ in range(int(rng.integers(1, 5))):
        rect = _rect(document, rng)
        pixels = some_pixels(rng, rect.w, rect.h)
        edit.write(rect, pixels[..., 0] if edit.is_mask else pixels)
    edit.cancel() if rng.random() < 0.2 else edit.commit()


def _set(document: Document, rng: np.random.Generator) -> None:
    layer = _layer(document, rng)
    choice = int(rng.integers(7))
    props: list[dict[str, Any]] = [
        {"opacity": float(rng.random())},
        {"mode": list(BlendMode)[int(rng.integers(16))]},
        {"visible": bool(rng.integers(2))},
        {"clip": bool(rng.integers(2))},
        {"lock_alpha": bool(rng.integers(2))},
        {"name": f"n{rng.integers(9)}"},
        {"strength": float(rng.random())} if isinstance(layer, StyleLayer) else {"opacity": 1.0},
    ]
    document.set_layer(layer, **props[choice])


def _select(document: Document, rng: np.random.Generator) -> None:
    how = ("replace", "add", "subtract", "intersect")[int(rng.integers(4))]
    rect = _rect(document, rng)
    match int(rng.integers(5)):
        case 0:
            document.select(Selection.rectangle(rect), how)  # type: ignore[arg-type]
        case 1:
            document.select(Selection.ellipse(rect), how)  # type: ignore[arg-type]
        case 2:
            document.invert_selection()
        case 3:
            document.change_selection(("grow", "shrink", "feather")[int(rng.integers(3))], 6)  # type: ignore[arg-type]
        case _:
            document.select_none()


def _order(document: Document, rng: np.random.Generator) -> None:
    groups = [None, *(layer for layer in document.layers() if isinstance(layer, GroupLayer))]
    document.move_layer(_layer(document, rng), groups[int(rng.integers(len(groups)))], int(rng.integers(4)))


def _style(document: Document, rng: np.random.Generator) -> None:
    found = [layer for layer in document.layers() if isinstance(layer, StyleLayer)]
    if not found:
        document.add_style_layer((("ink", 1.0),))
    else:
        image = rng.integers(0, 256, (document.height, document.width, 3), dtype=np.uint8)
        document.set_painted(found[0], image)


def _transform(document: Document, rng: np.random.Generator) -> None:
    layer = _layer(document, rng)
    match int(rng.integers(4)):
        case 0:
            document.move_pixels(layer, int(rng.integers(-90, 90)), int(rng.integers(-90, 90)))
        case 1:
            document.flip_layer(layer, "vertical")
        case 2:
            document.transform_layer(layer, Affine.turn(33, (150, 100)))
        case _:
            document.transform_layer(layer, Affine.scale(0.4, 0.7, (100, 100)))


def _canvas(document: Document, rng: np.random.Generator) -> None:
    match int(rng.integers(5)):
        case 0:
            document.rotate(90 * int(rng.integers(1, 4)))
        case 1:
            document.flip("horizontal")
        case 2:
            document.crop(Rect(5, 7, max(60, document.width - 20), max(60, document.height - 30)))
        case 3:
            document.resize_canvas(SIZE[0] + int(rng.integers(-50, 50)), SIZE[1], 10, -5)
        case _:
            document.resize_image(SIZE[0], SIZE[1])


STEPS: tuple[Callable[[Document, np.random.Generator], object], ...] = (
    _stroke,
    _stroke,
    _stroke,
    _set,
    _set,
    _select,
    _select,
    _order,
    _style,
    _transform,
    _canvas,
    lambda d, r: d.add_layer(),
    lambda d, r: d.add_mask(_layer(d, r), from_selection=bool(r.integers(2))),
    lambda d, r: d.remove_mask(_layer(d, r), apply=bool(r.integers(2))),
    lambda d, r: d.remove_layer(_layer(d, r)) if len(d.root.children) > 1 else None,
    lambda d, r: d.duplicate_layer(_layer(d, r)) if sum(1 for _ in d.layers()) < 7 else None,
    lambda d, r: d.merge_down(_layer(d, r)),
    lambda d, r: d.group_layers([_layer(d, r)]),
    lambda d, r: d.fill(_layer(d, r), (9, 200, 30, 128)),
    lambda d, r: d.clear(_layer(d, r)),
    lambda d, r: d.put_result(some_pixels(r, 50, 40), region=_rect(d, r)),
    lambda d, r: d.flatten() if r.random() < 0.2 else None,
)


def random_step(document: Document, seed: int) -> None:
    """One step; those that cannot be done here (locked, no mask …) are refused and change nothing."""
    rng = np.random.default_rng(seed)
    try:
        STEPS[seed % len(STEPS)](document, rng)
    except WrongUse:
        pass
    document.history.seal()


def state_of(document: Document) -> list[Any]:
    """Everything that undo must bring back, pixels as digests."""

    def digest(tiles: Tiles) -> str:
        found = hashlib.sha1()
        for key, tile in sorted(tiles.items(), key=lambda item: item[0]):
            if bool((tile != tiles.default).any()):
                found.update(str(key).encode())
                found.update(tile.tobytes())
        return found.hexdigest()

    out: list[Any] = [document.width, document.height]
    out.append(digest(document.selection.tiles) if document.selection else None)
    for layer in document.layers():
        depth = len(document.path_to(layer))
        planes = [(name, digest(tiles)) for name, tiles in layer.planes()]
        plain = (layer.name, layer.id, layer.visible, layer.opacity, layer.mode, layer.clip, layer.lock_alpha)
        out.append((depth, layer.kind, plain, planes))
    return out
