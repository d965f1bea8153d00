"""Verbs on the selection: every one is an undoable step."""

from __future__ import annotations

from typing import Literal

from artdesk.document.base import DocumentBase
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.selection import How, Selection

_LABELS = {"replace": "Select", "add": "Add to selection", "subtract": "Subtract from selection"}


class SelectionVerbs(DocumentBase):
    """Choosing what the next steps may touch. No selection (None) means everything."""

    def select(self, selection: Selection | None, how: How = "replace", *, label: str = "") -> Rect:
        """Combine a shape with the present selection. An empty result is no selection at all.

        Returns the region whose marching ants changed.
        """
        before = self.selection
        made = selection
        if selection is not None and how != "replace":
            # Without a selection everything is selected: adding starts a new one, taking away starts from the canvas.
            start = before
            if start is None:
                start = Selection(selection.tiles) if how == "add" else Selection.rectangle(self.rect)
            made = start.combined(selection, how)
        if made is not None:
            if not self.rect.contains(made.bounds()):
                made = Selection(made.tiles.clipped(self.rect))
            if made.empty:
                made = None
        if made is None and before is None:
            return NOTHING
        area = (before.bounds() if before else NOTHING).united(made.bounds() if made else NOTHING)
        name = label or ("Deselect" if made is None else _LABELS.get(how, "Intersect selection"))
        self.assign(name, [(self, "selection", made)], NOTHING, kind="selection")
        return area

    def select_all(self) -> Rect:
        """Select the whole canvas."""
        return self.select(Selection.rectangle(self.rect), label="Select all")

    def select_none(self) -> Rect:
        """Drop the selection: everything may be touched again."""
        return self.select(None)

    def invert_selection(self) -> Rect:
        """Select what is not selected; with no selection nothing changes."""
        if self.selection is None:
            return NOTHING
        return self.select(self.selection.inverted(self.rect), label="Invert selection")

    def change_selection(self, how: Literal["grow", "shrink", "feather"], pixels: float) -> Rect:
        """Grow, shrink (round corners) or feather (soft edge) the selection by some pixels."""
        if self.selection is None:
            return NOTHING
        if how == "feather":
            return self.select(self.selection.feathered(pixels, self.rect), label="Feather selection")
        by = round(pixels) if how == "grow" else -round(pixels)
        label = "Grow selection" if how == "grow" else "Shrink selection"
        return self.select(self.selection.grown(by, self.rect), label=label)
