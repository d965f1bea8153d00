"""The tools, in the order of the tool bar."""

from __future__ import annotations

from artdesk.ui.paint.tools.base import Option, Tool, ToolAction, ToolContext
from artdesk.ui.paint.tools.crop import CropTool
from artdesk.ui.paint.tools.fill import FillTool, GradientTool
from artdesk.ui.paint.tools.picker import PickerTool
from artdesk.ui.paint.tools.selecting import ByColorTool, EllipseTool, LassoTool, RectangleTool, WandTool
from artdesk.ui.paint.tools.strokes import BrushTool, EraserTool, SmudgeTool, StyleBrushTool
from artdesk.ui.paint.tools.transform import TransformTool

TOOLS: tuple[type[Tool], ...] = (
    TransformTool,
    RectangleTool,
    EllipseTool,
    LassoTool,
    WandTool,
    ByColorTool,
    CropTool,
    BrushTool,
    EraserTool,
    SmudgeTool,
    StyleBrushTool,
    FillTool,
    GradientTool,
    PickerTool,
)

__all__ = ["TOOLS", "Option", "Tool", "ToolAction", "ToolContext"]
