"""The actions of the garden: a menu of their own, and one switch that shows its page."""

from __future__ import annotations

from artdesk.ui.actions import ActionSpec


def _action(
    name: str, text: str, method: str, tip: str, *, key: str = "", icon: str = "", rule: bool = False, needs: str = ""
) -> ActionSpec:
    return ActionSpec(f"garden.{name}", text, key, method, "garden", icon, "garden", tip, rule=rule, needs=needs)


GARDEN_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "garden.show",
        "&Show the garden",
        "F4",
        "set_shown",
        "garden",
        "garden",
        "garden",
        "Generate pictures and grow them: sow, choose, cross and steer",
        checkable=True,
    ),
    _action("new", "&New garden", "new_garden", "Begin an empty garden", rule=True),
    _action("open", "&Open a garden…", "open_garden", "Go on with a garden that was saved"),
    _action("save", "Sa&ve the garden", "save_garden", "Keep seeds, descent and favourites in a small file"),
    _action("save_as", "Save the garden &as…", "save_garden_as", "Save it under another name"),
    _action("sow", "So&w a new page", "sow_anew", "A page from a new seed", icon="garden-die", rule=True),
    _action(
        "plant",
        "&Plant the picture",
        "plant_picture",
        "Find the picture on the desk in the model, and wander on from there",
        icon="garden-plant",
    ),
    _action(
        "walk",
        "&Walk between favourites…",
        "open_walk",
        "A film that leads from favourite to favourite",
        icon="garden-walk",
    ),
)
"""For the main window; the object of the group “garden” is `ui.garden.gate.GardenGate`."""
