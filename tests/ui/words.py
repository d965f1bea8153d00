"""Finds every text a person may see: literals of tr(), templates of errors and notes, tables of actions and fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import artdesk
from artdesk.core import errors

PACKAGE = Path(artdesk.__file__).parent
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SPEAKERS = {"tr"}
TELLERS = ERRORS | {"Note"}
SILENT = ("foundry", "bench")  # told on a terminal, not in a window


def literals(node: ast.expr) -> Iterator[str]:
    """The texts an expression may be: a literal, or both sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the bare name of what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


def spoken() -> dict[str, str]:
    """Text -> the file it stands in, for every literal of tr() in the interface."""
    found: dict[str, str] = {}
    for path in sorted((PACKAGE / "ui").rglob("*.py")):
        for name, call in calls(path):
            if name in SPEAKERS and call.args:
                found.update({text: str(path.relative_to(PACKAGE)) for text in literals(call.args[0])})
    return found


def told() -> dict[str, str]:
    """Text -> file, for the templates of errors and notes outside the terminal's rooms."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        if relative.parts[0] in SILENT or relative.parts[0].startswith("cli"):
            continue
        for name, call in calls(path):
            if name in TELLERS and call.args:
                found.update({text: str(relative) for text in literals(call.args[0])})
    return found


def tabled() -> dict[str, str]:
    """Text -> table, for actions, menus and the fields of requests."""
    from artdesk.core.fields import fields_of
    from artdesk.core.requests import StylizeSettings, WalkRequest
    from artdesk.ui.actions import ACTIONS, MENUS, MODEL_ACTIONS
    from artdesk.ui.desk import batch_dialog, gallery, model_dialog, new_dialog
    from artdesk.ui.garden.actions import GARDEN_ACTIONS
    from artdesk.ui.garden.words import _TITLES
    from artdesk.ui.live.actions import LIVE_ACTIONS, WINDOW_ACTIONS
    from artdesk.ui.paint.actions import PAINT_ACTIONS

    found = {title: "menus" for _, title in MENUS}
    for spec in (*ACTIONS, *MODEL_ACTIONS, *PAINT_ACTIONS, *GARDEN_ACTIONS, *LIVE_ACTIONS, *WINDOW_ACTIONS):
        found.update({text: "actions" for text in (spec.text, spec.tip) if text})
    for entry in (*fields_of(StylizeSettings), *fields_of(WalkRequest)):
        words = (entry.field.title, entry.field.help, *entry.field.choices)
        found.update({text: "fields" for text in words if text})
    found.update(dict.fromkeys(_TITLES.values(), "garden"))
    for _, title in gallery._FILTERS:
        found[title] = "gallery"
    for title in batch_dialog._STATES.values():
        found[title] = "batch"
    for table in (batch_dialog._FORMATS, new_dialog._COLOURS, ((row[0], row[1:]) for row in new_dialog._SIZES)):
        found.update({title: "dialogs" for title, _ in table})
    for table in (model_dialog._ORDERS, model_dialog._RANGES):
        found.update({title: "model dialog" for _, title in table})
    return found
