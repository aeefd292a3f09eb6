"""The alerts of the node-exporter mixin as it generates them, and two machines to judge.

Every expression is true for something on `ill` and for nothing on `calm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.promql.recorded import Recorded

END = 1_700_006_400.0
SPAN = 6 * 3600

_FS = 'job="node",fstype!="",mountpoint!=""'
_DEVICES = 'device=~"(/dev/)?(mmcblk.p.+|nvme.+|rbd.+|sd.+|vd.+|xvd.+|dm-.+|md.+|dasd.+)"'


def _filling(free: str, whole: str, below: int, window: str, ahead: str) -> str:
    return f"""(
  {free}{{{_FS}}} / {whole}{{{_FS}}} * 100 < {below}
and
  predict_linear({free}{{{_FS}}}[{window}], {ahead}) < 0
and
  node_filesystem_readonly{{{_FS}}} == 0
)"""


def _out(free: str, whole: str, below: int) -> str:
    return f"""(
  {free}{{{_FS}}} / {whole}{{{_FS}}} * 100 < {below}
and
  node_filesystem_readonly{{{_FS}}} == 0
)"""


def _errors(way: str) -> str:
    return (
        f'rate(node_network_{way}_errs_total{{job="node"}}[2m]) / '
        f'rate(node_network_{way}_packets_total{{job="node"}}[2m]) > 0.01'
    )


_BYTES = ("node_filesystem_avail_bytes", "node_filesystem_size_bytes")
_FILES = ("node_filesystem_files_free", "node_filesystem_files")

ALERTS = {
    "NodeFilesystemSpaceFillingUp": _filling(*_BYTES, 40, "6h", "24*60*60"),
    "NodeFilesystemSpaceFillingUp critical": _filling(*_BYTES, 20, "6h", "4*60*60"),
    "NodeFilesystemAlmostOutOfSpace": _out(*_BYTES, 5),
    "NodeFilesystemFilesFillingUp": _filling(*_FILES, 40, "6h", "24*60*60"),
    "NodeFilesystemAlmostOutOfFiles": _out(*_FILES, 5),
    "NodeNetworkReceiveErrs": _errors("receive"),
    "NodeNetworkTransmitErrs": _errors("transmit"),
    "NodeHighNumberConntrackEntriesUsed": (
        '(node_nf_conntrack_entries{job="node"} / node_nf_conntrack_entries_limit) > 0.75'
    ),
    "NodeTextFileCollectorScrapeError": 'node_textfile_scrape_error{job="node"} == 1',
    "NodeClockSkewDetected": """(
  node_timex_offset_seconds{job="node"} > 0.05
and
  deriv(node_timex_offset_seconds{job="node"}[5m]) >= 0
)
or
(
  node_timex_offset_seconds{job="node"} < -0.05
and
  deriv(node_timex_offset_seconds{job="node"}[5m]) <= 0
)""",
    "NodeClockNotSynchronising": """min_over_time(node_timex_sync_status{job="node"}[5m]) == 0
and
node_timex_maxerror_seconds{job="node"} >= 16""",
    "NodeRAIDDegraded": (
        f'node_md_disks_required{{job="node",{_DEVICES}}} - ignoring (state) '
        f'(node_md_disks{{state="active",job="node",{_DEVICES}}}) > 0'
    ),
    "NodeRAIDDiskFailure": f'node_md_disks{{state="failed",job="node",{_DEVICES}}} > 0',
    "NodeFileDescriptorLimit": """(
  node_filefd_allocated{job="node"} * 100 / node_filefd_maximum{job="node"} > 70
)""",
    "NodeCPUHighUsage": (
        "sum without(mode) (avg without (cpu) "
        '(rate(node_cpu_seconds_total{job="node", mode!~"idle|iowait"}[2m]))) * 100 > 90'
    ),
    "NodeSystemSaturation": """node_load1{job="node"}
