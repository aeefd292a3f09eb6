"""Every rule of the default pack fires on a timeline made from it, and clears."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import sysmon_tui
from sysmon_tui.alerts.acts import acknowledge
from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.cli.rules_import import unprovided
from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Bound, Level, Rule
from sysmon_tui.model.summary import unknown_fields
from sysmon_tui.model.text import SafeText
from tests.alerts.ledger import MemoryLedger
from tests.clock import ManualClock

LOADED = load_rules((), "settings.toml")
PACK = {rule.name: rule for rule in LOADED.rules}
LEVELS = [(rule.name, level.severity) for rule in LOADED.rules for level in rule.levels]
HYSTERETIC = [
    name for name, rule in PACK.items() if rule.levels[0].clear != rule.levels[0].threshold
]
STEP = 5.0
MIRA = SafeText("mira")


def series_of(rule: Rule) -> Labels:
    """Labels as the rule's summary and match expect them."""
    named = {"mountpoint": "/var", "device": "sda", "chip": "coretemp", "sensor": "t1"}
    named |= {"collector": "disk", "name": "nginx.service", "cgroup": "/system.slice/a"}
    said = {name: value for name, value in named.items() if f"label:{name}" in rule.summary}
    return labels(**{**said, **{name: value.replace("*", "0") for name, value in rule.match}})


class Usual:
    """Every gauge is usually at 0.3, give or take."""

    def at(self, metric: str, labels: Labels, now: float) -> tuple[float, float] | None:
        return 0.3, 0.02


