"""The one table of actions: what can be done, its words, its key, and the verb (method) that does it.

Other parts of the interface contribute a table of the same kind (`ui/paint/actions.py`, `ui/live/actions.py`). The main
window turns each entry into a QAction and calls `method` on the object that is registered for `group`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MENUS: tuple[tuple[str, str], ...] = (
    ("file", "&File"),
    ("edit", "&Edit"),
    ("image", "&Image"),
    ("layer", "&Layer"),
    ("select", "&Select"),
    ("style", "St&yle"),
    ("view", "&View"),
    ("garden", "&Garden"),
    ("live", "Li&ve"),
    ("help", "&Help"),
)
"""The menu bar, left to right: (id, text). A menu without entries is not shown."""


@dataclass(frozen=True)
class ActionSpec:
    """One thing a person can do.

    `id` is unique ("file.open"); `text` is English with a mnemonic; `shortcut` is a portable key sequence or
    several; `method` is a verb of the object registered for `group`, called without arguments (with one bool when
    `checkable`). `menu` is an id of MENUS or "" for none; `rule` draws a line above it in the menu. `icon` names
    resources/icons/<icon>.svg. `needs` says when it can be used: "" always, "picture" with a picture on the desk,
    "undo"/"redo"/"selection" as named.
    """

    id: str
    text: str
    shortcut: str | tuple[str, ...] = ""
    method: str = ""
    group: str = "desk"
    icon: str = ""
    menu: str = ""
    tip: str = ""
    checkable: bool = False
    checked: bool = False
    rule: bool = False
    needs: str = ""

    @property
    def shortcuts(self) -> tuple[str, ...]:
        """The key sequences, none for an action without one."""
        if isinstance(self.shortcut, str):
            return (self.shortcut,) if self.shortcut else ()
        return self.shortcut


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.new", "&New…", "Ctrl+N", "new_document", icon="new", menu="file", tip="Start an empty canvas"),
    ActionSpec(
        "file.open", "&Open…", "Ctrl+O", "open_picture", icon="open", menu="file", tip="Open a picture or a project"
    ),
    ActionSpec(
        "file.place",
        "Open as &layer…",
        "Ctrl+Shift+O",
        "open_as_layer",
        menu="file",
        tip="Put a picture above the current one",
        needs="picture",
    ),
    ActionSpec(
        "file.save",
        "&Save project",
        "Ctrl+S",
        "save_project",
        icon="save",
        menu="file",
        rule=True,
        needs="picture",
        tip="Save everything with its layers (OpenRaster)",
    ),
    ActionSpec("file.save_as", "Save project &as…", "Ctrl+Shift+S", "save_project_as", menu="file", needs="picture"),
    ActionSpec(
        "file.export",
        "&Export picture…",
        "Ctrl+E",
        "export_picture",
        icon="export",
        menu="file",
        needs="picture",
        tip="Save one flat picture: PNG, JPEG, WebP or TIFF",
    ),
    ActionSpec(
        "file.import_model",
        "&Import a model…",
        "",
        "import_model",
        icon="model",
        menu="file",
        rule=True,
        tip="Add an ONNX network of somebody else",
    ),
    ActionSpec(
        "file.batch",
        "&Batch queue…",
        "Ctrl+B",
        "open_batch",
        icon="batch",
        menu="file",
        tip="Paint whole folders in one style",
    ),
    ActionSpec(
        "file.preferences", "&Preferences…", "Ctrl+,", "open_preferences", icon="preferences", menu="file", rule=True
    ),
    ActionSpec("file.quit", "&Quit", "Ctrl+Q", "quit", menu="file", rule=True),
    ActionSpec("edit.undo", "&Undo", "Ctrl+Z", "undo", icon="undo", menu="edit", needs="undo"),
    ActionSpec("edit.redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", icon="redo", menu="edit", needs="redo"),
    ActionSpec(
        "edit.copy",
        "&Copy",
        "Ctrl+C",
        "copy_picture",
        icon="copy",
        menu="edit",
        rule=True,
        needs="picture",
        tip="Copy what is seen (inside the selection)",
    ),
    ActionSpec(
        "edit.paste",
        "&Paste",
        "Ctrl+V",
        "paste_picture",
        icon="paste",
        menu="edit",
        tip="Paste a picture as a layer, or open it on an empty desk",
    ),
    ActionSpec(
        "style.paint",
        "&Paint in this style",
        "Ctrl+Return",
        "paint_style",
        icon="brush",
        menu="style",
        needs="picture",
        tip="Paint the whole picture in the chosen style",
    ),
    ActionSpec("style.search", "&Find a style", "Ctrl+F", "focus_gallery", icon="search", menu="style"),
    ActionSpec(
        "style.add",
        "&New style from a picture…",
        "",
        "add_style",
        icon="add",
        menu="style",
        tip="Any picture can be a style",
    ),
    ActionSpec("style.stop", "&Stop", "", "stop_jobs", icon="stop", menu="style", rule=True),
    ActionSpec(
        "view.compare",
        "&Before and after",
        "F6",
        "set_comparing",
        icon="compare",
        menu="view",
        checkable=True,
        needs="picture",
        tip="Compare with the picture as it was opened",
    ),
    ActionSpec(
        "view.gallery",
        "Style &gallery",
        "F7",
        "set_gallery_shown",
        icon="gallery",
        menu="view",
        checkable=True,
        checked=True,
    ),
    ActionSpec("help.about", "&About ArtDesk", "", "show_about", icon="about", menu="help"),
    ActionSpec("help.log", "Open the &log folder", "", "open_log_folder", menu="help"),
)


MODEL_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "image.enlarge",
        "&Enlarge with a model…",
        method="enlarge",
        group="models",
        menu="image",
        rule=True,
        tip="Let an imported upscaler enlarge the picture",
        needs="picture",
    ),
    ActionSpec(
        "select.model",
        "Find with a &model…",
        method="select_with_model",
        group="models",
        menu="select",
        rule=True,
        tip="Select what an imported mask model finds",
        needs="picture",
    ),
)
"""What imported models can do; stands below the painter's own entries of these menus."""


def joined(*tables: Iterable[ActionSpec]) -> tuple[ActionSpec, ...]:
    """Put tables one after another. Raises ValueError when two entries share an id or a key."""
    everything: Sequence[ActionSpec] = [spec for table in tables for spec in table]
    ids: set[str] = set()
    keys: dict[str, str] = {}
    for spec in everything:
        if spec.id in ids:
            raise ValueError(f"two actions are called {spec.id}")
        ids.add(spec.id)
        for key in spec.shortcuts:
            if key in keys:
                raise ValueError(f"{spec.id} and {keys[key]} share the key {key}")
            keys[key] = spec.id
    return tuple(everything)
