"""PaintWorkspace: everything about painting in one object, for the main window to place."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from artdesk.document.document import Document
from artdesk.ui.canvas.pointer import CanvasTool, PointerSample
from artdesk.ui.canvas.view import CanvasView
from artdesk.ui.paint.option_row import OptionRow
from artdesk.ui.paint.session import DocumentSession, StyleChoice
from artdesk.ui.paint.toolbar import PaintToolBar
from artdesk.ui.paint.tools import TOOLS, Tool, ToolContext
from artdesk.ui.services import DeskServices

Dock = tuple[str, QWidget, Qt.DockWidgetArea]


class PaintWorkspace(QObject):
    """Canvas, tools and panels around one session.

    Place `center` in the middle (canvas with the live pane beside it), `toolbar` at the left, `option_row` at the top
    and `docks` (title, widget, area) where they say. Call `bind` once and `set_document` for every picture.
    `session.failed` brings errors to show, `canvas.picture_dropped` files to open.
    """

    tool_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = DocumentSession(parent=self)
        self.canvas = CanvasView()
        context = ToolContext(self.session, self.canvas, self.choose_tool)
        self.tools: dict[str, Tool] = {kind.id: kind(context) for kind in TOOLS}
        self.toolbar = PaintToolBar(self.session, self.tools.values())
        self.option_row = OptionRow()
        self.center = QSplitter(Qt.Orientation.Horizontal)
        self.center.setChildrenCollapsible(False)
        self.center.addWidget(self.canvas)
        self.docks: list[Dock] = []
        self._services: DeskServices | None = None
        self._tool = self.tools["brush"]
        self.toolbar.tool_chosen.connect(self.choose_tool)
        self.session.brush_changed.connect(self._brush_changed)
        self.canvas.set_tool_chooser(self._tool_for)
        self.choose_tool("brush")

    def bind(self, services: DeskServices) -> None:
        """Take the services of the desk."""
        self._services = services

    def set_document(self, document: Document | None) -> None:
        """Work on this document; the canvas shows all of it."""
        self.session.set_document(document)
        self.canvas.set_document(document)

    def set_style(self, style: StyleChoice) -> None:
        """The style chosen in the gallery, for the style brush, new style layers and the live pane."""
        self.session.set_style(style)

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
        tool.taken_up()
        self.tool_changed.emit(tool_id)

    def _tool_for(self, at: PointerSample) -> CanvasTool | None:
        """The tool a held key or the pen's other end calls for, None for the one in hand."""
        if at.eraser and self._tool.id != "style_brush":
            return self.tools["eraser"]
        if at.alt and self._tool.picks_with_alt:
            return self.tools.get("picker")
        return None

    def _brush_changed(self, mode: object) -> None:
        self.option_row.refresh()
        self.canvas.refresh_outline()
        self.canvas.refresh_cursor()
