"""`sysmon-tui import`: history out of files, ours and those of other programs."""

from __future__ import annotations

import click

from sysmon_tui.cli.places import places

FORMS = ("csv", "jsonl", "openmetrics", "parquet", "sysstat")


@click.command(
    "import",
    epilog="""\b
Examples:
  sysmon-tui import history.jsonl.gz --into sqlite:///tmp/there.sqlite
  sadf -j /var/log/sysstat/sa25 -- -A | sysmon-tui import --format sysstat - \\
      --into sqlite:///tmp/there.sqlite
  sysmon-tui query 'sysmon_cpu_ratio{mode="busy"}' --start yesterday \\
      --store sqlite:///tmp/there.sqlite
""",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="What FILE is; without it by its end: .csv .jsonl .om .parquet, .json for sadf -j.",
)
@click.option(
    "--into", "url", metavar="URL", help="A history of its own, sqlite:///PATH or jsonl:///DIR."
)
@click.option("--resume", is_flag=True, help="Leave out what the history has or is older than it.")
@places
def command(files: tuple[str, ...], form: str | None, url: str | None, resume: bool) -> None:
    """Read history from FILE, - being stdin, what was gzipped as well.

    History is written in the order of time: what is imported must be newer than all there is, so
    it usually goes --into a history of its own, which query, report and export read by --store.
    A history that another program records to is never written. A broken line is named, and what
    came before it stays; --resume goes on after it. Figures of sysstat come in under the names
    they have here.
    """
    from sysmon_tui.cli.import_read import read

    read(files, form, url, resume=resume)
