"""JSON lines: a line for each batch, as a `jsonl:` history keeps them; nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isfinite

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.process import ProcessDetail, ProcessLife, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean, clean_name
from sysmon_tui.storage.exchange.sample import AT_ONCE, Gate
from sysmon_tui.storage.line import DamagedLine, LineCodec

GAP = 1e7
"""Seconds between the monotonic times of two sessions, over which no rate is made."""


def lines(batches: Iterable[Batch]) -> Iterator[bytes]:
    codec = LineCodec()
    return (codec.encode(batch, 1) for batch in batches)


def read(texts: Iterable[bytes], gate: Gate) -> Iterator[Batch]:
    """Batches in the order of the file, their monotonic times growing. Raises `FormatError`."""
    codec = LineCodec()
    session, shift, last = 0, 0.0, 0.0
    for number, text in enumerate(texts, 1):
        try:
            found, batch = codec.decode(text)
        except DamagedLine as error:
            raise gate.error(number, f"is no line of history: {error}") from None
        if not isfinite(batch.mono):
            raise gate.error(number, "mono: is no number of seconds")
        if found != session or batch.mono + shift < last:
            shift = last + GAP - batch.mono if session else 0.0
            session = found
        last = batch.mono + shift
        yield _checked(number, replace(batch, mono=last), gate)


def _checked(number: int, batch: Batch, gate: Gate) -> Batch:
    if sum(map(len, batch.families.values())) > AT_ONCE:
        raise gate.error(number, f"has more than {AT_ONCE} samples")
    families: dict[str, dict[Labels, float]] = {}
    gate.check_time(number, batch.wall)
    gate.check_collector(number, batch.collector)
    for name, family in batch.families.items():
        if family:
            families[name] = {
                gate.series(number, batch.collector, name, labels)[1]: value
                for labels, value in family.items()
            }
    table = batch.processes
    return replace(
        batch,
        families=families,
        note=clean(batch.note),
        processes=None if table is None else _cleaned(table),
    )


def _cleaned(table: ProcessTable) -> ProcessTable:
    """A table from outside, with text that is safe to show."""
    return ProcessTable(
        rows=tuple(map(_row, table.rows)),
        details={pid: _detail(detail) for pid, detail in table.details.items()},
        states={clean_name(state): count for state, count in table.states.items()},
        threads=table.threads,
        hidden=table.hidden,
        lives=tuple(map(_life, table.lives)),
    )


def _row(row: ProcessRow) -> ProcessRow:
    return row._replace(name=clean_name(row.name), state=clean_name(row.state)[:1])


def _detail(detail: ProcessDetail) -> ProcessDetail:
    return detail._replace(
        command=clean(detail.command),
        user=clean_name(detail.user),
        cgroup=clean_name(detail.cgroup),
    )


def _life(life: ProcessLife) -> ProcessLife:
    return life._replace(
        row=_row(life.row),
        command=clean(life.command),
        user=clean_name(life.user),
        cgroup=clean_name(life.cgroup),
    )
