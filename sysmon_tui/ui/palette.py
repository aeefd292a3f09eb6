"""From roles to terminal styles. Panels speak of "warning" and "dim"; only this knows colours."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from rich.style import Style

from sysmon_tui.ui.themes import MONO, ROLES, Look, look

Span: TypeAlias = tuple[str, str]
"""Text and its role, one of `ROLES`."""

Line: TypeAlias = tuple[Span, ...]


class Palette:
    """A style for every role of one theme."""

    __slots__ = ("_styles", "style")

    def __init__(self, look: Look) -> None:
        # Panels draw past Textual's own background, so every style brings the theme's along.
        ground = Style.parse(look["text"])
        self._styles = {role: ground + Style.parse(look[role]) for role in ROLES}
        self.style = self._styles.__getitem__
        """The style of a role; KeyError for what is none."""


@lru_cache(maxsize=32)
def palette_for(theme: str, *, colour: bool = True) -> Palette:
    """The palette of a theme by name; without colour (NO_COLOR), attributes alone."""
    return Palette(look(theme) if colour else MONO)
