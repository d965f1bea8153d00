"""The rows of the tree: every page once, parents above their children, the newest way straight down."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.ui.garden.branches import MOST_LANES, branches


@st.composite
def forests(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    count = draw(st.integers(0, 40))
    pages: list[tuple[int, int | None]] = []
    for page in range(count):
        parent = draw(st.none() | st.integers(0, page - 1)) if page else None
        pages.append((page, parent))
    return pages


@settings(max_examples=40)
@given(forests())
def test_every_page_stands_once_below_its_parent(pages: list[tuple[int, int | None]]) -> None:
    rows = branches(pages)
    place = {row.page: k for k, row in enumerate(rows)}
    assert sorted(place) == [page for page, _ in pages]
    assert all(parent is None or place[parent] < place[page] for page, parent in pages)
    assert all(0 <= row.lane < MOST_LANES for row in rows)


@settings(max_examples=40)
@given(forests())
def test_lines_lead_from_parent_to_child(pages: list[tuple[int, int | None]]) -> None:
    rows = branches(pages)
    place = {row.page: k for k, row in enumerate(rows)}
    for page, parent in pages:
        row = rows[place[page]]
        if parent is None:
            assert row.parent_lane == -1
            continue
        above = rows[place[parent]]
        assert above.goes_on
        assert row.parent_lane == above.lane
        for between in rows[place[parent] + 1 : place[page]]:
            assert (
                above.lane in between.through
                or between.lane == above.lane == MOST_LANES - 1
                or (between.parent_lane == above.lane)
            )


def test_the_newest_child_is_the_trunk() -> None:
    rows = branches([(0, None), (1, 0), (2, 1), (3, 0)])
    assert [(row.page, row.lane) for row in rows] == [(0, 0), (1, 1), (2, 1), (3, 0)]


def test_a_long_way_needs_no_recursion() -> None:
    rows = branches([(k, k - 1 if k else None) for k in range(5000)])
    assert len(rows) == 5000
    assert {row.lane for row in rows} == {0}
