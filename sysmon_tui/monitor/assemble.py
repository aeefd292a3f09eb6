"""The composition root: settings become one `Monitor`. Nothing else knows every part."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from sysmon_tui.alerts.bus import Bus
from sysmon_tui.alerts.conditions.baseline import Baseline, History
from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.alerts.rules import Rules, external_labels, load_rules
from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.collectors.host import read_host
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import Clock
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.introspection import Introspection
from sysmon_tui.monitor.lane import Lane, create_lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.notifying import create_dispatcher
from sysmon_tui.monitor.replay import replay
from sysmon_tui.monitor.witnessing import create_witness
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_ledger, open_store

if TYPE_CHECKING:
    from sysmon_tui.security.vault import Vault

MIB = 1 << 20
MINUTE = 60.0


def roots_of(settings: Settings) -> Roots:
    """Where to read, by the `host` settings."""
    host = settings.host
    proc = Path(host.proc)
    return Roots(proc=proc, sys=Path(host.sys), root=Path(host.root), foreign=proc != Path("/proc"))


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
    vault: Vault | None = None,
) -> Monitor:
    """Everything the settings ask for, not yet running; `problems` are shown beside its own.

    `vault` has the secrets that receivers name.
    """
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
    ledger = open_ledger(storage.url, state=dirs.state)
    writer = Writer(
        lambda: open_store(
            storage.url,
            state=dirs.state,
            retention=storage.retention_hours * 3600.0,
            quota=storage.quota_mib * MIB,
            derive=derive,
        ),
        ledger,
        clock=clock,
    )
    if Introspection.name not in collection.disabled:
        lanes.append(
            create_lane(Introspection(lanes, lambda: writer.queued, lambda: writer.dropped))
        )
    host = read_host(roots, environ)
    external = external_labels(settings.prometheus, host.hostname)
    rules = _rules(settings, dirs, external)
    events = Bus[Sequence[AlertEvent]]()
    events.subscribe(writer.record)
    usual = Baseline(rules.rules, _history(writer, lanes), _in_background)
    alerts = AlertEngine(
        rules.rules, writer.ledger, record=events.publish, usual=usual, external=external
    )
    unread = (f"Earlier alerts are not known: {alerts.problem}",) if alerts.problem else ()
    engine = Engine(lanes, alerts, clock, keep=writer.put)
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
        vault=vault,
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
        problems=(*problems, *map(str, rules.problems), *rules.left_out, *unread),
        alert_bus=events,
        notifier=notifier,
        witness=create_witness(ledger, writer, roots, rules.rules, clock, host, lanes),
    )


def _rules(settings: Settings, dirs: Dirs, external: Labels) -> Rules:
    return load_rules(
        settings.rules,
        str(dirs.config / "settings.toml"),
        files=settings.prometheus.rule_files,
        external=external,
        receivers=[receiver.name for receiver in settings.notify.to],
    )


def _history(writer: Writer, lanes: Sequence[Lane]) -> History:
    """The past as anomalies ask for it: figures, one set a minute."""
    collectors = frozenset(lane.name for lane in lanes) - {"process", "self_cost", "self"}

    def read(start: float, end: float) -> Iterator[Families]:
        batches = writer.read(start, end, collectors=collectors, step=MINUTE)
        return (tick.families for tick in replay(batches, MINUTE))

    return read


def _in_background(job: Callable[[], None]) -> None:
    Thread(target=job, name="baseline", daemon=True).start()
