"""Figures of painting: dab to repaint, pan, zoom, undo and autosave, through the real canvas on a large document."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artdesk.bench import paint_document

if TYPE_CHECKING:
    from artdesk.bench import BenchContext
    from artdesk.document.document import Document
    from artdesk.ui.paint.workspace import PaintWorkspace

SIDE = 4096
LAYERS = 8
WINDOW = (1600, 1000)
SEED = 11


def measure(context: BenchContext) -> dict[str, Any]:
    """Milliseconds on a 4096 x 4096 document of 8 layers in a 1600 x 1000 canvas (quick: 2048 and fewer frames).

    Offscreen where there is no display: then everything is measured but the copy to the screen.
    """
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    from artdesk.ui.paint.workspace import PaintWorkspace

    side, frames = (2048, 40) if context.quick else (SIDE, 200)
    context.progress.step(0.0, "document")
    document = painted_document(side)
    workspace = PaintWorkspace()
    workspace.center.resize(*WINDOW)
    workspace.center.show()
    workspace.set_document(document)
    settle(app, workspace)
    figures: dict[str, Any] = {"document_px": side, "layers": LAYERS}
    try:
        context.progress.step(0.2, "pan and zoom")
        figures.update(_moves(app, workspace, frames))
        context.progress.step(0.5, "brush")
        figures.update(_dabs(app, workspace, frames))
        context.progress.step(0.7, "undo")
        figures.update(_undo(app, workspace))
        context.progress.step(0.8, "autosave")
        figures.update(_autosave(document))
        figures.update(_memory(document))
    finally:
        workspace.set_document(None)
        workspace.shutdown()
        workspace.center.close()
        workspace.center.deleteLater()
    context.progress.step(0.85, "document")
    figures.update(paint_document.measure(context))
    return figures


def painted_document(side: int) -> Document:
    """Eight layers as they stand in a painting: a ground, half-covered layers, masks, modes and opacities."""
    from artdesk.core.image import as_image
    from artdesk.document.blend import BlendMode
    from artdesk.document.document import Document
    from artdesk.document.rect import Rect

    random = np.random.default_rng(SEED)
    ground = random.integers(60, 200, (side // 8, side // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    document = Document.of_image(as_image(np.ascontiguousarray(ground)), "Ground")
    modes = [BlendMode.NORMAL, BlendMode.MULTIPLY, BlendMode.NORMAL, BlendMode.SCREEN, BlendMode.OVERLAY]
    y, x = np.mgrid[0:side, 0:side]
    for number in range(1, LAYERS):
        layer = document.add_layer(name=f"Layer {number}")
        middle_x, middle_y, reach = random.integers(0, side, 3)
        distance = np.hypot(x - middle_x, y - middle_y)
        alpha = np.clip(255 - distance * 255 / (side // 3 + reach // 4), 0, 255).astype(np.uint8)
        pixels = np.empty((side, side, 4), np.uint8)
        pixels[..., :3] = random.integers(0, 255, 3)
        pixels[..., 3] = alpha
        with document.begin_edit(layer, "Paint") as edit:
            edit.write(Rect(0, 0, side, side), pixels)
        document.set_layer(layer, mode=modes[number % len(modes)], opacity=1.0 if number % 3 else 0.7)
    document.set_active(list(document.layers())[LAYERS // 2])
    document.history.clear()
    return document


def settle(app: Any, workspace: PaintWorkspace, seconds: float = 30.0) -> None:
    """Let the canvas finish what it shows."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        app.processEvents()
        if not workspace.canvas.unfinished:
            break


class Frames:
    """Times of frames: by the clock, and by the processor alone. On a busy machine the two lie apart, and the
    second is what ArtDesk itself takes."""

    def __init__(self, workspace: PaintWorkspace) -> None:
        self._canvas = workspace.canvas
        self.clock: list[float] = []
        self.processor: list[float] = []

    def take(self, act: Callable[[], object]) -> None:
        """Do something and paint what it changed."""
        clock, processor = time.perf_counter(), time.thread_time()
        act()
        self._canvas.repaint()
        self.processor.append((time.thread_time() - processor) * 1000)
        self.clock.append((time.perf_counter() - clock) * 1000)

    def figures(self, name: str) -> dict[str, float]:
        """The 95th percentiles of both."""
        return {f"{name}_ms_p95": _p95(self.clock), f"{name}_cpu_ms_p95": _p95(self.processor)}


