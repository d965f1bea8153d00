"""The sixteen blend modes and their names."""

from __future__ import annotations

from enum import Enum


class BlendMode(Enum):
    """A blend mode; the value is its name in OpenRaster's `composite-op`."""

    NORMAL = "svg:src-over"
    MULTIPLY = "svg:multiply"
    SCREEN = "svg:screen"
    OVERLAY = "svg:overlay"
    DARKEN = "svg:darken"
    LIGHTEN = "svg:lighten"
    COLOR_DODGE = "svg:color-dodge"
    COLOR_BURN = "svg:color-burn"
    HARD_LIGHT = "svg:hard-light"
    SOFT_LIGHT = "svg:soft-light"
    DIFFERENCE = "svg:difference"
    COLOR = "svg:color"
    LUMINOSITY = "svg:luminosity"
    HUE = "svg:hue"
    SATURATION = "svg:saturation"
    PLUS = "svg:plus"

    @property
    def title(self) -> str:
        """The mode's English name for lists."""
        return _TITLES[self]

    @property
    def separable(self) -> bool:
        """Whether red, green and blue are blended each for itself."""
        return self not in _NON_SEPARABLE


_TITLES = {
    BlendMode.NORMAL: "Normal",
    BlendMode.MULTIPLY: "Multiply",
    BlendMode.SCREEN: "Screen",
    BlendMode.OVERLAY: "Overlay",
    BlendMode.DARKEN: "Darken",
    BlendMode.LIGHTEN: "Lighten",
    BlendMode.COLOR_DODGE: "Color Dodge",
    BlendMode.COLOR_BURN: "Color Burn",
    BlendMode.HARD_LIGHT: "Hard Light",
    BlendMode.SOFT_LIGHT: "Soft Light",
    BlendMode.DIFFERENCE: "Difference",
    BlendMode.COLOR: "Color",
    BlendMode.LUMINOSITY: "Luminosity",
    BlendMode.HUE: "Hue",
    BlendMode.SATURATION: "Saturation",
    BlendMode.PLUS: "Plus",
}
_NON_SEPARABLE = {BlendMode.COLOR, BlendMode.LUMINOSITY, BlendMode.HUE, BlendMode.SATURATION}
