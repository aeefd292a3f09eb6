"""The gauges: one row for each resource, with value, unit, bar, severity and its last minutes.

Severity shows as a shape at the start of the row, as a word behind the value and as a colour. What
is fine stays calm. Rows keep their places, because fingers and eyes remember them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TypeAlias

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels, label, labels
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import signals
from sysmon_tui.ui.lines import column, fit, inner, panel, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.signals import SIGNALS, traffic, worst
from sysmon_tui.ui.spark import bar, sparkline
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets import cores
from sysmon_tui.ui.widgets.line_panel import LinePanel

UTILIZATION = "sysmon_network_utilization_ratio"
SHORT = {Severity.INFO: "info", Severity.WARNING: "warn", Severity.CRITICAL: "CRIT"}
WORD = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "CRITICAL"}
TITLE_WIDTH = 8
VALUE_WIDTH = 7
FIXED = 2 + TITLE_WIDTH + VALUE_WIDTH + 1
"""Columns of mark, title and value."""


@dataclass(frozen=True, slots=True)
class Gauge:
    title: str
    signal: str
    detail: Callable[[Tick], str]
    """What explains the value, in a few words; the first words matter most."""
    judged: Callable[[Tick], Sequence[tuple[str, Labels]]]
    """The series whose rules say how bad it is."""
    share: Callable[[Tick, float], float] = lambda _tick, value: value
    """How much of the bar a value fills; NaN draws none, because nobody knows what is full."""


_MODES = (("user", "us"), ("nice", "ni"), ("system", "sy"), ("iowait", "wa"), ("steal", "st"))
_RARE = frozenset({"nice"})
"""Named only where it is some of the CPU."""


def _cpu_detail(tick: Tick) -> str:
    parts = []
    for mode, title in _MODES:
        value = tick.value(signals.CPU, labels(mode=mode))
        if not isnan(value) and (mode not in _RARE or value >= 0.005):
            parts.append(f"{title} {value * 100:.0f}")
    return "  ".join(parts)


def _memory_detail(tick: Tick) -> str:
    total = tick.value("node_memory_MemTotal_bytes")
    used = total * tick.value(signals.MEMORY)
    cache = total * tick.value(signals.CACHE)
    free = tick.value("node_memory_MemAvailable_bytes")
    if isnan(total):
        return ""
    return (
        f"{units.size(used)}/{units.size(total)}  cache {units.size(cache)}"
        f"  avail {units.size(free)}"
    )


def _swap_detail(tick: Tick) -> str:
    total = tick.value("node_memory_SwapTotal_bytes")
    if not total:
        return "no swap"
    out = tick.value("sysmon_swap_out_bytes_per_second")
    moved = f"  out {units.rate(out)}" if out > 0 else ""
    return "" if isnan(total) else f"of {units.size(total)}{moved}"


def _load_detail(tick: Tick) -> str:
    loads = [tick.value(f"node_load{window}") for window in (1, 5, 15)]
    return "" if isnan(loads[0]) else " ".join(f"{load:.2f}" for load in loads if not isnan(load))


def _pressure_detail(resource: str, kind: str) -> Callable[[Tick], str]:
    def detail(tick: Tick) -> str:
        minute = tick.value(signals.PRESSURE, labels(resource=resource, kind=kind, window="60s"))
        return "" if isnan(minute) else f"{kind}  1m {units.percent(minute)}"

    return detail


def _disk_detail(tick: Tick) -> str:
    key, _ = worst(tick.family(signals.DISK_BUSY))
    if not key:
        return ""
    read, write = tick.value(signals.DISK_READ, key), tick.value(signals.DISK_WRITE, key)
    return f"{label(key, 'device')}  r {units.rate(read)}  w {units.rate(write)}"


def _filesystem_detail(tick: Tick) -> str:
    key, _ = worst(tick.family(signals.FILESYSTEM))
    free = tick.value("node_filesystem_avail_bytes", key)
    return f"{label(key, 'mountpoint')}  {units.size(free)} free" if key else ""


def _network_detail(tick: Tick) -> str:
    # On an idle machine all are equal: then the one that ever carried most.
    volume = tick.family("node_network_receive_bytes_total")
    busy = traffic(tick)
    key = max(busy, key=lambda key: (busy[key], volume.get(key, 0.0)), default=None)
    if key is None:
        return ""
    received, sent = tick.value(signals.RECEIVE, key), tick.value(signals.TRANSMIT, key)
    return f"{label(key, 'device')}  rx {units.rate(received)}  tx {units.rate(sent)}"


def _series(name: str, *keys: Labels) -> Callable[[Tick], Sequence[tuple[str, Labels]]]:
    return lambda _tick: [(name, key) for key in keys or ((),)]


def _every(*names: str) -> Callable[[Tick], Sequence[tuple[str, Labels]]]:
    return lambda tick: [(name, key) for name in names for key in tick.family(name)]


def _windows(resource: str) -> Callable[[Tick], Sequence[tuple[str, Labels]]]:
    return _series(
        signals.PRESSURE,
        *(
            labels(resource=resource, kind=kind, window=window)
            for kind in ("some", "full")
            for window in ("10s", "60s")
        ),
    )


GAUGES = (
    Gauge(
        "CPU",
        "cpu",
        _cpu_detail,
        _series(signals.CPU, *(labels(mode=mode) for mode in ("busy", "work", "iowait", "steal"))),
    ),
    Gauge("Memory", "memory", _memory_detail, _series("sysmon_memory_available_ratio")),
    Gauge("Swap", "swap", _swap_detail, _series(signals.SWAP)),
    Gauge("Load", "load", _load_detail, _every(signals.LOAD), lambda _tick, value: value / 2.0),
    Gauge("Disk", "disk", _disk_detail, _every(signals.DISK_BUSY)),
    Gauge(
        "Files",
        "filesystem",
        _filesystem_detail,
        _every(signals.FILESYSTEM, "sysmon_filesystem_inodes_used_ratio"),
    ),
    Gauge(
        "Network",
        "network",
        _network_detail,
        _every(UTILIZATION),
        lambda tick, _value: worst(tick.family(UTILIZATION))[1],
    ),
    Gauge("Psi cpu", "pressure.cpu", _pressure_detail("cpu", "some"), _windows("cpu")),
    Gauge("Psi mem", "pressure.memory", _pressure_detail("memory", "full"), _windows("memory")),
    Gauge("Psi io", "pressure.io", _pressure_detail("io", "full"), _windows("io")),
)


Judged: TypeAlias = tuple[Gauge, Severity]


def severity(gauge: Gauge, view: View) -> Severity:
    return max(
        (view.judge.of(view.tick, name, key) for name, key in gauge.judged(view.tick)),
        default=Severity.OK,
    )


def row(gauge: Gauge, view: View, width: int, bad: Severity) -> Line:
    """One gauge in `width` columns; a narrow one has its severity word instead of the detail."""
    glyphs = view.glyphs
    signal = SIGNALS[gauge.signal]
    value = signal.read(view.tick)
    role = bad.word if bad else "text"
    number = _number(signal.unit, value)
    bar_width, detail_width, spark_width = _shares(width - FIXED, bad)
    line: list[Span] = [
        (f"{glyphs.severity(bad)} ", role if bad else "ok"),
        (column(gauge.title, TITLE_WIDTH, glyphs.ellipsis), role),
        *_bar(gauge, view, bar_width, value, role if bad else "bar"),
        (column(number, VALUE_WIDTH, "", right=True) + " ", role),
        *_detail(bad, gauge.detail(view.tick), detail_width, glyphs.ellipsis),
    ]
    if spark_width:
        line.append(_spark(gauge, view, spark_width, bad))
    return fit(tuple(line), width)


def _shares(room: int, bad: Severity) -> tuple[int, int, int]:
    """Columns for bar, detail and sparkline in what the fixed parts leave."""
    if room < 10:
        return max(0, room), 0, 0
    if room < 36:
        word = len(SHORT.get(bad, "")) + 1 if bad else 0
        bar_width = min(10, room // 3)
        return bar_width, word, room - bar_width - word
    bar_width = min(16, room // 5)
    spark_width = min(30, room // 4)
    return bar_width, room - bar_width - spark_width, spark_width


def _bar(gauge: Gauge, view: View, width: int, value: float, role: str) -> list[Span]:
    share = gauge.share(view.tick, value)
    if isnan(share):
        return [(" " * width, "text")]
    filled, empty = bar(share, width, view.glyphs)
    return [(filled, role), (empty, "bar-empty")]


def _detail(bad: Severity, text: str, width: int, ellipsis: str) -> list[Span]:
    """The severity's word, then what explains the value."""
    if width <= 0:
        return []
    if width < 12:
        return [(column(SHORT.get(bad, ""), width, ""), bad.word if bad else "dim")]
    spans: list[Span] = [(f"{WORD[bad]}  ", bad.word)] if bad else []
    room = width - width_of(spans) - 1
    return [*spans, (column(text, room, ellipsis) + " ", "dim")]


