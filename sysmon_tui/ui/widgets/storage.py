"""Disks and filesystems: the busiest and the fullest first."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels, label
from sysmon_tui.ui import signals
from sysmon_tui.ui.spark import bar
from sysmon_tui.ui.table import Cell, Column
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.table_panel import TablePanel, figure, mark

LATENCY = "sysmon_disk_latency_seconds"
INODES = "sysmon_filesystem_inodes_used_ratio"
FREE = "node_filesystem_avail_bytes"
HUNG, HUNG_FOR = "sysmon_filesystem_hung", "sysmon_filesystem_hung_seconds"
BAR = 8


class Disks(TablePanel):
    title = "Disks"
    collector = "disk"
    columns = (
        Column("", 1, right=False),
        Column("disk", 0, right=False),
        Column("read", 7),
        Column("write", 7),
        Column("util", 5),
        Column("await", 6),
        Column("queue", 5, drop=1),
    )

    def rows(self, view: View) -> list[Sequence[Cell]]:
        family = view.tick.family(signals.DISK_BUSY)
        # Names decide among the idle, so that rows do not jump; a tenth is a visible difference.
        ranked = sorted(family, key=lambda key: (-round(family[key], 1), label(key, "device")))
        return [self._row(view, key, family[key]) for key in ranked]

    def _row(self, view: View, key: Labels, busy: float) -> Sequence[Cell]:
        tick, judge = view.tick, view.judge
        latency = tick.value(LATENCY, key)
        slow = judge.severity(LATENCY, key, latency)
        full = judge.severity(signals.DISK_BUSY, key, busy)
        worst = max(slow, full)
        rate = (tick.value(signals.DISK_READ, key), tick.value(signals.DISK_WRITE, key))
        queue = tick.value("sysmon_disk_queue", key)
        return (
            mark(worst, view),
            (label(key, "device"), "text"),
            figure(units.rate(rate[0]), Severity.OK, quiet=not rate[0] > 0),
            figure(units.rate(rate[1]), Severity.OK, quiet=not rate[1] > 0),
            figure(units.percent(busy), full, quiet=busy < 0.01),
            figure("" if isnan(latency) else units.latency(latency), slow, quiet=True),
            figure("" if isnan(queue) else f"{queue:.1f}", Severity.OK, quiet=queue < 0.05),
        )


class Filesystems(TablePanel):
    title = "Filesystems"
    collector = "filesystem"
    columns = (
        Column("", 1, right=False),
        Column("mount", 0, right=False),
        Column("used", BAR + 6),
        Column("free", 6),
        Column("size", 6, drop=2),
        Column("inodes", 6, drop=1),
    )

    def rows(self, view: View) -> list[Sequence[Cell]]:
        family = view.tick.family(signals.FILESYSTEM)
        ranked = sorted(family, key=lambda key: (-round(family[key], 2), label(key, "mountpoint")))
        hung = [self._hung(view, key) for key, value in view.tick.family(HUNG).items() if value]
        return hung + [self._row(view, key, family[key]) for key in ranked]

    def _hung(self, view: View, key: Labels) -> Sequence[Cell]:
        bad, blank = Severity.CRITICAL, ("", "dim")
        age = view.tick.value(HUNG_FOR, key)
        said = "no answer" if isnan(age) else f"hung {units.duration(age)}"
        name = label(key, "mountpoint")
        return (mark(bad, view), (name, bad.word), (said, bad.word), blank, blank, blank)

    def _row(self, view: View, key: Labels, used: float) -> Sequence[Cell]:
        tick, judge = view.tick, view.judge
        inodes = tick.value(INODES, key)
        full = judge.severity(signals.FILESYSTEM, key, used)
        scarce = judge.severity(INODES, key, inodes)
        worst = max(full, scarce)
        filled, empty = bar(used, BAR, view.glyphs)
        size = tick.value("node_filesystem_size_bytes", key)
        return (
            mark(worst, view),
            (label(key, "mountpoint"), "text"),
            figure(f"{filled}{empty} {units.percent(used):>5}", full, quiet=False),
            figure(units.size(tick.value(FREE, key)), full, quiet=False),
            figure(units.size(size), Severity.OK, quiet=True),
            figure("" if isnan(inodes) else units.percent(inodes), scarce, quiet=True),
        )
