"""kill -9 while history is written: whatever was acknowledged is there, and nothing is damaged.

Random points are between two acknowledgements; ordered ones are the system calls that write, one
after the other, by strace's fault injection.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from random import Random

import pytest

from sysmon_tui.storage import open_past, open_store
from sysmon_tui.storage.sqlite_past import SqlitePast
from tests.faults.recorder import EACH, derive
from tests.storage.batches import WALL
from tests.storage.history_file import query

CPU = frozenset({"cpu"})
ROOT = Path(__file__).parents[2]
SLOW = [pytest.mark.slow, pytest.mark.timeout(1800)]
COUNTS = [7, pytest.param(200, marks=SLOW)]
"""Kills in the default run and in the slow one."""

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")


@dataclass
class Victim:
    """A recorder of one history, begun again after each death."""

    url: str
    first: int = 0
    acknowledged: list[int] = field(default_factory=list)

    def command(self, count: int) -> list[str]:
        module = "tests.faults.recorder"
        return [sys.executable, "-m", module, self.url, str(self.first), str(count)]

    def kill_after(self, flushes: int) -> None:
        """Kill it some time after so many acknowledgements."""
        child = subprocess.Popen(self.command(1000), stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        with child.stdout:
            said = [child.stdout.readline() for _ in range(flushes)]
            child.kill()
            self._heard(said + child.stdout.read().splitlines())
        child.wait()

    def kill_at(self, call: str, number: int, flushes: int) -> bool:
        """Kill it at its nth system call of a kind; false where it makes no so many."""
        inject = ["-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        inject += ["-e", f"inject={call}:signal=KILL:when={number}"]
        found = subprocess.run(
            ["strace", *inject, *self.command(flushes)],
            capture_output=True, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
        self._heard(found.stdout.splitlines())
        return found.returncode != 0

    def _heard(self, lines: list[str]) -> None:
        # The last word may have been cut short as well.
        self.acknowledged += [int(line) for line in lines if line.strip()]
        self.first += 2000 * EACH

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
            self.url, state=path.parent, retention=1e9, quota=64 << 20, derive=derive
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


@pytest.fixture(params=["sqlite", "jsonl", "jsonl?gzip"])
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Victim:
    scheme, _, option = str(request.param).partition("?")
    return Victim(f"{scheme}://{tmp_path}/state/history{'?' + option if option else ''}")


@pytest.mark.parametrize("kills", COUNTS)
def test_killed_at_random(victim: Victim, kills: int) -> None:
    random = Random(kills)
    for kill in range(kills):
        victim.kill_after(random.randrange(1, 30))
        if kill % 5 == 4:
            victim.examine()


@needs_strace
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "ftruncate"])
@pytest.mark.parametrize("kills", [4, pytest.param(70, marks=SLOW)])
def test_killed_at_each_write_of_a_database(tmp_path: Path, call: str, kills: int) -> None:
    victim = Victim(f"sqlite://{tmp_path}/state/history")
    step = 1 if kills > 4 else 5
    for number in range(1, 1 + kills * step, step):
        if not victim.kill_at(call, number, 8):
            break
        victim.examine()
    victim.examine()


@needs_strace
@pytest.mark.parametrize("call", ["write", "fsync", "ftruncate"])
@pytest.mark.parametrize("kills", [3, pytest.param(8, marks=SLOW)])
def test_killed_at_each_write_of_lines(tmp_path: Path, call: str, kills: int) -> None:
    victim = Victim(f"jsonl://{tmp_path}/state/history")
    for number in range(1, 1 + kills):
        if not victim.kill_at(call, number, 4):
            break
        victim.examine()
    victim.examine()


@needs_strace
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_a_disk_that_fails_for_good_acknowledges_nothing(
    tmp_path: Path, call: str, error: str
) -> None:
    """The recorder ends with the error; what it acknowledged before is whole."""
    victim = Victim(f"sqlite://{tmp_path}/state/history")
    # Only a checkpoint of the log is synced, and that is seldom.
    first = {"pwrite64": 25, "fdatasync": 3}[call]
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={first}+"]
    found = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *victim.command(200)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert "StoreError" in found.stderr
    victim._heard(found.stdout.splitlines())
    victim.examine()
