"""Where the parts of the desk stand: the tables of actions that are taken in, the tool bars, the docks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QStatusBar, QTabWidget, QToolBar, QVBoxLayout, QWidget

from artdesk.core.errors import ArtDeskError
from artdesk.ui.actions import MODEL_ACTIONS, ActionSpec
from artdesk.ui.desk.model_verbs import ModelVerbs
from artdesk.ui.garden.actions import GARDEN_ACTIONS
from artdesk.ui.garden.gate import GardenGate
from artdesk.ui.i18n import tr
from artdesk.ui.live.actions import LIVE_ACTIONS
from artdesk.ui.paint.actions import PAINT_ACTIONS

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow
    from artdesk.ui.live.door import LiveDoor

log = logging.getLogger(__name__)

NEXT_TURN_MS = 1
"""Not 0: Qt carries that out in the same turn of the event loop, before anything is painted."""
_STATE = 1  # raise it when docks are renamed: an older arrangement is then not restored
TOOLBAR = (
    "file.open", "file.save", "file.export", "",
    "edit.undo", "edit.redo", "",
    "view.compare", "view.fit", "view.actual", "",
    "garden.show", "live.open", "file.batch", "file.preferences",
)  # fmt: skip


class LiveGate(QObject):
    """Opens the live window; its part of the interface is only loaded when somebody wants it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._door: LiveDoor | None = None
        self._opening = False

    def open_live(self) -> None:
        """Open the live window, or bring it to the front. Cameras and codecs are loaded in the background first."""
        make = self._window.services.live
        if self._door is not None:
            self._door.open_live()
        elif make is None:
            self._window.messages.say(tr("Live painting is not available in this installation."), "warning")
        elif not self._opening:
            self._opening = True
            self._window.bar.say(tr("Opening live painting …"))
            self._window.background.run(lambda: _load_live(make), self._on_loaded, self._on_failed, what="load live")

    def _on_loaded(self, services: Any) -> None:
        from artdesk.ui.live.door import LiveDoor

        self._opening = False
        self._window.bar.say("")
        door = LiveDoor(replace(self._window.services, live=services), self)
        door.layer_taken.connect(self._window.take_layer)
        self._door = door
        door.open_live()

    def _on_failed(self, error: Exception) -> None:
        self._opening = False
        self._window.tell_failure(error)

    def close(self) -> None:
        """End live painting with the desk."""
        if self._door is not None:
            self._door.close()


def _load_live(make: Callable[[], Any]) -> Any:
    import artdesk.ui.live.door  # noqa: F401  # its part of the interface is loaded here, off the interface thread

    return make()


def contributed(window: MainWindow) -> tuple[Sequence[Sequence[ActionSpec]], dict[str, object]]:
    """The tables of the other parts and the objects that carry out their verbs."""
    tables: list[Sequence[ActionSpec]] = [PAINT_ACTIONS, MODEL_ACTIONS, GARDEN_ACTIONS, LIVE_ACTIONS]
    window.live = LiveGate(window)
    window.models = ModelVerbs(window)
    window.garden = GardenGate(window)
    return tables, {
        "models": window.models,
        "live": window.live,
        "garden": window.garden,
        "canvas": window.canvas,
        "paint": window.workspace,
    }


def place_side(window: MainWindow) -> QDockWidget:
    """Gallery and sliders in a dock at the right."""
    side = QWidget()
    column = QVBoxLayout(side)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(window.gallery, 1)
    column.addWidget(window.panel)
    side.setMinimumWidth(336)
    dock = QDockWidget(tr("Styles"), window)
    dock.setObjectName("styles")
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
    dock.setTitleBarWidget(QWidget())
    dock.setWidget(side)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    return dock


def place_status(window: MainWindow) -> None:
    """The job bar along the lower edge."""
    status = QStatusBar()
    status.setSizeGripEnabled(False)
    status.setContentsMargins(0, 0, 0, 0)
    status.addWidget(window.bar, 1)
    window.setStatusBar(status)


