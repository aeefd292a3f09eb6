"""A program that records and says what is safe, made to be killed.

`python -m tests.faults.recorder URL FIRST COUNT` records COUNT flushes of ten seconds from second
FIRST on. Without arguments it does so once for each order it reads, every time in a fork of
itself: most of a kill would be the start of an interpreter. The fork stops before it begins, so
that there is time to attach to it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import IO

import msgspec

from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import ByColumns
from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage import open_store
from sysmon_tui.storage.registry import BACKENDS
from tests.storage.batches import stream

EACH = 10
QUOTA = 64 << 20
_PR_SET_PTRACER, _ANYBODY = 0x59616D61, -1
"""prctl(2): so that strace may attach where only ancestors may (Yama)."""


class Twice:
    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        return lambda batch: {"twice": {key: 2 * v for key, v in batch.families["noise"].items()}}

    def sources(self, metric: str) -> frozenset[str]:
        return frozenset(("noise",))

    def columns(self, metric: str) -> ByColumns | None:
        return None


derive = Twice()


def table(number: int) -> ProcessTable:
    row = ProcessRow(number, 1.0, 1, 0, SafeText("x"), "S", 0.5, 1.0, 4096, 1, 0, False)
    return ProcessTable(rows=(row,), threads=number)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be recorded."""

    url: str
    first: int
    count: int
    quota: int = QUOTA

    def record(self, say: Callable[[int], None]) -> None:
        """`say` is given the last second of each flush."""
        state = Path(self.url.partition("//")[2].partition("?")[0]).parent
        store = open_store(self.url, state=state, retention=1e9, quota=self.quota, derive=derive)
        for flush in range(self.count):
            begin = self.first + EACH * flush
            batches = stream(EACH, begin=begin) + stream(EACH, "memory", begin)
            store.append(sorted(batches, key=lambda batch: batch.wall))
            store.append([replace(batches[-1], collector="disk", processes=table(begin))])
            store.flush()
            say(begin + EACH - 1)
        store.close()


class Nursery:
    """Recorders, one after the other."""

    def __init__(self, orders: IO[str], said: IO[str]) -> None:
        self._orders = orders
        self._said = said

    def start(self, order: Order) -> int:
        """The pid of one that is stopped."""
        self._orders.write(msgspec.json.encode(order).decode() + "\n")
        self._orders.flush()
        return int(self._said.readline())

    def next(self) -> int:
        """What it says next."""
        return int(self._said.readline())

    def last(self) -> tuple[list[int], int]:
        """What it says until it ends, and its exit status, negative for a signal."""
        found = []
        while not (line := self._said.readline()).startswith("end"):
            found.append(int(line))
        return found, int(line.split()[1])


@contextmanager
def nursery() -> Iterator[Nursery]:
    # Its figures would be lost with every fork that is killed.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    with subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=Path(__file__).parents[2], env=variables,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        yield Nursery(process.stdin, process.stdout)
        process.stdin.close()


def _bring_up() -> None:
    for backend in BACKENDS:
        # So that not each fork does.
        import_module(f"sysmon_tui.storage.{backend}")
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        if not (pid := os.fork()):
            _record(order)
        os.waitpid(pid, os.WUNTRACED)
        _say(pid)
        _, status = os.waitpid(pid, 0)
        os.write(1, b"end %d\n" % os.waitstatus_to_exitcode(status))


def _record(order: Order) -> None:
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
        signal.raise_signal(signal.SIGSTOP)
        order.record(_say)
        os._exit(0)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        os._exit(1)


def _say(number: int) -> None:
    os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Order(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).record(_say)
    else:
        _bring_up()
