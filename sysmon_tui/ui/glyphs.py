"""The characters everything is drawn with, in three sets for three kinds of terminal.

`unicode` is for fonts with braille, `block` for those without, `ascii` for outputs that are not
UTF-8. Every glyph is exactly one cell wide and none has an emoji form, which some terminals draw
two cells wide. Severities differ in shape, so that they can be told apart without colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.units import MISSING


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Glyphs:
    """Compared by identity: there is one object for each set."""

    name: str
    braille: bool = False
    """Charts have 2 by 4 dots a cell; else one of `levels` a cell."""
    severities: Mapping[Severity, str]
    levels: str = "▁▂▃▄▅▆▇█"
    """Heights in one cell, lowest first; the last one fills it."""
    bar_steps: str
    """The last cell of a bar, from its smallest part to all of it."""
    bar_empty: str
    textures: str
    """Fillings of a bar with several parts."""
    marks: str
    """One for each series of a chart: in its legend, and in the chart where it is not braille."""
    horizontal: str = "─"
    vertical: str = "│"
    top_left: str = "╭"
    top_right: str = "╮"
    bottom_left: str = "╰"
    bottom_right: str = "╯"
    axis_corner: str = "└"
    axis_tick: str = "┤"
    tree_branch: str = "├"
    tree_last: str = "└"
    tree_line: str = "│"
    arrow_up: str = "↑"
    arrow_down: str = "↓"
    arrow_right: str = "→"
    sort_up: str = "▴"
    sort_down: str = "▾"
    folded: str = "▸"
    unfolded: str = "▾"
    cursor: str = "▸"
    bullet: str = "•"
    check: str = "✓"
    unseen: str = "◇"
    """What is over before anybody saw it: a severity's shape without its weight."""
    pause: str = "‖"
    ellipsis: str = "…"
    missing: str = MISSING
    replaced: Mapping[int, str] = field(default_factory=dict)
    """Our own characters outside ASCII and what stands for them, both one cell wide."""

    def __repr__(self) -> str:
        return f"<glyphs {self.name}>"

    @property
    def ascii(self) -> bool:
        return bool(self.replaced)

    def severity(self, severity: Severity) -> str:
        return self.severities[severity]

    def mark(self, role: str) -> str:
        """The mark of a series by its role, `series-1` and so on; the first one for others."""
        number = role.rpartition("-")[2]
        return self.marks[(int(number) - 1) % len(self.marks) if number.isdecimal() else 0]

    def text(self, text: str) -> str:
        """`text` as this set can show it, in as many cells: outside ASCII becomes `?`."""
        if not self.replaced or text.isascii():
            return text
        known = text.translate(self.replaced)
        return "".join(char if char.isascii() else "?" * cell_len(char) for char in known)


_SHAPES = {
    Severity.CRITICAL: "◆",
    Severity.WARNING: "▲",
    Severity.INFO: "○",
    Severity.OK: "·",
}

UNICODE = Glyphs(
    name="unicode",
    braille=True,
    severities=_SHAPES,
    # A heavy line on a light one: thin bars under each other stay apart, and half cells show.
    bar_steps="╾━",
    bar_empty="─",
    textures="━╍┅┉",
    marks="••••••",
)

BLOCK = Glyphs(
    name="block",
    severities=_SHAPES,
    top_left="┌",
    top_right="┐",
    bottom_left="└",
    bottom_right="┘",
    bar_steps="▏▎▍▌▋▊▉█",
    bar_empty="░",
    textures="█▓▒▞",
    marks="•○+×◇▪",
)

_ASCII_FOR = {
    ord(char): plain
    for char, plain in zip("—–…°µ·•×→←↑↓✓▸▾▴◆◇▲○─│━", "--~ u.*x><^v+>v^!?*o-|=", strict=True)
}

ASCII = Glyphs(
    name="ascii",
    severities={
        Severity.CRITICAL: "!",
        Severity.WARNING: "*",
        Severity.INFO: "o",
        Severity.OK: ".",
    },
    levels="_.-=+*%#",
    bar_steps="#",
    bar_empty="-",
    textures="#=%+",
    marks="*o+x#@",
    horizontal="-",
    vertical="|",
    top_left="+",
    top_right="+",
    bottom_left="+",
    bottom_right="+",
    axis_corner="+",
    axis_tick="+",
    tree_branch="|",
    tree_last="`",
    tree_line="|",
    arrow_up="^",
    arrow_down="v",
    arrow_right=">",
    sort_up="^",
    sort_down="v",
    folded="+",
    unfolded="-",
    cursor=">",
    bullet="*",
    check="+",
    unseen="?",
    pause="=",
    ellipsis="~",
    missing="-",
    replaced=_ASCII_FOR,
)

SETS: Mapping[str, Glyphs] = {glyphs.name: glyphs for glyphs in (UNICODE, BLOCK, ASCII)}


def glyphs(name: str) -> Glyphs:
    """The set of that name; KeyError for another one (the settings have checked it)."""
    return SETS[name]
