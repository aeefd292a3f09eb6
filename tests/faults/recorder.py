"""A program that records and says what is safe, made to be killed: `python -m tests.faults.recorder
URL FIRST COUNT` records COUNT flushes of ten seconds from second FIRST on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import Metrics
from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage import open_store
from tests.storage.batches import stream

EACH = 10


class Twice:
    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        return lambda batch: {"twice": {key: 2 * v for key, v in batch.families["noise"].items()}}

    def sources(self, metric: str) -> Metrics:
        return frozenset(("noise",))


derive = Twice()


def table(number: int) -> ProcessTable:
    row = ProcessRow(number, 1.0, 1, 0, SafeText("x"), "S", 0.5, 1.0, 4096, 1, 0, False)
    return ProcessTable(rows=(row,), threads=number)


def main() -> None:
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    state = Path(url.partition("//")[2].partition("?")[0]).parent
    store = open_store(url, state=state, retention=1e9, quota=64 << 20, derive=derive)
    for flush in range(count):
        begin = first + EACH * flush
        batches = stream(EACH, begin=begin) + stream(EACH, "memory", begin)
        store.append(sorted(batches, key=lambda batch: batch.wall))
        store.append([replace(batches[-1], collector="disk", processes=table(begin))])
        store.flush()
        print(begin + EACH - 1, flush=True)  # noqa: T201 - what its killer reads
    store.close()


if __name__ == "__main__":
    main()
