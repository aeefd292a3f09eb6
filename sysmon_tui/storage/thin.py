"""Process tables as they are kept: the busiest few, and everybody who began or ended.

`monitor.writer` thins before it queues, so that a store that cannot be written to never keeps
thousands of rows alive. `storage` packs what comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import nlargest

from sysmon_tui.model.process import (
    ProcessDetail,
    ProcessKey,
    ProcessLife,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import NO_TEXT

EVERY = 5.0
"""Seconds between two tables kept."""
BUSIEST = 20
"""Rows kept of each order: CPU, memory, bytes to and from storage."""
LIVES = 1000
"""Beginnings and ends kept with one table; a fork bomb has more, which its count shows."""


class Thinner:
    def __init__(self) -> None:
        self._due = float("-inf")
        self._alive: dict[ProcessKey, ProcessRow] = {}
        self._seen: tuple[ProcessRow, ...] = ()
        self._lives: list[ProcessLife] = []
        self._known: dict[ProcessKey, ProcessDetail] = {}
        """What was ever fetched about those alive."""

    def thin(self, batch: Batch) -> Batch:
        """The batch as it is to be kept: with a thin table, or with none where it is too early."""
        table = batch.processes
        if table is None:
            return batch
        if table.rows is not self._seen:
            self._watch(table, batch.wall)
        if batch.mono < self._due:
            return replace(batch, processes=None)
        self._due = batch.mono + EVERY
        rows = _busiest(table)
        kept = ProcessTable(
            rows=rows,
            details={row.pid: table.details[row.pid] for row in rows if row.pid in table.details},
            states=table.states,
            threads=table.threads,
            hidden=table.hidden,
            lives=tuple(self._lives),
        )
        self._lives.clear()
        return replace(batch, processes=kept)

    def _watch(self, table: ProcessTable, wall: float) -> None:
        """Note who began and who ended since the table before."""
        first, before = not self._seen, self._alive
        self._seen = table.rows
        self._alive = alive = {row.key: row for row in table.rows}
        self._known |= {
            row.key: table.details[row.pid] for row in table.rows if row.pid in table.details
        }
        if first:
            return
        for key in alive.keys() - before.keys():
            self._note(wall, True, alive[key])
        for key in before.keys() - alive.keys():
            self._note(wall, False, before[key])
            self._known.pop(key, None)

    def _note(self, wall: float, began: bool, row: ProcessRow) -> None:
        if len(self._lives) < LIVES:
            detail = self._known.get(row.key, ProcessDetail(NO_TEXT, NO_TEXT))
            self._lives.append(
                ProcessLife(wall, began, row, detail.command, detail.user, detail.cgroup)
            )


def _busiest(table: ProcessTable) -> tuple[ProcessRow, ...]:
    orders: tuple[Callable[[ProcessRow], float], ...] = (
        lambda row: row.cpu,
        lambda row: float(row.rss),
        lambda row: _io(table.details.get(row.pid)),
    )
    chosen = {row.pid: row for order in orders for row in nlargest(BUSIEST, table.rows, order)}
    return tuple(chosen[pid] for pid in sorted(chosen))


def _io(detail: ProcessDetail | None) -> float:
    """Bytes a second; what is not known comes last."""
    if detail is None or detail.read_rate != detail.read_rate:
        return -1.0
    return detail.read_rate + detail.write_rate
