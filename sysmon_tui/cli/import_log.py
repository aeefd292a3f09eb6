"""`sysmon-tui import` of log files: the log and its rotated files become one history."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from math import inf
from pathlib import Path

import click

from sysmon_tui.cli.import_read import history, take_in
from sysmon_tui.cli.progress import by_place
from sysmon_tui.cli.sink import opened_for_reading
from sysmon_tui.cli.start import open_settings
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.processors.logfile import Log, logs_of
from sysmon_tui.processors.logpast import batches
from sysmon_tui.processors.logtime import LogTime
from sysmon_tui.storage.exchange.lines import byte_lines, unpacked

HEAD = 1000
"""Lines in which the first time of a file is looked for."""
NAME = re.compile(r"[A-Za-z0-9_-]+")
OPTION = "--pattern"


def read(
    files: Iterable[str],
    url: str | None,
    *,
    log: str | None,
    patterns: Mapping[str, str],
    step: float,
    now: float,
    resume: bool,
) -> None:
    """`log` is what the lines are of, `patterns` are by their names. Raises `SysmonError`."""
    names = tuple(files)
    log = log or _called(names[0])
    digest = _digest(log, patterns)
    when = LogTime(now)
    if len(names) > 1:
        # As a shell sorts them the newest comes first.
        names = tuple(sorted(names, key=lambda name: _begins(name, when)))
    with closing(history(url)) as store:
        take_in(store, batches(_lines(names), digest, when, step), log, resume=resume)
    if digest.given_up:
        click.echo(
            f"{log}: a pattern takes too long and was given up, so it counts too few", err=True
        )


def _called(name: str) -> str:
    """`app` for /var/log/app.log.2.gz."""
    found = NAME.match(Path(name).name)
    return found[0] if found and name != "-" else "log"


def _digest(log: str, given: Mapping[str, str]) -> Log:
    """With the patterns of the settings and those given, which come before them."""
    loaded, _ = open_settings()
    patterns = {
        called: text
        for called, text in loaded.settings.logfile.patterns.items()
        if called.partition(".")[0] == log
    }
    patterns |= {f"{log}.{name}": text for name, text in given.items()}
    return logs_of({log: ""}, patterns, OPTION if given else str(loaded.path))[log]


def _begins(name: str, when: LogTime) -> float:
    """The first time in a file; at the end where there is none."""
    if name == "-":
        raise SysmonError("several files cannot be read with stdin among them", "Pipe all of them")
    with opened_for_reading(name) as file:
        lines = islice(byte_lines(unpacked(file), name), HEAD)
        times = (when(line.decode("utf-8", "replace")) for line in lines)
        return next((at for at in times if at is not None), inf)


def _lines(names: Iterable[str]) -> Iterator[bytes]:
    for name in names:
        with opened_for_reading(name) as file:
            size = 0 if name == "-" else os.fstat(file.fileno()).st_size
            yield from by_place(byte_lines(unpacked(file), name), file, size, name)
