from __future__ import annotations

import pytest

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.processors.disk import LATENCY, QUEUE, UTILIZATION, Disk
from tests.processors.batches import batch

SDA = labels(device="sda")


def counters(**fields: float) -> Families:
    return {f"node_disk_{name}_total": {SDA: value} for name, value in fields.items()}


ZERO = dict.fromkeys(
    (
        "reads_completed",
        "read_bytes",
        "read_time_seconds",
        "writes_completed",
        "written_bytes",
        "write_time_seconds",
        "io_time_seconds",
        "io_time_weighted_seconds",
    ),
    0.0,
)


def test_rates_share_queue_and_latency() -> None:
    disk = Disk()
    assert disk.feed(batch(0.0, counters(**ZERO))) == {}
    now = counters(
        reads_completed=10,
        read_bytes=4096,
        read_time_seconds=0.2,
        writes_completed=30,
        written_bytes=8192,
        write_time_seconds=0.6,
        io_time_seconds=1.0,
        io_time_weighted_seconds=3.0,
    )
    assert disk.feed(batch(2.0, now)) == {
        "sysmon_disk_reads_per_second": {SDA: 5.0},
        "sysmon_disk_writes_per_second": {SDA: 15.0},
        "sysmon_disk_read_bytes_per_second": {SDA: 2048.0},
        "sysmon_disk_write_bytes_per_second": {SDA: 4096.0},
        UTILIZATION: {SDA: 0.5},
        QUEUE: {SDA: 1.5},
        LATENCY: {SDA: pytest.approx(0.02)},
    }


def test_an_idle_disk_has_no_latency() -> None:
    disk = Disk()
    disk.feed(batch(0.0, counters(**ZERO)))
    derived = disk.feed(batch(1.0, counters(**ZERO)))
    assert LATENCY not in derived
    assert derived[UTILIZATION] == {SDA: 0.0}


def test_a_disk_is_never_busier_than_always() -> None:
    disk = Disk()
    disk.feed(batch(0.0, counters(**ZERO)))
    derived = disk.feed(batch(1.0, counters(**ZERO | {"io_time_seconds": 1.004})))
    assert derived[UTILIZATION] == {SDA: 1.0}


def test_platforms_that_count_less_get_less() -> None:
    disk = Disk()
    disk.feed(batch(0.0, counters(reads_completed=0, read_bytes=0)))
    derived = disk.feed(batch(1.0, counters(reads_completed=5, read_bytes=10)))
    assert set(derived) == {"sysmon_disk_reads_per_second", "sysmon_disk_read_bytes_per_second"}
