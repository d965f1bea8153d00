"""A layer's properties as plain JSON values and back; shared by project files and autosaves.

Whatever is read is hostile until checked: a senseless value falls back to its default alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from artdesk.document.blend import BlendMode
from artdesk.document.layers import BELOW, GroupLayer, Layer, Mix, PixelLayer, StyleLayer

_LONGEST_NAME = 400
_LONGEST_ID = 64
_MOST_STYLES = 64


def properties_of(layer: Layer) -> dict[str, Any]:
    """Everything about a layer but its pixels, mask and children."""
    values: dict[str, Any] = {
        "kind": layer.kind,
        "id": layer.id,
        "name": layer.name,
        "visible": layer.visible,
        "opacity": layer.opacity,
        "mode": layer.mode.value,
        "locked": layer.locked,
        "lock_alpha": layer.lock_alpha,
        "clip": layer.clip,
    }
    if isinstance(layer, StyleLayer):
        values["style"] = style_of(layer)
    return values


def layer_from(values: Mapping[str, Any]) -> Layer:
    """A new, empty layer with these properties."""
    style = values.get("style")
    layer: Layer
    if values.get("kind") == "group":
        layer = GroupLayer()
    elif values.get("kind") == "style" and isinstance(style, Mapping):
        layer = StyleLayer()
        set_style(layer, style)
    else:
        layer = PixelLayer()
    layer.id = layer_id(values.get("id")) or layer.id
    layer.name = clean_name(values.get("name"))
    layer.opacity = number(values.get("opacity"), 1.0, 0.0, 1.0)
    layer.mode = mode_named(values.get("mode")) or BlendMode.NORMAL
    layer.visible = values.get("visible") is not False
    layer.locked = values.get("locked") is True
    layer.lock_alpha = values.get("lock_alpha") is True
    layer.clip = values.get("clip") is True
    return layer


def style_of(layer: StyleLayer) -> dict[str, Any]:
    """What a style layer was made of."""
    return {
        "source": layer.source,
        "mix": [[style, weight] for style, weight in layer.mix],
        "strength": layer.strength,
        "keep_colors": layer.keep_colors,
        "stroke_size": layer.stroke_size,
        "stale": layer.stale,
    }


def set_style(layer: StyleLayer, values: Mapping[str, Any]) -> None:
    """Give a style layer what :func:`style_of` wrote."""
    layer.source = layer_id(values.get("source")) or BELOW
    layer.mix = _mix(values.get("mix"))
    layer.strength = number(values.get("strength"), 1.0, 0.0, 1.0)
    layer.keep_colors = values.get("keep_colors") is True
    layer.stroke_size = number(values.get("stroke_size"), 1.0, 0.5, 3.0)
    layer.stale = values.get("stale") is not False


def clean_name(value: object) -> str:
    """A layer name without control characters and of bearable length."""
    text = value if isinstance(value, str) else ""
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST_NAME]


def layer_id(value: object) -> str:
    """An id as ArtDesk makes them, or "" for anything else."""
    fits = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii() and value.isalnum()
    return str(value) if fits else ""


def mode_named(value: object) -> BlendMode | None:
    """The blend mode with this OpenRaster name."""
    try:
        return BlendMode(value)
    except ValueError:
        return None


def number(value: object, default: float, low: float, high: float) -> float:
    """A number within its range, or the default for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return default
    return min(high, max(low, float(value)))


def _mix(value: object) -> Mix:
    if not isinstance(value, list):
        return ()
    pairs = []
    for entry in value[:_MOST_STYLES]:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and 0 < len(entry[0]) <= 200:
            weight = number(entry[1], 0.0, 0.0, 1000.0)
            if weight > 0.0:
                pairs.append((entry[0], weight))
    return tuple(pairs)
