"""Turns the table of actions into menus, keys and buttons, and calls the verb each one names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar

from artdesk.ui.actions import MENUS, ActionSpec
from artdesk.ui.i18n import tr
from artdesk.ui.theme import dress

log = logging.getLogger(__name__)


class ActionBinder(QObject):
    """Owns the QActions. A group is an object with the verbs.

    An action without its verb is a mistake, found at once.
    """

    def __init__(self, window: QMainWindow, specs: Sequence[ActionSpec], groups: Mapping[str, object]) -> None:
        super().__init__(window)
        self._window = window
        self._specs = {spec.id: spec for spec in specs}
        self._groups = dict(groups)
        self.actions: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        for spec in specs:
            self.actions[spec.id] = self._make(spec)

    def build_menus(self) -> None:
        """Fill the menu bar; menus without an entry are left out."""
        bar = self._window.menuBar()
        for menu_id, title in MENUS:
            entries = [spec for spec in self._specs.values() if spec.menu == menu_id]
            if not entries:
                continue
            menu = bar.addMenu(tr(title))
            menu.setToolTipsVisible(True)
            self.menus[menu_id] = menu
            for spec in entries:
                if spec.rule:
                    menu.addSeparator()
                menu.addAction(self.actions[spec.id])

    def fill(self, toolbar: QToolBar, ids: Sequence[str]) -> None:
        """Buttons for these actions; "" is a gap."""
        for action_id in ids:
            if not action_id:
                toolbar.addSeparator()
            elif action_id in self.actions:
                toolbar.addAction(self.actions[action_id])

    def enable(self, state: Mapping[str, bool]) -> None:
        """Which needs are met now: {"picture": True, "undo": False …}. An unknown need counts as "picture"."""
        for spec in self._specs.values():
            if spec.needs:
                met = state.get(spec.needs, state.get("picture", False))
                self.actions[spec.id].setEnabled(met and state.get("picture", False))

    def set_checked(self, action_id: str, checked: bool) -> None:
        """Show a switch as on or off without calling its verb."""
        action = self.actions[action_id]
        if action.isChecked() != checked:
            action.blockSignals(True)
            action.setChecked(checked)
            action.blockSignals(False)

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(tr(spec.text), self._window)
        action.setObjectName(spec.id)
        if spec.shortcuts:
            action.setShortcuts([QKeySequence(key) for key in spec.shortcuts])
        keys = (
            QKeySequence(spec.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText) if spec.shortcuts else ""
        )
        words = tr(spec.tip) if spec.tip else plain(tr(spec.text))
        action.setToolTip(f"{words} ({keys})" if keys else words)
        if spec.icon:
            dress(action, spec.icon)
        owner = self._groups.get(spec.group)
        verb = getattr(owner, spec.method, None)
        if not callable(verb):
            raise AttributeError(f"the action {spec.id} needs {spec.group}.{spec.method}")
        if spec.checkable:
            action.setCheckable(True)
            action.setChecked(spec.checked)
            action.toggled.connect(verb)
        else:
            action.setProperty("action", spec.id)
            action.triggered.connect(self._call)
        self._window.addAction(action)
        return action

    def _call(self, checked: bool = False) -> None:
        action = self.sender()
        spec = self._specs.get(str(action.property("action"))) if action is not None else None
        if spec is not None:
            getattr(self._groups[spec.group], spec.method)()


def plain(text: str) -> str:
    """A menu text without its mnemonic and dots, for a tool tip."""
    text = text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("….")
    if text.endswith(")") and len(text) > 3 and text[-3] == "(":  # Chinese mnemonics stand behind: 打开(O)
        text = text[:-3].rstrip("….")
    return text