/ count without (cpu, mode) (node_cpu_seconds_total{job="node", mode="idle"}) > 2""",
    "NodeMemoryMajorPagesFaults": 'rate(node_vmstat_pgmajfault{job="node"}[5m]) > 500',
    "NodeMemoryHighUtilization": (
        '100 - (node_memory_MemAvailable_bytes{job="node"} / '
        'node_memory_MemTotal_bytes{job="node"} * 100) > 90'
    ),
    "NodeDiskIOSaturation": (
        f'rate(node_disk_io_time_weighted_seconds_total{{job="node", {_DEVICES}}}[5m]) > 10'
    ),
    "NodeSystemdServiceFailed": 'node_systemd_unit_state{job="node", state="failed"} == 1',
    "NodeSystemdServiceCrashlooping": (
        'increase(node_systemd_service_restart_total{job="node"}[5m]) > 2'
    ),
    "NodeBondingDegraded": (
        '(node_bonding_slaves{job="node"} - node_bonding_active{job="node"}) != 0'
    ),
}

Course: TypeAlias = Callable[[float], float]
"""The value of a series, by the seconds since its first sample."""


def _steady(value: float) -> Course:
    return lambda _: value


def _growing(each_second: float, start: float = 0.0) -> Course:
    return lambda seconds: start + each_second * seconds


def _machine(ill: bool) -> Iterator[tuple[str, dict[str, str], Course]]:
    root = {"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}
    draining = _growing(-0.045, 1000.0) if ill else _growing(-0.0001, 500.0)
    yield "node_filesystem_avail_bytes", root, draining
    yield "node_filesystem_size_bytes", root, _steady(1000.0)
    yield "node_filesystem_files_free", root, draining
    yield "node_filesystem_files", root, _steady(1000.0)
    yield "node_filesystem_readonly", root, _steady(0.0)
    image = {"device": "/dev/loop0", "fstype": "squashfs", "mountpoint": "/snap"}
    yield "node_filesystem_avail_bytes", image, _steady(0.0)
    yield "node_filesystem_size_bytes", image, _steady(1000.0)
    yield "node_filesystem_readonly", image, _steady(1.0)
    for way in ("receive", "transmit"):
        yield f"node_network_{way}_packets_total", {"device": "eth0"}, _growing(100.0)
        errors = _growing(3.0 if ill else 0.0, 7.0)
        yield f"node_network_{way}_errs_total", {"device": "eth0"}, errors
    yield "node_nf_conntrack_entries", {}, _steady(80.0 if ill else 60.0)
    yield "node_nf_conntrack_entries_limit", {}, _steady(100.0)
    yield "node_textfile_scrape_error", {}, _steady(float(ill))
    yield "node_timex_offset_seconds", {}, _growing(0.00001 if ill else -0.000001)
    yield "node_timex_sync_status", {}, _steady(float(not ill))
    yield "node_timex_maxerror_seconds", {}, _steady(16.0)
    yield "node_md_disks_required", {"device": "md0"}, _steady(2.0)
    yield "node_md_disks", {"device": "md0", "state": "active"}, _steady(1.0 if ill else 2.0)
    yield "node_md_disks", {"device": "md0", "state": "failed"}, _steady(float(ill))
    yield "node_filefd_allocated", {}, _steady(95.0 if ill else 5.0)
    yield "node_filefd_maximum", {}, _steady(100.0)
    for cpu in ("0", "1"):
        busy = {"user": 0.7, "system": 0.25} if ill else {"user": 0.1, "system": 0.05}
        for mode, share in (busy | {"idle": 1.0 - sum(busy.values())}).items():
            yield "node_cpu_seconds_total", {"cpu": cpu, "mode": mode}, _growing(share, 12.5)
    yield "node_load1", {}, _steady(6.0 if ill else 0.3)
    yield "node_vmstat_pgmajfault", {}, _growing(700.0 if ill else 1.0)
    yield "node_memory_MemAvailable_bytes", {}, _steady(5.0 if ill else 50.0)
    yield "node_memory_MemTotal_bytes", {}, _steady(100.0)
    weighted = _growing(12.0 if ill else 0.2)
    yield "node_disk_io_time_weighted_seconds_total", {"device": "nvme0n1"}, weighted
    yield "node_disk_io_time_weighted_seconds_total", {"device": "sr0"}, _growing(12.0)
    unit = {"name": "a.service", "type": "simple"}
    yield "node_systemd_unit_state", unit | {"state": "failed"}, _steady(float(ill))
    yield "node_systemd_unit_state", unit | {"state": "active"}, _steady(float(not ill))
    restarts = _growing(0.02 if ill else 0.0, 3.0)
    yield "node_systemd_service_restart_total", {"name": "a.service"}, restarts
    yield "node_bonding_slaves", {"master": "bond0"}, _steady(2.0)
    yield "node_bonding_active", {"master": "bond0"}, _steady(1.0 if ill else 2.0)


def machines() -> Iterator[tuple[str, Labels, Course]]:
    for instance in ("calm", "ill"):
        for name, pairs, course in _machine(instance == "ill"):
            yield name, labels(job="node", instance=instance, **pairs), course


def recorded(step: float = 60.0) -> Recorded:
    source = Recorded()
    for name, of, course in machines():
        for beat in range(int(SPAN / step) + 1):
            source.add(name, of, END - SPAN + beat * step, course(beat * step))
    return source
