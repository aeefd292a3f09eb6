"""What was gathered of the scene's alerts, the same on every run."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from sysmon_tui.model.alert import AlertEvent, Severity, State
from sysmon_tui.model.evidence import (
    POINTS,
    STEP,
    Dossier,
    Evidence,
    Group,
    Log,
    LogLine,
    Trace,
    freeze,
)
from sysmon_tui.model.text import clean
from tests.scene import GIB, HOST, MIB, NOW, alerts, families, ramp, tick

MIRA = clean("mira")
KERNEL = (
    "postgres invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0,"
    " oom_score_adj=0",
    "Out of memory: Killed process 3911 (report-render) total-vm:9241088kB",
    "nvme nvme0: I/O 118 QID 3 timeout, completion polled",
)
JOURNAL = (
    "postgresql@15-main[812]: LOG:  checkpoints are occurring too frequently (9 seconds apart)",
    "systemd[1]: report-render.service: A process of this unit has been killed by the OOM killer.",
)


def log(source: str, texts: tuple[str, ...], note: str = "") -> Log:
    lines = (LogLine(NOW - 70 + 3 * n, clean(text)) for n, text in enumerate(texts))
    return Log(source, tuple(lines), clean(note))


def trace(title: str, unit: str, low: float, high: float, bound: float = nan) -> Trace:
    """Low for twelve minutes, then up; nothing is known of the first minute."""
    values = tuple(nan if at < 6 else low + (high - low) * ramp(at, 72, 14) for at in range(POINTS))
    return Trace(
        title=clean(title),
        unit=unit,
        begin=NOW - 44 - POINTS * STEP,
        step=STEP,
        values=values,
        bound=bound,
    )


GROUPS = (
    Group(clean("analytics.service"), 1.94, 13.8 * GIB, 120 * MIB),
    Group(clean("postgresql@15-main.service"), 1.72, 10.3 * GIB),
)
TRACES = (
    trace("sysmon_memory_available_ratio", "ratio", 0.39, 0.03, bound=0.05),
    trace("Memory used", "ratio", 0.61, 0.97),
    trace("Swap used", "ratio", 0.04, 0.75),
    trace("Swapped out", "bytes_per_second", 0.0, 34e6),
    trace("memory pressure, full", "ratio", 0.0, 0.27),
)


def evidence() -> Evidence:
    """Of the memory alert, at the moment it fired."""
    moment = replace(tick(), families=families(556))
    frozen = freeze(moment, AlertEvent(NOW - 44, "firing", alerts()[0]), HOST.boot_time)
    waiting = tuple(replace(one, waits_in=clean("folio_wait_bit")) for one in frozen.waiting)
    logs = (log("kernel", KERNEL), log("journal", JOURNAL, "Other users' lines are hidden"))
    return replace(frozen, waiting=waiting, groups=GROUPS, traces=TRACES, logs=logs)


def dossier() -> Dossier:
    """It fired last week too, and Jonas had it then."""
    alert = alerts()[0]
    week = 7 * 86400.0
    before = replace(
        alert, severity=Severity.WARNING, since=NOW - week, fired_at=NOW - week + 60, value=0.09
    )
    taken = before.acknowledged(clean("jonas"), NOW - week + 120, clean("reports job, stopped it"))
    over = replace(taken, state=State.RESOLVED, resolved_at=NOW - week + 400)
    pending = replace(alert, state=State.PENDING, severity=Severity.WARNING, value=0.08)
    return Dossier(
        (
            AlertEvent(before.since, "pending", replace(before, state=State.PENDING)),
            AlertEvent(before.since + 60, "firing", before),
            AlertEvent(before.since + 120, "acknowledged", taken, clean("jonas")),
            AlertEvent(before.since + 400, "resolved", over),
            AlertEvent(NOW - 104, "pending", pending),
            AlertEvent(NOW - 44, "firing", alert),
        ),
        (evidence(), replace(evidence(), at=before.since + 60, severity=Severity.WARNING)),
    )
