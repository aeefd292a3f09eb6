"""One beat: collect what is due, derive, judge, and freeze it all as a `Tick`.

Synchronous and on one thread, so that a beat can be called from a test, a one-shot command or
the engine thread alike. Nothing here knows who consumes the ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.ports import Clock
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.processors import registry

LATE_INTERVALS = "sysmon_collector_late_intervals"


class Engine:
    def __init__(
        self,
        lanes: Sequence[Lane],
        alerts: AlertEngine,
        clock: Clock,
        keep: Callable[[Sequence[Batch]], None] = lambda _batches: None,
    ) -> None:
        """`keep` takes every beat's batches to storage and returns at once."""
        self.lanes = tuple(lanes)
        self._alerts = alerts
        self._clock = clock
        self._keep = keep
        self._processors = {lane.name: registry.create(lane.name) for lane in lanes}
        self._latest: dict[str, Families] = {}
        self._tick = Tick(number=0, wall=clock.wall(), mono=clock.mono())

    def beat(self) -> Tick:
        wall, mono = self._clock.wall(), self._clock.mono()
        batches = tuple(batch for lane in self.lanes if (batch := lane.poll(wall, mono)))
        for batch in batches:
            if batch.status is Status.OK:
                derived = self._processors[batch.collector].feed(batch)
                self._latest[batch.collector] = {**batch.families, **derived}
        families = self._merge(mono)
        alerts, events = self._alerts.judge(families, wall, mono)
        self._keep(batches)
        self._tick = Tick(
            number=self._tick.number + 1,
            wall=wall,
            mono=mono,
            batches=batches,
            families=families,
            processes=_processes(batches, self._tick),
            alerts=alerts,
            events=events,
            silences=self._alerts.silences,
            collectors=tuple(lane.state(mono) for lane in self.lanes),
        )
        return self._tick

    def act(self, act: Callable[[AlertEngine, float], Sequence[AlertEvent]]) -> Tick:
        """Do something to the alerts at the time it is; shown at once, without a new reading."""
        events = act(self._alerts, self._clock.wall())
        self._tick = replace(
            self._tick,
            number=self._tick.number + 1,
            batches=(),
            alerts=self._alerts.alerts,
            events=tuple(events),
            silences=self._alerts.silences,
        )
        return self._tick

    def _merge(self, mono: float) -> Families:
        merged: dict[str, Mapping[Labels, float]] = {}
        late: dict[Labels, float] = {}
        for lane in self.lanes:
            state = lane.state(mono)
            if state.status not in (Status.UNSUPPORTED, Status.DENIED) and state.age < 1e9:
                late[labels(collector=lane.name)] = state.age / state.interval
            if lane.fresh(mono):
                merged.update(self._latest.get(lane.name, {}))
        merged[LATE_INTERVALS] = late
        return merged

    def close(self) -> None:
        for lane in self.lanes:
            lane.close()


def _processes(batches: Sequence[Batch], before: Tick) -> ProcessTable:
    for batch in batches:
        if batch.processes is not None:
            return batch.processes
    return before.processes
