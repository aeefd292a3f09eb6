"""The composition root: settings become one `Monitor`. Nothing else knows every part."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from sysmon_tui.alerts.bus import Bus
from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.collectors.base import Collector
from sysmon_tui.collectors.host import read_host
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.ports import Clock
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import create_lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.notifying import create_dispatcher
from sysmon_tui.monitor.roots import roots_of
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_ledger, open_store

MIB = 1 << 20


def _interval(collector: Collector, beat: float) -> float:
    """What is read on every beat follows it, faster or slower; the rest keeps its own pace."""
    return beat if collector.interval <= 1.0 else max(collector.interval, beat)


def assemble(
    settings: Settings,
    dirs: Dirs,
    *,
    clock: Clock | None = None,
    environ: Mapping[str, str] = os.environ,
    problems: Iterable[str] = (),
) -> Monitor:
    """Everything the settings ask for, not yet running; `problems` are shown beside its own."""
    clock = clock or SystemClock()
    roots = roots_of(settings)
    collection = settings.collection
    lanes = [
        create_lane(
            collector,
            collection.intervals.get(collector.name, _interval(collector, collection.interval)),
        )
        for collector in create_collectors(roots, collection.disabled)
    ]
    storage = settings.storage
    writer = Writer(
        lambda: open_store(
            storage.url,
            state=dirs.state,
            retention=storage.retention_hours * 3600.0,
            quota=storage.quota_mib * MIB,
            derive=derive,
        ),
        open_ledger(storage.url, state=dirs.state),
        clock=clock,
    )
    rules = load_rules(settings.rules, str(dirs.config / "settings.toml"))
    events = Bus[Sequence[AlertEvent]]()
    events.subscribe(writer.record)
    alerts = AlertEngine(rules.rules, writer.ledger, record=events.publish)
    unread = (f"Earlier alerts are not known: {alerts.problem}",) if alerts.problem else ()
    engine = Engine(lanes, alerts, clock, keep=writer.put)
    host = read_host(roots, environ)
    notifier = create_dispatcher(
        settings,
        dirs,
        clock=clock,
        host=host.hostname,
        rules=rules.rules,
        judges=writer.judges,
        alerts=writer.ledger.load,
        silences=writer.ledger.silences,
        silenced=writer.silence,
    )
    if notifier is not None:
        events.subscribe(notifier.take)
    return Monitor(
        engine,
        writer,
        clock,
        host,
        interval=collection.interval,
        rules=rules.rules,
        problems=(*problems, *map(str, rules.problems), *unread),
        alert_bus=events,
        notifier=notifier,
    )
