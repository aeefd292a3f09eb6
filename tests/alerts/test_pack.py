"""Every rule of the default pack fires on a timeline made from it, and clears."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from sysmon_tui.alerts.acts import acknowledge
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Alert, Bound, Level, Rule, Severity, State
from sysmon_tui.model.metric import Labels, labels
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
    named["collector"] = "disk"
    return tuple(
        sorted({k: v for k, v in named.items() if f"label:{k}" in rule.summary}.items())
    ) or (rule.match)


class Machine:
    """One engine with one rule, fed by hand."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.clock = ManualClock()
        self.ledger = MemoryLedger()
        self.engine = Engine([rule], self.ledger)
        self.labels = series_of(rule)
        self._counter = 0.0

    def beat(self, value: float, sides: Mapping[str, float]) -> Alert | None:
        families = {name: {self.labels: side} for name, side in sides.items()}
        families[self.rule.metric] = {self.labels: value}
        if self.rule.of:
            families[self.rule.of] = {(): 1.0}
        alerts, _ = self.engine.judge(families, self.clock.wall(), self.clock.mono())
        self.clock.advance(STEP)
        return alerts[0] if alerts else None

    def value(self, amount: float) -> float:
        """What to feed so that the rule sees `amount`."""
        if self.rule.total:
            return amount / self.rule.total
        if self.rule.increase:
            self._counter += amount / 60.0
            return self._counter
        return amount

    def run(
        self, amount: float, seconds: float, sides: Mapping[str, float]
    ) -> Iterator[Alert | None]:
        for _ in range(int(seconds / STEP) + 1):
            yield self.beat(self.value(amount), sides)


def window(rule: Rule) -> float:
    return rule.average or rule.total or rule.increase


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
    return 0.0 if rule.op.upward else 1e6


def test_the_pack_has_no_problems() -> None:
    assert LOADED.problems == ()
    assert len(PACK) == 28


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
        assert firing * STEP == pytest.approx(level.hold, abs=STEP)
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
    machine.labels = tuple((label, "other") for label, _ in rule.match)
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