def place_tools(window: MainWindow) -> None:
    """The main tool bar along the upper edge."""
    tools = QToolBar(tr("Main tools"))
    tools.setObjectName("main-tools")
    tools.setMovable(False)
    tools.setIconSize(QSize(20, 20))
    window.binder.fill(tools, TOOLBAR)
    window.addToolBar(tools)


def place_painting(window: MainWindow) -> None:
    """The painting tools left and on top, their panels beside the styles as tabs."""
    workspace = window.workspace
    left = workspace.toolbar
    if isinstance(left, QToolBar):
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, left)
    else:
        left = _bar(window, tr("Painting tools"), "painting-tools", left, Qt.ToolBarArea.LeftToolBarArea)
    window.addToolBarBreak(Qt.ToolBarArea.TopToolBarArea)
    options = _bar(window, tr("Tool options"), "tool-options", workspace.option_row, Qt.ToolBarArea.TopToolBarArea)
    window.painting_bars = [left, options]
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    for name, title, area in workspace.places:
        dock = QDockWidget(title, window)
        dock.setObjectName(f"paint-{name}")
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        dock.setTitleBarWidget(QWidget())
        window.addDockWidget(area, dock)
        if area == Qt.DockWidgetArea.RightDockWidgetArea:
            window.tabifyDockWidget(window.side, dock)
        window.painting_docks.append(dock)
    window.side.raise_()


def furnish(window: MainWindow) -> bool:
    """Put the next panel into its dock; False when all stand. One at a time, so that nobody waits for all of them."""
    for dock, (name, _, _) in zip(window.painting_docks, window.workspace.places, strict=True):
        if dock.widget() is None:
            dock.setWidget(window.workspace.panel(name))
            polish(dock)
            return True
    return False


def polish(part: QWidget) -> None:
    """Let the style sheet find its rules for hidden widgets now: when they all appear at once, that is felt."""
    for child in (part, *part.findChildren(QWidget)):
        child.ensurePolished()


def show_painting(window: MainWindow, shown: bool) -> None:
    """Tools are only there while there is something to paint on. They come in the turns after the canvas: all
    together would be felt."""
    if shown:
        _show_next(window, (*window.painting_bars, *window.painting_docks))
        return
    for part in (*window.painting_bars, *window.painting_docks):
        part.setVisible(False)
    window.side.raise_()


def _show_next(window: MainWindow, parts: Sequence[QWidget]) -> None:
    """Show the first of these in the next turn, and then the others in theirs."""
    if parts:
        QTimer.singleShot(NEXT_TURN_MS, window, partial(_show_part, window, parts[0], parts[1:]))


def _show_part(window: MainWindow, part: QWidget, others: Sequence[QWidget]) -> None:
    if window.document is None or window.garden.shown:
        return
    furnish(window)
    part.setVisible(True)
    window.side.raise_()
    _show_next(window, others)


def keep_window(window: MainWindow) -> None:
    """Note size, place and docks for the next start."""
    window.garden.close()  # the desk's own arrangement is what is kept
    parts = (window.saveGeometry(), window.saveState(_STATE))
    text = "|".join(bytes(part.toBase64().data()).decode("ascii") for part in parts)
    try:
        window.services.settings.change(window=text)
    except ArtDeskError as error:
        log.warning("the window's place was not kept: %s", error)


def restore_window(window: MainWindow) -> None:
    """Stand where the desk stood last time; anything unfit is left alone by Qt."""
    geometry, _, state = window.services.settings.value.window.partition("|")
    if geometry and state:
        window.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))
        window.restoreState(QByteArray.fromBase64(state.encode("ascii", "replace")), _STATE)


def _bar(window: MainWindow, title: str, name: str, widget: QWidget, area: Qt.ToolBarArea) -> QToolBar:
    bar = QToolBar(title)
    bar.setObjectName(name)
    bar.setMovable(False)
    bar.setIconSize(QSize(20, 20))
    bar.addWidget(widget)
    window.addToolBar(area, bar)
    return bar
