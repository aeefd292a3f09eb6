"""What is frozen on the beat: whose table, whose name, what of the control groups."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan
from types import MappingProxyType

import pytest

from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.evidence import GROUPS, LABELS, PROCESSES, Evidence, alike, freeze, short
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.text import clean
from tests.scene import GIB, HOST, NOW, alerts, tick

ALERT = alerts()[0]


def frozen(resource: str, boot_time: float = HOST.boot_time) -> Evidence:
    event = AlertEvent(NOW, "firing", replace(ALERT, resource=resource))
    return freeze(tick(), event, boot_time)


@pytest.mark.parametrize(
    ("resource", "names", "culprit"),
    [
        ("cpu", ["python3", "postgres", "postgres", "kswapd0"], "python3 (4113) 194%"),
        ("memory", ["python3", "postgres", "postgres", "postgres"], "python3 (4113) 13.8G"),
        ("io", ["python3", "postgres", "postgres", "postgres"], "python3 (4113) 120M/s"),
        ("", ["python3", "postgres", "postgres", "kswapd0"], ""),
    ],
)
def test_the_table_is_that_of_the_resource(resource: str, names: list[str], culprit: str) -> None:
    evidence = frozen(resource)
    assert [one.name for one in evidence.processes[:4]] == names
    assert len(evidence.processes) == PROCESSES
    assert evidence.culprit == culprit


def test_processes_are_whole() -> None:
    first = frozen("cpu").processes[0]
    assert (first.pid, first.user, first.state, first.cpu) == (4113, "analytics", "D", 1.94)
    assert first.started == HOST.boot_time + first.start_time
    assert first.command.startswith("python3 -m reports.quarterly")
    assert isnan(frozen("cpu", boot_time=0.0).processes[0].started)


def test_a_process_without_details_has_its_numbers() -> None:
    table = tick().processes
    bare = replace(tick(), processes=ProcessTable(rows=table.rows, details=MappingProxyType({})))
    first = freeze(bare, AlertEvent(NOW, "firing", ALERT), 0.0).processes[0]
    assert (first.user, first.command) == ("100", "")
    assert isnan(first.read_rate)


def test_tasks_that_wait_for_a_device() -> None:
    assert [one.pid for one in frozen("cpu").waiting] == [4113, 5090]


def test_pressure_of_every_resource() -> None:
    shown = {(one.resource, one.kind): one.short for one in frozen("cpu").pressure}
    assert set(shown) == {("cpu", "some"), ("memory", "full"), ("io", "full")}
    assert shown["memory", "full"] == pytest.approx(0.27)


def test_control_groups_are_found_by_the_names_of_their_metrics() -> None:
    keys = [labels(cgroup=f"/g{n}") for n in range(12)]
    moment = tick()
    grouped = replace(
        moment,
        families={
            **moment.families,
            "sysmon_cgroup_cpu_ratio": {key: float(n) for n, key in enumerate(keys)},
            "sysmon_cgroup_memory_usage_bytes": {keys[0]: GIB},
            "sysmon_cgroup_io_read_bytes_per_second": {keys[1]: 2.0},
            "sysmon_cgroup_io_write_bytes_per_second": {keys[1]: 3.0},
        },
    )
    event = AlertEvent(NOW, "firing", replace(ALERT, resource="cpu"))
    assert [one.name for one in freeze(grouped, event, 0.0).groups[:2]] == ["/g11", "/g10"]
    assert len(freeze(grouped, event, 0.0).groups) == GROUPS
    event = AlertEvent(NOW, "firing", ALERT)
    assert freeze(grouped, event, 0.0).groups[0].memory == GIB
    event = AlertEvent(NOW, "firing", replace(ALERT, resource="io"))
    assert freeze(grouped, event, 0.0).groups[0].io == 5.0
    assert frozen("cpu").groups == ()


def test_the_same_moment_for_another_alert() -> None:
    other = replace(
        ALERT,
        fingerprint="other",
        rule="Load",
        labels=tuple((f"l{n:02}", "x" * 999) for n in range(LABELS + 9)),
        severity=Severity.WARNING,
        value=7.0,
        summary=clean("y" * 4000),
    )
    evidence = alike(frozen("cpu"), AlertEvent(NOW + 1, "worse", other))
    assert evidence.processes == frozen("cpu").processes
    assert (evidence.fingerprint, evidence.rule, evidence.at) == ("other", "Load", NOW + 1)
    assert len(evidence.labels) == LABELS
    assert max(len(text) for _, text in evidence.labels) < 999
    assert len(evidence.summary) < 4000


@pytest.mark.parametrize(
    ("value", "kept"), [(1.23456, 1.235), (123456.0, 123500.0), (0.0, 0.0), (inf, inf)]
)
def test_four_digits(value: float, kept: float) -> None:
    assert short(value) == kept
    assert isnan(short(nan))
