"""A painting desk with a document on it, its jobs done by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from artdesk.core.settings import Settings
from artdesk.document.document import Document
from artdesk.ui.i18n import set_language
from artdesk.ui.paint.workspace import PaintWorkspace
from artdesk.ui.services import DeskServices, SettingsStore
from tests.ui.paint.hands import HandJobs, noise


@dataclass
class Style:
    id: str
    title: dict[str, str]
    kind: str = "bundled"
    artist: dict[str, str] = field(default_factory=dict)
    year: str = ""
    technique: str = ""
    preview: Path = Path()
    model_id: str | None = None
    rights: str = ""


class Desk:
    """The workspace in a window, with everything a test wants to look at."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        set_language("en")
        self.qtbot = qtbot
        self.jobs = HandJobs()
        self.errors: list[object] = []
        self.workspace = PaintWorkspace()
        self.session = self.workspace.session
        self.canvas = self.workspace.canvas
        self.session.failed.connect(self.errors.append)
        styles = (Style("ember", {"en": "Ember", "zh": "余烬"}), Style("frost", {"en": "Frost", "zh": "霜"}))
        self.workspace.bind(
            DeskServices(
                jobs=self.jobs,  # type: ignore[arg-type]
                settings=SettingsStore(value=Settings()),
                data=folder,
                styles=lambda: styles,
            )
        )
        self.window = QWidget()
        row = QHBoxLayout(self.window)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.workspace.toolbar)
        row.addWidget(self.workspace.center, 1)
        for _, widget, _ in self.workspace.docks:
            row.addWidget(widget)
        row.addWidget(self.workspace.option_row)
        self.window.resize(1500, 620)
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitExposed(self.window)

    @property
    def document(self) -> Document:
        return self.session.need_document()

    def open(self, document: Document | None = None) -> Document:
        """Put a document (default: 400 x 300 px of noise) on the desk at 100 %."""
        document = document or Document.of_image(noise(400, 300))
        self.workspace.set_document(document)
        self.canvas.show_actual_size()
        return document

    def take(self, tool_id: str) -> None:
        self.workspace.choose_tool(tool_id)


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, tmp_path)
    made.open()
    yield made
    made.workspace.set_document(None)
    made.workspace.shutdown()
