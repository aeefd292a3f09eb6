"""What a figure is said to be made of is enough to make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors import registry
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.gather import only
from tests.benchmarks.made_machine import MadeMachine

SPEED = {labels(device="eth0"): 1e9}
MOUNT = labels(device="/dev/sda1", fstype="ext4", mountpoint="/srv/a")
CGROUP = labels(cgroup="system.slice/unit-0.service")
ALSO: dict[str, dict[str, dict[Labels, float]]] = {
    "network": {"node_network_speed_bytes": SPEED},
    "filesystem": {"node_filesystem_readonly": {MOUNT: 1.0}},
    "clock": {"node_timex_sync_status": {(): 1.0}},
    "netstat": {"node_nf_conntrack_entries": {(): 3.0}, "node_nf_conntrack_entries_limit": {(): 9}},
    "cgroup": {
        "sysmon_cgroup_memory_limit_bytes": {CGROUP: 1e9},
        "sysmon_cgroup_cpu_periods_total": {CGROUP: 0.0},
        "sysmon_cgroup_cpu_throttled_periods_total": {CGROUP: 0.0},
    },
    "self_cost": {
        "process_cpu_seconds_total": {(): 0.0},
        "process_resident_memory_bytes": {(): 5e7},
    },
}
"""What the made machine lacks; counters grow by a hundred a pass."""


def passes() -> Iterator[list[Batch]]:
    """Three passes of every collector."""
    machine = MadeMachine()
    for number in range(3):
        read = list(machine.second(number, 1e9 + number, all_due=True))
        read.append(Batch(collector="self_cost", wall=1e9 + number, mono=1000.0 + number))
        yield [replace(b, families={**b.families, **_also(b.collector, number)}) for b in read]


def _also(collector: str, number: int) -> Families:
    grown = 100.0 * number
    return {
        name: {key: value + grown * name.endswith("_total") for key, value in family.items()}
        for name, family in ALSO.get(collector, {}).items()
    }


@pytest.fixture(scope="module")
def read() -> dict[str, list[Batch]]:
    """By collector."""
    found: dict[str, list[Batch]] = {}
    for batches in passes():
        for batch in batches:
            found.setdefault(batch.collector, []).append(batch)
    return found


def newest(collector: str, batches: list[Batch]) -> Families:
    feed = derive(collector)
    return [feed(batch) for batch in batches][-1]


def test_sources_are_enough(read: dict[str, list[Batch]]) -> None:
    seen = set()
    for collector, batches in read.items():
        for name, figures in newest(collector, batches).items():
            seen.add(name)
            sources = derive.sources(name)
            alone = [replace(b, families=only(b.families, sources)) for b in batches]
            assert alone[-1].families, name
            assert newest(collector, alone)[name] == figures, name
    assert seen == set(registry._sources)


@pytest.mark.parametrize("name", sorted(registry._columns))
def test_columns_tell_what_batches_do(name: str) -> None:
    """Through a reset, a step back that is forgiven, a standstill and a gap over a night."""
    ((collector, batches),) = (
        (collector, batches)
        for collector, batches in hour().items()
        if any(name in families for families in map(derive(collector), batches))
    )
    sources = derive.sources(name)
    columns = derive.columns(name)
    assert columns is not None
    families = {
        source: {
            key: [batch.families[source][key] for batch in batches]
            for key in batches[0].families[source]
        }
        for source in sources
    }
    found = columns([batch.mono for batch in batches], families)
    feed = derive(collector)
    expected = [feed(batch).get(name, {}) for batch in batches]
    assert sum(map(len, expected)) > 30
    for row, figures in enumerate(expected[1:]):
        known = {key: column[row] for key, column in found.items()}
        assert {key: value for key, value in known.items() if value == value} == figures


def hour() -> dict[str, list[Batch]]:
    machine = MadeMachine()
    found: dict[str, list[Batch]] = {}
    for number in range(20):
        halved, less = 1.0 - 0.5 * (number == 5), 1.0 * (number == 8)
        for batch in machine.second(number, 1e9 + number, all_due=True):
            mono = batch.mono + 1000.0 * (number > 15) - (number == 17)
            again = found[batch.collector][-1].families if number == 12 else batch.families
            families = {
                name: {key: halved * value - less for key, value in family.items()}
                for name, family in again.items()
            }
            found.setdefault(batch.collector, []).append(
                replace(batch, mono=mono, families=families)
            )
    return found


def test_what_nobody_derives_is_its_own_source() -> None:
    assert registry.sources(["node_load1", "sysmon_clock_offset_seconds"]) == {
        "node_load1",
        "node_timex_offset_seconds",
        "node_timex_sync_status",
    }
