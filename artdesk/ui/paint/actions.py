"""What can be done while painting, as entries for the desk's one table of actions.

Group “paint” is the `PaintWorkspace`, group “canvas” its `CanvasView`. Tools have keys of their own (see the tool bar).
"""

from __future__ import annotations

from artdesk.ui.actions import ActionSpec

Keys = str | tuple[str, ...]


def _paint(
    name: str,
    text: str,
    key: Keys = "",
    *,
    icon: str = "",
    tip: str = "",
    needs: str = "picture",
    rule: bool = False,
    checkable: bool = False,
    method: str = "",
) -> ActionSpec:
    """An entry whose menu is the first part of its id and whose method is named by `method`."""
    return ActionSpec(
        name,
        text,
        key,
        method,
        "paint",
        f"paint-{icon}" if icon else "",
        name.split(".")[0],
        tip,
        checkable,
        False,
        rule,
        needs,
    )


def _view(name: str, text: str, key: Keys, method: str, icon: str, *, rule: bool = False) -> ActionSpec:
    return ActionSpec(f"view.{name}", text, key, method, "canvas", icon, "view", rule=rule, needs="picture")


EDIT = (
    _paint("edit.cut", "Cu&t", "Ctrl+X", method="cut_content", tip="Take what is selected of this layer", rule=True),
    _paint("edit.copy_layer", "Copy this &layer", "Ctrl+Shift+C", method="copy_content", tip="Copy this layer alone"),
    _paint("edit.clear", "C&lear", ("Del", "Backspace"), method="clear_content", tip="Make the selection transparent"),
    _paint("edit.fill", "&Fill with the colour", "Shift+Backspace", method="fill_color"),
    _paint("edit.fill_background", "Fill with the &background colour", "Ctrl+Backspace", method="fill_background"),
    _paint("edit.swap_colors", "S&wap the colours", "X", method="swap_colors", icon="swap", rule=True),
    _paint("edit.reset_colors", "Bla&ck on white", "D", method="reset_colors"),
)

IMAGE = (
    _paint("image.resize", "&Scale the picture…", "Ctrl+Alt+I", method="resize_image"),
    _paint("image.canvas", "Canvas si&ze…", "Ctrl+Alt+C", method="resize_canvas"),
    _paint(
        "image.crop", "&Crop to the selection", "Ctrl+Alt+X", method="crop_to_selection", icon="crop", needs="selection"
    ),
    _paint("image.rotate_right", "Turn &right", method="rotate_right", icon="rotate-right", rule=True),
    _paint("image.rotate_left", "Turn &left", method="rotate_left", icon="rotate-left"),
    _paint("image.rotate_half", "Turn &upside down", method="rotate_half"),
    _paint("image.flip_h", "&Mirror", method="flip_image_horizontally", icon="flip-h"),
    _paint("image.flip_v", "Mirror top to &bottom", method="flip_image_vertically", icon="flip-v"),
    _paint("image.flatten", "&Flatten", method="flatten", rule=True, tip="Everything visible as a single layer"),
)

LAYER = (
    _paint("layer.add", "&New layer", "Ctrl+Shift+N", method="add_layer", icon="layer-add"),
    _paint(
        "layer.add_style",
        "New &style layer",
        "Ctrl+L",
        method="add_style_layer",
        icon="style-layer",
        tip="Paints what lies below it in the chosen style, and again whenever that changes",
    ),
    _paint("layer.add_group", "New &group", method="add_group", icon="group-add"),
    _paint("layer.group", "Put into a g&roup", "Ctrl+G", method="group_layer"),
    _paint("layer.ungroup", "&Ungroup", "Ctrl+Shift+G", method="ungroup_layer"),
    _paint("layer.duplicate", "&Duplicate", "Ctrl+J", method="duplicate_layer", icon="duplicate", rule=True),
    _paint("layer.remove", "D&elete", "Ctrl+Del", method="remove_layer", icon="delete"),
    _paint("layer.merge", "&Merge down", "Ctrl+Shift+E", method="merge_down", icon="merge"),
    _paint("layer.raise", "Mo&ve up", "Ctrl+]", method="raise_layer", icon="up"),
    _paint("layer.lower", "M&ove down", "Ctrl+[", method="lower_layer", icon="down"),
    _paint("layer.next", "Choose the one abo&ve", "Alt+Up", method="choose_above"),
    _paint("layer.previous", "Choose the one belo&w", "Alt+Down", method="choose_below"),
    _paint("layer.mask", "Add a mas&k", "Ctrl+M", method="add_mask", icon="mask", rule=True),
    _paint("layer.mask_apply", "&Apply the mask", method="apply_mask"),
    _paint("layer.mask_remove", "Remo&ve the mask", method="remove_mask"),
    _paint(
        "layer.mask_edit", "Paint on the mask or the layer", "\\", method="toggle_mask_target", tip="Change the target"
    ),
    _paint("layer.clip", "&Clip to the layer below", "Ctrl+Alt+G", method="toggle_clip", icon="clip", rule=True),
    _paint("layer.lock_alpha", "Lock &transparency", "/", method="toggle_lock_alpha", icon="lock-alpha"),
    _paint("layer.flip_h", "M&irror the layer", method="flip_layer_horizontally", rule=True),
    _paint("layer.flip_v", "Mirror the layer top to &bottom", method="flip_layer_vertically"),
    _paint(
        "layer.repaint", "Re&paint the style", "F5", method="repaint_style", icon="repaint", rule=True,
        tip="Paint the style layers anew that are out of date",
    ),
)  # fmt: skip

SELECT = (
    _paint("select.all", "&All", "Ctrl+A", method="select_all", icon="select-all"),
    _paint("select.none", "&Nothing", "Ctrl+D", method="select_none", icon="select-none", needs="selection"),
    _paint(
        "select.invert", "&Invert", "Ctrl+Shift+I", method="invert_selection", icon="select-invert", needs="selection"
    ),
    _paint(
        "select.layer", "What the &layer holds", method="select_layer", tip="Select the layer's pixels by their alpha"
    ),
    _paint("select.grow", "&Grow…", method="grow_selection", needs="selection", rule=True),
    _paint("select.shrink", "&Shrink…", method="shrink_selection", needs="selection"),
    _paint("select.feather", "&Feather…", method="feather_selection", needs="selection"),
)

VIEW = (
    _view("zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+=", "+"), "zoom_in", "paint-zoom-in", rule=True),
    _view("zoom_out", "Zoom &out", ("Ctrl+-", "-"), "zoom_out", "paint-zoom-out"),
    _view("fit", "&Fit the window", ("Ctrl+0", "0"), "fit", "fit"),
    _view("actual", "&100 %", ("Ctrl+1", "1"), "show_actual_size", "actual"),
    ActionSpec(
        "view.live_pane",
        "&Live pane",
        "F8",
        "set_live_shown",
        "paint",
        "paint-live",
        "view",
        "See the picture in the chosen style while you paint",
        checkable=True,
        needs="picture",
        rule=True,
    ),
)

PAINT_ACTIONS: tuple[ActionSpec, ...] = (*EDIT, *IMAGE, *LAYER, *SELECT, *VIEW)