class Machine:
    """One engine with one rule, fed by hand."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.clock = ManualClock()
        self.ledger = MemoryLedger()
        self.engine = Engine([rule], self.ledger, usual=Usual())
        self.labels = series_of(rule)
        self.step = 30.0 if rule.over >= 3600.0 else STEP
        self._counters = dict.fromkeys((rule.metric, rule.of), 0.0)

    def beat(self, amount: float, sides: Mapping[str, float]) -> Alert | None:
        families = {name: {self.labels: side} for name, side in sides.items()}
        for name, value in FEEDERS[self.rule.kind](self, amount):
            families[name] = {self.labels: value}
        if self.rule.of:
            families.setdefault(self.rule.of, {(): 1.0})
        alerts, _ = self.engine.judge(families, self.clock.wall(), self.clock.mono())
        self.clock.advance(self.step)
        return alerts[0] if alerts else None

    def grown(self, name: str, amount: float) -> tuple[str, float]:
        self._counters[name] += amount
        return name, self._counters[name]

    def run(
        self, amount: float, seconds: float, sides: Mapping[str, float]
    ) -> Iterator[Alert | None]:
        for _ in range(int(seconds / self.step) + 1):
            yield self.beat(amount, sides)


Fed = Iterator[tuple[str, float]]


def as_is(machine: Machine, amount: float) -> Fed:
    yield machine.rule.metric, amount


def totalled(machine: Machine, amount: float) -> Fed:
    yield machine.rule.metric, amount / machine.rule.over


def growing(machine: Machine, amount: float) -> Fed:
    yield machine.grown(machine.rule.metric, 1.5 * amount * machine.step / machine.rule.over)


def growing_a_second(machine: Machine, amount: float) -> Fed:
    yield machine.grown(machine.rule.metric, amount * machine.step)


def growing_together(machine: Machine, amount: float) -> Fed:
    yield machine.grown(machine.rule.metric, amount * 1e6)
    yield machine.grown(machine.rule.of, 1e6)


def falling(machine: Machine, amount: float) -> Fed:
    """So fast that `amount` seconds are left at any time; or not at all."""
    falls = amount < 30 * 86400.0
    left = machine._counters.get("left") or 1e12
    machine._counters["left"] = left * (1.0 - machine.step / amount) if falls else left
    yield machine.rule.metric, machine._counters["left"]


def unusual(machine: Machine, amount: float) -> Fed:
    yield machine.rule.metric, 0.3 + amount * 50.0 * 0.02 / 0.6745


def since_then(machine: Machine, amount: float) -> Fed:
    assert machine.rule.name == "Rebooted", "say here what to feed to its expression"
    yield "node_boot_time_seconds", machine.clock.wall() - amount


FEEDERS = {
    "value": as_is,
    "average": as_is,
    "max": as_is,
    "delta": as_is,
    "total": totalled,
    "increase": growing,
    "rate": growing_a_second,
    "ratio": growing_together,
    "forecast": falling,
    "anomaly": unusual,
    "expr": since_then,
}
"""What to feed in a beat so that a rule of the kind sees `amount`. A kind that is not here fails
the tests of the rules that are of it."""


def window(rule: Rule) -> float:
    # A forecast looks back for days and knows after a part of it; a difference is there at once.
    return {"delta": 0.0, "forecast": 1.5 * rule.over}.get(rule.kind, rule.over)


def agreeing(level: Level) -> dict[str, float]:
    return {bound.metric: bound.threshold + _toward(bound) for bound in level.bounds}


def _toward(bound: Bound) -> float:
    return 1.0 if bound.op.upward else -1.0


def bad(rule: Rule, level: Level) -> float:
    """A value of just this level."""
    severer = [other.threshold for other in rule.levels if other.severity > level.severity]
    beyond = level.threshold * (1.2 if rule.op.upward else 0.9) or 5.0
    return (level.threshold + severer[0]) / 2.0 if severer else beyond


def good(rule: Rule) -> float:
    return 0.0 if rule.op.upward else 1e9


def test_the_pack_has_no_problems() -> None:
    assert LOADED.problems == ()
    assert len(PACK) >= 50


@pytest.mark.parametrize(("name", "severity"), LEVELS)
def test_fires_and_clears(name: str, severity: Severity) -> None:
    rule = PACK[name]
    level = next(level for level in rule.levels if level.severity is severity)
    machine, sides = Machine(rule), agreeing(level)
    assert all(alert is None for alert in machine.run(good(rule), window(rule), sides))

    states = list(machine.run(bad(rule, level), 1.1 * window(rule) + level.hold + STEP, sides))
    last = states[-1]
    assert last is not None
    assert (last.state, last.severity, last.fired_at is not None) == (State.FIRING, severity, True)
    assert last.summary
    assert "{" not in last.summary
    if not window(rule):
        firing = next(i for i, a in enumerate(states) if a and a.state is State.FIRING)
        assert firing * machine.step == pytest.approx(level.hold, abs=machine.step)
    if rule.latch:
        machine.engine.act([last.fingerprint], acknowledge(MIRA, machine.clock.wall()))

    over = list(machine.run(good(rule), 1.1 * window(rule) + rule.keep_firing + STEP, sides))
    assert any(alert is not None and alert.state is State.RESOLVED for alert in over)
    assert machine.ledger.kinds.count("resolved") == 1
    assert machine.ledger.kinds.count("firing") == 1


@pytest.mark.parametrize("name", HYSTERETIC)
def test_hysteresis_holds_it(name: str) -> None:
    """A value between `clear` and the threshold keeps what fires and starts nothing."""
    rule = PACK[name]
    level = rule.levels[0]
    between, sides = (level.threshold + level.clear) / 2.0, agreeing(level)
    machine = Machine(rule)
    assert not any(machine.run(between, 2.0 * window(rule) + level.hold + 60.0, sides))
    list(machine.run(bad(rule, level), 1.1 * window(rule) + level.hold + STEP, sides))
    held = list(machine.run(between, 2.0 * window(rule) + rule.keep_firing + 60.0, sides))
    assert all(alert is not None and alert.state is State.FIRING for alert in held)


@pytest.mark.parametrize("name", [name for name, rule in PACK.items() if rule.match])
def test_other_series_of_the_family_are_none_of_its_business(name: str) -> None:
    rule = PACK[name]
    machine = Machine(rule)
    machine.labels = labels(**{**dict(machine.labels), **{name: "other" for name, _ in rule.match}})
    assert machine.labels != series_of(rule)
    seconds = window(rule) + rule.levels[-1].hold + 60.0
    assert not any(machine.run(bad(rule, rule.levels[-1]), seconds, {}))


@pytest.mark.parametrize("name", PACK)
def test_every_rule_speaks(name: str) -> None:
    rule = PACK[name]
    assert rule.summary
    assert rule.runbook
    assert unknown_fields(rule.summary) == ()


def test_a_full_filesystem_is_critical_at_once() -> None:
    machine = Machine(PACK["FilesystemUsed"])
    alert = machine.beat(0.99, {"node_filesystem_avail_bytes": 1e9})
    assert alert is not None
    assert (alert.state, alert.severity) == (State.FIRING, Severity.CRITICAL)
    assert alert.summary == "/var is 99% full"


def test_a_large_filesystem_with_room_is_a_warning() -> None:
    machine = Machine(PACK["FilesystemUsed"])
    alert = list(machine.run(0.99, 60.0, {"node_filesystem_avail_bytes": 40e9}))[-1]
    assert alert is not None
    assert alert.severity is Severity.WARNING


def test_a_full_filesystem_that_is_read_only_is_meant_to_be_so() -> None:
    machine = Machine(PACK["FilesystemUsed"])
    assert not any(machine.run(1.0, 120.0, {"node_filesystem_readonly": 1.0}))


@pytest.mark.parametrize("fstype", ["squashfs", "overlay", "tmpfs", "ramfs"])
def test_filesystems_that_are_full_by_nature(fstype: str) -> None:
    machine = Machine(PACK["FilesystemUsed"])
    machine.labels = labels(device="/dev/loop0", fstype=fstype, mountpoint="/snap/core")
    assert not any(machine.run(1.0, 120.0, {}))


def test_a_busy_start_is_no_busy_quarter_of_an_hour() -> None:
    machine = Machine(PACK["CpuBusy"])
    assert not any(machine.run(1.0, 110.0, {}))


def test_a_sensor_without_a_limit_is_not_judged() -> None:
    rule = replace(PACK["TemperatureHigh"], of="")
    assert any(Machine(rule).run(120.0, 300.0, {}))
    clock = ManualClock()
    engine = Engine([PACK["TemperatureHigh"]], MemoryLedger())
    chip = labels(chip="c", sensor="t")
    for limit in (0.0, -1.0):
        families = {
            "node_hwmon_temp_celsius": {chip: 120.0},
            "node_hwmon_temp_max_celsius": {chip: limit},
        }
        assert engine.judge(families, clock.wall(), clock.mono()) == ((), ())


SOURCES = "".join(
    path.read_text("utf-8")
    for folder in ("collectors", "processors", "monitor")
    for path in (Path(sysmon_tui.__file__).parent / folder).glob("*.py")
)


@pytest.mark.parametrize("name", PACK)
def test_something_here_provides_what_a_rule_looks_at(name: str) -> None:
    assert unprovided(PACK[name]) == ()
    ours = {metric for metric in metrics(PACK[name]) if metric.startswith("sysmon_")}
    # What processors derive is declared nowhere but where it is named.
    assert all(f'"{metric}"' in SOURCES for metric in ours)


def test_rules_hold_back_only_what_is_there() -> None:
    for rule in PACK.values():
        assert set(rule.inhibits) <= PACK.keys() - {rule.name}
