"""Gathers all that is known of an incident from the ledger and the history, for its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sysmon_tui.model import units
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.brief import Usage, stories
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.evidence import Evidence
from sysmon_tui.model.incident import Account, Figures, Incident
from sysmon_tui.model.metric import Labels, SeriesKey, labels
from sysmon_tui.model.ports import Ledger, Past
from sysmon_tui.model.redact import mask_text
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.lookback import as_they_stood

EVENTS = 10_000
LEAD = 600.0
"""Seconds before an incident that belong to it: what led to it."""
BUCKETS = 40
TABLES = 60
CONSUMERS = 5
EVIDENCE = 6
_CHARTED: tuple[tuple[str, str, Labels, Callable[[float], str]], ...] = (
    ("CPU", "sysmon_cpu_ratio", labels(mode="busy"), units.percent),
    ("memory", "sysmon_memory_used_ratio", (), units.percent),
    ("swap", "sysmon_swap_used_ratio", (), units.percent),
    ("load", "node_load1", (), units.number),
    *(
        (
            f"pressure of {resource}",
            "sysmon_pressure_avg_ratio",
            labels(resource=resource, kind=kind, window="10s"),
            units.percent,
        )
        for resource, kind in (("cpu", "some"), ("memory", "full"), ("io", "full"))
    ),
)


def happened(ledger: Ledger, start: float, end: float) -> tuple[AlertEvent, ...]:
    """Events of alerts in a time, oldest first, without the secrets people wrote into notes.

    Raises `StoreError`.
    """
    events = reversed(ledger.history(EVENTS))
    return tuple(redacted(event) for event in events if start <= event.at <= end)


def redacted(event: AlertEvent) -> AlertEvent:
    alert = event.alert
    if alert.ack is not None and alert.ack.note:
        alert = replace(alert, ack=replace(alert.ack, note=clean(mask_text(alert.ack.note))))
    if alert.shelf is not None and alert.shelf.note:
        alert = replace(alert, shelf=replace(alert.shelf, note=clean(mask_text(alert.shelf.note))))
    return event if alert is event.alert else replace(event, alert=alert)


def account(
    incident: Incident,
    host: HostFacts,
    ledger: Ledger,
    past: Past | None,
    now: float,
    rules: Sequence[Rule] = (),
) -> Account:
    """`rules` are what the figures of alerts are told by.

    What cannot be read is a remark; the report is made all the same.
    """
    until = now if incident.ended is None else incident.ended
    remarks: list[str] = []
    found = Account(incident=incident, host=host, until=until)
    try:
        found = _of_alerts(found, ledger, past, rules)
    except SysmonError as error:
        remarks.append(str(error))
    if past is not None:
        try:
            found = _of_figures(found, past)
        except SysmonError as error:
            remarks.append(str(error))
    return replace(found, remarks=tuple(remarks))


def _of_alerts(
    account: Account, ledger: Ledger, past: Past | None, rules: Sequence[Rule]
) -> Account:
    began, until = account.incident.began, account.until
    everything = happened(ledger, 0.0, until)
    events = tuple(event for event in everything if event.at >= began - LEAD)
    earlier = {event.alert.fingerprint: event for event in everything if event.at < began - LEAD}
    before = tuple(event for event in earlier.values() if event.alert.active)
    # How they stand now says nothing of an incident that has long been over.
    last = tuple({event.alert.fingerprint: event.alert for event in everything}.values())
    if past is not None:
        last = as_they_stood(last, past, ledger, rules, until)
    told = stories(events, last, began - LEAD)
    silences = [
        replace(silence, note=clean(mask_text(silence.note)))
        for silence in ledger.silences()
        if began <= silence.at <= until
    ]
    evidence = _evidence((story.fingerprint for story in told), ledger, began - LEAD, until)
    return replace(
        account,
        stories=told,
        before=before,
        events=events,
        silences=tuple(silences),
        evidence=evidence,
    )


def _evidence(
    fingerprints: Iterable[str], ledger: Ledger, start: float, end: float
) -> tuple[Evidence, ...]:
    found: dict[tuple[str, float], Evidence] = {}
    for fingerprint in fingerprints:
        for evidence in ledger.dossier(fingerprint).evidence:
            if start <= evidence.at <= end:
                found.setdefault((evidence.fingerprint, evidence.at), evidence)
        if len(found) >= EVIDENCE:
            break
    return tuple(sorted(found.values(), key=lambda one: one.at))[:EVIDENCE]


def _of_figures(account: Account, past: Past) -> Account:
    start, end = account.incident.began - LEAD, account.until
    usage = Usage()
    for _, table in past.processes(start, end, step=(end - start) / TABLES):
        usage.add(table)
    charted = (
        (title, past.series(name, start, end, BUCKETS).get(SeriesKey(name, key)), spell)
        for title, name, key, spell in _CHARTED
    )
    figures = tuple(
        Figures(title=title, curve=curve, spell=spell) for title, curve, spell in charted if curve
    )
    return replace(
        account, cpu=usage.cpu(CONSUMERS), memory=usage.memory(CONSUMERS), figures=figures
    )
