"""One beat: collect what is due, derive, judge, and freeze it all as a `Tick`.

Synchronous and on one thread, so that a beat can be called from a test, a one-shot command or
the engine thread alike. Nothing here knows who consumes the ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.ports import Clock
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import NOTHING, Batch, Status
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.processors import registry

JUDGING = "alerts"
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
        self._defects: dict[str, str] = {}
        self._tick = Tick(number=0, wall=clock.wall(), mono=clock.mono())

    def beat(self) -> Tick:
        wall, mono = self._clock.wall(), self._clock.mono()
        batches = tuple(batch for lane in self.lanes if (batch := lane.poll(wall, mono)))
        for batch in batches:
            if batch.status is Status.OK:
                self._latest[batch.collector] = {**batch.families, **self._derive(batch)}
        families = self._merge(mono)
        alerts, events = self._judge(families, wall, mono)
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

    def _derive(self, batch: Batch) -> Families:
        """What the processor makes of it; one that fails costs its own figures alone."""
        try:
            derived = self._processors[batch.collector].feed(batch)
        except Exception as error:  # noqa: BLE001 - a processor's defect is its own
            self._defects[batch.collector] = _defect(f"Figures of {batch.collector}", error)
            return NOTHING
        self._defects.pop(batch.collector, None)
        return derived

    def _judge(
        self, families: Families, wall: float, mono: float
    ) -> tuple[tuple[Alert, ...], tuple[AlertEvent, ...]]:
        """The alerts; as they were, and a notice that they are, where judging fails."""
        try:
            judged = self._alerts.judge(families, wall, mono)
        except Exception as error:  # noqa: BLE001 - what is seen must not end with what is judged
            self._defects[JUDGING] = _defect("Alerts are not judged", error)
            return self._alerts.alerts, ()
        self._defects.pop(JUDGING, None)
        return judged

    @property
    def defects(self) -> tuple[str, ...]:
        """What of us broke down on the last beat, in words for the user."""
        return tuple(self._defects.values())

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


def _defect(what: str, error: Exception) -> str:
    return f"{what}: {type(error).__name__} {clean(str(error), 200)}"


def _processes(batches: Sequence[Batch], before: Tick) -> ProcessTable:
    for batch in batches:
        if batch.processes is not None:
            return batch.processes
    return before.processes
