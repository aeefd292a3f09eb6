"""`sysmon-tui import`: history out of files, ours and those of other programs."""

from __future__ import annotations

import re
import time

import click

from sysmon_tui.cli.places import places

FORMS = ("csv", "jsonl", "log", "openmetrics", "parquet", "sysstat")
LOG = re.compile(r"\.log(?:[.-][0-9]+)*(?:\.gz)?$")
"""How a log and its rotated files are called."""


@click.command(
    "import",
    epilog="""\b
Examples:
  sysmon-tui import history.jsonl.gz --into sqlite:///tmp/there.sqlite
  sadf -j /var/log/sysstat/sa25 -- -A | sysmon-tui import --format sysstat - \\
      --into sqlite:///tmp/there.sqlite
  sysmon-tui import /var/log/app.log* --pattern errors='ERROR' --into sqlite:///tmp/app.sqlite
  sysmon-tui query 'sysmon_cpu_ratio{mode="busy"}' --start yesterday \\
      --store sqlite:///tmp/there.sqlite
""",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="What FILE is; without it by its end: .csv .jsonl .om .parquet .log, .json for sadf -j.",
)
@click.option(
    "--into", "url", metavar="URL", help="A history of its own, sqlite:///PATH or jsonl:///DIR."
)
@click.option("--log", metavar="NAME", help="log: what the lines are of (by the file's name).")
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    metavar="NAME=REGEX",
    help="log: count the lines that match, beside the patterns of the settings.",
)
@click.option(
    "--step",
    type=click.FloatRange(1.0, 3600.0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="log: seconds between two figures.",
)
@click.option("--resume", is_flag=True, help="Leave out what the history has or is older than it.")
@places
def command(
    files: tuple[str, ...],
    form: str | None,
    url: str | None,
    log: str | None,
    patterns: tuple[str, ...],
    step: float,
    resume: bool,
) -> None:
    """Read history from FILE, - being stdin, what was gzipped as well.

    History is written in the order of time: what is imported must be newer than all there is, so
    it usually goes --into a history of its own, which query, report and export read by --store.
    A history that another program records to is never written. A broken line is named, and what
    came before it stays; --resume goes on after it. Figures of sysstat come in under the names
    they have here.

    Of a log and its rotated files, in whatever order, lines and matches are counted by the times
    in the lines, as they are of a log that is followed: groups of a pattern named ..._seconds or
    ..._bytes yield quantiles, others labels.
    """
    if form == "log" or (form is None and all(map(LOG.search, files))):
        from sysmon_tui.cli.import_log import read as read_logs

        given = dict(map(_pattern, patterns))
        read_logs(files, url, log=log, patterns=given, step=step, now=time.time(), resume=resume)
        return
    if log or patterns:
        raise click.UsageError("--log and --pattern are for log files: add --format log")
    from sysmon_tui.cli.import_read import read

    read(files, form, url, resume=resume)


def _pattern(text: str) -> tuple[str, str]:
    name, equals, expression = text.partition("=")
    if not (name and equals and expression):
        raise click.UsageError(f"--pattern {text}: write NAME=REGEX")
    return name, expression
