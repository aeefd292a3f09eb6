"""`sysmon-tui export`: recorded history as a file for other programs."""

from __future__ import annotations

import click

from sysmon_tui.cli.options import store_option
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration, moment_option

FORMS = ("csv", "jsonl", "openmetrics", "parquet")


@click.command(
    "export",
    epilog="""\b
Examples:
  sysmon-tui export --range 24h --metric 'node_memory_*' > memory.csv
  sysmon-tui export --output history.jsonl --processes
  sysmon-tui export --output history.om && promtool tsdb create-blocks-from openmetrics history.om
  sysmon-tui export --output cpu.parquet --metric sysmon_cpu_ratio --derived --step 1m
""",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="What to write; without it by the end of --output, else csv.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write there, not to stdout."
)
@moment_option("--start", text="Where to begin (the oldest).")
@moment_option("--end", text="Where to end (now).")
@click.option("--range", "span", type=Duration(), help="The same as --start -DURATION.")
@click.option(
    "--step",
    type=Duration(),
    help="One reading of each collector in so much time; counters lose nothing.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="PATTERN",
    help="Only these; * and ? as in a shell.",
)
@click.option("--derived", is_flag=True, help="Also rates and shares, worked out from the figures.")
@click.option("--processes", is_flag=True, help="Also process tables (jsonl only).")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--resume", is_flag=True, help="Go on where an export to FILE was interrupted.")
@store_option
@places
def command(
    form: str | None,
    output: str | None,
    start: float | None,
    end: float | None,
    span: float | None,
    step: float | None,
    metrics: tuple[str, ...],
    derived: bool,
    processes: bool,
    force: bool,
    resume: bool,
    url: str | None,
) -> None:
    """Write recorded history to a file, in as much memory for a year as for an hour.

    \b
    csv          a line for each sample: time, collector, metric, labels, value
    jsonl        a line for each reading, nothing lost; what `import` likes best
    openmetrics  for promtool tsdb create-blocks-from openmetrics, and any scraper
    parquet      a row for each sample; needs the extra sysmon-tui[parquet]

    Times are in seconds since the epoch. Without --derived what was read is written, counters
    as counters. An interrupted export leaves whole lines, and --resume goes on after them (csv
    and jsonl; the others appear only when they are complete).
    """
    from sysmon_tui.cli.export_write import Wanted, write

    if span is not None and start is not None:
        raise click.UsageError("--range and --start exclude each other")
    if ((force or resume) and output is None) or (force and resume):
        raise click.UsageError("--force and --resume need an --output, and exclude each other")
    wanted = Wanted(
        form=form,
        output=output,
        start=start,
        end=end,
        span=span,
        step=step or 0.0,
        metrics=metrics,
        derived=derived,
        processes=processes,
    )
    write(wanted, url, force=force, resume=resume)
