"""Every role in every theme, readable, and severities that do not hang on colour."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rich.style import Style
from textual.app import App
from textual.theme import BUILTIN_THEMES

from sysmon_tui.ui.palette import Palette, palette_for
from sysmon_tui.ui.themes import LOOKS, MONO, ROLES, THEMES, look, register

PAINTED = ["sysmon-dark", "sysmon-light", "sysmon-contrast"]
LINES = {"border", "bar-empty"}
"""Decoration that nobody reads."""


def luminance(channels: Iterable[int]) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in channels)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    colours = style.color.triplet, style.bgcolor.triplet
    dark, light = sorted(luminance(colour) for colour in colours if colour)
    return (light + 0.05) / (dark + 0.05)


def attributes(style: Style) -> tuple[bool, ...]:
    return tuple(map(bool, (style.bold, style.dim, style.underline, style.reverse)))


@pytest.mark.parametrize("name", LOOKS)
def test_a_theme_has_every_role_and_no_other(name: str) -> None:
    assert set(LOOKS[name]) == set(ROLES)


def test_every_theme_has_a_look() -> None:
    assert set(THEMES) == set(LOOKS)
    assert set(MONO) == set(ROLES)


@pytest.mark.parametrize("name", PAINTED)
def test_text_has_contrast(name: str) -> None:
    least = 7.0 if name == "sysmon-contrast" else 4.5
    palette = palette_for(name)

    poor = {
        role: round(ratio, 2)
        for role in ROLES
        if role not in LINES and (ratio := contrast(palette.style(role))) < least
    }

    assert poor == {}


@pytest.mark.parametrize("name", PAINTED)
def test_severities_are_lit_and_calm_is_muted(name: str) -> None:
    palette = palette_for(name)
    calm = max(contrast(palette.style(role)) for role in ("dim", "bar", "spark"))

    assert palette.style("warning").bold
    assert palette.style("critical").bold
    assert calm < contrast(palette.style("text"))


@pytest.mark.parametrize("name", PAINTED)
def test_panels_bring_the_ground_along(name: str) -> None:
    palette = palette_for(name)
    ground = palette.style("text").bgcolor

    assert ground is not None
    assert {palette.style(role).bgcolor for role in ROLES} - {ground} == {
        palette.style("selected").bgcolor
    }
    assert ground.name == THEMES[name].background


def test_the_ansi_theme_uses_the_terminals_own_colours() -> None:
    palette = palette_for("sysmon-ansi")
    for role in ROLES:
        style = palette.style(role)
        assert style.bgcolor is None, role
        assert style.color is None or style.color.number in range(16), role
        assert style.color is None or style.color.number not in (0, 7, 8, 15), role
    assert THEMES["sysmon-ansi"].ansi


def test_the_contrast_theme_never_sets_red_against_green() -> None:
    palette = palette_for("sysmon-contrast")
    for role in ROLES:
        colour = palette.style(role).color
        assert colour is not None
        assert colour.triplet is not None
        red, green, blue = colour.triplet
        # Grey, blue (blue leads) or orange and yellow (red leads, green follows, blue lags).
        assert blue >= green >= red or red >= green >= blue, role
        assert green >= 0.5 * max(red, blue), role


@pytest.mark.parametrize("palette", [palette_for("sysmon-dark", colour=False), Palette(MONO)])
def test_no_colour_means_no_colour_and_severities_still_differ(palette: Palette) -> None:
    assert all(palette.style(role).color is None for role in ROLES)
    assert all(palette.style(role).bgcolor is None for role in ROLES)
    marked = ["text", "info", "warning", "critical", "selected"]
    assert len({attributes(palette.style(role)) for role in marked}) == len(marked)


def test_the_contrast_theme_tells_severities_by_attributes() -> None:
    palette = palette_for("sysmon-contrast")
    marked = ["text", "info", "warning", "critical"]
    assert len({attributes(palette.style(role)) for role in marked}) == len(marked)


def test_palettes_are_made_once() -> None:
    assert palette_for("sysmon-dark") is palette_for("sysmon-dark")
    assert palette_for("sysmon-dark") is not palette_for("sysmon-dark", colour=False)


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(KeyError):
        palette_for("sysmon-dark").style("blink")


@pytest.mark.parametrize("name", BUILTIN_THEMES)
def test_textuals_own_themes_get_a_look(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    palette = palette_for(name)

    assert set(look(name)) == set(ROLES)
    if theme.ansi:
        assert palette.style("text").bgcolor is None
    else:
        assert contrast(palette.style("text")) > contrast(palette.style("dim"))
        assert palette.style("warning") != palette.style("critical")


def test_an_unknown_theme_looks_like_the_dark_one() -> None:
    assert look("no such theme") == LOOKS["sysmon-dark"]


async def test_the_app_accepts_every_theme() -> None:
    app: App[None] = App()
    register(app)
    async with app.run_test(size=(20, 5)):
        for name in THEMES:
            app.theme = name
            assert app.current_theme is THEMES[name]
