"""The tools, one file each, in the order of the tool bar."""

from __future__ import annotations

from artdesk.ui.paint.tools.base import Option, Tool, ToolContext
from artdesk.ui.paint.tools.strokes import BrushTool, EraserTool, SmudgeTool, StyleBrushTool

TOOLS: tuple[type[Tool], ...] = (BrushTool, EraserTool, SmudgeTool, StyleBrushTool)

__all__ = ["TOOLS", "Option", "Tool", "ToolContext"]
