"""PaintWorkspace: everything about painting in one object, for the main window to place."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from artdesk.core.errors import WrongUse
from artdesk.document.document import Document
from artdesk.document.layers import StyleLayer
from artdesk.ui.canvas.pointer import CanvasTool, PointerSample
from artdesk.ui.canvas.view import CanvasView
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import tr
from artdesk.ui.paint.actions import PAINT_ACTIONS
from artdesk.ui.paint.live_painter import LivePainter
from artdesk.ui.paint.live_pane import LivePane
from artdesk.ui.paint.option_row import OptionRow
from artdesk.ui.paint.session import DocumentSession, StyleChoice
from artdesk.ui.paint.style_layers import StyleLayers
from artdesk.ui.paint.style_settings import mix_title
from artdesk.ui.paint.toolbar import PaintToolBar
from artdesk.ui.paint.tools import TOOLS, Tool, ToolContext
from artdesk.ui.paint.tools.strokes import StrokeTool, StyleBrushTool
from artdesk.ui.paint.verbs import PaintVerbs
from artdesk.ui.services import DeskServices

if TYPE_CHECKING:
    from artdesk.ui.paint.brush_panel import BrushPanel
    from artdesk.ui.paint.color_panel import ColorPanel
    from artdesk.ui.paint.history_panel import HistoryPanel
    from artdesk.ui.paint.layers_panel import LayersPanel

Dock = tuple[str, QWidget, Qt.DockWidgetArea]
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_METHODS = {spec.id: spec.method for spec in PAINT_ACTIONS if spec.group == "paint"}


class PaintWorkspace(PaintVerbs):
    """Canvas, tools and panels around one session; also the object of the action group “paint”.

    Place `center` in the middle (canvas with the live pane beside it), `toolbar` at the left, `option_row` at the top
    and the panels where `places` says; `panel` makes each when it is first asked for, at the latest with the first
    picture, so that an empty desk stands sooner. Call `bind` once and `set_document` for every picture.
    `session.failed` brings errors to show, `canvas.picture_dropped` files to open.
    """

    tool_changed = Signal(str)
    live_shown_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = DocumentSession(parent=self)
        self.canvas = CanvasView()
        context = ToolContext(self.session, self.canvas)
        self.tools: dict[str, Tool] = {kind.id: kind(context) for kind in TOOLS}
        self._tool = self.tools["brush"]
        self._services: DeskServices | None = None
        self.background = Background(self, threads=1)
        self.style_layers = StyleLayers(self.session, self.background, self)
        self.live_painter = LivePainter(self.session, self)
        self.toolbar = PaintToolBar(self.session, self.tools.values())
        self.option_row = OptionRow()
        self.live_pane = LivePane(self.session, self.live_painter, self.canvas)
        self.center = QSplitter(Qt.Orientation.Horizontal)
        self.center.setChildrenCollapsible(False)
        self.center.addWidget(self.canvas)
        self.center.addWidget(self.live_pane)
        self.live_pane.hide()
        self.places: tuple[tuple[str, str, Qt.DockWidgetArea], ...] = (
            ("layers", tr("Layers"), RIGHT),
            ("brush", tr("Brush"), RIGHT),
            ("color", tr("Colour"), RIGHT),
            ("history", tr("History"), RIGHT),
        )
        """Name, title and area of every panel."""
        self._connect()
        self._give_tools_keys()
        self.choose_tool("brush")

    def _connect(self) -> None:
        self.toolbar.tool_chosen.connect(self.choose_tool)
        self.toolbar.colors.foreground_wanted.connect(self._show_foreground)
        self.toolbar.colors.background_wanted.connect(self._show_background)
        self.session.brush_changed.connect(self._brush_changed)
        self.session.active_changed.connect(self.canvas.refresh_cursor)
        self.live_pane.closed.connect(self._close_live)
        self.canvas.set_tool_chooser(self._tool_for)
        style_brush = self.tools["style_brush"]
        assert isinstance(style_brush, StyleBrushTool)
        style_brush.prepare = self.make_hidden_style_layer
        app = QApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.shutdown)

    def _give_tools_keys(self) -> None:
        """Single keys take up tools while the canvas's window is in front."""
        for tool in self.tools.values():
            action = QAction(tr(tool.title), self.center)
            action.setShortcut(QKeySequence(tool.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setData(tool.id)
            action.triggered.connect(self._tool_key)
            self.center.addAction(action)

    def _tool_key(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.choose_tool(str(action.data()))

    # --- panels ------------------------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> LayersPanel:
        from artdesk.ui.paint.layers_panel import LayersPanel

        panel = LayersPanel(self.session, self.style_layers)
        panel.action_wished.connect(self.carry_out)
        if self._services is not None:
            panel.style_settings.know_styles(self._services.styles)
        return panel

    @cached_property
    def brushes(self) -> BrushPanel:
        from artdesk.ui.paint.brush_panel import BrushPanel

        panel = BrushPanel(self.session)
        if isinstance(self._tool, StrokeTool):
            panel.show_mode(self._tool.mode)
        return panel

    @cached_property
    def colors(self) -> ColorPanel:
        from artdesk.ui.paint.color_panel import ColorPanel

        return ColorPanel(self.session)

    @cached_property
    def history(self) -> HistoryPanel:
        from artdesk.ui.paint.history_panel import HistoryPanel

        return HistoryPanel(self.session)

    def panel(self, name: str) -> QWidget:
        """The panel of this name (see `places`), made when it is first wanted. Raises KeyError for another name."""
        attribute = {"layers": "layers", "brush": "brushes", "color": "colors", "history": "history"}[name]
        panel: QWidget = getattr(self, attribute)
        return panel

    @property
    def docks(self) -> list[Dock]:
        """Title, widget and area of every panel."""
        return [(title, self.panel(name), area) for name, title, area in self.places]

    # --- for the main window -----------------------------------------------------------------------------------

    def bind(self, services: DeskServices) -> None:
        """Take the services of the desk: jobs for style layers and live painting, the names of styles."""
        self._services = services
        self.style_layers.bind(services.jobs, device=self._device, busy=self._stroking)
        self.live_painter.bind(services.jobs, device=self._device)
        services.jobs.job_ended.connect(self.style_layers.on_job_ended)
        services.jobs.job_ended.connect(self.live_painter.on_job_ended)
        if "layers" in self.__dict__:
            self.layers.style_settings.know_styles(services.styles)
        self.live_pane.know_styles(services.styles)

    def _device(self) -> str:
        return self._services.settings.value.device if self._services is not None else "auto"

    def _stroking(self) -> bool:
        return self.canvas.stroking

    def set_document(self, document: Document | None) -> None:
        """Work on this document; the canvas shows all of it."""
        if document is not None:
            for name, _, _ in self.places:  # panels hear of what is done from the first picture on
                self.panel(name)
        self._tool.cancel()
        self.session.set_document(document)
        self.canvas.set_document(document)
        self._tool.taken_up()

    def set_style(self, style: StyleChoice) -> None:
        """The style chosen in the gallery, for the style brush, new style layers and the live pane."""
        self.session.set_style(style)

    def shutdown(self) -> None:
        """Stop jobs and wait for the background."""
        self.live_painter.set_on(False)
        self.style_layers.stop()
        self.background.shutdown(2.0)

    def dialog_parent(self) -> QWidget | None:
        return self.center.window()

    def carry_out(self, action_id: str) -> None:
        """Run the paint action of this id (the panels' buttons)."""
        getattr(self, _METHODS[action_id])()

    # --- tools -------------------------------------------------------------------------------------------------

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def choose_tool(self, tool_id: str) -> None:
        """Take up a tool. Raises KeyError for an unknown id."""
        tool = self.tools[tool_id]
        if tool is not self._tool:
            self._tool.laid_down()
        self._tool = tool
        self.canvas.set_tool(tool)
        self.toolbar.show_tool(tool_id)
        self.option_row.show_tool(tool)
        if isinstance(tool, StrokeTool) and "brushes" in self.__dict__ and self.brushes.mode is not tool.mode:
            self.brushes.show_mode(tool.mode)
        if self.session.document is not None:
            tool.taken_up()
        self.tool_changed.emit(tool_id)

    def _tool_for(self, at: PointerSample) -> CanvasTool | None:
        """The tool a held key or the pen's other end calls for, None for the one in hand."""
        if at.eraser and self._tool.id != "style_brush":
            return self.tools["eraser"]
        if at.alt and self._tool.picks_with_alt:
            return self.tools["picker"]
        return None

    def _brush_changed(self, mode: object) -> None:
        if isinstance(self._tool, StrokeTool) and mode is self._tool.mode:
            self.option_row.refresh()
            self.canvas.refresh_outline()
            self.canvas.refresh_cursor()

    def _show_foreground(self) -> None:
        self._show_color(background=False)

    def _show_background(self) -> None:
        self._show_color(background=True)

    def _show_color(self, *, background: bool) -> None:
        self.colors.edit_background(background)
        dock = self.colors.parentWidget()
        if dock is not None:
            dock.show()
            dock.raise_()
        self.colors.wheel.setFocus()

    # --- styles ------------------------------------------------------------------------------------------------

    def add_style_layer(self) -> None:
        """A style layer above the active one in the chosen style; the selection becomes its mask."""
        self.session.attempt(lambda: self._new_style_layer(hidden=False))

    def make_hidden_style_layer(self) -> StyleLayer | None:
        """For the style brush: a style layer whose mask hides all of it. Raises WrongUse without a chosen style."""
        layer = self._new_style_layer(hidden=True)
        self.session.told.emit(tr("A style layer was added: its style appears where you paint."))
        return layer

    def _new_style_layer(self, *, hidden: bool) -> StyleLayer:
        document, style = self.session.need_document(), self.session.style
        if not style.mix:
            raise WrongUse("Choose a style in the gallery first.")
        known = self._services.styles() if self._services is not None else ()
        return document.add_style_layer(
            style.mix,
            name=mix_title(style.mix, known),
            hidden=hidden,
            strength=style.strength,
            keep_colors=style.keep_colors,
            stroke_size=style.stroke_size,
        )

    def repaint_style(self) -> None:
        """Paint the active style layer anew, or every one that is out of date."""
        layer = self.session.active
        self.style_layers.repaint(layer if isinstance(layer, StyleLayer) else None)

    def set_live_shown(self, shown: bool) -> None:
        """Show the live pane and paint for it, or stop at once."""
        self.live_pane.setVisible(shown)
        if shown:
            half = self.center.width() // 2
            self.center.setSizes([half, half])
        self.live_painter.set_on(shown)
        self.live_shown_changed.emit(shown)

    def _close_live(self) -> None:
        # The switch in the menu knows whether the pane is shown: turning it off there keeps both true.
        switch = self.center.window().findChild(QAction, "view.live_pane")
        if switch is not None and switch.isChecked():
            switch.setChecked(False)
        else:
            self.set_live_shown(False)
