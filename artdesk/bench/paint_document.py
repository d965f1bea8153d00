"""The document's own part of painting, without window or brush: compositing, edits, undo and memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from artdesk.document.document import Document

SIDE = 4096
DAB = 200
VIEW = (1920, 1080)


def measure(context: Any = None) -> dict[str, float]:
    """Milliseconds and ratios on the bench's document of 8 layers (4096 x 4096; quick: 2048 x 2048).

    `document_dab_ms_*`: a 200 px soft dab written and its region composited. `document_undo_ms`: undo of a stroke
    across the whole picture, until the visible 1920 x 1080 are composited again; `document_undo_fit_ms`: the same
    while the whole picture is seen. `document_memory_ratio`: layers and caches over the layers' tiles;
    `document_memory_over_pixels`: over the bytes of pixels that are not transparent.
    `document_blend_ratio`: how many times quicker the compositor is than the same formulas in numpy.
    """
    from artdesk.bench.paint import painted_document

    quick = bool(getattr(context, "quick", False))
    document = painted_document(2048 if quick else SIDE)
    figures: dict[str, float] = {"document_blend_ratio": _blend_ratio()}
    figures["document_open_ms"] = _fitted(document)
    figures.update(_dabs(document, 60 if quick else 200))
    figures.update(_undo(document))
    figures.update(_memory(document))
    return {name: round(value, 3) for name, value in figures.items()}


def _ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000


def _fitted(document: Document) -> float:
    """The whole picture at the zoom level that fits the view, from nothing."""
    document.compositor.forget()
    level = _fit_level(document)
    start = time.perf_counter()
    document.composite(document.rect.scaled_down(level), level=level, premultiplied=True)
    return _ms(start)


def _fit_level(document: Document) -> int:
    level = 0
    while max(document.width, document.height) >> level > VIEW[0]:
        level += 1
    return level


def _soft_dab() -> np.ndarray[Any, np.dtype[np.float32]]:
    y, x = np.mgrid[0:DAB, 0:DAB].astype(np.float32)
    distance = np.hypot(x - DAB / 2, y - DAB / 2) / (DAB / 2)
    return np.asarray(np.clip(1 - distance, 0, 1)[..., None] * 0.4, np.float32)


def _dabs(document: Document, count: int) -> dict[str, float]:
    from artdesk.document.rect import Rect

    layer = document.active_layer
    assert layer is not None
    soft = _soft_dab()
    color = np.array([30, 90, 220, 255], np.float32)
    edit = document.begin_edit(layer, "Bench")
    shown, whole = [], []
    for number in range(count):
        turn = number / 20
        x, y = document.width / 2 + 700 * np.cos(turn), document.height / 2 + 400 * np.sin(turn)
        rect = Rect(int(x) - DAB // 2, int(y) - DAB // 2, DAB, DAB)
        pixels = edit.read(rect)
        mixed = (pixels + (color - pixels) * soft + 0.5).astype(np.uint8)
        start = time.perf_counter()
        edit.write(rect, mixed)
        middle = time.perf_counter()
        document.composite(rect, premultiplied=True)
        shown.append(_ms(middle))
        whole.append(_ms(start))
    edit.commit()
    return {
        "document_dab_ms_p95": float(np.percentile(whole, 95)),
        "document_dab_ms_median": float(np.median(whole)),
        "document_composite_ms_median": float(np.median(shown)),
    }


def _stroke(document: Document) -> None:
    from artdesk.document.rect import Rect

    layer = document.active_layer
    assert layer is not None
    soft = _soft_dab()
    with document.begin_edit(layer, "Bench stroke") as edit:
        for number in range(400):
            part = number / 400
            x = int(part * (document.width - DAB))
            y = int((document.height - DAB) * (0.5 + 0.45 * np.sin(part * 12)))
            rect = Rect(x, y, DAB, DAB)
            pixels = edit.read(rect)
            edit.write(rect, (pixels + (255 - pixels) * soft + 0.5).astype(np.uint8), notify=False)


def _undo(document: Document) -> dict[str, float]:
    from artdesk.document.rect import Rect

    middle = Rect((document.width - VIEW[0]) // 2, (document.height - VIEW[1]) // 2, *VIEW).intersected(document.rect)
    level = _fit_level(document)
    whole = document.rect.scaled_down(level)
    figures = {}
    for name, area, at in (("document_undo_ms", middle, 0), ("document_undo_fit_ms", whole, level)):
        # The picture is on screen before the stroke as after it.
        document.composite(area, level=at, premultiplied=True)
        _stroke(document)
        document.composite(area, level=at, premultiplied=True)
        start = time.perf_counter()
        document.undo()
        document.composite(area, level=at, premultiplied=True)
        figures[name] = _ms(start)
    return figures


def _memory(document: Document) -> dict[str, float]:
    used = document.bytes_used()
    painted = 0
    seen: set[int] = set()
    for layer in document.layers():
        tiles = layer.paint()
        for _, tile in tiles.items() if tiles is not None else ():
            if id(tile) not in seen:
                seen.add(id(tile))
                painted += int(np.count_nonzero(tile[..., 3])) * 4
    held = used["layers"] + used["caches"] + used["selection"]
    return {
        "document_memory_ratio": held / max(1, used["layers"]),
        "document_memory_over_pixels": held / max(1, painted),
        "document_history_mb": used["history"] / (1 << 20),
    }


def _blend_ratio() -> float:
    """Numpy's time over the compositor's for one translucent normal layer over another, on one tile."""
    from artdesk.document.blend import BlendMode, blend
    from artdesk.document.document import Document
    from artdesk.document.layers import PixelLayer
    from artdesk.document.rect import Rect
    from artdesk.document.tiles import TILE, Tiles

    rng = np.random.default_rng(1)
    lower, upper = (rng.integers(0, 256, (TILE, TILE, 4), dtype=np.uint8) for _ in range(2))
    document = Document(TILE, TILE)
    document.root.children = tuple(PixelLayer(pixels=Tiles.of_array(array)) for array in (lower, upper))
    quick, slow = [], []
    for _ in range(10):
        document.compositor.forget()
        start = time.perf_counter()
        document.composite(Rect(0, 0, TILE, TILE), premultiplied=True)
        quick.append(_ms(start))
        start = time.perf_counter()
        blend(BlendMode.NORMAL, lower, upper)
        slow.append(_ms(start))
    return float(np.median(slow) / np.median(quick))
