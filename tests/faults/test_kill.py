"""kill -9 while history is written: whatever was acknowledged is there, and nothing is damaged.

Random points are between two acknowledgements; ordered ones are the system calls that write, one
after the other, by strace's fault injection.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGKILL

import pytest

from sysmon_tui.storage import open_past, open_store
from sysmon_tui.storage.sqlite_past import SqlitePast
from tests.faults import recorder
from tests.faults.recorder import EACH, QUOTA, Nursery, Order, derive
from tests.storage.batches import WALL
from tests.storage.history_file import query

CPU = frozenset({"cpu"})
ROOT = Path(__file__).parents[2]
SLOW = [pytest.mark.slow, pytest.mark.timeout(1800)]
COUNTS = [7, pytest.param(200, marks=SLOW)]
"""Kills in the default run and in the slow one."""
TIGHT = 1 << 20
"""A quota with which the log is taken over, synced and cut every few flushes."""

LIFE = 120
"""Flushes of one that is killed before it has made them all."""

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")


@dataclass
class Victim:
    """A recorder of one history, begun again after each death."""

    nursery: Nursery
    url: str
    quota: int = QUOTA
    first: int = 0
    acknowledged: list[int] = field(default_factory=list)

    def kill_after(self, flushes: int) -> bool:
        """Kill it some time after so many acknowledgements; false where it had ended before."""
        pid = self._start(LIFE)
        os.kill(pid, SIGCONT)
        said = [self.nursery.next() for _ in range(flushes)]
        with suppress(ProcessLookupError):
            os.kill(pid, SIGKILL)
        return self._ended(said) == -SIGKILL

    def kill_at(self, call: str, number: int, flushes: int) -> bool:
        """Kill it at its nth system call of a kind; false where it makes no so many."""
        pid = self._start(flushes)
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
        with subprocess.Popen(
            ["strace", "-o", "/dev/null", *inject, "-p", str(pid)],
            stderr=subprocess.PIPE, text=True,
        ) as tracer:  # fmt: skip
            assert tracer.stderr is not None
            assert "attached" in (said := tracer.stderr.readline()), said
            os.kill(pid, SIGCONT)
            return self._ended([]) == -SIGKILL

    def _start(self, flushes: int) -> int:
        pid = self.nursery.start(Order(self.url, self.first, flushes, self.quota))
        self.first += 2000 * EACH
        return pid

    def _ended(self, said: list[int]) -> int:
        more, status = self.nursery.last()
        self.acknowledged += said + more
        return status

    def examine(self) -> None:
        """Open it as the next recorder does, and miss nothing."""
        path = Path(self.url.partition("//")[2].partition("?")[0])
        past = open_past(self.url, state=path.parent)
        found = {round(item.wall - WALL) for item in past.read(0.0, inf, collectors=CPU)}
        wanted = {n for ack in self.acknowledged for n in range(ack - EACH + 1, ack + 1)}
        assert wanted <= found
        # What was not acknowledged is there as a whole flush or not at all.
        assert not len(found) % EACH
        store = open_store(
            self.url, state=path.parent, retention=1e9, quota=self.quota, derive=derive
        )
        assert store.recording
        # One that was killed before it made anything leaves an empty file.
        assert store.notice == "" or not self.acknowledged
        tables = [table.threads for _, table in store.processes(0.0, inf)]
        assert len(tables) == len(found) // EACH
        assert tables == sorted(tables)
        store.close()
        if isinstance(past, SqlitePast):
            assert query(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with recorder.nursery() as made:
        yield made


@pytest.mark.parametrize("backend", ["sqlite", "jsonl", "jsonl?gzip"])
@pytest.mark.parametrize("kills", COUNTS)
def test_killed_at_random(nursery: Nursery, tmp_path: Path, backend: str, kills: int) -> None:
    """Each history lives through five deaths and is looked at after the last."""
    scheme, _, option = backend.partition("?")
    random = Random(kills)
    for begun in range(0, kills, 5):
        place = tmp_path / str(begun)
        victim = Victim(nursery, f"{scheme}://{place}/history{'?' + option if option else ''}")
        deaths = 0
        while deaths < min(5, kills - begun):
            deaths += victim.kill_after(random.randrange(1, 30))
        victim.examine()
        shutil.rmtree(place)


@needs_strace
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "ftruncate"])
@pytest.mark.parametrize("kills", [4, pytest.param(200, marks=SLOW)])
def test_killed_at_each_write_of_a_database(
    nursery: Nursery, tmp_path: Path, call: str, kills: int
) -> None:
    """One after the other in the slow run, each of a history from its very beginning."""
    step = 1 if kills > 4 else 5
    for number in range(1, 1 + kills * step, step):
        victim = Victim(nursery, f"sqlite://{tmp_path}/{number}/history", TIGHT)
        assert victim.kill_at(call, number, 1000)
        victim.examine()
        # The next one finds what is left, and goes on.
        victim.kill_after(1)
        victim.examine()
        shutil.rmtree(tmp_path / str(number))


@needs_strace
@pytest.mark.parametrize("call", ["write", "fsync", "ftruncate"])
@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=SLOW)])
def test_killed_at_each_write_of_lines(
    nursery: Nursery, tmp_path: Path, call: str, kills: int
) -> None:
    for number in range(1, 1 + kills):
        victim = Victim(nursery, f"jsonl://{tmp_path}/{number}/history")
        assert victim.kill_at(call, number, 1000)
        victim.examine()
        shutil.rmtree(tmp_path / str(number))


@needs_strace
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_a_disk_that_fails_for_good_acknowledges_nothing(
    nursery: Nursery, tmp_path: Path, call: str, error: str
) -> None:
    """The recorder ends with the error; what it acknowledged before is whole."""
    victim = Victim(nursery, f"sqlite://{tmp_path}/state/history")
    # Only a checkpoint of the log is synced, and that is seldom.
    first = {"pwrite64": 25, "fdatasync": 3}[call]
    program = (sys.executable, "-m", "tests.faults.recorder")
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={first}+"]
    found = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *program, victim.url, "0", "200"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert "StoreError" in found.stderr
    victim.acknowledged = [int(line) for line in found.stdout.splitlines()]
    victim.examine()
