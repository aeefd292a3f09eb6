"""How long tasks waited for CPU, memory or storage: pressure stall information.

/proc/pressure (Documentation/accounting/psi.rst), Linux 4.20 and later. `some` is the share of
time in which at least one task waited, `full` that in which nothing else ran either. The kernel
has no meaning for `full` of the CPU and prints zeros, which are left out.
"""

from __future__ import annotations

import errno
import re
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.model.errors import Denied, SysmonError, Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading

AVERAGE = "sysmon_pressure_avg_ratio"

_TOTALS = {
    ("cpu", "some"): "node_pressure_cpu_waiting_seconds_total",
    ("memory", "some"): "node_pressure_memory_waiting_seconds_total",
    ("memory", "full"): "node_pressure_memory_stalled_seconds_total",
    ("io", "some"): "node_pressure_io_waiting_seconds_total",
    ("io", "full"): "node_pressure_io_stalled_seconds_total",
}
RESOURCES = ("cpu", "memory", "io")
_WINDOWS = ("10s", "60s", "300s")
_DIGITS = 4
"""The kernel counts microseconds; time itself is kept to a tenth of a millisecond, so a share of
it is to a hundredth of a percent, as are the kernel's own averages."""

METRICS = (
    *(
        Metric(
            name,
            Kind.COUNTER,
            Unit.SECONDS,
            f"Time in which {'some' if kind == 'some' else 'all'} tasks waited for {resource}",
        )
        for (resource, kind), name in _TOTALS.items()
    ),
    Metric(AVERAGE, Kind.GAUGE, Unit.RATIO, "Share of time in which tasks waited, by window"),
)

_KEYS: dict[tuple[str, str], tuple[Labels, ...]] = {
    (resource, kind): tuple(
        labels(resource=resource, kind=kind, window=window) for window in _WINDOWS
    )
    for resource, kind in _TOTALS
}
_LINE = re.compile(
    rb"^(some|full) avg10=(\d{1,3}\.\d\d) avg60=(\d{1,3}\.\d\d) avg300=(\d{1,3}\.\d\d)"
    rb" total=(\d{1,20})$",
    re.MULTILINE,
)
_OFF = (errno.EOPNOTSUPP, errno.ENOTSUP)

Values = dict[str, dict[Labels, float]]


class LinuxPressure:
    name: ClassVar[str] = "pressure"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        self._files = {name: KernelFile(roots.proc / "pressure" / name, 512) for name in RESOURCES}

    def collect(self) -> Reading:
        averages: dict[Labels, float] = {}
        families: Values = {AVERAGE: averages}
        missing: SysmonError | None = None
        for resource, file in self._files.items():
            try:
                _parse(resource, _read(file), families, averages)
            except (Unsupported, Denied) as error:
                missing = error
        if averages:
            return Reading(families, note=str(missing) if missing else "")
        raise missing or _unsupported("Its files state nothing")

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def _read(file: KernelFile) -> bytes:
    """Raises `Unsupported` where the kernel was built with it but leaves it off."""
    try:
        return file.read()
    except Unsupported:
        raise _unsupported(f"{file.path} does not exist") from None
    except OSError as error:
        if error.errno in _OFF:
            raise _unsupported("It is switched off") from None
        raise


def _unsupported(why: str) -> Unsupported:
    return Unsupported(
        f"This kernel gives no pressure figures: {why[0].lower()}{why[1:]}",
        "Boot with psi=1 (Linux 4.20 or later)",
    )


def _parse(resource: str, text: bytes, families: Values, averages: dict[Labels, float]) -> None:
    for kind, *percents, total in _LINE.findall(text):
        which = resource, kind.decode()
        if keys := _KEYS.get(which):
            families[_TOTALS[which]] = {(): round(float(total) / 1e6, _DIGITS)}
            for key, percent in zip(keys, percents, strict=True):
                averages[key] = min(float(percent) * 0.01, 1.0)


class NoPressure:
    """For platforms without any such figures."""

    name: ClassVar[str] = "pressure"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 60.0
    may_block: ClassVar[bool] = False

    def collect(self) -> Reading:
        raise Unsupported("Only Linux measures pressure")

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxPressure(roots) if (roots.proc / "stat").exists() else NoPressure()
