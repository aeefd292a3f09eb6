"""How far the clock is off and whether something keeps it right.

adjtimex(2) asked for nothing but its state, which needs no privilege. The clock is the kernel's:
every container and every mounted /proc on a machine has the same one. Linux alone has the call.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Kind, Metric, Unit
from sysmon_tui.model.sample import Reading

OFFSET = "node_timex_offset_seconds"
SYNCED = "node_timex_sync_status"
MAX_ERROR = "node_timex_maxerror_seconds"
ESTIMATED_ERROR = "node_timex_estimated_error_seconds"

METRICS = (
    Metric(OFFSET, Kind.GAUGE, Unit.SECONDS, "Time the clock is off, being corrected"),
    Metric(SYNCED, Kind.GAUGE, Unit.COUNT, "1 if the clock is kept in step with a reliable one"),
    Metric(MAX_ERROR, Kind.GAUGE, Unit.SECONDS, "Time the clock can be off at most"),
    Metric(ESTIMATED_ERROR, Kind.GAUGE, Unit.SECONDS, "Time the clock is off as estimated"),
)

_NANO = 0x2000
"""STA_NANO of include/uapi/linux/timex.h: the offset is in nanoseconds."""
_UNSYNCHRONISED = 5
"""TIME_ERROR: what the call returns while nothing keeps the clock."""
_MICRO, _NANO_SECOND = 1e-6, 1e-9


class Timex(NamedTuple):
    """What adjtimex(2) tells: its answer, and of `struct timex` the fields read here."""

    state: int
    status: int
    offset: int
    max_error: int
    estimated_error: int
    """Both errors are in microseconds, whatever the offset is in."""


class LinuxClock:
    name: ClassVar[str] = "clock"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 10.0
    may_block: ClassVar[bool] = False

    def __init__(self, ask: Callable[[], Timex] | None = None) -> None:
        self._ask = ask

    def collect(self) -> Reading:
        if self._ask is None:
            self._ask = _adjtimex()
        try:
            timex = self._ask()
        except OSError as error:
            raise _refused(error) from None
        unit = _NANO_SECOND if timex.status & _NANO else _MICRO
        return Reading(
            {
                OFFSET: {(): timex.offset * unit},
                SYNCED: {(): float(timex.state != _UNSYNCHRONISED)},
                MAX_ERROR: {(): timex.max_error * _MICRO},
                ESTIMATED_ERROR: {(): timex.estimated_error * _MICRO},
            }
        )

    def close(self) -> None:
        """Nothing is held open."""


def _refused(error: OSError) -> Unsupported | Denied:
    if error.errno in (errno.EPERM, errno.EACCES):
        return Denied(
            "The state of the clock may not be read (adjtimex is refused)",
            "Allow adjtimex in the container's seccomp profile",
        )
    return Unsupported(f"The kernel does not tell the state of its clock: {error.strerror}")


def _adjtimex() -> Callable[[], Timex]:
    """The system call, by way of the C library. Raises `Unsupported` where that lacks it."""
    # Loading ctypes takes milliseconds that commands which read no clock shall not pay.
    import ctypes

    class Structure(ctypes.Structure):
        """The beginning of `struct timex`; the kernel writes all of it, into `rest`."""

        _fields_ = [
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("frequency", ctypes.c_long),
            ("max_error", ctypes.c_long),
            ("estimated_error", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_char * 256),
        ]

    try:
        call = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        raise Unsupported("The C library has no adjtimex") from None

    def ask() -> Timex:
        # Modes of 0: nothing is set.
        filled = Structure()
        state = call(ctypes.byref(filled))
        if state < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return Timex(state, filled.status, filled.offset, filled.max_error, filled.estimated_error)

    return ask


class NoClock:
    """For platforms without the call."""

    name: ClassVar[str] = "clock"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 60.0
    may_block: ClassVar[bool] = False

    def collect(self) -> Reading:
        raise Unsupported("Only Linux tells how far its clock is off")

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxClock() if sys.platform == "linux" and (roots.proc / "stat").exists() else NoClock()
