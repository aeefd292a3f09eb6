from __future__ import annotations

import pytest

from sysmon_tui.collectors.process_metrics import METRICS, limit_families, table_families
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import NO_PROCESSES, ProcessTable


def test_empty_states_are_published() -> None:
    states = table_families(NO_PROCESSES)["node_processes_state"]
    assert states == {labels(state=state): 0.0 for state in "RSDZTI"}


def test_states_that_are_rare_come_when_they_occur() -> None:
    states = table_families(ProcessTable(states={"Z": 2, "P": 1}))["node_processes_state"]
    assert (states[labels(state="Z")], states[labels(state="P")]) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("pid_max", "file_nr", "names"),
    [
        (b"32768\n", b"1\t0\t9\n", {metric.name for metric in METRICS[3:]}),
        (b"", b"", set()),
        (b"-1", b"1 0", set()),
        (b"x", b"1 0 x", set()),
        (b"5", b"x 0 1", {"node_processes_max_processes"}),
    ],
)
def test_limits_that_are_none_are_left_out(pid_max: bytes, file_nr: bytes, names: set[str]) -> None:
    assert set(limit_families(pid_max, file_nr)) == names
