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
    brief: bool = True
    """Show what changed since you last looked when it starts; the key B shows it at any time."""
    diff: bool = True
    """Send only the cells that changed. Off for terminals that get it wrong."""
    title: bool = True
    """Say in the terminal's title how many alerts call for somebody."""
    bell: bool = False
    """Ring the terminal's bell when an alert fires, once in ten seconds at most."""
    desktop: Literal["off", "osc9", "osc777"] = "off"
    """Have the terminal show a desktop notice when an alert fires: `osc9` for iTerm2, kitty,
    WezTerm and Windows Terminal, `osc777` for foot, VTE and rxvt-unicode. Works over SSH; tmux
    needs `allow-passthrough on`."""
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
    """`sqlite:` (in the state directory), `sqlite:///absolute/path`, `jsonl:///absolute/directory`
    (daily files, `?gzip` after it packs them), `prometheus+http://host:9090` (remote write) or
    `memory:`."""
    retention_hours: Annotated[float, msgspec.Meta(ge=0.1, le=87600)] = 48.0
    """What was recorded is dropped when it is older. Rollups stay longer: those of a minute for 30
    days, of ten minutes for a year, of an hour for five."""
    quota_mib: Annotated[int, msgspec.Meta(ge=1, le=1048576)] = 256
    """The history file never grows beyond this; the oldest is dropped first."""


class Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody or something that is told of alerts."""

    name: Word
    """What rules and problems call it; no two have the same."""
    kind: Literal["command", "webhook", "email", "apprise", "logfile", "alertmanager"]
    """How it is told."""
    severity: Literal["info", "warning", "critical"] = "warning"
    """It hears of alerts at least this bad."""
    rules: tuple[str, ...] = ()
    """It hears of these rules only; none means all."""
    resolved: bool = True
    """It also hears when an alert it was told of is over."""
    acknowledged: bool = False
    """It also hears when somebody takes an alert it was told of."""
    argv: tuple[str, ...] = ()
    """command: program, by absolute path, and arguments. No shell; alerts come by `SYSMON_*` and
    as JSON on the standard input."""
    url: str = ""
    """webhook, alertmanager: where to; http or https, without a password."""
    url_file: str = ""
    """webhook, apprise: a file of mode 0600 that holds the URL (apprise: one on each line)."""
    url_secret: str = ""
    """webhook, apprise: a secret of the vault that holds the URL or URLs, by name."""
    headers: dict[str, str] = {}
    """webhook, alertmanager: further headers. Secrets belong into `token_secret`."""
    token_file: str = ""
    """webhook, alertmanager: a file of mode 0600 that holds the bearer token."""
    token_secret: str = ""
    """webhook, alertmanager: a secret of the vault that is the bearer token, by name."""
    user: str = ""
    """webhook, alertmanager, email: who logs in."""
    password_file: str = ""
    """webhook, alertmanager, email: a file of mode 0600 that holds the password of `user`."""
    password_secret: str = ""
    """webhook, alertmanager, email: a secret of the vault that is the password of `user`."""
    ca_file: str = ""
    """webhook, alertmanager, email: certificates to trust instead of the system's."""
    host: str = ""
    """email: the server."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    """email: its port; 0 is 587 for starttls, 465 for tls, 25 for none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """email: how the line is encrypted. Never less than this."""
    sender: str = msgspec.field(default="", name="from")
    """email: the sender's address."""
    to: tuple[str, ...] = ()
    """email: the addresses it goes to."""
    path: str = ""
    """logfile: the file that gets a line of JSON for each message; an absolute path."""


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told of alerts, and how often at most."""

    group_wait: Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)] = 5.0
    """Seconds the first alert of a rule waits for others to come along in one message."""
    group_interval: Annotated[float, msgspec.Meta(ge=0.0, le=86400.0)] = 60.0
    """Seconds between two messages about one rule."""
    repeat_hours: Annotated[float, msgspec.Meta(ge=0.0, le=8760.0)] = 0.0
    """Hours after which an alert that nobody has is told again; 0 is never."""
    max_per_minute: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    """Messages each receiver gets in a minute at most; the last one carries all that is left."""
    to: tuple[Receiver, ...] = ()
    """The receivers, each a table headed `[[notify.to]]`."""


class Logfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Log files whose lines become figures, to be shown, recorded and judged like any other."""

    paths: dict[str, AbsolutePath] = {}
    """The files, by a name of your choice: `paths = { web = "/var/log/nginx/access.log" }`."""
    patterns: dict[str, Word] = {}
    """Regular expressions by the name of the log, or `"LOG.PATTERN"` where it has several. Matches
    are counted; a group `(?P<took_seconds>...)` (or `_bytes`) yields quantiles, others labels."""


class Prometheus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Alerting rules written for Prometheus and its node_exporter, judged here."""

    rule_files: tuple[AbsolutePath, ...] = ()
    """Rule files (YAML); `*` in a file's name stands for any text."""
    labels: dict[str, str] = {}
    """What a scrape would add to our series, as the rules ask for it. Where they are not given,
    `job` is `node` and `instance` the host's name."""


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A password before acts: acknowledging, shelving, silencing, signals, settings."""

    user: str = ""
    """Whose password the screen asks for (`config set-password`); empty asks for none."""
    minutes: Annotated[float, msgspec.Meta(ge=0.0, le=1440.0)] = 5.0
    """Minutes after the last act in which it is not asked for again."""


class Acts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be done from the screen."""

    processes: bool = True
    """Send signals to processes and renice them. Off, they are only looked at."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration, immutable; a change makes another one."""

    screen: Screen = Screen()
    collection: Collection = Collection()
    host: Host = Host()
    storage: Storage = Storage()
    notify: Notify = Notify()
    logfile: Logfile = Logfile()
    prometheus: Prometheus = Prometheus()
    lock: Lock = Lock()
    acts: Acts = Acts()
    rules: tuple[dict[str, Any], ...] = ()
    """Alert rules (`[[rules]]`), added to the default pack; one of the same name replaces it."""
