"""`sysmon-tui alerts`: who has what, from a script or a second shell.

Works on the ledger, so with or without a running program; those that run show it within a second.
What only tells is here, what acts in `alerts_acts`.
"""

from __future__ import annotations

import time
from typing import Any

import click

from sysmon_tui.cli import alerts_acts
from sysmon_tui.cli.output import answer, json_option, say
from sysmon_tui.cli.places import places


@click.group("alerts")
@places
def command() -> None:
    """The alerts of this machine: list them, take them over, put them out of sight.

    FINGERPRINTS are the names `alerts list` prints; their first four digits are enough where they
    are no other's.
    """


@command.command("list")
@click.option(
    "--state",
    type=click.Choice(("pending", "firing", "resolved", "unseen")),
    help="Only those in this state; unseen is over and acknowledged by nobody.",
)
@click.option(
    "--severity", type=click.Choice(("info", "warning", "critical")), help="Only those as bad."
)
@click.option("--unacked", is_flag=True, help="Only those that nobody has.")
@json_option
@places
def list_alerts(state: str | None, severity: str | None, unacked: bool, as_json: bool) -> None:
    """Print the alerts that hold or held within a day, or that nobody has seen, worst first."""
    from sysmon_tui.cli.alerts_read import as_object, known, table, the_ledger

    now = time.time()
    found = [
        alert
        for alert in known(the_ledger(), now)
        if state in (None, alert.state.value, alert.word)
        and severity in (None, alert.severity.word)
        and not (unacked and alert.ack is not None)
    ]
    answer([as_object(alert) for alert in found], table(found, now), as_json=as_json)


@command.command("show")
@click.argument("fingerprint")
@json_option
@places
def show(fingerprint: str, as_json: bool) -> None:
    """Print everything about one alert: what happened to it, and the evidence of each firing.

    Also of one that ended long ago: `alerts history` names it.
    """
    from sysmon_tui.cli.alerts_read import (
        as_object,
        choose,
        event_object,
        ever_known,
        history_lines,
        the_ledger,
    )
    from sysmon_tui.cli.evidence import evidence_lines, evidence_object

    ledger = the_ledger()
    (alert,) = choose(ever_known(ledger, time.time()), (fingerprint,), "", every=False)
    dossier = ledger.dossier(alert.fingerprint)
    facts = as_object(alert)
    lines = [f"{name:<14}{_spelled(value)}" for name, value in facts.items() if value]
    lines += ["", *history_lines(dossier.events)]
    for evidence in dossier.evidence:
        lines += ["", *evidence_lines(evidence)]
    whole = {
        **facts,
        "events": [event_object(event) for event in reversed(dossier.events)],
        "evidence": [evidence_object(evidence) for evidence in dossier.evidence],
    }
    answer(whole, lines, as_json=as_json)


@command.command("history")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--rule", default="", metavar="NAME", help="Only alerts of this rule.")
@json_option
@places
def history(limit: int, rule: str, as_json: bool) -> None:
    """Print what happened to alerts, newest first."""
    from sysmon_tui.cli.alerts_read import event_object, history_lines, the_ledger

    events = [
        event
        for event in the_ledger().history(10_000 if rule else limit)
        if rule in ("", event.alert.rule)
    ][:limit]
    answer([event_object(event) for event in events], history_lines(events), as_json=as_json)


@command.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(("jsonl", "csv")),
    default="jsonl",
    show_default=True,
    help="A JSON object or a row for each.",
)
@places
def export(form: str) -> None:
    """Print all alerts, events (oldest first) and silences, for other programs."""
    from sysmon_tui.cli.alerts_export import batches, csv_lines, json_lines, records
    from sysmon_tui.cli.alerts_read import the_ledger

    lines = csv_lines if form == "csv" else json_lines
    for text in batches(lines(records(the_ledger(), time.time()))):
        say(text)


for act in alerts_acts.COMMANDS:
    command.add_command(act)


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {text}" for name, text in value.items() if text)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
