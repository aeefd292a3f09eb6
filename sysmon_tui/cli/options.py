"""The options of the live screen, how they become settings, and options that commands share.

One of the live screen is a setting for this one start: its parameter is named after the
setting's path, `screen.theme` as `screen__theme`, so that there is no table to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

MIN_INTERVAL, MAX_INTERVAL = 0.1, 3600.0
SORTS = ("cpu", "memory", "time", "pid", "io")
GLYPHS = ("unicode", "block", "ascii")

_LIVE = (
    click.option(
        "--interval",
        "collection__interval",
        type=click.FloatRange(MIN_INTERVAL, MAX_INTERVAL),
        metavar="SECONDS",
        help="Seconds between two ticks (1).",
    ),
    click.option("--theme", "screen__theme", metavar="NAME", help="The screen's theme."),
    click.option(
        "--glyphs", "screen__glyphs", type=click.Choice(GLYPHS), help="What charts are drawn with."
    ),
    click.option("--ascii", "ascii_only", is_flag=True, help="The same as --glyphs ascii."),
    click.option(
        "--mouse/--no-mouse",
        "screen__mouse",
        default=None,
        help="Take mouse events; off over SSH unless asked for.",
    ),
    click.option(
        "--no-diff",
        "no_diff",
        is_flag=True,
        help="Draw whole lines instead of the cells that changed.",
    ),
    click.option(
        "--sort", "screen__sort", type=click.Choice(SORTS), help="What processes are sorted by."
    ),
    click.option("--tree", "tree", is_flag=True, help="Show processes as a tree."),
    click.option(
        "--store", "storage__url", metavar="URL", help="Where history is kept: sqlite:///PATH ..."
    ),
    click.option("--no-history", "no_history", is_flag=True, help="Keep history in memory only."),
    click.option("--plain", is_flag=True, help="Print a line a tick instead of drawing."),
    click.option(
        "--count",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --plain (and implying it): stop after N ticks.",
    ),
)


def live_options(command: F) -> F:
    for option in reversed(_LIVE):
        command = option(command)
    return command


def as_flags(
    *, ascii_only: bool, no_diff: bool, tree: bool, no_history: bool, **by_path: Any
) -> Mapping[str, Any]:
    """The options given, as `settings.store.load` takes them: values by dotted path."""
    if ascii_only and by_path["screen__glyphs"] is not None:
        raise click.UsageError("--ascii and --glyphs exclude each other")
    if no_history and by_path["storage__url"] is not None:
        raise click.UsageError("--no-history and --store exclude each other")
    flags = {name.replace("__", "."): value for name, value in by_path.items() if value is not None}
    if (mouse := flags.get("screen.mouse")) is not None:
        flags["screen.mouse"] = "on" if mouse else "off"
    switches = (
        (ascii_only, "screen.glyphs", "ascii"),
        (no_diff, "screen.diff", False),
        (tree, "screen.tree", True),
        (no_history, "storage.url", "memory:"),
    )
    return flags | {path: value for given, path, value in switches if given}


def store_option(command: F) -> F:
    """For commands that look back: another history than that of the settings."""
    return click.option(
        "--store", "url", metavar="URL", help="Look into this history: sqlite:///PATH ..."
    )(command)


def actor_option(command: F) -> F:
    """For commands whose act others will see: in whose name."""
    return click.option("--as", "name", default="", metavar="NAME", help="Who acts (you).")(command)
