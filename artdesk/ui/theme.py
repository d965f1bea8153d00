"""The look.

Two neutral palettes (a picture's colours must not be coloured by the desk), one style sheet, tinted icons.
"""

from __future__ import annotations

import logging
import weakref
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from artdesk.core.paths import bundled
from artdesk.ui.theme_sheet import SHEET

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Colours:
    """The colours of one theme, as "#rrggbb". Greys are neutral on purpose; the accent is used sparingly."""

    name: str
    canvas: str  # behind the picture
    window: str  # the desk itself
    panel: str  # docks and bars
    field: str  # text fields, lists
    raised: str  # buttons
    hover: str
    line: str  # borders and rules
    text: str
    dim: str  # second-rank text
    faint: str  # disabled text
    accent: str
    accent_text: str  # on the accent
    good: str
    warning: str
    failure: str


DARK = Colours(
    "dark", canvas="#1b1b1b", window="#262626", panel="#2b2b2b", field="#202020", raised="#383838", hover="#454545",
    line="#3d3d3d", text="#e6e6e6", dim="#a6a6a6", faint="#6c6c6c", accent="#d98e3f", accent_text="#1a1206",
    good="#7fb069", warning="#d9a441", failure="#e0685c",
)  # fmt: skip
LIGHT = Colours(
    "light", canvas="#c4c4c4", window="#e9e9e9", panel="#f2f2f2", field="#ffffff", raised="#fbfbfb", hover="#e2e2e2",
    line="#cfcfcf", text="#222222", dim="#636363", faint="#a3a3a3", accent="#b5651d", accent_text="#ffffff",
    good="#3f7d2c", warning="#95690a", failure="#b3372b",
)  # fmt: skip

_current = DARK


class HasIcon(Protocol):
    """Anything with setIcon: a button, an action, a tab's action."""

    def setIcon(self, icon: QIcon) -> None: ...


_dressed: list[tuple[weakref.ref[HasIcon], str]] = []


def colours() -> Colours:
    """The theme in force."""
    return _current


def apply_theme(app: QApplication, name: str) -> None:
    """Dress the whole application in "dark" or "light"; icons given by `dress` follow."""
    global _current
    _current = LIGHT if name == "light" else DARK
    if app.style() is None or app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(palette_of(_current))
    app.setStyleSheet(sheet_of(_current))
    icon.cache_clear()
    living = []
    for reference, icon_name in _dressed:
        target = reference()
        if target is None:
            continue
        try:
            target.setIcon(icon(icon_name))
        except RuntimeError:  # its C++ side is gone
            continue
        living.append((reference, icon_name))
    _dressed[:] = living


def dress(target: HasIcon, name: str) -> None:
    """Give a button or an action an icon that changes its colour with the theme."""
    if len(_dressed) > 2000:
        _dressed[:] = [(reference, known) for reference, known in _dressed if reference() is not None]
    _dressed[:] = [(reference, known) for reference, known in _dressed if reference() is not target]
    _dressed.append((weakref.ref(target), name))
    target.setIcon(icon(name))


@lru_cache(maxsize=512)
def icon(name: str) -> QIcon:
    """resources/icons/<name>.svg in the theme's text colour (disabled: faint; checked: accent).

    Unknown names give an empty icon.
    """
    drawing = _drawing(name)
    if drawing is None:
        return QIcon()
    made = QIcon()
    for ratio in _ratios():
        drawn = _rendered(drawing, _current.text, 20, ratio)
        made.addPixmap(drawn, QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_tinted(drawn, _current.accent), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(_tinted(drawn, _current.faint), QIcon.Mode.Disabled, QIcon.State.Off)
    return made


def icon_pixmap(name: str, size: int, colour: str | None = None) -> QPixmap:
    """One icon as a pixmap of `size` logical pixels, for places that are no button (an empty desk, a badge)."""
    drawing = _drawing(name)
    if drawing is None:
        return QPixmap()
    return _rendered(drawing, colour or _current.text, size, _ratios()[-1])


def app_icon() -> QIcon:
    """ArtDesk's own mark, in colour."""
    return QIcon(str(Path(bundled("resources")) / "icons" / "artdesk.svg"))


def _ratios() -> tuple[float, ...]:
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    return (1.0,) if ratio <= 1.0 else (1.0, ratio)


def _rendered(drawing: str, colour: str, size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _tinted(drawn: QPixmap, colour: str) -> QPixmap:
    """The same drawing in another colour: cheaper than reading it once more."""
    pixmap = QPixmap(drawn)
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour))
    painter.end()
    return pixmap


@lru_cache(maxsize=512)
def _drawing(name: str) -> str | None:
    if not name:
        return None
    file = Path(bundled("resources")) / "icons" / f"{name}.svg"
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        log.warning("the icon %s is missing", name)
        return None


def palette_of(theme: Colours) -> QPalette:
    """Qt's palette of a theme: what style-sheet rules do not reach."""
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.field),
        (role.AlternateBase, theme.panel),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.failure),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.accent_text),
        (role.PlaceholderText, theme.faint),
        (role.Mid, theme.line),
        (role.Dark, theme.line),
        (role.Light, theme.hover),
        (role.Midlight, theme.raised),
        (role.Shadow, theme.canvas),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.faint))
    return palette


def sheet_of(theme: Colours) -> str:
    """The style sheet with a theme's colours in place of `@colour`."""
    folder = (Path(bundled("resources")) / "icons").as_posix()
    sheet = SHEET.replace("@icons", folder)
    for field in sorted(fields(theme), key=lambda f: -len(f.name)):
        sheet = sheet.replace(f"@{field.name}", getattr(theme, field.name))
    return sheet
