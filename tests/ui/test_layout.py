"""The layout keeps its promises at every size: nothing overlaps, nothing sticks out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.ui.layout import PAGES, Box, Wants, plan


def overlap(one: Box, two: Box) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


WANTS = st.builds(
    Wants,
    alerts=st.integers(0, 40),
    cores=st.integers(1, 256),
    disks=st.integers(0, 30),
    filesystems=st.integers(0, 30),
    interfaces=st.integers(0, 30),
    sensors=st.integers(0, 30),
    detail=st.booleans(),
    expanded=st.sampled_from(["", *PAGES, "gauges", "disks"]),
)


@given(st.integers(0, 300), st.integers(0, 120), WANTS)
def test_panels_fill_the_screen_without_overlap(width: int, height: int, wants: Wants) -> None:
    boxes = plan(width, height, wants)
    for name, box in boxes.items():
        assert box.width >= 0, name
        assert box.height >= 0, name
        assert box.x >= 0, name
        assert box.y >= 0, name
        assert box.x + box.width <= width, name
        assert box.y + box.height <= height, name
    names = list(boxes)
    for index, one in enumerate(names):
        for two in names[index + 1 :]:
            assert not overlap(boxes[one], boxes[two]), (one, two)


@given(st.integers(20, 300), st.integers(5, 120), WANTS)
def test_what_matters_is_always_there(width: int, height: int, wants: Wants) -> None:
    boxes = plan(width, height, wants)
    assert boxes["verdict"].height == 1
    assert boxes["footer"].y == height - 1
    if not wants.expanded and height >= 12:
        assert boxes["gauges"].height >= 3
        table = boxes.get("processes") or boxes["detail"]
        assert table.height >= 3


@pytest.mark.parametrize(("width", "height"), [(0, 0), (1, 1), (19, 40), (80, 4)])
def test_a_tiny_terminal_gets_the_note(width: int, height: int) -> None:
    assert set(plan(width, height, Wants())) == {"small"}


def test_80x24_shows_gauges_processes_and_alerts() -> None:
    boxes = plan(80, 24, Wants(alerts=3))
    assert boxes["gauges"] == Box(0, 2, 80, 6)
    assert boxes["processes"].height >= 10
    assert boxes["alerts"].height == 4


def test_40x12_shows_the_essentials() -> None:
    boxes = plan(40, 12, Wants(alerts=1))
    assert set(boxes) == {"header", "verdict", "gauges", "processes", "footer"}


@pytest.mark.parametrize(("width", "height"), [(120, 40), (200, 60)])
def test_a_wide_terminal_shows_every_panel(width: int, height: int) -> None:
    boxes = plan(width, height, Wants(alerts=2, sensors=4, disks=2, filesystems=3))
    expected = {"gauges", "cores", "history", "disks", "filesystems", "network", "alerts"}
    assert expected <= set(boxes)
    assert boxes["processes"].height >= 8


def test_the_detail_stands_beside_the_table_where_there_is_room() -> None:
    wide = plan(120, 40, Wants(detail=True))
    assert wide["detail"].x == wide["processes"].width
    narrow = plan(80, 24, Wants(detail=True))
    assert "processes" not in narrow
    assert narrow["detail"].width == 80


def test_a_page_gives_its_panels_the_whole_body() -> None:
    boxes = plan(100, 30, Wants(expanded="storage"))
    assert set(boxes) == {"header", "verdict", "footer", "disks", "filesystems"}
    assert boxes["disks"].height + boxes["filesystems"].height == 27
