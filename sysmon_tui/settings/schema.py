"""Every setting there is. The docstring under a field is its manual.

Decoding is strict: an unknown name, a wrong type or a figure out of range is an error that names
the field. Defaults are what a person on call wants without having written a file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=3600.0)]
AbsolutePath = Annotated[str, msgspec.Meta(pattern="^/", description="an absolute path")]
Word = Annotated[str, msgspec.Meta(min_length=1, description="a text that is not empty")]


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How it looks."""

    theme: Word = "auto"
    """A theme's name, or `auto`: dark, or the terminal's own colours where it has only 16."""
    glyphs: Literal["auto", "unicode", "block", "ascii"] = "auto"
    """What charts and bars are drawn with; `auto` is ASCII where the output is not UTF-8."""
    mouse: Literal["auto", "on", "off"] = "auto"
    """`auto` leaves it off over SSH: a dropped connection would leave it on in your terminal."""
    sort: Literal["cpu", "memory", "time", "pid", "io"] = "cpu"
    """What the process table is sorted by at start."""
    tree: bool = False
    """Show the process table as a tree at start."""
    diff: bool = True
    """Send only the cells that changed. Off for terminals that get it wrong."""
    keys: dict[str, str] = {}
    """Other keys for actions: action name to a comma-separated list of keys."""


class Collection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is read and how often."""

    interval: Seconds = 1.0
    """Seconds between two ticks."""
    disabled: tuple[str, ...] = ()
    """Collectors that do not run, by name."""
    intervals: dict[str, Seconds] = {}
    """Seconds between passes of single collectors, by name."""


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the machine's kernel files are; for containers that look at their host."""

    proc: AbsolutePath = "/proc"
    """Where the proc file system of the machine to watch is mounted."""
    sys: AbsolutePath = "/sys"
    """Where its sysfs is mounted."""
    root: AbsolutePath = "/"
    """Where its root directory is mounted; prefixed to its mounts."""


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where history is kept."""

    url: Word = "sqlite:"
    """`sqlite:` (in the state directory), `sqlite:///absolute/path` or `memory:`."""
    retention_hours: Annotated[float, msgspec.Meta(ge=0.1, le=87600)] = 48.0
    """History older than this is dropped."""
    quota_mib: Annotated[int, msgspec.Meta(ge=1, le=1048576)] = 256
    """The history file never grows beyond this; the oldest is dropped first."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration, immutable; a change makes another one."""

    screen: Screen = Screen()
    collection: Collection = Collection()
    host: Host = Host()
    storage: Storage = Storage()
    rules: tuple[dict[str, Any], ...] = ()
    """Alert rules (`[[rules]]`), added to the default pack; one of the same name replaces it."""
