"""Choosing where the frames come from: a camera by name and size, a video file, the screen, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from artdesk.core.live import SourceChoice, SourceSpec
from artdesk.core.pictures import OPEN_SUFFIXES
from artdesk.ui.i18n import tr
from artdesk.ui.live.region import RegionPicker
from artdesk.ui.theme import dress

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".wmv", ".gif", ".ogv")
USUAL_SIZES = ((640, 480), (320, 240), (1280, 720), (1920, 1080))
_FILE, _SCREEN, _REGION, _STILL = "file", "screen", "region", "still"


class SourceBar(QWidget):
    """Says `chosen` with a `SourceSpec` and its name whenever the person has picked a source or a size."""

    chosen = Signal(object, str)
    refresh_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cameras: tuple[SourceChoice, ...] = ()
        self._spec: SourceSpec | None = None
        self._title = ""
        self._picker: RegionPicker | None = None
        self.source = QComboBox()
        self.source.setAccessibleName(tr("Source"))
        self.size_box = QComboBox()
        self.size_box.setAccessibleName(tr("Resolution"))
        self.loop = QCheckBox(tr("Again from the start"))
        self.loop.setChecked(True)
        self.fast = QCheckBox(tr("As fast as can be"))
        refresh = QToolButton()
        refresh.setToolTip(tr("Look for cameras again"))
        dress(refresh, "live-refresh")
        refresh.clicked.connect(self.refresh_asked)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(tr("Source")), 0, 0)
        layout.addWidget(self.source, 0, 1)
        layout.addWidget(refresh, 0, 2)
        layout.addWidget(QLabel(tr("Resolution")), 1, 0)
        layout.addWidget(self.size_box, 1, 1, 1, 2)
        layout.addWidget(self.loop, 2, 1, 1, 2)
        layout.addWidget(self.fast, 3, 1, 1, 2)
        layout.setColumnStretch(1, 1)
        self._fill()
        self._fill_sizes()
        self.source.activated.connect(self._source_picked)
        self.size_box.activated.connect(self._size_picked)
        self.loop.toggled.connect(self._playing_changed)
        self.fast.toggled.connect(self._playing_changed)

    def set_cameras(self, cameras: Sequence[SourceChoice]) -> None:
        """Offer these cameras; what is chosen stays chosen."""
        self._cameras = tuple(cameras)
        self._fill()

    def set_source(self, spec: SourceSpec, title: str = "") -> None:
        """Show `spec` as chosen, without saying so."""
        self._spec, self._title = spec, title
        for box, value in ((self.loop, spec.loop), (self.fast, not spec.own_rate)):
            box.blockSignals(True)
            box.setChecked(value)
            box.blockSignals(False)
        self._fill()
        self._fill_sizes()

    def first_camera(self) -> tuple[SourceSpec, str] | None:
        """The first camera that was found, with the size live painting is comfortable with."""
        if not self._cameras:
            return None
        choice = self._cameras[0]
        return replace(choice.spec, size=(640, 480)), choice.title

    def _entries(self) -> list[tuple[str, object]]:
        entries: list[tuple[str, object]] = [(choice.title, choice) for choice in self._cameras]
        spec = self._spec
        if spec is not None and spec.kind == "webcam" and all(c.spec.index != spec.index for c in self._cameras):
            title = self._title or tr("Camera {number}", number=spec.index)
            entries.append((title, SourceChoice(title, replace(spec, size=None))))
        if not entries:
            entries.append((tr("No camera was found"), None))
        named = spec.path.name if spec is not None and spec.path is not None else ""
        entries.append((named if spec is not None and spec.kind == "file" else tr("Video file…"), _FILE))
        entries.append((tr("Whole screen"), _SCREEN))
        entries.append((tr("Part of the screen…"), _REGION))
        entries.append((named if spec is not None and spec.kind == "still" else tr("Picture…"), _STILL))
        return entries

    def _fill(self) -> None:
        self.source.clear()
        for title, data in self._entries():
            self.source.addItem(title, data)
        self._show_current()

    def _show_current(self) -> None:
        spec = self._spec
        for row in range(self.source.count()):
            data = self.source.itemData(row)
            if spec is None:
                continue
            if isinstance(data, SourceChoice):
                same = spec.kind == "webcam" and data.spec.index == spec.index
            elif spec.kind == "screen":
                same = data == (_SCREEN if spec.region is None else _REGION)
            else:
                same = data == spec.kind
            if same:
                self.source.setCurrentIndex(row)
        is_file = spec is not None and spec.kind == "file"
        self.loop.setVisible(is_file)
        self.fast.setVisible(is_file)

    def _fill_sizes(self) -> None:
        spec = self._spec
        sizes: tuple[tuple[int, int], ...] = USUAL_SIZES
        own = not (spec is not None and spec.kind == "webcam")
        if spec is not None and spec.kind == "webcam":
            known = next((c.sizes for c in self._cameras if c.spec.index == spec.index), ())
            sizes = known or USUAL_SIZES
        if spec is not None and spec.size is not None and spec.size not in sizes:
            sizes = (spec.size, *sizes)
        self.size_box.clear()
        self.size_box.addItem(tr("As it is") if own else tr("As the camera likes"), None)
        for width, height in sizes:
            self.size_box.addItem(f"{width} × {height}", (width, height))
            if spec is not None and spec.size == (width, height):
                self.size_box.setCurrentIndex(self.size_box.count() - 1)

    def _source_picked(self, row: int) -> None:
        data = self.source.itemData(row)
        if isinstance(data, SourceChoice):
            size = (640, 480) if not data.sizes or (640, 480) in data.sizes else data.sizes[0]
            self._choose(replace(data.spec, size=size), data.title)
        elif data == _SCREEN:
            self._choose(SourceSpec("screen", size=(1280, 720)), tr("Screen"))
        elif data == _REGION:
            self._pick_region()
        elif data == _FILE:
            self._pick_file(_FILE, tr("Open a video"), tr("Videos"), VIDEO_SUFFIXES)
        elif data == _STILL:
            self._pick_file(_STILL, tr("Open a picture"), tr("Pictures"), tuple(sorted(OPEN_SUFFIXES)))
        self._show_current()

    def _pick_file(self, kind: str, title: str, what: str, suffixes: tuple[str, ...]) -> None:
        pattern = " ".join(f"*{suffix}" for suffix in suffixes)
        name, _ = QFileDialog.getOpenFileName(self, title, "", f"{what} ({pattern});;{tr('All files')} (*)")
        if not name:
            return
        path = Path(name)
        if kind == _FILE:
            spec = SourceSpec("file", path=path, loop=self.loop.isChecked(), own_rate=not self.fast.isChecked())
        else:
            spec = SourceSpec("still", path=path, size=(1280, 960))
        self._choose(spec, path.name)

    def _pick_region(self) -> None:
        self._picker = RegionPicker()
        self._picker.chosen.connect(self._region_picked)
        self._picker.given_up.connect(self._show_current)
        self._picker.show()
        self._picker.activateWindow()

    def _region_picked(self, x: int, y: int, width: int, height: int) -> None:
        self._choose(SourceSpec("screen", region=(x, y, width, height), size=(1280, 720)), tr("Screen"))

    def _size_picked(self, row: int) -> None:
        if self._spec is not None:
            self._choose(replace(self._spec, size=self.size_box.itemData(row)), self._title)

    def _playing_changed(self) -> None:
        if self._spec is not None and self._spec.kind == "file":
            wish = replace(self._spec, loop=self.loop.isChecked(), own_rate=not self.fast.isChecked())
            self._choose(wish, self._title)

    def _choose(self, spec: SourceSpec, title: str) -> None:
        self.set_source(spec, title)
        self.chosen.emit(spec, title)
