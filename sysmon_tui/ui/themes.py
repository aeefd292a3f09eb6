"""The themes: for each a Textual `Theme` for stock widgets and a style for every role.

Calm things are muted, warnings are lit: the eye must find the problem first. Colour is never the
only sign of a severity, and text keeps WCAG AA contrast (AAA in the contrast theme); both are
tested. `palette` turns the tables into styles; the app calls `register`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

SERIES = 6

ROLES = (
    *("text", "dim", "title", "accent", "header", "key", "selected"),
    *("ok", "info", "warning", "critical"),
    *("bar", "bar-empty", "border", "border-focus"),
    *("spark", "spark-warning", "spark-critical"),
    *(f"series-{number}" for number in range(1, SERIES + 1)),
)
"""What a span can be; widgets know nothing else of looks."""

Look = Mapping[str, str]
"""Role to a style as `rich.style.Style.parse` reads it; `text` carries the background."""

DARK: Look = {
    "text": "#c3ccd6 on #10151c",
    "dim": "#7e8b99",
    "title": "bold #dde5ed",
    "accent": "#6cb6d9",
    "header": "#9aa8b6",
    "key": "bold #6cb6d9",
    "selected": "bold #eef4fa on #23415c",
    "ok": "#6f9f86",
    "info": "#82aee8",
    "warning": "bold #f2b84b",
    "critical": "bold #ff6f68",
    "bar": "#6a94b3",
    "bar-empty": "#2c3743",
    "border": "#323e4b",
    "border-focus": "#6cb6d9",
    "spark": "#6a94b3",
    "spark-warning": "#f2b84b",
    "spark-critical": "#ff6f68",
    "series-1": "#63b3e4",
    "series-2": "#b497e7",
    "series-3": "#6fc3a5",
    "series-4": "#e39bc4",
    "series-5": "#b9c186",
    "series-6": "#9aa7b5",
}

LIGHT: Look = {
    "text": "#26323d on #f7f9fb",
    "dim": "#5f6c79",
    "title": "bold #111a22",
    "accent": "#0a6aa1",
    "header": "#46535f",
    "key": "bold #0a6aa1",
    "selected": "bold #0f1b26 on #cbe1f3",
    "ok": "#3a7455",
    "info": "#2b5fb3",
    "warning": "bold #9a4b00",
    "critical": "bold #bb1717",
    "bar": "#43718f",
    "bar-empty": "#d3dce4",
    "border": "#bfcad3",
    "border-focus": "#0a6aa1",
    "spark": "#43718f",
    "spark-warning": "#9a4b00",
    "spark-critical": "#bb1717",
    "series-1": "#1668a8",
    "series-2": "#7046b8",
    "series-3": "#1f7356",
    "series-4": "#a63a7a",
    "series-5": "#5f6a12",
    "series-6": "#566472",
}

ANSI: Look = {
    # Default foreground and background, and no white, black or bright black: in one common
    # scheme or another each of them is the background.
    "text": "",
    "dim": "dim",
    "title": "bold",
    "accent": "cyan",
    "header": "",
    "key": "bold cyan",
    "selected": "reverse",
    "ok": "green",
    "info": "cyan",
    "warning": "bold yellow",
    "critical": "bold red",
    "bar": "cyan",
    "bar-empty": "dim",
    "border": "dim",
    "border-focus": "cyan",
    "spark": "cyan",
    "spark-warning": "yellow",
    "spark-critical": "red",
    "series-1": "cyan",
    "series-2": "magenta",
    "series-3": "green",
    "series-4": "blue",
    "series-5": "bright_magenta",
    "series-6": "bright_cyan",
}

CONTRAST: Look = {
    # Blue, orange and white stay apart in every common kind of colour blindness.
    "text": "#ffffff on #000000",
    "dim": "#bdbdbd",
    "title": "bold #ffffff",
    "accent": "#6cc0ff",
    "header": "#ffffff",
    "key": "bold #6cc0ff",
    "selected": "bold #000000 on #ffffff",
    "ok": "#9ed2ff",
    "info": "bold #6cc0ff",
    "warning": "bold underline #ffc04d",
    "critical": "bold reverse #ff9a2e",
    "bar": "#6cc0ff",
    "bar-empty": "#6e6e6e",
    "border": "#8a8a8a",
    "border-focus": "bold #ffffff",
    "spark": "#6cc0ff",
    "spark-warning": "#ffc04d",
    "spark-critical": "bold #ff9a2e",
    "series-1": "#6cc0ff",
    "series-2": "#ffb347",
    "series-3": "#ffffff",
    "series-4": "#9aa8ff",
    "series-5": "#ffe08a",
    "series-6": "#b0b0b0",
}

MONO: Look = {
    **dict.fromkeys(ROLES, ""),
    **dict.fromkeys(("dim", "border", "bar-empty"), "dim"),
    **dict.fromkeys(("title", "key", "border-focus", "spark-critical"), "bold"),
    "selected": "reverse",
    "info": "bold",
    "warning": "bold underline",
    "critical": "bold reverse",
}
"""For NO_COLOR: attributes only, severities still apart."""


def _theme(name: str, look: Look, *, surface: str, panel: str, dark: bool) -> Theme:
    text, background = look["text"].split(" on ")

    def colour(role: str) -> str:
        return look[role].split(" on ")[0].split()[-1]

    selected, cursor = look["selected"].removeprefix("bold ").split(" on ")
    return Theme(
        name=name,
        dark=dark,
        primary=colour("accent"),
        secondary=colour("bar"),
        accent=colour("accent"),
        success=colour("ok"),
        warning=colour("warning"),
        error=colour("critical"),
        foreground=text,
        background=background,
        surface=surface,
        panel=panel,
        variables={
            "block-cursor-foreground": selected,
            "block-cursor-background": cursor,
            "border": colour("border-focus"),
            "border-blurred": colour("border"),
            "footer-background": background,
            "footer-foreground": colour("dim"),
            "footer-key-foreground": colour("key"),
            "footer-description-foreground": colour("dim"),
            "input-selection-background": cursor,
            "scrollbar": colour("border"),
            "scrollbar-hover": colour("dim"),
            "scrollbar-active": colour("accent"),
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
        },
    )


_ANSI_THEME = Theme(
    name="sysmon-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        # Textual's own style sheets name it, and only its own ANSI themes define it.
        "ansi-background": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "footer-key-foreground": "ansi_cyan",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "scrollbar": "ansi_cyan",
        "scrollbar-hover": "ansi_cyan",
        "scrollbar-active": "ansi_bright_cyan",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)

THEMES: Mapping[str, Theme] = {
    theme.name: theme
    for theme in (
        _theme("sysmon-dark", DARK, surface="#161d26", panel="#1c2530", dark=True),
        _theme("sysmon-light", LIGHT, surface="#edf1f5", panel="#e3e9ef", dark=False),
        _ANSI_THEME,
        _theme("sysmon-contrast", CONTRAST, surface="#000000", panel="#1a1a1a", dark=True),
    )
}

LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "sysmon-dark": DARK,
        "sysmon-light": LIGHT,
        "sysmon-ansi": ANSI,
        "sysmon-contrast": CONTRAST,
    }
)


def register(app: App[Any]) -> None:
    """Make the themes known to the app; those of Textual stay and get a derived look."""
    for theme in THEMES.values():
        app.register_theme(theme)


def look(name: str) -> Look:
    """The look of one of our themes or of Textual's own; the dark one for any other name."""
    if name in LOOKS:
        return LOOKS[name]
    theme = BUILTIN_THEMES.get(name)
    if theme is None:
        return DARK
    return ANSI if theme.ansi else _derived(theme)


def _derived(theme: Theme) -> Look:
    """A look made of another theme's colours."""
    system = theme.to_color_system()
    colours = system.generate()
    text, background = colours["foreground"], colours["background"]
    muted = Color.parse(text).blend(Color.parse(background), 0.4).hex
    hues = [colours[key] for key in ("primary", "secondary", "accent", "success")]
    return {
        **dict.fromkeys(ROLES, muted),
        "text": f"{text} on {background}",
        "title": f"bold {text}",
        "accent": colours["accent"],
        "key": f"bold {colours['accent']}",
        "selected": f"bold {text} on {colours['panel']}",
        "ok": colours["success"],
        "info": colours["secondary"],
        "warning": f"bold {colours['warning']}",
        "critical": f"bold {colours['error']}",
        "bar": colours["primary"],
        "spark": colours["primary"],
        "spark-warning": colours["warning"],
        "spark-critical": colours["error"],
        "border-focus": colours["primary"],
        **{f"series-{number}": hue for number, hue in enumerate(hues, start=1)},
    }
