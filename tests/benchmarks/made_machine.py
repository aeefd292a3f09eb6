"""A machine that is made up: 300 series of twelve cores, four disks, ten cgroups and so on.

Any second of its life can be had at once, so that months of it are recorded quickly. Counters
grow unevenly, memory wanders, processes come and go. The names are those the collectors use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from sysmon_tui.model.metric import Labels, is_counter, labels
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean

CYCLE = 1500
"""Seconds after which increases come again."""
GIB = 1 << 30
MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
DISK = (
    ("node_disk_reads_completed_total", 80.0),
    ("node_disk_read_bytes_total", 1 << 20),
    ("node_disk_read_time_seconds_total", 0.04),
    ("node_disk_writes_completed_total", 120.0),
    ("node_disk_written_bytes_total", 3 << 20),
    ("node_disk_write_time_seconds_total", 0.1),
    ("node_disk_io_now", 3.0),
    ("node_disk_io_time_seconds_total", 0.2),
    ("node_disk_io_time_weighted_seconds_total", 0.6),
)
NETWORK = (("bytes", 2e6), ("packets", 2e3), ("errs", 0.0), ("drop", 0.2))
MEMORY = (
    "MemTotal",
    "MemFree",
    "MemAvailable",
    "Buffers",
    "Cached",
    "SwapCached",
    "Active",
    "Inactive",
    "SwapTotal",
    "SwapFree",
    "Dirty",
    "Writeback",
    "AnonPages",
    "Mapped",
    "Shmem",
    "Slab",
    "SReclaimable",
    "SUnreclaim",
    "KernelStack",
    "PageTables",
    "CommitLimit",
    "Committed_AS",
)
VMSTAT = (("pgfault", 9e3), ("pgmajfault", 2.0), ("pswpin", 3.0), ("pswpout", 5.0), ("oom_kill", 0))
NETSTAT = (
    "TcpExt_ListenOverflows",
    "TcpExt_ListenDrops",
    "TcpExt_TCPTimeouts",
    "Tcp_ActiveOpens",
    "Tcp_PassiveOpens",
    "Tcp_CurrEstab",
    "Tcp_InSegs",
    "Tcp_OutSegs",
    "Tcp_RetransSegs",
    "Tcp_InErrs",
    "Tcp_OutRsts",
    "Udp_InErrors",
)
EVERY = {"netstat": 5, "clock": 10, "cgroup": 10, "filesystem": 30}
"""Seconds between two passes of the slow ones."""

Column = tuple[int, Sequence[int]]
"""What a series grows by in a cycle, and what it is at each second of the first one, in units."""


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    keys: tuple[Labels, ...]
    growth: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    """By second of the cycle."""
    unit: float

    def at(self, second: int) -> dict[Labels, float]:
        cycles, row = divmod(second, CYCLE)
        unit = self.unit
        return {
            key: (value + cycles * more) * unit
            for key, value, more in zip(self.keys, self.rows[row], self.growth, strict=True)
        }


class MadeMachine:
    def __init__(self) -> None:
        self._random = Random(7)
        self._collectors = {
            "cpu": self._cpu(),
            "memory": self._memory(),
            "pressure": self._pressure(),
            "disk": [self._family(n, _named("device", _DISKS), each) for n, each in DISK],
            "network": self._network(),
            "process": [self._family("node_processes_state", _named("state", "RSDZTI"), 40.0)],
            "netstat": [self._family(f"node_netstat_{name}", [()], 30.0) for name in NETSTAT],
            "clock": [self._family("node_timex_offset_seconds", [()], 0.001)],
            "cgroup": self._cgroups(),
            "filesystem": self._filesystems(),
        }
        self._processes = [self._table() for _ in range(60)]

    @property
    def series(self) -> int:
        return sum(len(each.keys) for families in self._collectors.values() for each in families)

    def second(self, number: int, wall: float, *, all_due: bool = False) -> Iterator[Batch]:
        """What is read at a second of its life; `all_due` is of the slow collectors too."""
        for name, families in self._collectors.items():
            if all_due or number % EVERY.get(name, 1) == 0:
                yield Batch(
                    collector=name,
                    wall=wall,
                    mono=1000.0 + number,
                    families={each.name: each.at(number) for each in families},
                    processes=self._seen(number) if name == "process" else None,
                )

    def _seen(self, number: int) -> ProcessTable | None:
        return None if number % 5 else self._processes[number // 5 % len(self._processes)]

    def _family(self, name: str, keys: Sequence[Labels], each: float, unit: float = 1.0) -> _Family:
        """`each` is what a counter grows by in a second, or what a gauge wanders around."""
        column = self._counter if is_counter(name) or "netstat" in name else self._gauge
        unit = 0.001 if "seconds" in name else unit
        return _family(name, keys, [column(each / unit) for _ in keys], unit)

    def _counter(self, each: float) -> Column:
        steps = [round(self._random.expovariate(1.0) * each) for _ in range(CYCLE)]
        values = list(accumulate(steps, initial=self._random.randrange(10**6)))
        return values[-1] - values[0], values[:-1]

    def _gauge(self, middle: float) -> Column:
        return 0, [round(middle * (0.8 + 0.4 * self._random.random())) for _ in range(CYCLE)]

    def _cpu(self) -> list[_Family]:
        shares = dict(zip(MODES, (0.2, 0.0, 0.06, 0.7, 0.02, 0.0, 0.01, 0.01), strict=True))
        keys, columns = [], []
        for core in range(12):
            for mode in MODES:
                keys.append(labels(cpu=str(core), mode=mode))
                columns.append(self._counter(100.0 * shares[mode]))
        singles = ("node_context_switches_total", "node_forks_total")
        loads = ("node_load1", "node_load5", "node_load15")
        return [
            _family("node_cpu_seconds_total", keys, columns, 0.01),
            *(self._family(name, [()], 900.0) for name in singles),
            *(self._family(name, [()], 2.0, 0.01) for name in loads),
        ]

    def _memory(self) -> list[_Family]:
        sizes = {"MemTotal": 32.0, "SwapTotal": 8.0, "SwapFree": 7.0, "MemAvailable": 20.0}
        found = []
        for field in MEMORY:
            size = sizes.get(field, 1.5) * GIB
            if "Total" in field:
                steady = (0, [int(size)] * CYCLE)
                found.append(_family(f"node_memory_{field}_bytes", [()], [steady], 1.0))
            else:
                found.append(self._family(f"node_memory_{field}_bytes", [()], size, 4096.0))
        return [*found, *(self._family(f"node_vmstat_{n}", [()], each) for n, each in VMSTAT)]

    def _pressure(self) -> list[_Family]:
        kinds = (("cpu", "some"), ("memory", "some"), ("memory", "full"), ("io", "some"))
        keys = [
            labels(resource=resource, kind=kind, window=window)
            for resource, kind in (*kinds, ("io", "full"))
            for window in ("10s", "60s", "300s")
        ]
        words = {"some": "waiting", "full": "stalled"}
        return [
            self._family("sysmon_pressure_avg_ratio", keys, 0.05, 0.0001),
            *(
                self._family(f"node_pressure_{resource}_{words[kind]}_seconds_total", [()], 0.05)
                for resource, kind in kinds
            ),
        ]

    def _network(self) -> list[_Family]:
        keys = _named("device", ("lo", "eth0", "eth1", "docker0", "wg0"))
        return [
            self._family(f"node_network_{way}_{what}_total", keys, each)
            for way in ("receive", "transmit")
            for what, each in NETWORK
        ]

    def _cgroups(self) -> list[_Family]:
        keys = _named("cgroup", [f"system.slice/unit-{n}.service" for n in range(10)])
        return [
            self._family("sysmon_cgroup_memory_usage_bytes", keys, GIB / 4, 4096.0),
            self._family("sysmon_cgroup_cpu_usage_seconds_total", keys, 0.05),
            self._family("sysmon_cgroup_pids", keys, 12.0),
        ]

    def _filesystems(self) -> list[_Family]:
        keys = [
            labels(device=f"/dev/sd{letter}1", fstype="ext4", mountpoint=f"/srv/{letter}")
            for letter in "abcde"
        ]
        sizes = {"size": 400.0, "free": 200.0, "avail": 180.0}
        return [
            *(
                self._family(f"node_filesystem_{name}_bytes", keys, size * GIB, 4096.0)
                for name, size in sizes.items()
            ),
            self._family("node_filesystem_files", keys, 1e7),
            self._family("node_filesystem_files_free", keys, 9e6),
        ]

    def _table(self) -> ProcessTable:
        rows = tuple(self._process(pid) for pid in sorted(self._random.sample(range(400), 45)))
        details = {
            row.pid: ProcessDetail(
                clean(f"/usr/lib/{row.name} --serve --port {row.pid} --log /var/log/{row.name}"),
                clean("www-data"),
                1e5 * self._random.random(),
                1e5 * self._random.random(),
            )
            for row in rows
        }
        return ProcessTable(rows=rows, details=details, states={"S": 380, "R": 3}, threads=900)

    def _process(self, number: int) -> ProcessRow:
        share = self._random.random()
        return ProcessRow(
            pid=300 + number,
            start_time=float(number),
            ppid=1,
            uid=33,
            name=clean(f"worker-{number % 17}"),
            state="S",
            cpu=share * share,
            cpu_seconds=100.0 * share,
            rss=int(share * GIB / 8),
            threads=4,
            nice=0,
            kernel=False,
        )


def _family(name: str, keys: Sequence[Labels], columns: Sequence[Column], unit: float) -> _Family:
    return _Family(
        name,
        tuple(keys),
        tuple(growth for growth, _ in columns),
        tuple(zip(*(values for _, values in columns), strict=True)),
        unit,
    )


_DISKS = ("sda", "sdb", "nvme0n1", "nvme1n1")


def _named(label: str, values: Sequence[str]) -> list[Labels]:
    return [labels(**{label: value}) for value in values]
