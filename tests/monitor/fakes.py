"""Parts to build an engine from in a test: collectors that answer, a ledger that remembers."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import ClassVar

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.model.alert import Alert, AlertEvent, Severity
from sysmon_tui.model.metric import Labels, Metric, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.silence import Silence
from sysmon_tui.monitor.lane import BlockingLane

CPU_SECONDS = "node_cpu_seconds_total"


class FakeCpu:
    """Counters that grow by a second a pass, `busy` of it in user mode."""

    name: ClassVar[str] = "cpu"
    metrics: ClassVar[tuple[Metric, ...]] = ()
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, busy: float = 0.5) -> None:
        self.busy = busy
        self.fails: Exception | None = None
        self.closed = False
        self._seconds: dict[Labels, float] = {
            labels(cpu="0", mode="user"): 0.0,
            labels(cpu="0", mode="idle"): 0.0,
        }

    def collect(self) -> Reading:
        if self.fails is not None:
            raise self.fails
        self._seconds = {
            labels(cpu="0", mode="user"): self._seconds[labels(cpu="0", mode="user")] + self.busy,
            labels(cpu="0", mode="idle"): self._seconds[labels(cpu="0", mode="idle")]
            + 1.0
            - self.busy,
        }
        return Reading({CPU_SECONDS: self._seconds})

    def close(self) -> None:
        self.closed = True


class FakeLedger:
    def __init__(self, kept: Iterable[Alert] = ()) -> None:
        self.kept = tuple(kept)
        self.events: list[AlertEvent] = []
        self.kept_silences: dict[str, Silence] = {}
        self.writes = 0

    def load(self) -> tuple[Alert, ...]:
        return self.kept

    def record(self, events: Iterable[AlertEvent]) -> None:
        self.events += events

    def silences(self) -> tuple[Silence, ...]:
        return tuple(self.kept_silences.values())

    def keep_silence(self, silence: Silence) -> None:
        self.writes += 1
        self.kept_silences[silence.id] = silence

    def stamp(self) -> object:
        return self.writes, len(self.events)

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        return tuple(reversed(self.events))[:limit]


BUSY = Rule(
    name="Busy",
    metric="sysmon_cpu_ratio",
    match=labels(mode="busy"),
    levels=(Level(Severity.WARNING, 0.8, 0.7),),
    summary="busy",
)


def alert_engine(*rules: Rule, ledger: FakeLedger | None = None) -> AlertEngine:
    return AlertEngine(rules or (BUSY,), ledger or FakeLedger())


def settle(lane: BlockingLane, seconds: float = 30.0) -> None:
    """Let a pass under way end, on the thread of its lane; no longer than that."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if lane._asked is None or lane._done is not None:
            return
        pause.wait(0.01)
