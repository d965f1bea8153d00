"""How the tree of pages is laid out in rows: the newest way is the trunk, earlier ways branch off beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_LANES = 5
"""Deeper branches are drawn in the last lane: the tree stays narrow."""


@dataclass(frozen=True)
class Branch:
    """One row: the page, the lane it stands in, the lane its parent stands in (-1 for a first page).

    `through` are the lanes whose line passes by this row; `goes_on` says that a line leaves it downwards.
    """

    page: int
    lane: int
    parent_lane: int
    through: tuple[int, ...] = ()
    goes_on: bool = False


def branches(pages: Iterable[tuple[int, int | None]]) -> list[Branch]:
    """Rows for pages given as (id, parent id or None), in the order they are read: trunks run straight down.

    A page whose parent is unknown counts as a first page; a page is listed once, whatever its parents say.
    """
    known = list(dict(pages).items())
    ids = {page for page, _ in known}
    children: Mapping[int, list[int]] = {page: [] for page in ids}
    roots: list[int] = []
    for page, parent in known:
        if parent in ids and parent != page and parent is not None:
            children[parent].append(page)
        else:
            roots.append(page)
    rows: list[Branch] = []
    seen: set[int] = set()
    # (page, lane, parent's lane, lanes passing by); the last one pushed is read first
    waiting: list[tuple[int, int, int, tuple[int, ...]]] = [(page, 0, -1, ()) for page in reversed(roots)]
    while waiting:
        page, lane, parent_lane, through = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        after = children[page]
        rows.append(Branch(page, lane, parent_lane, through, bool(after)))
        if not after:
            continue
        side = min(MOST_LANES - 1, lane + 1)
        waiting.append((after[-1], lane, lane, through))
        passing = through if lane in through else (*through, lane)
        waiting.extend((child, side, lane, passing) for child in reversed(after[:-1]))
    return rows
