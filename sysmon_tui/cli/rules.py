"""`sysmon-tui rules`: which rules are in force, whether they are right, what they would have done.

Only the command line is here; each command's work is in the `rules_*` module it imports.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sysmon_tui.cli import EX_CONFIG
from sysmon_tui.cli.output import answer, json_option, say
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration

if TYPE_CHECKING:
    from sysmon_tui.model.alert import Severity

LEVELS = ("info", "warning", "critical")


def _figure(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from sysmon_tui.alerts.figures import FIGURE_FORM, figure

    read = None if value is None else figure(value)
    if value is not None and read is None:
        raise click.BadParameter(f"{value!r} is no figure. {FIGURE_FORM}", ctx, param)
    return read


@click.group("rules")
@places
def command() -> None:
    """The alert rules: list, check, export, import, test, replay the past, rehearse.

    The rules are those of the pack with yours over them: [[rules]] tables in settings.toml.
    """


@command.command("list")
@json_option
@places
def list_rules(as_json: bool) -> None:
    """Print every rule: where it comes from, its levels, and what it looks at.

    A level reads as the comparison, in brackets where it ends, and how long it must last. Rules
    that cannot be used are told on stderr; `rules check` says more.
    """
    from sysmon_tui.cli.rules_list import as_objects, table
    from sysmon_tui.cli.rules_read import read_rules

    rules = read_rules()
    answer(as_objects(rules), table(rules), as_json=as_json)


@command.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), required=False)
@json_option
@places
@click.pass_context
def check(ctx: click.Context, file: str | None, as_json: bool) -> None:
    """Exit with 0 when every rule can be used, else with 78, all problems listed.

    Checks the [[rules]] of your settings.toml or of FILE (TOML). Each problem has file and line,
    the field, and what to do.
    """
    from sysmon_tui.cli.rules_check import as_object, check_file, report

    checked = check_file(file)
    answer(as_object(checked), report(checked), as_json=as_json)
    if checked.problems:
        ctx.exit(EX_CONFIG)


@command.command("export")
@click.option(
    "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write there, not to stdout."
)
@places
@click.pass_context
def export(ctx: click.Context, output: str | None) -> None:
    """Print the rules as a Prometheus rule file, one alert for each level of a rule.

    Alerts there end at their threshold: where a rule clears at another value, that is kept as the
    annotation `clear`. A rule that PromQL cannot say, or that is broken, is named on stderr; for a
    broken one the exit code is 78, after the others are written.
    """
    from sysmon_tui.alerts.export import export as exported
    from sysmon_tui.cli.rules_read import read_rules
    from sysmon_tui.cli.sink import write_whole
    from sysmon_tui.cli.start import warn

    rules = read_rules()
    made = exported(rules.rules)
    warn(f"not exported: {name}: {reason}" for name, reason in made.omitted)
    if output is None:
        say(made.text.rstrip("\n"))
    else:
        # For Prometheus to read, which is another user: the only file of ours that is not 0600.
        text = made.text.encode()
        write_whole(Path(output), lambda file: file.write(text), force=True, mode=0o644)
    if rules.problems:
        ctx.exit(EX_CONFIG)


@command.command("backtest")
@click.argument("name")
@click.option(
    "--since",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How far back.",
)
@click.option("--level", type=click.Choice(LEVELS), help="The level to change (the mildest).")
@click.option(
    "--threshold",
    callback=_figure,
    metavar="FIGURE",
    help='Another threshold, such as "90%" or "5GiB".',
)
@click.option(
    "--clear", callback=_figure, metavar="FIGURE", help="Another value at which the level ends."
)
@click.option("--for", "hold", type=Duration(), help="How long it must last to fire.")
@json_option
@places
def backtest(
    name: str,
    since: float,
    level: str | None,
    threshold: float | None,
    clear: float | None,
    hold: float | None,
    as_json: bool,
) -> None:
    """Replay recorded history through the rule NAME, as it is or changed.

    Tells how often it would have fired, for how long, and which of the alerts that somebody
    acknowledged it would have missed. Beyond three hours one reading in ten seconds is taken:
    rates stay exact, short peaks of other figures may go unseen. Exits with 1 where there is no
    such rule or nothing recorded for it.
    """
    from sysmon_tui.alerts.tuning import tuned
    from sysmon_tui.cli.rules_past import as_object, replayed, report
    from sysmon_tui.cli.rules_read import named, read_rules

    rules = read_rules()
    rule = named(rules, name)
    changed = tuned(rule, _severity(level), threshold=threshold, clear=clear, hold=hold)
    found = replayed(rules.rules, rule, changed, since)
    answer(as_object(found), report(found), as_json=as_json)


@command.command("drill")
@click.argument("name")
@click.option(
    "--labels", "pairs", default="", metavar="K=V,...", help="Labels of the alert, as of a mount."
)
@click.option(
    "--for",
    "hold",
    type=Duration(),
    default="60s",
    show_default=True,
    help="How long it fires.",
)
@click.option("--severity", type=click.Choice(LEVELS), help="How bad (the rule's worst level).")
@places
def drill(name: str, pairs: str, hold: float, severity: str | None) -> None:
    """Let an alert of the rule NAME fire that is none, and end it again.

    It carries the label drill="true" and its summary begins with DRILL. Every sysmon-tui on this
    machine that uses the same state directory shows it, and one that runs delivers it to its
    notifiers. Ctrl-C ends it early.
    """
    from sysmon_tui.cli.rules_drill import parse_labels, rehearse
    from sysmon_tui.cli.rules_read import named, read_rules

    carried = parse_labels(pairs)
    rehearse(named(read_rules(), name), carried, _severity(severity), hold)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@json_option
@click.pass_context
def import_rules(ctx: click.Context, file: str, as_json: bool) -> None:
    """Tell which alerts of a Prometheus rule FILE can be judged here, and which not.

    Each is named: those that can be, with metrics that no collector here provides and with what
    is lost of them; those that cannot be, with the reason. Nothing is changed: to have them
    judged, name FILE in prometheus.rule_files of the settings. Exits with 78 where FILE is no
    rule file.
    """
    from sysmon_tui.cli.rules_import import as_object, read, report

    imported = read(file)
    answer(as_object(imported), report(imported), as_json=as_json)
    if imported.file.problems:
        ctx.exit(EX_CONFIG)


@command.command("test")
@click.argument("files", type=click.Path(exists=True, dir_okay=False), nargs=-1, required=True)
@click.pass_context
def test(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Run unit tests of rules: FILES in the format of `promtool test rules`.

    Their rule_files may be Prometheus's (YAML) or ours (TOML with [[rules]]). A rule that cannot
    be judged here fails its tests and says why. Exits with 1 where a test fails, with 78 where a
    file cannot be used.
    """
    from sysmon_tui.cli.rules_test import run_file

    failed = False
    for file in files:
        outcome = run_file(file)
        failed = failed or bool(outcome.failures)
        verdict = f"{len(outcome.failures)} failed" if outcome.failures else "all as expected"
        say("\n".join((f"{file}: {outcome.checks} checks, {verdict}", *outcome.failures)))
    if failed:
        ctx.exit(1)


def _severity(word: str | None) -> Severity | None:
    from sysmon_tui.model.alert import Severity

    return Severity[word.upper()] if word else None
