"""Dots stand where the code chart of the Braille Patterns block has them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.ui.braille import ROWS, area, inked, text, window


def test_halves_fill_from_below() -> None:
    heights = bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0, 1, 0, 2, 0, 3, 0, 4, 4, 4])

    assert text(area(heights, 1)[0], 10) == " ⡀⡄⡆⡇⢀⢠⢰⢸⣿"


@given(st.lists(st.integers(0, 4 * ROWS), min_size=2, max_size=40).filter(lambda h: not len(h) % 2))
def test_an_area_has_as_many_dots_as_its_heights(heights: list[int]) -> None:
    assert sum(ink.bit_count() for ink in area(bytes(heights), ROWS)) == sum(heights)


def test_inked_cells_are_masked_whole() -> None:
    assert inked(0x400100, 3) == 0xFFFF00


def test_a_window_ends_in_the_half_of_its_last_sample() -> None:
    assert window([1, 2, 3], 4, 10) == [0, 1, 2, 3]
    assert window([1, 2, 3], 4, 11) == [1, 2, 3, 0]
    assert window([1, 2, 3, 4, 5], 4, 10) == [2, 3, 4, 5]
    assert window([1, 2, 3, 4, 5], 4, 11) == [3, 4, 5, 0]
