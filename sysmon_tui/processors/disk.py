"""What disks do a second, how busy they are and how long a request takes (as iostat(1) has it)."""

from __future__ import annotations

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates, rated
from sysmon_tui.processors.registry import derives

READS = "node_disk_reads_completed_total"
WRITES = "node_disk_writes_completed_total"
READ_TIME = "node_disk_read_time_seconds_total"
WRITE_TIME = "node_disk_write_time_seconds_total"
BUSY_TIME = "node_disk_io_time_seconds_total"

UTILIZATION = "sysmon_disk_utilization_ratio"
LATENCY = "sysmon_disk_latency_seconds"
QUEUE = "sysmon_disk_queue"

_RATES = (
    ("node_disk_read_bytes_total", "sysmon_disk_read_bytes_per_second"),
    ("node_disk_written_bytes_total", "sysmon_disk_write_bytes_per_second"),
    (READS, "sysmon_disk_reads_per_second"),
    (WRITES, "sysmon_disk_writes_per_second"),
    ("node_disk_io_time_weighted_seconds_total", QUEUE),
)

Values = dict[str, dict[Labels, float]]


@derives(
    "disk",
    {
        **{name: (counter,) for counter, name in _RATES},
        UTILIZATION: (BUSY_TIME,),
        LATENCY: (READS, WRITES, READ_TIME, WRITE_TIME),
    },
    {name: rated(counter) for counter, name in _RATES},
)
class Disk:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        if not self._rates.feed(batch):
            return NOTHING
        derived: Values = {name: self._rates.per_second(counter) for counter, name in _RATES}
        # The kernel counts busy time in jiffies, which can come to more than went by.
        derived[UTILIZATION] = {
            key: min(share, 1.0) for key, share in self._rates.per_second(BUSY_TIME).items()
        }
        derived[LATENCY] = self._latency()
        return {name: family for name, family in derived.items() if family}

    def _latency(self) -> dict[Labels, float]:
        """Mean time from request to answer, of those done in the interval; absent if none was."""
        increase = self._rates.increase
        reads, writes = increase(READS), increase(WRITES)
        read_time, write_time = increase(READ_TIME), increase(WRITE_TIME)
        latency: dict[Labels, float] = {}
        for key, count in reads.items():
            done = count + writes.get(key, 0.0)
            if done > 0.0 and key in read_time:
                latency[key] = (read_time[key] + write_time.get(key, 0.0)) / done
        return latency
