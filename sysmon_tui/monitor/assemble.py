"""The composition root: settings become one `Monitor`. Nothing else knows every part."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING

from sysmon_tui.alerts.bus import Bus
from sysmon_tui.alerts.conditions.baseline import Baseline, recorded
from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.alerts.rules import Rules, external_labels, load_rules
from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.collectors.host import read_host
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.ports import Clock, Ledger
from sysmon_tui.monitor.acting import Acting
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.haste import Haste
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.monitor.introspection import Introspection
from sysmon_tui.monitor.lane import Lane, create_lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.notifying import create_dispatcher, create_locks
from sysmon_tui.monitor.roots import roots_of
from sysmon_tui.monitor.witnessing import create_witness
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs, settings_path
from sysmon_tui.settings.schema import Settings, Storage
from sysmon_tui.storage import open_ledger, open_store

if TYPE_CHECKING:
    from sysmon_tui.alerts.notify.secret import Locks
    from sysmon_tui.security.vault import Vault

MIB = 1 << 20


def assemble(
    settings: Settings,
    dirs: Dirs,
    *,
    clock: Clock | None = None,
    environ: Mapping[str, str] = os.environ,
    problems: Iterable[str] = (),
    vault: Vault | None = None,
) -> Monitor:
    """Everything the settings ask for, not yet running; `problems` are shown beside its own.

    `vault` has the secrets that receivers name.
    """
    clock = clock or SystemClock()
    roots = roots_of(settings)
    host = read_host(roots, environ)
    external = external_labels(settings.prometheus, host.hostname)
    rules = _rules(settings, dirs, external)
    ledger = open_ledger(settings.storage.url, state=dirs.state)
    writer = _writer(settings.storage, dirs, ledger, clock)
    locks = create_locks(settings, vault)
    lanes, unusable = _lanes(settings, dirs, roots, writer, locks)
    events = Bus[Sequence[AlertEvent]]()
    alerts = _alerts(rules, writer, events, external)
    notifier = create_dispatcher(
        settings,
        dirs,
        writer,
        clock=clock,
        host=host.hostname,
        rules=rules.rules,
        vault=vault,
        locks=locks,
    )
    if notifier is not None:
        events.subscribe(notifier.take)
    return Monitor(
        Engine(lanes, alerts, clock, keep=writer.put),
        writer,
        clock,
        host,
        interval=settings.collection.interval,
        rules=rules.rules,
        problems=(*problems, *unusable, *_problems(rules, alerts)),
        alert_bus=events,
        notifier=notifier,
        hears=[Haste(Incidents(dirs.state), lanes).hear],
        acting=Acting(roots, dirs.state, clock, allowed=settings.acts.processes),
        witness=create_witness(ledger, writer, roots, rules.rules, clock, host, lanes),
    )


def _rules(settings: Settings, dirs: Dirs, external: Labels) -> Rules:
    return load_rules(
        settings.rules,
        str(settings_path(dirs)),
        files=settings.prometheus.rule_files,
        external=external,
        receivers=[receiver.name for receiver in settings.notify.to],
    )


def _writer(storage: Storage, dirs: Dirs, ledger: Ledger, clock: Clock) -> Writer:
    return Writer(
        lambda: open_store(
            storage.url,
            state=dirs.state,
            retention=storage.retention_hours * 3600.0,
            quota=storage.quota_mib * MIB,
            derive=derive,
        ),
        ledger,
        clock=clock,
        wanted=Flush(dirs.state),
    )


def _lanes(
    settings: Settings, dirs: Dirs, roots: Roots, writer: Writer, locks: Locks | None
) -> tuple[list[Lane], Sequence[str]]:
    """A lane for each collector, and one for what they cost; and what cannot be collected."""
    collection = settings.collection
    followed, unusable = _logfile(settings, dirs)
    lanes = [
        create_lane(
            collector,
            collection.intervals.get(collector.name, _interval(collector, collection.interval)),
        )
        for collector in (*create_collectors(roots, collection.disabled), *followed)
    ]
    if Introspection.name not in collection.disabled:
        own = Introspection(
            lanes,
            lambda: writer.queued,
            lambda: writer.dropped,
            None if locks is None else lambda: locks.locked,
        )
        lanes.append(create_lane(own))
    return lanes, unusable


def _interval(collector: Collector, beat: float) -> float:
    """What is read on every beat follows it, faster or slower; the rest keeps its own pace."""
    return beat if collector.interval <= 1.0 else max(collector.interval, beat)


def _logfile(settings: Settings, dirs: Dirs) -> tuple[Sequence[Collector], Sequence[str]]:
    """The collector of log files, where there are any to follow; or why there is none."""
    asked = settings.logfile
    if not asked.paths or "logfile" in settings.collection.disabled:
        return (), ()
    # `regex` is loaded for whoever uses it only.
    from sysmon_tui.collectors.logfile import Logfile
    from sysmon_tui.processors.logfile import logs_of

    try:
        logs = logs_of(asked.paths, asked.patterns, str(settings_path(dirs)))
    except SettingsError as error:
        return (), (str(error),)
    return (Logfile(asked.paths, logs),), ()


def _alerts(
    rules: Rules, writer: Writer, events: Bus[Sequence[AlertEvent]], external: Labels
) -> AlertEngine:
    """The engine that judges, with what the ledger knows; what it finds is recorded first."""
    events.subscribe(writer.record)
    usual = Baseline(rules.rules, recorded(writer.past), _in_background)
    return AlertEngine(
        rules.rules, writer.ledger, record=events.publish, usual=usual, external=external
    )


def _problems(rules: Rules, alerts: AlertEngine) -> tuple[str, ...]:
    unread = (f"Earlier alerts are not known: {alerts.problem}",) if alerts.problem else ()
    return (*map(str, rules.problems), *rules.left_out, *unread)


def _in_background(job: Callable[[], None]) -> None:
    Thread(target=job, name="baseline", daemon=True).start()
