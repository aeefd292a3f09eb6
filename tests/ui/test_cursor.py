"""The cursor keeps to its item while the list moves under it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.ui.widgets.cursor import Cursor


def test_stays_on_the_first_row_until_moved() -> None:
    cursor = Cursor()
    cursor.follow(["a", "b", "c"], 2)
    cursor.follow(["c", "a", "b"], 2)
    assert (cursor.index, cursor.top) == (0, 0)


def test_sticks_to_its_item_when_the_order_changes() -> None:
    cursor = Cursor()
    cursor.move(1, ["a", "b", "c", "d"], 2)
    cursor.follow(["d", "c", "a", "b"], 2)
    assert cursor.index == 3
    assert cursor.top == 2


def test_an_item_that_vanished_leaves_the_cursor_where_it_was() -> None:
    cursor = Cursor()
    cursor.move(1, ["a", "b", "c"], 3)
    cursor.follow(["a", "c"], 3)
    assert cursor.index == 1
    assert cursor.held is None


def test_reset_lets_go() -> None:
    cursor = Cursor()
    cursor.move(2, ["a", "b", "c"], 1)
    cursor.reset()
    assert (cursor.index, cursor.top, cursor.held) == (0, 0, None)


@given(st.lists(st.integers(-50, 50), max_size=30), st.integers(0, 40), st.integers(1, 20))
def test_the_cursor_is_always_on_the_screen(steps: list[int], count: int, height: int) -> None:
    cursor = Cursor()
    keys = list(range(count))
    for step in steps:
        cursor.move(step, keys, height)
        assert 0 <= cursor.index < max(1, count)
        assert cursor.top <= cursor.index < cursor.top + height