def _spark(gauge: Gauge, view: View, width: int, bad: Severity) -> Span:
    ring = view.trends.ring(gauge.signal)
    samples = width * 2
    fixed, seen = SIGNALS[gauge.signal].top, ring.maximum(samples)
    top = fixed if not isnan(fixed) else max(1.0, 0.0 if isnan(seen) else seen)
    drawn = sparkline(
        ring.last(samples), width, 1, top=top, end_index=ring.total, glyphs=view.glyphs
    )
    return (drawn[0], f"spark-{bad.word}" if bad >= Severity.WARNING else "spark")


def _number(unit: str, value: float) -> str:
    if unit == "bytes":
        return units.rate(value)
    if unit == "ratio":
        return units.percent(value)
    return "" if isnan(value) else f"{value:.2f}"


class Gauges(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        judged = [(gauge, severity(gauge, view)) for gauge in GAUGES]
        if view.boxed:
            room, _ = inner(width, height, boxed=True)
            rows = [row(gauge, view, room, bad) for gauge, bad in judged]
            return panel("Now", "", rows, width, height, view.glyphs, boxed=True)
        if width >= 76 and height < len(GAUGES):
            return _two_columns(view, judged, width, height)
        return [row(gauge, view, width, bad) for gauge, bad in _by_need(judged, height)]


def _two_columns(view: View, judged: Sequence[Judged], width: int, height: int) -> list[Line]:
    left = width // 2
    rows = -(-len(judged) // 2)
    lines = [
        (
            *row(first, view, left - 1, bad),
            (" ", "text"),
            *row(second, view, width - left, worse),
        )
        for (first, bad), (second, worse) in zip(judged[:rows], judged[rows:], strict=True)
    ]
    if strip := cores.cells(cores.loads(view), width - 2 - TITLE_WIDTH, view):
        lines.append(((f"  {'Cores':<{TITLE_WIDTH}}", "text"), *strip[0]))
    return lines[:height]


def _by_need(judged: Sequence[Judged], height: int) -> list[Judged]:
    """As many gauges as fit: those in trouble, then the first of the table, in its order."""
    ranked = sorted(judged, key=lambda one: -one[1])[:height]
    return [one for one in judged if one in ranked]
