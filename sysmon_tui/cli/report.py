"""`sysmon-tui report`: a stretch of history told on a page."""

from __future__ import annotations

import time
from typing import Any

import click

from sysmon_tui.cli.options import store_option
from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration, moment_option

FORMS = ("terminal", "markdown", "html", "json")


@click.command(
    "report",
    epilog="""\b
Examples:
  sysmon-tui report
  sysmon-tui report --since 7d --format html > week.html
  sysmon-tui report --start 03:00 --end 04:00 --format markdown
""",
)
@click.option(
    "--since",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How far back.",
)
@moment_option("--start", text="Where to begin, instead of --since.")
@moment_option("--end", "--until", text="Where to end (now).")
@click.option(
    "--format", "form", type=click.Choice(FORMS), default="terminal", show_default=True,
    help="html is one file without scripts, with charts.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@store_option
@places
def command(
    since: float,
    start: float | None,
    end: float | None,
    form: str,
    as_json: bool,
    url: str | None,
) -> None:
    """Tell what was normal, what was not, when it was busy, who it was, and what is next.

    Alerts with times to acknowledge (MTTA) and to resolve (MTTR), what was unusual, when file
    systems will be full, the quantiles of every figure, the busiest hours, programs and control
    groups.
    """
    from sysmon_tui.cli.report_read import as_object, lines, read

    end = time.time() if end is None else end
    start = end - since if start is None else start
    if not start < end:
        raise click.UsageError("the stretch ends before it begins")
    report, host = read(url, start, end)
    if as_json or form == "json":
        told: dict[str, Any] = as_object(report, host)
        say_json(told)
    else:
        say("\n".join(lines(report, host, form)))
