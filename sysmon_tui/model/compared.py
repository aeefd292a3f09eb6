"""A `Difference` in lines of plain text, for the screen and the command line alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sysmon_tui.model import units
from sysmon_tui.model.difference import Difference, Fate, Move, Mover, Resource
from sysmon_tui.model.when import spelled

_TITLES = {"cpu": "CPU", "memory": "MEMORY", "io": "STORAGE IO"}
_MARKS = {Fate.NEW: "+ new", Fate.GONE: "- gone", Fate.STAYED: "~", Fate.UNSEEN: "~ idle"}
LEAST_SHARE = 0.005
"""Of a difference; what is less is not worth a line."""


def lines(found: Difference, *, width: int, each: int = 4, now: float) -> list[str]:
    """At most `width` columns; `each` processes of a resource. `now` is for the dates."""
    before, after = (spelled(at, now) for at in (found.before, found.after))
    apart = units.duration(abs(found.after - found.before))
    text = [f"{before}  ->  {after}   ({apart})"]
    text += [
        f"Nothing was recorded at {when}"
        for when, known in zip((before, after), found.known, strict=True)
        if not known
    ]
    text.append(f"PROCESSES  {found.new} new  {found.gone} gone")
    for resource in found.resources:
        text += _resource(resource, each)
    if found.moves:
        text += [
            "METRICS  by how many times their usual spread they moved",
            *map(_move, found.moves),
        ]
    return [line[:width] for line in text]


def amount(resource: str, value: float) -> str:
    """`1.94` cores, `13.8G`, `118M/s`."""
    if resource == "cpu":
        return f"{value:.2f}"
    return units.size(value) if resource == "memory" else units.rate(value)


def _resource(of: Resource, each: int) -> Iterator[str]:
    title = _TITLES[of.name]
    unit = " cores" if of.name == "cpu" else ""
    yield f"{title}  {amount(of.name, of.before)} -> {amount(of.name, of.after)}{unit}"
    shown = [mover for mover in of.movers[:each] if mover.share >= LEAST_SHARE]
    for mover in shown:
        yield _mover(of.name, mover)
    if not shown:
        yield "        nothing changed"


def _mover(resource: str, mover: Mover) -> str:
    change = f"{amount(resource, mover.before)} -> {amount(resource, mover.after)}"
    who = f"{mover.name} ({mover.key.pid})"
    command = f"  {mover.command}" if mover.command else ""
    return (
        f"  {units.percent(mover.share):>4}  {_MARKS[mover.fate]:<6}  {change:<20} {who}{command}"
    )


def _move(move: Move) -> str:
    times = f"{move.times:.1f}" if move.times < 99.95 else ">99"
    name = move.key.name
    before, after = (figure(name, value) for value in (move.before, move.after))
    return f"  {times:>4}x {f'{before} -> {after}':<29} {move.key}"


def figure(name: str, value: float) -> str:
    """A value by what its metric's name says it counts."""
    if name.endswith("_ratio"):
        return units.percent(value)
    if name.endswith("_bytes_per_second"):
        return units.rate(value)
    if name.endswith("_bytes"):
        return units.size(value)
    if name.endswith("_seconds"):
        return units.latency(value)
    return units.celsius(value) if name.endswith("_celsius") else units.number(value)


def plain(found: Difference) -> dict[str, Any]:
    """For JSON: base units, series in the Prometheus text form."""
    return {
        **asdict(found),
        "resources": {of.name: asdict(of) for of in found.resources},
        "moves": [asdict(move) | {"key": str(move.key)} for move in found.moves],
    }
