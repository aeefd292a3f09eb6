"""The rehearsal of `sysmon-tui rules drill`: an alert in the ledger, and its end."""

from __future__ import annotations

import re
import time

import click

from sysmon_tui.alerts.drill import begun, ended
from sysmon_tui.cli.output import say
from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.cli.signals import ending
from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, Severity
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import clean_name
from sysmon_tui.monitor.actor import login_name
from sysmon_tui.settings import current
from sysmon_tui.storage import open_ledger

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse_labels(text: str) -> Labels:
    """`mountpoint=/var,device=sda1`."""
    pairs = {}
    for pair in filter(None, text.split(",")):
        name, sign, value = pair.partition("=")
        if not sign or not _LABEL.fullmatch(name.strip()):
            raise click.BadParameter(f"{pair!r} is no label. Write NAME=VALUE,NAME=VALUE")
        pairs[name.strip()] = clean_name(value.strip())
    return labels(**pairs)


def rehearse(rule: Rule, carried: Labels, severity: Severity | None, seconds: float) -> None:
    """Let it fire for so long, or until a signal comes; then it ends, whatever happens."""
    url = current.settings().storage.url
    if url.startswith("memory:"):
        raise SysmonError(
            "alerts are kept in memory, so no other program would see a drill",
            "Set storage.url to sqlite:",
        )
    ledger = open_ledger(url, state=chosen_dirs().state)
    actor = clean_name(login_name())
    fired = begun(rule, carried, severity, actor, time.time())
    with ending():
        try:
            ledger.record((fired,))
            say(f"{fired.alert.summary}: fires for {units.duration(seconds)}, Ctrl-C ends it")
            time.sleep(seconds)
        finally:
            last = _kept(ledger, fired.alert)
            ledger.record((ended(last, actor, max(time.time(), fired.at)),))
    taken = f", acknowledged by {last.ack.by}" if last.ack else ""
    say(f"the drill is over{taken}")


def _kept(ledger: AlertLedger, alert: Alert) -> Alert:
    """The alert as others have left it."""
    found = (one for one in ledger.load() if one.fingerprint == alert.fingerprint)
    return next(found, alert)
