"""What leaves the live window: the recording, the virtual camera, snapshots. All slow work is done off its thread."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, Signal

from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image
from artdesk.core.live import FrameSink
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import say, tr
from artdesk.ui.live.services import LiveServices
from artdesk.workers.live import LiveRunner

log = logging.getLogger(__name__)


def free_path(where: QStandardPaths.StandardLocation, suffix: str) -> Path:
    """A new file of the person's pictures or videos folder, named by the time."""
    folder = Path(QStandardPaths.writableLocation(where) or Path.home()) / "ArtDesk"
    folder.mkdir(parents=True, exist_ok=True)
    stem = datetime.now().strftime("Live %Y-%m-%d %H.%M.%S")
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem} ({number}){suffix}"
        number += 1
    return path


class LiveSinks(QObject):
    """Recording and virtual camera of one live window. They outlive a change of the source."""

    said = Signal(str)
    """A sentence for the foot of the window."""
    recording_ended = Signal()
    virtual_ended = Signal()

    def __init__(self, live: LiveServices, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live, self._background = live, background
        self._runner: LiveRunner | None = None
        self._recorder: FrameSink | None = None
        self._record_path: Path | None = None
        self._virtual: FrameSink | None = None

    @property
    def recording(self) -> bool:
        return self._recorder is not None

    def set_runner(self, runner: LiveRunner | None) -> None:
        """Feed the open sinks from this runner."""
        self._runner = runner
        if runner is not None:
            for sink in (self._recorder, self._virtual):
                if sink is not None:
                    runner.add_sink(sink)

    def start_recording(self, rate: float) -> None:
        try:
            path = free_path(QStandardPaths.StandardLocation.MoviesLocation, ".mp4")
            recorder = self._live.record(path, rate)
        except (ArtDeskError, OSError) as error:
            self.said.emit(say(error))
            self.recording_ended.emit()
            return
        self._recorder, self._record_path = recorder, path
        if self._runner is not None:
            self._runner.add_sink(recorder)
        self.said.emit(tr("Recording…"))

    def stop_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        if self._runner is not None:
            self._runner.remove_sink(recorder)
        path = self._record_path
        self._background.run(
            recorder.close, _Recorded(self, path).tell, self._could_not, what="finishing the recording"
        )

    def start_virtual(self, width: int, height: int, rate: float) -> None:
        self._background.run(
            lambda: self._live.virtual_camera(width, height, rate),
            self._virtual_open,
            self._virtual_refused,
            what="opening the virtual camera",
        )

    def _virtual_open(self, sink: Any) -> None:
        self._virtual = sink
        if self._runner is not None:
            self._runner.add_sink(sink)
        name = getattr(sink, "name", "")
        self.said.emit(tr("Other programs see the picture as the camera “{name}”.", name=name))

    def _virtual_refused(self, error: Exception) -> None:
        self.said.emit(say(error))
        self.virtual_ended.emit()

    def stop_virtual(self) -> None:
        sink, self._virtual = self._virtual, None
        if sink is not None:
            if self._runner is not None:
                self._runner.remove_sink(sink)
            self._background.run(sink.close, what="closing the virtual camera")

    def sink_failed(self, sink: object, error: Exception) -> None:
        """The runner says that a sink gave up."""
        self.said.emit(say(error))
        if sink is self._recorder:
            self._recorder = None
            self.recording_ended.emit()
        elif sink is self._virtual:
            self._virtual = None
            self.virtual_ended.emit()

    def save_snapshot(self, image: Image) -> None:
        """Save `image` (RGB) to the person's pictures folder."""

        def work() -> Path:
            return self._live.save_picture(free_path(QStandardPaths.StandardLocation.PicturesLocation, ".png"), image)

        self._background.run(work, self._saved, self._could_not, what="saving a snapshot")

    def _saved(self, path: Any) -> None:
        self.said.emit(tr("Saved: {path}", path=str(path)))

    def _could_not(self, error: Exception) -> None:
        self.said.emit(say(error))

    def shut_down(self) -> None:
        """Finish the recording and give the virtual camera back, before the window is gone."""
        for sink in (self._recorder, self._virtual):
            if sink is None:
                continue
            try:
                sink.close()
            except ArtDeskError as error:
                log.warning("%s", error)
        self._recorder = self._virtual = None


class _Recorded:
    def __init__(self, sinks: LiveSinks, path: Path | None) -> None:
        self._sinks, self._path = sinks, path

    def tell(self, _result: object) -> None:
        self._sinks.said.emit(tr("Recorded: {path}", path=str(self._path)))
