"""The actions of live painting: one in the desk's menu, the others in the live window."""

from __future__ import annotations

from artdesk.ui.actions import ActionSpec

LIVE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "live.open",
        "&Live painting…",
        "F9",
        "open_live",
        group="live",
        icon="live-camera",
        menu="live",
        tip="Paint what a camera, a video or the screen shows",
    ),
)
"""For the main window; the object of the group “live” is `ui.live.door.LiveDoor`."""


def _action(
    name: str, text: str, key: str, method: str, tip: str, *, switch: bool = True, on: bool = False, rule: bool = False
) -> ActionSpec:
    icon = f"live-{name}"
    return ActionSpec(f"live.{name}", text, key, method, "live", icon, "", tip, switch, on, rule)


WINDOW_ACTIONS: tuple[ActionSpec, ...] = (
    _action("pause", "Pause", "Space", "set_paused", "Keep the last picture"),
    _action("split", "Before and after", "B", "set_split", "Show the original beside the painting"),
    _action(
        "numbers", "Numbers", "N", "set_numbers_shown", "Frames per second, frame age, drops, flicker, device", on=True
    ),
    _action("record", "Record", "R", "set_recording", "Record to an MP4 film in your videos folder", rule=True),
    _action("snapshot", "Snapshot", "S", "take_snapshot", "Save this picture to your pictures folder", switch=False),
    _action(
        "layer", "Snapshot as layer", "L", "take_layer", "Put this picture on the canvas as a new layer", switch=False
    ),
    _action(
        "virtual",
        "Virtual camera",
        "V",
        "set_virtual_camera",
        "Show the painted picture to other programs as a webcam",
        rule=True,
    ),
    _action("output", "Output window", "O", "set_output_shown", "A window without a border, for capture programs"),
    _action("full", "Full screen", "F11", "set_full_screen", "Only the picture; Esc comes back"),
)
"""For the live window itself; the methods are those of `LiveWindow`."""
