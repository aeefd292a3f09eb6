"""What the process collectors publish beside the table, under node_exporter's names."""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Families, Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.process import ProcessTable

STATE = "node_processes_state"
PIDS = "node_processes_pids"
THREADS = "node_processes_threads"
MAX_PROCESSES = "node_processes_max_processes"
FILES = "node_filefd_allocated"
MAX_FILES = "node_filefd_maximum"

METRICS = (
    Metric(STATE, Kind.GAUGE, Unit.COUNT, "Processes in each state"),
    Metric(PIDS, Kind.GAUGE, Unit.COUNT, "Processes"),
    Metric(THREADS, Kind.GAUGE, Unit.COUNT, "Threads of all processes"),
    Metric(MAX_PROCESSES, Kind.GAUGE, Unit.COUNT, "Largest number of processes and threads"),
    Metric(FILES, Kind.GAUGE, Unit.COUNT, "Open files of the whole system"),
    Metric(MAX_FILES, Kind.GAUGE, Unit.COUNT, "Largest number of open files"),
)

_STATES: dict[str, Labels] = {state: labels(state=state) for state in "RSDZTI"}
"""Published though empty, so that an alert on one ends when the last such process does."""


def table_families(table: ProcessTable) -> dict[str, Mapping[Labels, float]]:
    """The families that follow from the table."""
    states = {pairs: float(table.states.get(state, 0)) for state, pairs in _STATES.items()}
    for state, count in table.states.items():
        if state not in _STATES:
            states[labels(state=state)] = float(count)
    return {
        STATE: states,
        PIDS: {(): float(len(table.rows))},
        THREADS: {(): float(table.threads)},
    }


def io_rate(before: int, now: int, elapsed: float) -> float:
    """Whole bytes a second, as `ProcessDetail` has them; 0 where a counter went back."""
    return float(round(max(0, now - before) / elapsed))


def limit_families(pid_max: bytes, file_nr: bytes) -> Families:
    """From /proc/sys/kernel/pid_max and /proc/sys/fs/file-nr (proc_sys_fs(5)); what is not
    readable is left out."""
    families: dict[str, Mapping[Labels, float]] = {}
    if (limit := pid_max.strip()).isdigit():
        families[MAX_PROCESSES] = {(): float(limit)}
    match file_nr.split():
        case [allocated, _, maximum] if allocated.isdigit() and maximum.isdigit():
            families[FILES] = {(): float(allocated)}
            families[MAX_FILES] = {(): float(maximum)}
    return families
