"""Every glyph takes one cell, in every set; severities differ in shape."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.text import clean
from sysmon_tui.ui.glyphs import ASCII, BLOCK, SETS, UNICODE, Glyphs, glyphs

EACH = pytest.mark.parametrize("shapes", SETS.values(), ids=SETS)


def drawn(shapes: Glyphs) -> dict[str, str]:
    found = {
        field.name: value
        for field in fields(shapes)
        if field.name != "name" and isinstance(value := getattr(shapes, field.name), str)
    }
    return found | {f"severity {level.word}": shapes.severity(level) for level in Severity}


@EACH
def test_a_glyph_is_one_cell_wide(shapes: Glyphs) -> None:
    several = {"levels", "bar_steps", "textures", "marks"}

    for name, text in drawn(shapes).items():
        assert len(text) == 1 or name in several, name
        assert all(cell_len(char) == wcwidth(char) == 1 for char in text), name


@EACH
def test_severities_differ_without_colour(shapes: Glyphs) -> None:
    assert len({shapes.severity(level) for level in Severity}) == len(Severity)


@EACH
def test_parts_and_directions_differ(shapes: Glyphs) -> None:
    assert len(set(shapes.levels)) == len(shapes.levels)
    assert len(set(shapes.textures)) == len(shapes.textures)
    assert shapes.bar_empty not in shapes.bar_steps + shapes.textures
    assert shapes.arrow_up != shapes.arrow_down
    assert shapes.sort_up != shapes.sort_down
    assert shapes.folded != shapes.unfolded
    assert shapes.braille or len(set(shapes.marks)) == len(shapes.marks)


def test_the_ascii_set_is_ascii() -> None:
    assert ASCII.ascii
    assert "".join(drawn(ASCII).values()).isascii()
    assert not BLOCK.ascii
    assert not UNICODE.ascii


def test_a_series_has_the_mark_of_its_role() -> None:
    assert ASCII.mark("series-1") == ASCII.marks[0]
    assert ASCII.mark("series-6") == ASCII.marks[5]
    assert ASCII.mark("series-7") == ASCII.marks[0]
    assert ASCII.mark("accent") == ASCII.marks[0]


@pytest.mark.parametrize("name", ["unicode", "block", "ascii"])
def test_sets_are_found_by_name(name: str) -> None:
    assert glyphs(name).name == name
    assert name in repr(glyphs(name))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ascii_text_keeps_its_cells(raw: str) -> None:
    text = clean(raw)
    shown = ASCII.text(text)

    assert shown.isascii()
    assert len(shown) == sum(cell_len(char) for char in text)


def test_ascii_text_keeps_its_sense() -> None:
    assert ASCII.text(f"{units.MISSING} 45°C · a…") == "- 45 C . a~"
    assert ASCII.text("日本 né") == "???? n?"
    assert ASCII.text("plain") == "plain"
    assert UNICODE.text("日本 —") == "日本 —"


def test_every_own_glyph_has_an_ascii_form() -> None:
    own = "".join(drawn(UNICODE).values()) + "".join(drawn(BLOCK).values())
    words = {char for char in own if char in "◆▲○·→←↑↓✓▸▾▴•…—"}

    assert "?" not in ASCII.text("".join(words))
