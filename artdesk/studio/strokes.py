"""Stroke size: broader strokes are painted small and painted over at full size, finer ones are painted large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2

from artdesk.core.image import Image, as_image
from artdesk.core.progress import Progress
from artdesk.engine.rows import Rows, ScaledRows
from artdesk.studio.foreign_painting import paint_any_rows
from artdesk.studio.painting import Canvas, Code, Job, Write

_SAME = 0.04
_BAND = 256


class Between(Protocol):
    """Holds a picture between two passes: in memory, or on the disk."""

    def write(self, top: int, rows: Image) -> None: ...
    def rows(self) -> Rows: ...


MakeCanvas = Callable[[int, int], Between]


def paint_strokes(
    job: Job,
    source: Rows,
    code: Code,
    stroke_size: float,
    write: Write,
    progress: Progress,
    make_canvas: MakeCanvas = Canvas,
) -> None:
    """Paint `source` with strokes `stroke_size` times as broad as the painter's own.

    Broader: painted reduced, enlarged, and half of that painted once more at full size, which makes the
    enlarged strokes crisp again. Finer: painted enlarged and reduced. `make_canvas(width, height)` holds what
    is painted in between (in memory, or on the disk for big pictures).

    Raises: OutOfMemory, BadOutput, EngineError, Cancelled.
    """
    if abs(stroke_size - 1) < _SAME:
        paint_any_rows(job, source, code, write, progress)
        return
    width, height = max(1, round(source.width / stroke_size)), max(1, round(source.height / stroke_size))
    canvas = make_canvas(width, height)
    scaled = ScaledRows(source, width, height)
    if stroke_size > 1:
        first = 1 / (1 + stroke_size**2)
        paint_any_rows(job, scaled, code, canvas.write, progress.part(0, first))
        enlarged = ScaledRows(canvas.rows(), source.width, source.height)

        def soften(top: int, rows: Image) -> None:
            # The second painting alone doubles every outline; half of it is enough to make the edges crisp.
            below = enlarged.read(top, top + rows.shape[0])
            write(top, as_image(cv2.addWeighted(rows, 0.5, below, 0.5, 0)))

        paint_any_rows(job, enlarged, code, soften, progress.part(first, 1))
        return
    paint_any_rows(job, scaled, code, canvas.write, progress.part(0, 0.97))
    reduced = ScaledRows(canvas.rows(), source.width, source.height)
    for top in range(0, source.height, _BAND):
        progress.step(0.97 + 0.03 * top / source.height)
        write(top, reduced.read(top, min(source.height, top + _BAND)))
    progress.step(1)
