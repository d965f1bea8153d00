"""One window takes the place of another: how the language changes without a restart."""

from __future__ import annotations

from dataclasses import fields, replace

from artdesk.ui.desk.layout import restore_window
from artdesk.ui.desk.main_window import MainWindow


def hand_over(old: MainWindow, new: MainWindow) -> None:
    """Give the document, the settings of the panel and the place on the screen to a window that was built anew."""
    file, known, look = old.file, old.painter.known(), old.panel.settings()
    garden = old.garden.state()
    old.retire()
    restore_window(new)
    new.panel.set_settings({field.name: getattr(look, field.name) for field in fields(look)})
    if file is not None:
        new.show_file(replace(file, recovered=None))
        new.painter.remember(known)
        new.autosave.hurry()
    new.garden.take_over(garden)
