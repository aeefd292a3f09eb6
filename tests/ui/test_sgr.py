"""The shortest way between two pens, and what counts as one."""

from __future__ import annotations

import pytest

from sysmon_tui.ui.sgr import PLAIN, Pens, attributes


@pytest.mark.parametrize(
    ("parameters", "on"),
    [
        ("", {}),
        ("0", {}),
        ("1;0;4", {"underline": "4"}),
        ("1;;3", {"italic": "3"}),
        ("31;39", {}),
        ("41;49", {}),
        ("38;5;7", {"foreground": "38;5;7"}),
        ("48;2;1;2;3;9", {"background": "48;2;1;2;3", "strike": "9"}),
        ("38", None),
        ("38;5", None),
        ("38;2;1;2", None),
        ("38;7;1", None),
        ("99", None),
    ],
)
def test_attributes(parameters: str, on: dict[str, str] | None) -> None:
    assert attributes(parameters) == on


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("", "1", "\x1b[1m"),
        ("1", "", "\x1b[m"),
        ("1;31", "", "\x1b[m"),
        ("31", "32", "\x1b[32m"),
        ("1;31", "31", "\x1b[22m"),
        ("1;2;38;2;10;20;30", "2;38;2;10;20;30", "\x1b[22;2m"),
        ("1;4;7;31", "31", "\x1b[0;31m"),
        ("31;44", "44", "\x1b[39m"),
        ("3;7;9", "1", "\x1b[0;1m"),
        ("1;31", "31;1", ""),
    ],
)
def test_the_way_between_two_pens(old: str, new: str, way: str) -> None:
    pens = Pens()
    before, after = pens.pen(old), pens.pen(new)
    assert before is not None
    assert after is not None
    assert pens.way(before, after) == way


def test_the_same_look_is_the_same_pen() -> None:
    pens = Pens()
    assert pens.pen("1;31") == pens.pen("31;1") == pens.pen("0;1;31")
    assert pens.pen("39;49") == PLAIN
    assert pens.pen("1;31", "id=1;x") != pens.pen("1;31")


def test_ways_are_not_remembered_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    pens = Pens()
    made = [PLAIN, *(pen for code in ("1", "2") if (pen := pens.pen(code)))]
    monkeypatch.setattr("sysmon_tui.ui.sgr.LIMIT", 1)
    ways = {(old, new): pens.way(old, new) for old in made for new in made}
    ways |= {(old, new): pens.way(old, new) for old in made for new in made}
    assert len(pens._ways) <= 4
    for _ in range(3):
        assert all(pens.way(*pair) == way for pair, way in ways.items())
