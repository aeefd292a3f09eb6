"""Old log files to series: what the follower of a log would have recorded; pure, constant memory.

`sysmon-tui import` feeds it the lines of a log and of its rotated files, oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import ceil, floor, inf

from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.logfile import LONGEST, Families, Log

HOLE = 86400.0
"""Seconds without a line from which on it is not quiet: nobody knows."""


def batches(
    lines: Iterable[bytes], log: Log, when: Callable[[str], float | None], step: float
) -> Iterator[Batch]:
    """A batch every `step` seconds of the log's own time, each with all that came before it.

    A line without a time belongs to the one before it, and so does one that is out of order by
    more than a step; lines before the first time are left out.
    """
    due = inf
    for line in lines:
        text = line[:LONGEST].rstrip(b"\r\n").decode("utf-8", "replace")
        at = when(text)
        if at is not None and due == inf:
            due = (floor(at / step) + 1) * step
            # Counters begin at nothing, so that the first matches are an increase.
            yield _batch(log, due - step)
        elif at is not None:
            if at - due > HOLE:
                yield _batch(log, due)
                due = ceil(at / step) * step
            while at >= due:
                yield _batch(log, due)
                due += step
        if due != inf:
            log.read(text)
    if due != inf:
        yield _batch(log, due)


def _batch(log: Log, at: float) -> Batch:
    families: Families = {}
    log.tell(families)
    return Batch(collector="logfile", wall=at, mono=at, families=families)
