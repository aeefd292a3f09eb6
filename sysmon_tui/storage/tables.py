"""Thin process tables as few bytes and back: a quarter of an hour of them in one blob.

What a process is hardly ever changes, so a blob only has its number in a dictionary of facts;
what it uses is scaled to integers. msgspec's MessagePack and deflate do the rest: about 2.7 MB a
day for fifty rows every five seconds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite, nan
from typing import Any, NamedTuple

import msgspec

from sysmon_tui.model.process import (
    CPU_DIGITS,
    ProcessDetail,
    ProcessLife,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage.blob import DamagedChunk, deflate, inflate

_CPU, _SECONDS = 1e6, 1e2
"""Parts of a core, and of a second of CPU time, that count as one."""


class Facts(NamedTuple):
    """What stays while a process runs; another program in it (exec) makes other facts."""

    pid: int
    start_time: float
    ppid: int
    uid: int
    name: str
    kernel: bool
    command: str
    user: str
    cgroup: str = ""


def facts_of(row: ProcessRow, command: str, user: str, cgroup: str) -> Facts:
    return Facts(
        row.pid, row.start_time, row.ppid, row.uid, row.name, row.kernel, command, user, cgroup
    )


_FactColumns = tuple[
    list[int],
    list[float],
    list[int],
    list[int],
    list[str],
    list[bool],
    list[str],
    list[str],
    list[str],
]


class _Snapshot(msgspec.Struct, array_like=True):
    wall: float
    threads: int
    hidden: bool
    states: dict[str, int]
    rows: list[tuple[int, str, int, int, int, int, int, bool, int, int]]
    """Facts, state, CPU, CPU seconds, rss, threads, nice, whether detailed, reads, writes."""
    lives: list[tuple[float, bool, int, Facts]]
    """When, whether it began, CPU seconds. Facts in full: most lives are short and told of once."""


class _Wall(msgspec.Struct, array_like=True):
    """The beginning of a snapshot."""

    wall: float


def encode(tables: Sequence[tuple[float, ProcessTable]], number: Callable[[Facts], int]) -> bytes:
    """Tables with their times; `number` is the dictionary."""
    return deflate(
        msgspec.msgpack.encode([_snapshot(wall, table, number) for wall, table in tables])
    )


def _snapshot(wall: float, table: ProcessTable, number: Callable[[Facts], int]) -> _Snapshot:
    rows = []
    for row in table.rows:
        detail = table.details.get(row.pid)
        shown = detail or ProcessDetail(SafeText(""), SafeText(""))
        rows.append(
            (
                number(facts_of(row, shown.command, shown.user, shown.cgroup)),
                row.state,
                round(round(row.cpu, CPU_DIGITS) * _CPU),
                round(row.cpu_seconds * _SECONDS),
                row.rss,
                row.threads,
                row.nice,
                detail is not None,
                _whole(shown.read_rate),
                _whole(shown.write_rate),
            )
        )
    lives = [
        (
            life.at,
            life.began,
            round(life.row.cpu_seconds * _SECONDS),
            facts_of(life.row, life.command, life.user, life.cgroup),
        )
        for life in table.lives
    ]
    return _Snapshot(wall, table.threads, table.hidden, dict(table.states), rows, lives)


def _whole(rate: float) -> int:
    return round(rate) if isfinite(rate) else -1


def decode(body: bytes) -> list[Any]:
    """Snapshots for `table`, with `wall` for whoever looks for one. Raises `DamagedChunk`."""
    found: list[Any] = _decoded(body, list[_Snapshot])
    return found


def newest(body: bytes, since: float, at: float) -> Any:
    """The last snapshot of a time (ends included), None where there is none. It alone is decoded:
    of some others it is looked up when they were. Raises `DamagedChunk`."""
    beginning = msgspec.msgpack.Decoder(_Wall)
    try:
        for raw in reversed(_decoded(body, list[msgspec.Raw])):
            if since <= beginning.decode(raw).wall <= at:
                return msgspec.msgpack.decode(raw, type=_Snapshot)
    except msgspec.MsgspecError as error:
        raise DamagedChunk(str(error)) from None
    return None


def _decoded(body: bytes, form: Any) -> Any:
    try:
        return msgspec.msgpack.decode(inflate(body), type=form)
    except (ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise DamagedChunk(str(error)) from None


def encode_facts(facts: Sequence[Facts]) -> bytes:
    """At least one; column by column, because like goes with like."""
    return deflate(msgspec.msgpack.encode(list(zip(*facts, strict=True))))


def decode_facts(body: bytes) -> list[Facts]:
    """Raises `DamagedChunk`."""
    return list(map(Facts, *_decoded(body, _FactColumns)))


def renumbered(body: bytes, by: int) -> bytes:
    """A blob for a dictionary in which every number is `by` higher. Raises `DamagedChunk`."""
    snapshots = decode(body)
    for snapshot in snapshots:
        snapshot.rows = [(row[0] + by, *row[1:]) for row in snapshot.rows]
    return zlib.compress(msgspec.msgpack.encode(snapshots))


def numbers(snapshot: _Snapshot) -> Iterator[int]:
    """The facts it needs."""
    return (row[0] for row in snapshot.rows)


def table(snapshot: _Snapshot, facts: Mapping[int, Facts]) -> ProcessTable:
    """Rows whose facts are gone are left out."""
    rows, details = [], {}
    for of, state, cpu, seconds, rss, threads, nice, detailed, reads, writes in snapshot.rows:
        if (known := facts.get(of)) is None:
            continue
        rows.append(_row(known, state, cpu, seconds, rss, threads, nice))
        if detailed:
            details[known.pid] = ProcessDetail(
                SafeText(known.command),
                SafeText(known.user),
                _rate(reads),
                _rate(writes),
                SafeText(known.cgroup),
            )
    return ProcessTable(
        rows=tuple(rows),
        details=details,
        states=snapshot.states,
        threads=snapshot.threads,
        hidden=snapshot.hidden,
        lives=tuple(
            ProcessLife(
                at,
                began,
                _row(of, "", 0, seconds, 0, 0, 0),
                SafeText(of.command),
                SafeText(of.user),
                SafeText(of.cgroup),
            )
            for at, began, seconds, of in snapshot.lives
        ),
    )


def _row(
    facts: Facts, state: str, cpu: int, seconds: int, rss: int, threads: int, nice: int
) -> ProcessRow:
    return ProcessRow(
        pid=facts.pid,
        start_time=facts.start_time,
        ppid=facts.ppid,
        uid=facts.uid,
        name=SafeText(facts.name),
        state=state,
        cpu=cpu / _CPU,
        cpu_seconds=seconds / _SECONDS,
        rss=rss,
        threads=threads,
        nice=nice,
        kernel=facts.kernel,
    )


def _rate(whole: int) -> float:
    return float(whole) if whole >= 0 else nan
