"""Pictures of brush strokes, drawn beside the interface: textured tips take tens of milliseconds each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from artdesk.document.brush import BrushSettings, StrokeMode, render_preview


@dataclass(frozen=True)
class Wanted:
    """One picture to draw: `name` comes back with it; size in device pixels; `shade` is the grey of the stroke."""

    name: str
    settings: BrushSettings
    mode: StrokeMode
    width: int
    height: int
    shade: int

    def draw(self) -> Any:
        """The picture, (height, width, 4)."""
        colour = (self.shade, self.shade, self.shade, 255)
        return render_preview(self.settings, self.mode, color=colour, width=self.width, height=self.height)


class _Door(QObject):
    """Carries pictures out of the thread. It has no parent: a panel that goes away must not take it out of the hand
    that is just putting a picture through."""

    ready = Signal(int, object, object)


class BrushPictures(QObject):
    """Draws what was asked for last; an older order is given up between two pictures."""

    drawn = Signal(object, object)  # Wanted, picture

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = 0
        self._door = _Door()
        self._door.ready.connect(self._deliver)

    def draw(self, wanted: Sequence[Wanted]) -> None:
        """Draw these, in their order; each is told by `drawn`."""
        self._order += 1
        # A daemon: a pool's destructor would wait for Python code while it holds the interpreter.
        threading.Thread(
            target=self._work, args=(self._order, tuple(wanted)), name="brush pictures", daemon=True
        ).start()

    def _work(self, order: int, pictures: tuple[Wanted, ...]) -> None:
        for one in pictures:
            if order != self._order:
                return
            picture = one.draw()
            try:
                self._door.ready.emit(order, one, picture)
            except RuntimeError:  # the desk was closed meanwhile
                return

    def _deliver(self, order: int, one: Wanted, picture: object) -> None:
        if order == self._order:
            self.drawn.emit(one, picture)
