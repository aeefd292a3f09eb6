"""`sysmon-tui query`: an expression over what was recorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from sysmon_tui.cli.options import store_option
from sysmon_tui.cli.output import say
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration, moment_option

if TYPE_CHECKING:
    from sysmon_tui.promql import PromqlError

DRAWN = 120
"""Steps of a range where none is asked for: a point for each column of a wide chart."""


@click.command(
    "query",
    epilog="""\b
Examples:
  sysmon-tui query node_load1
  sysmon-tui query 'rate(node_disk_read_bytes_total[5m])' --range 6h --step 1m
  sysmon-tui query 'max_over_time(sysmon_memory_used_ratio[1h])' --at 03:12
  sysmon-tui query 'topk(3, sysmon_cpu_core_ratio)' --start -2h --json
""",
)
@click.argument("expression")
@moment_option("--at", text="The moment to look at (now).")
@moment_option("--start", text="The beginning of a range.")
@moment_option("--end", text="The end of the range (now).")
@click.option("--range", "span", type=Duration(), help="The same as --start -DURATION.")
@click.option("--step", type=Duration(), help="Seconds between two values.")
@click.option("--json", "as_json", is_flag=True, help="Print what Prometheus' API would answer.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a line for each value.")
@store_option
@places
@click.pass_context
def command(
    ctx: click.Context,
    expression: str,
    at: float | None,
    start: float | None,
    end: float | None,
    span: float | None,
    step: float | None,
    as_json: bool,
    as_csv: bool,
    url: str | None,
) -> None:
    """Work out a PromQL EXPRESSION over recorded history.

    Without a range: its value at a moment. With --range or --start: its course, in steps.
    Functions and operators that are not known here are named. Of a range of more than six hours
    in steps of a minute or more, each step's last value is taken. TIME is such as now, -2h,
    03:12, "yesterday 14:00" or 2026-11-25T03:12.
    """
    from sysmon_tui.cli.query_answer import Asked, answer
    from sysmon_tui.promql import PromqlError

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if span is not None and start is not None:
        raise click.UsageError("--range and --start exclude each other")
    if at is not None and (span, start, end, step) != (None,) * 4:
        raise click.UsageError("--at is one moment and goes with no range")
    now = time.time()
    end = now if end is None else end
    start = end - span if span is not None else start
    form = "json" if as_json else "csv" if as_csv else "table"
    if start is None:
        asked = Asked(expression, end if at is None else at, end if at is None else at, 0.0)
    else:
        asked = Asked(expression, start, end, step or _step(end - start))
    try:
        say("\n".join(answer(asked, url, form)))
    except PromqlError as error:
        click.echo("\n".join(_pointed(expression, error)), err=True)
        ctx.exit(1)


def _step(seconds: float) -> float:
    """A whole number of seconds that makes about `DRAWN` steps."""
    return max(1.0, float(round(seconds / DRAWN)))


def _pointed(text: str, error: PromqlError) -> list[str]:
    """The error with a caret under its place."""
    from sysmon_tui.model.text import clean

    said = f"sysmon-tui: {error.what}. {error.remedy}" if error.remedy else f"sysmon-tui: {error}"
    if not error.line:
        return [said]
    line = text.split("\n")[error.line - 1]
    return [said, f"  {clean(line)}", f"  {' ' * (error.column - 1)}^"]
