"""`sysmon-tui alerts`, the commands that act: take alerts over, put them away, silence them.

`cli.alerts` has the group they belong to.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sysmon_tui.cli.options import actor_option
from sysmon_tui.cli.output import answer, json_option
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration

if TYPE_CHECKING:
    from sysmon_tui.alerts.acts import Act
    from sysmon_tui.model.alert import Alert
    from sysmon_tui.model.text import SafeText

_FOR = click.option(
    "--for",
    "seconds",
    type=Duration(),
    default="1h",
    show_default=True,
    help="For how long; a week is the longest.",
)
_NOTE = click.option("--note", default="", metavar="TEXT", help="What colleagues should know.")


def _chosen(command: Callable[..., None]) -> Callable[..., None]:
    """Which alerts: by fingerprint, by rule, or all of them."""
    for option in (
        json_option,
        actor_option,
        click.option("--all", "every", is_flag=True, help="Every alert that goes on."),
        click.option("--rule", default="", metavar="NAME", help="Every alert of this rule."),
        click.argument("fingerprints", nargs=-1),
    ):
        command = option(command)
    return command


@click.command("ack")
@_NOTE
@_chosen
@places
def ack(note: str, **chosen: Any) -> None:
    """Say that you have these alerts, or have seen those that are over."""
    from sysmon_tui.alerts.acts import acknowledge
    from sysmon_tui.model.text import clean

    _act(lambda by, now: acknowledge(by, now, clean(note)), **chosen)


@click.command("unack")
@_chosen
@places
def unack(**chosen: Any) -> None:
    """Say that nobody has these alerts any longer."""
    from sysmon_tui.alerts.acts import unacknowledge

    _act(unacknowledge, **chosen)


@click.command("note")
@click.argument("text")
@_chosen
@places
def note(text: str, **chosen: Any) -> None:
    """Say TEXT about alerts; those nobody has are then yours."""
    from sysmon_tui.alerts.acts import annotate
    from sysmon_tui.model.text import clean

    _act(lambda by, now: annotate(by, now, clean(text)), **chosen)


@click.command("shelve")
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


@click.command("unshelve")
@_chosen
@places
def unshelve(**chosen: Any) -> None:
    """Bring shelved alerts back."""
    from sysmon_tui.alerts import acts

    _act(acts.unshelve, **chosen)


@click.command("silence")
@click.argument("matchers", nargs=-1, required=True)
@_FOR
@_NOTE
@actor_option
@json_option
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
    answer(silence_object(made), silence_lines((made,)), as_json=as_json)


@click.command("silences")
@json_option
@places
def silences(as_json: bool) -> None:
    """Print the silences in force and to come."""
    from sysmon_tui.cli.alerts_read import silence_lines, silence_object, the_ledger

    now = time.time()
    found = [one for one in the_ledger().silences() if now < one.until]
    answer([silence_object(one) for one in found], silence_lines(found), as_json=as_json)


@click.command("unsilence")
@click.argument("id")
@json_option
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
    answer(silence_object(ended), [f"{ended.id[:8]} ended"], as_json=as_json)


COMMANDS = (ack, unack, note, shelve, unshelve, silence, silences, unsilence)


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
    answer([as_object(alert) for alert in changed], table(changed, now), as_json=as_json)


def _actor(name: str) -> SafeText:
    from sysmon_tui.model.text import clean_name
    from sysmon_tui.monitor.actor import actor, login_name

    if name:
        return clean_name(name)
    remote, *_ = os.environ.get("SSH_CONNECTION", "").split() or [""]
    return actor(login_name(), remote)
