"""`sysmon-tui alerts`: who has what, from a script or a second shell.

Works on the ledger, so with or without a running program; those that run show it within a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import places
from sysmon_tui.cli.rules import _duration

if TYPE_CHECKING:
    from sysmon_tui.alerts.acts import Act
    from sysmon_tui.model.alert import Alert
    from sysmon_tui.model.text import SafeText

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
_FOR = click.option(
    "--for",
    "seconds",
    callback=_duration,
    default="1h",
    show_default=True,
    metavar="DURATION",
    help="For how long; a week is the longest.",
)
_NOTE = click.option("--note", default="", metavar="TEXT", help="What colleagues should know.")
_AS = click.option("--as", "name", default="", metavar="NAME", help="Who acts (you).")


def _chosen(command: Callable[..., None]) -> Callable[..., None]:
    """Which alerts: by fingerprint, by rule, or all of them."""
    for option in (
        _JSON,
        _AS,
        click.option("--all", "every", is_flag=True, help="Every alert that goes on."),
        click.option("--rule", default="", metavar="NAME", help="Every alert of this rule."),
        click.argument("fingerprints", nargs=-1),
    ):
        command = option(command)
    return command


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
@_JSON
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
    _print([as_object(alert) for alert in found], table(found, now), as_json=as_json)


@command.command("show")
@click.argument("fingerprint")
@_JSON
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
    _print(whole, lines, as_json=as_json)


@command.command("ack")
@_NOTE
@_chosen
@places
def ack(note: str, **chosen: Any) -> None:
    """Say that you have these alerts, or have seen those that are over."""
    from sysmon_tui.alerts.acts import acknowledge
    from sysmon_tui.model.text import clean

    _act(lambda by, now: acknowledge(by, now, clean(note)), **chosen)


@command.command("unack")
@_chosen
@places
def unack(**chosen: Any) -> None:
    """Say that nobody has these alerts any longer."""
    from sysmon_tui.alerts.acts import unacknowledge

    _act(unacknowledge, **chosen)


@command.command("note")
@click.argument("text")
@_chosen
@places
def note(text: str, **chosen: Any) -> None:
    """Say TEXT about alerts; those nobody has are then yours."""
    from sysmon_tui.alerts.acts import annotate
    from sysmon_tui.model.text import clean

    _act(lambda by, now: annotate(by, now, clean(text)), **chosen)


@command.command("shelve")
@_FOR
@_NOTE
@_chosen
@places
def shelve(seconds: float, note: str, **chosen: Any) -> None:
    """Put alerts out of sight for a while; nobody is called about them meanwhile."""
    from sysmon_tui.alerts import acts
    from sysmon_tui.model.alert import Shelf
    from sysmon_tui.model.text import clean

    _act(lambda by, now: acts.shelve(Shelf(by, now, now + seconds, clean(note))), **chosen)


@command.command("unshelve")
@_chosen
@places
def unshelve(**chosen: Any) -> None:
    """Bring shelved alerts back."""
    from sysmon_tui.alerts import acts

    _act(acts.unshelve, **chosen)


@command.command("silence")
@click.argument("matchers", nargs=-1, required=True)
@_FOR
@_NOTE
@_AS
@_JSON
@places
def silence(matchers: Sequence[str], seconds: float, note: str, name: str, as_json: bool) -> None:
    """Call nobody about alerts that match all MATCHERS, such as alertname=CpuBusy.

    Also !=, =~ and !~, as amtool has them; `alertname` is the rule, `severity` the severity.
    """
    from uuid import uuid4

    from sysmon_tui.alerts.acts import noted
    from sysmon_tui.alerts.mute import LONGEST
    from sysmon_tui.cli.alerts_read import silence_lines, silence_object, the_ledger
    from sysmon_tui.model.silence import Silence, parse_matchers

    try:
        parsed = parse_matchers(",".join(matchers))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    now = time.time()
    made = Silence(
        id=uuid4().hex,
        matchers=parsed,
        by=_actor(name),
        at=now,
        until=now + min(seconds, LONGEST),
        note=noted(note),
    )
    the_ledger().keep_silence(made)
    _print(silence_object(made), silence_lines((made,)), as_json=as_json)


@command.command("silences")
@_JSON
@places
def silences(as_json: bool) -> None:
    """Print the silences in force and to come."""
    from sysmon_tui.cli.alerts_read import silence_lines, silence_object, the_ledger

    now = time.time()
    found = [one for one in the_ledger().silences() if now < one.until]
    _print([silence_object(one) for one in found], silence_lines(found), as_json=as_json)


@command.command("unsilence")
@click.argument("id")
@_JSON
@places
def unsilence(id: str, as_json: bool) -> None:  # noqa: A002 - it is the argument's name in --help
    """End a silence now; the first digits of its ID are enough."""
    from dataclasses import replace

    from sysmon_tui.cli.alerts_read import silence_object, the_ledger
    from sysmon_tui.model.errors import SysmonError

    ledger = the_ledger()
    found = [one for one in ledger.silences() if one.id.startswith(id)]
    if len(found) != 1:
        problem = "could be several silences" if found else "is no silence"
        raise SysmonError(f"{id!r} {problem}", "`sysmon-tui alerts silences` names them")
    ended = replace(found[0], until=time.time())
    ledger.keep_silence(ended)
    _print(silence_object(ended), [f"{ended.id[:8]} ended"], as_json=as_json)


@command.command("history")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--rule", default="", metavar="NAME", help="Only alerts of this rule.")
@_JSON
@places
def history(limit: int, rule: str, as_json: bool) -> None:
    """Print what happened to alerts, newest first."""
    from sysmon_tui.cli.alerts_read import event_object, history_lines, the_ledger

    events = [
        event
        for event in the_ledger().history(10_000 if rule else limit)
        if rule in ("", event.alert.rule)
    ][:limit]
    _print([event_object(event) for event in events], history_lines(events), as_json=as_json)


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


def _act(
    act: Callable[[SafeText, float], Act],
    *,
    fingerprints: Sequence[str],
    rule: str,
    every: bool,
    name: str,
    as_json: bool,
) -> None:
    from sysmon_tui.alerts.acts import perform
    from sysmon_tui.cli.alerts_read import as_object, choose, table, the_ledger
    from sysmon_tui.model.errors import SysmonError

    ledger = the_ledger()
    chosen = choose(ledger.load(), fingerprints, rule, every=every)
    by, now = _actor(name), time.time()
    changed: tuple[Alert, ...] = perform(ledger, chosen, act(by, now))
    if not changed:
        raise SysmonError("nothing to do", "`sysmon-tui alerts list` shows how things stand")
    _print([as_object(alert) for alert in changed], table(changed, now), as_json=as_json)


def _actor(name: str) -> SafeText:
    from sysmon_tui.model.text import clean_name
    from sysmon_tui.monitor.actor import actor, login_name

    if name:
        return clean_name(name)
    remote, *_ = os.environ.get("SSH_CONNECTION", "").split() or [""]
    return actor(login_name(), remote)


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {text}" for name, text in value.items() if text)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _print(of: Any, lines: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        say_json(of)
    else:
        say("\n".join(lines))
