"""The rooms of the house: who may import whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "artdesk"
STDLIB = set(sys.stdlib_module_names)
_QT = {"PySide6", "shiboken6"}
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    # room: (rooms it may import, third-party modules it may import)
    "core": ({"core"}, {"numpy", "PIL", "cv2", "platformdirs", "defusedxml"}),
    "document": ({"core", "document"}, {"numpy", "PIL", "PySide6.QtGui", "PySide6.QtCore", "psd_tools", "defusedxml"}),
    "engine": (
        {"core", "engine"},
        {"numpy", "onnxruntime", "onnx", "google", "cv2", "psutil", "openvino", "PIL"},
    ),
    "studio": ({"core", "engine", "studio"}, {"numpy", "cv2", "psutil", "pyvips", "PIL", "av"}),
    "camera": ({"core", "camera"}, {"numpy", "cv2", "av", "mss", "pyvirtualcam", "PIL"}),
    "workers": ({"core", "workers"}, {"numpy", "PySide6.QtCore"}),
    "ui": ({"core", "document", "workers", "ui"}, {"numpy", "PySide6"}),
    "foundry": (
        {"core", "engine", "studio", "foundry"},
        {"numpy", "torch", "onnx", "onnxruntime", "cv2", "PIL", "typer", "rich", "platformdirs"},
    ),
}


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def is_allowed(name: str, rooms: set[str], modules: set[str]) -> bool:
    parts = name.split(".")
    if parts[0] == "artdesk":
        return len(parts) == 1 or parts[1] in rooms or parts[1].startswith("__")
    return parts[0] in STDLIB or any(name == m or name.startswith(m + ".") for m in modules)


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    rooms, modules = ALLOWED[room]
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for name in imports(path)
        if not is_allowed(name, rooms, modules)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_the_foundry_but_its_mount() -> None:
    users = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "foundry"
        and any(n.startswith("artdesk.foundry") for n in imports(path))
    ]
    assert set(users) <= {"cli.py"}


def test_the_rule_itself_can_fail() -> None:
    assert not is_allowed("PySide6.QtWidgets.QLabel", *ALLOWED["workers"])
    assert not is_allowed("artdesk.engine.engine", *ALLOWED["ui"])
    assert not is_allowed("torch.nn", *ALLOWED["studio"])
    assert is_allowed("PySide6.QtCore.Signal", *ALLOWED["workers"])
