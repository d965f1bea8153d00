"""The table of actions: unique, complete, and every verb is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artdesk.core.paths import bundled
from artdesk.ui.actions import ACTIONS, MENUS, MODEL_ACTIONS, ActionSpec, joined
from artdesk.ui.desk.binder import plain
from artdesk.ui.garden.actions import GARDEN_ACTIONS
from artdesk.ui.live.actions import LIVE_ACTIONS
from artdesk.ui.paint.actions import PAINT_ACTIONS


def test_tables_fit_together_and_use_known_menus() -> None:
    everything = joined(ACTIONS, PAINT_ACTIONS, MODEL_ACTIONS, GARDEN_ACTIONS, LIVE_ACTIONS)
    assert {spec.menu for spec in everything if spec.menu} <= {menu for menu, _ in MENUS}


def test_every_icon_is_there() -> None:
    folder: Path = bundled("resources", "icons")
    missing = [
        s.icon
        for s in (*ACTIONS, *PAINT_ACTIONS, *GARDEN_ACTIONS, *LIVE_ACTIONS)
        if s.icon and not (folder / f"{s.icon}.svg").exists()
    ]
    assert not missing


def test_a_key_or_an_id_used_twice_is_refused() -> None:
    one = ActionSpec("a", "A", "Ctrl+1")
    with pytest.raises(ValueError, match="share the key"):
        joined([one], [ActionSpec("b", "B", ("Ctrl+9", "Ctrl+1"))])
    with pytest.raises(ValueError, match="two actions"):
        joined([one], [ActionSpec("a", "B")])


def test_tool_tips_carry_no_mnemonics() -> None:
    assert plain("&Open…") == "Open"
    assert plain("Black && white") == "Black & white"
    assert plain("打开(&O)…") == "打开"


def test_actions_follow_what_can_be_done(window: Any, photo: Path, until: Any) -> None:
    actions = window.binder.actions
    assert actions["file.open"].isEnabled()
    assert not actions["file.save"].isEnabled()
    assert not actions["edit.undo"].isEnabled()
    window.verbs.open_path(photo)
    until(lambda: window.file is not None)
    assert actions["file.save"].isEnabled()
    assert not actions["edit.undo"].isEnabled()
