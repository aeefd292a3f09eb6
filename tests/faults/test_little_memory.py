"""A small memory limit: the recorder runs in it, and one that the kernel kills leaves its history
whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults import recorder
from tests.faults.control_group import ControlGroup, control_group
from tests.faults.recorder import EACH
from tests.faults.test_kill import ROOT, Victim
from tests.integration.live import COMMAND, environ
from tests.integration.test_record import ticked, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="control groups")

MIB = 1 << 20
SMALL = 96 * MIB
GREEDY = """
import sys, time
open("/proc/self/oom_score_adj", "w").write("-1000")
held = []
try:
    while open(sys.argv[1]).read().rpartition(")")[2].split()[0] not in "ZX":
        held.append(b"x" * (1 << 20))
except OSError:
    pass
"""
"""Takes all there is until the other one, by its stat file, is dead, which gives it room again."""


@pytest.mark.parametrize(
    "seconds", [2.0, pytest.param(120.0, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
def test_a_recorder_runs_in_96_mebibytes(tmp_path: Path, seconds: float) -> None:
    with control_group("memory") as group:
        group.write("memory.limit", SMALL)
        log = tmp_path / "log"
        with (
            log.open("wb") as file,
            subprocess.Popen(
                [*group.enter, *COMMAND, "record"], env=environ(tmp_path), stderr=file
            ) as process,
        ):
            until(lambda: ticked(tmp_path), log.read_text)
            time.sleep(seconds)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, log.read_text()
        print(f"peak {group.read('memory.peak') / MIB:.0f} MiB, page cache included")  # noqa: T201
        assert "problem" not in log.read_text()


def kill_by_memory(victim: Victim, group: ControlGroup, flushes: int) -> None:
    """Let it acknowledge so much, then take its memory away until the kernel kills it."""
    begin = 'echo 1000 > /proc/self/oom_score_adj; exec "$@"'
    # No fork of one that has its memory already: what is charged must be its own.
    command = [sys.executable, "-m", recorder.__name__, victim.url, str(victim.first), "100000"]
    with subprocess.Popen(
        [*group.enter, "sh", "-c", begin, "sh", *command],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(flushes)]
        stat = f"/proc/{child.pid}/stat"
        greedy = [*group.enter, sys.executable, "-I", "-S", "-c", GREEDY, stat]
        while child.poll() is None:
            # Now and then the kernel takes the greedy one too.
            subprocess.run(greedy, check=False, timeout=60)
        said += child.stdout
    assert child.returncode == -signal.SIGKILL
    victim.acknowledged += map(int, said)
    victim.first += 100_000 * EACH


@pytest.mark.parametrize(
    "kills", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_killed_for_its_memory(tmp_path: Path, kills: int) -> None:
    random = Random(kills)
    with recorder.nursery() as nursery, control_group("memory") as group:
        victim = Victim(nursery, f"sqlite://{tmp_path}/state/history")
        group.write("memory.limit", SMALL)
        for _ in range(kills):
            kill_by_memory(victim, group, random.randrange(1, 30))
            victim.examine()
