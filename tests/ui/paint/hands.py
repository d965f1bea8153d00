"""Hands for tests: a mouse and a pen on a widget, and a job runner that does what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from artdesk.core.image import Image, as_image
from artdesk.core.receipt import Receipt
from artdesk.core.requests import Request, StylizeRequest
from artdesk.core.results import PictureResult
from artdesk.ui.canvas.view import CanvasView
from artdesk.workers.jobs import Job

Points = Sequence[tuple[float, float]]
NO = Qt.KeyboardModifier.NoModifier


def _device(kind: QPointingDevice.PointerType, number: int) -> QPointingDevice:
    return QPointingDevice(
        "pen",
        number,
        QInputDevice.DeviceType.Stylus,
        kind,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        2,
    )


PEN = _device(QPointingDevice.PointerType.Pen, 901)
ERASER = _device(QPointingDevice.PointerType.Eraser, 902)


def at(canvas: CanvasView, x: float, y: float) -> QPointF:
    """The widget's point that shows a picture point."""
    return QPointF(*canvas.viewport.to_view(x, y))


def drag(canvas: CanvasView, points: Points, keys: Qt.KeyboardModifier = NO) -> None:
    """Press, move and release the left mouse button along picture points."""
    places = [at(canvas, *point).toPoint() for point in points]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, keys, places[0])
    for place in places[1:]:
        move(canvas, place, keys)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, keys, places[-1])


def move(canvas: QWidget, place: QPoint, keys: Qt.KeyboardModifier = NO) -> None:
    """A mouse move with the left button held and keys pressed (QTest's own knows no keys)."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(canvas.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        keys,
    )
    QCoreApplication.sendEvent(canvas, event)


def click(canvas: CanvasView, x: float, y: float, keys: Qt.KeyboardModifier = NO) -> None:
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, keys, at(canvas, x, y).toPoint())


def pen(
    canvas: CanvasView,
    points: Points,
    pressures: Sequence[float] | None = None,
    *,
    eraser: bool = False,
    tilt: tuple[float, float] = (0, 0),
) -> None:
    """A pen stroke along picture points; pressures one per point (default: firm)."""
    pressures = pressures or [0.9] * len(points)
    device = ERASER if eraser else PEN
    last = len(points) - 1
    for number, (point, pressure) in enumerate(zip(points, pressures, strict=True)):
        kinds = [QEvent.Type.TabletPress if number == 0 else QEvent.Type.TabletMove]
        if number == last:
            kinds.append(QEvent.Type.TabletRelease)
        for kind in kinds:
            where = at(canvas, *point)
            lifted = kind == QEvent.Type.TabletRelease
            event = QTabletEvent(
                kind,
                device,
                where,
                QPointF(canvas.mapToGlobal(where.toPoint())),
                0.0 if lifted else pressure,
                tilt[0],
                tilt[1],
                0.0,
                0.0,
                0.0,
                NO,
                Qt.MouseButton.NoButton if kind == QEvent.Type.TabletMove else Qt.MouseButton.LeftButton,
                Qt.MouseButton.NoButton if lifted else Qt.MouseButton.LeftButton,
            )
            QCoreApplication.sendEvent(canvas, event)


class HandJobs(QObject):
    """A job runner whose jobs end when the test says so. A painting is the negative of what was given."""

    job_ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Job] = []
        self.seen: list[Job] = []

    def submit(self, request: Request, *, label: str, replaces: str | None = None, priority: int = 0) -> Job:
        for older in [job for job in self.open if replaces is not None and job.key == replaces]:
            self._end(older, "superseded")
        job = Job(len(self.seen) + 1, label, request, priority, replaces)
        job.state = "running"
        self.open.append(job)
        self.seen.append(job)
        return job

    def cancel(self, job: Job) -> None:
        if job in self.open:
            self._end(job, "cancelled")

    def finish(self, job: Job | None = None) -> Job:
        """End the oldest (or this) job well."""
        job = job or self.open[0]
        request = job.request
        assert isinstance(request, StylizeRequest)
        job.result = PictureResult(receipt(), image=painted(request.image))
        self._end(job, "finished")
        return job

    def fail(self, error: Exception) -> None:
        job = self.open[0]
        job.error = error
        self._end(job, "failed")

    def _end(self, job: Job, state: Any) -> None:
        job.state = state
        self.open.remove(job)
        self.job_ended.emit(job)


def painted(image: Image) -> Image:
    """What the pretended painter makes: the negative, alpha kept."""
    out = image.copy()
    out[..., :3] = 255 - out[..., :3]
    return as_image(out)


def receipt() -> Receipt:
    return Receipt(ability="stylize", model_id="hand", model_sha256="0" * 64, device="cpu", settings={}, seconds=0.1)


def noise(width: int, height: int, seed: int = 1) -> Image:
    """A picture in which every region differs."""
    random = np.random.default_rng(seed)
    small = random.integers(30, 226, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return as_image(np.ascontiguousarray(small.repeat(8, 0).repeat(8, 1)[:height, :width]))
