"""What the bench of the desk runs in a process of its own: `start` or `block WIDTH HEIGHT`. Prints one JSON object."""

from __future__ import annotations

import json
import os
import sys
import time

_BEGUN = float(os.environ.get("ARTDESK_BENCH_STARTED", repr(time.time())))

from artdesk.__main__ import keep_collector_off  # the clock starts before anything is loaded

keep_collector_off()  # as the real start does

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from artdesk.app import Desk


class FirstPaint(QObject):
    """Says when the window was painted for the first time, then ends the process."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.tell)
        return False

    def tell(self) -> None:
        """Print the seconds since the process was asked for."""
        _leave({"seconds": time.time() - _BEGUN})


class Heartbeat(QObject):
    """Beats every few milliseconds in the interface thread; the longest silence is the longest block."""

    EVERY = 4

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self.longest_own = 0.0
        self.counting = False
        self._waited = waited_for_processor()
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(self.EVERY)

    def begin(self) -> None:
        """Forget what was before."""
        self.counting, self.longest, self.longest_own = True, 0.0, 0.0
        self._last, self._waited = time.perf_counter(), waited_for_processor()

    def _beat(self) -> None:
        now, waited = time.perf_counter(), waited_for_processor()
        if self.counting:
            silence = (now - self._last) * 1000 - self.EVERY
            self.longest = max(self.longest, silence)
            self.longest_own = max(self.longest_own, silence - (waited - self._waited))
            if silence > 40 and os.environ.get("ARTDESK_BENCH_SAY"):
                print(f"silence of {silence:.0f} ms at {now:.2f}", file=sys.stderr)
        self._last, self._waited = now, waited


def waited_for_processor() -> float:
    """Milliseconds this thread was ready to run but other programs had the processors (Linux; elsewhere 0)."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


class Block(QObject):
    """Opens a picture and paints it; tells the longest silence when the painting lies on the canvas."""

    def __init__(self, desk: Desk, width: int, height: int) -> None:
        super().__init__()
        self._desk = desk
        self._size = (width, height)
        self._heart = Heartbeat()
        desk.backroom.news.changed.connect(self._begin)
        desk.window.painter.painted.connect(self._painted)
        desk.window.painter.failed.connect(self._failed)
        desk.window.files.opened.connect(self._opened)

    def _begin(self) -> None:
        from artdesk.bench.desk import test_picture

        if not self._heart.counting:
            # made beforehand: a decoder is not what is measured
            picture = test_picture(*self._size)
            QTimer.singleShot(1500, self, lambda: self._open(picture))
            self._heart.counting = True

    def _open(self, picture: object) -> None:
        self._heart.begin()
        self._desk.window.files.open_image(picture, "bench")  # type: ignore[arg-type]

    def _opened(self, file: object) -> None:
        window = self._desk.window
        style = next(style.id for style in window.services.styles() if style.kind != "model")
        window.panel.form.set_values({"painter": "live"})
        window.on_style_chosen(style)

    def _painted(self, layer: object, result: object) -> None:
        QTimer.singleShot(1500, self, self._tell)  # the canvas draws the new layer first

    def _tell(self) -> None:
        _leave({"block_ms": self._heart.longest, "own_ms": self._heart.longest_own})

    def _failed(self, error: object) -> None:
        print(error, file=sys.stderr)
        _leave({})


def _leave(answer: dict[str, float]) -> None:
    print(json.dumps(answer), flush=True)
    os._exit(0)


def main() -> None:
    """Open a desk and measure what the arguments say."""
    app = QApplication([])
    desk = Desk(app)
    desk.window.resize(1440, 900)
    if sys.argv[1] == "start":
        first = FirstPaint()
        desk.window.installEventFilter(first)
        desk.open()
    else:
        block = Block(desk, int(sys.argv[2]), int(sys.argv[3]))
        block.setObjectName("block")
        desk.open()
    app.exec()


if __name__ == "__main__":
    main()