def _moves(app: Any, workspace: PaintWorkspace, frames: int) -> dict[str, float]:
    canvas = workspace.canvas
    width, height = canvas.width(), canvas.height()
    canvas.show_actual_size()
    settle(app, workspace)
    pans, zooms = Frames(workspace), Frames(workspace)
    for number in range(frames):
        turn = number / frames * 2 * np.pi
        pans.take(lambda t=turn: canvas.pan_by(40 * np.cos(t), 30 * np.sin(t)))  # type: ignore[misc]
        app.processEvents()
    canvas.fit()
    settle(app, workspace)
    for number in range(frames):
        factor = 1.04 if number < frames // 2 else 1 / 1.04
        zooms.take(lambda f=factor: canvas.zoom_at(f, width * 0.4, height * 0.6))  # type: ignore[misc]
        app.processEvents()
    return {**pans.figures("pan"), **zooms.figures("zoom")}


def _dabs(app: Any, workspace: PaintWorkspace, frames: int) -> dict[str, float]:
    """A 200 px soft brush: from the pointer's event to the end of the repaint."""
    from PySide6.QtCore import QPointF

    from artdesk.document.brush import BrushSettings, StrokeMode
    from artdesk.ui.canvas.pointer import PointerSample

    canvas = workspace.canvas
    canvas.show_actual_size()
    settle(app, workspace)
    workspace.choose_tool("brush")
    workspace.session.set_brush(StrokeMode.PAINT, BrushSettings(size=200, hardness=0.0, flow=0.4, spacing=0.1))

    def sample(number: int) -> PointerSample:
        turn = number / 25
        view = QPointF(
            canvas.width() / 2 + np.cos(turn) * canvas.width() / 3,
            canvas.height() / 2 + np.sin(turn) * canvas.height() / 3,
        )
        x, y = canvas.viewport.to_canvas(view.x(), view.y())
        return PointerSample(x, y, pressure=0.7, time=number / 100, view=view)

    tool = workspace.tool
    tool.press(sample(0))
    dabs = Frames(workspace)
    for number in range(1, frames):
        dabs.take(lambda n=number: tool.move(sample(n)))  # type: ignore[misc]
        app.processEvents()
    tool.release(sample(frames))
    return {**dabs.figures("dab"), "dab_ms_median": round(float(np.median(dabs.clock)), 2)}


def _undo(app: Any, workspace: PaintWorkspace) -> dict[str, float]:
    """Undo of a stroke across the whole picture, with its repaint."""
    from artdesk.ui.canvas.pointer import PointerSample

    canvas, document = workspace.canvas, workspace.session.need_document()
    canvas.fit()
    settle(app, workspace)
    tool = workspace.tool
    side = document.width
    tool.press(PointerSample(50, 50))
    for number in range(1, 60):
        part = number / 60
        tool.move(PointerSample(side * part, side * (0.5 + 0.4 * np.sin(part * 12))))
    tool.release(PointerSample(side - 50, side - 50))
    settle(app, workspace)
    undos, redos = Frames(workspace), Frames(workspace)
    for _ in range(5):
        undos.take(document.undo)
        settle(app, workspace)
        redos.take(document.redo)
        settle(app, workspace)
    return {
        "undo_ms": round(float(np.median(undos.clock)), 2),
        "undo_cpu_ms": round(float(np.median(undos.processor)), 2),
        "redo_ms": round(float(np.median(redos.clock)), 2),
    }


def _autosave(document: Document) -> dict[str, float]:
    """The longest time the interface's thread is held while an autosave runs beside it."""
    from artdesk.document.autosave import Autosaver

    with tempfile.TemporaryDirectory() as folder:
        saver = Autosaver(Path(folder))
        before = time.perf_counter()
        still = document.snapshot_for_saving()
        snapshot = time.perf_counter() - before
        thread = threading.Thread(target=lambda: saver.save(still))
        longest, start = 0.0, time.perf_counter()
        thread.start()
        last = time.perf_counter()
        while thread.is_alive():
            time.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last - 0.001), now
        thread.join()
        took = time.perf_counter() - start
    return {
        "autosave_block_ms": round(max(snapshot, longest) * 1000, 2),
        "autosave_snapshot_ms": round(snapshot * 1000, 2),
        "autosave_s": round(took, 2),
    }


def _memory(document: Document) -> dict[str, float]:
    """Everything the document holds over the bytes of its layers' tiles."""
    used = document.bytes_used()
    layers = max(1, used["layers"])
    return {"memory_ratio": round((used["layers"] + used["caches"] + used["selection"]) / layers, 3)}


def _p95(times: list[float]) -> float:
    return round(float(np.percentile(times, 95)), 2)
