"""Mounts of a dead server: named with how long, the rest is fresh, and the end does not wait."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sysmon_tui.collectors import filesystem_probe
from sysmon_tui.collectors.filesystem_usage import DEADLINE
from sysmon_tui.storage import open_past
from tests.faults.hanging import HangingMount, Namespace, hanging_mounts
from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.integration.test_record import until
from tests.pty import Pty

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="mounts"),
    pytest.mark.skipif(not os.access("/dev/fuse", os.R_OK | os.W_OK), reason="needs /dev/fuse"),
    pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv"),
    pytest.mark.skipif(not shutil.which("nsenter"), reason="needs nsenter"),
]

SETTINGS = """
collection.interval = 0.5
collection.intervals = { filesystem = 1.0 }
"""
INTERVAL = 0.5
QUIT = 2.0
JITTER = 0.2
PROBE = Path(filesystem_probe.__file__).name

Servers = tuple[Namespace, list[HangingMount]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "config" / "settings.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def servers() -> Iterator[Servers]:
    try:
        with hanging_mounts(3) as made:
            yield made
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no FUSE here: {error}")


def test_a_hung_mount_costs_its_own_figures_alone(home: Path, servers: Servers) -> None:
    namespace, mounts = servers
    # So that what else the machine does is no jitter of ours.
    first = ("nice", "-n", "-10")
    term = Pty([*namespace.enter, *first, *COMMAND], columns=200, rows=60, environ=environ(home))
    with term:
        term.wait_for(FIRST_DATA)
        term.wait_for(r"/mnt/2 ")
        began = time.monotonic()
        mounts[0].hang()
        term.wait_for(r"/mnt/0 +hung +[2-9]s")
        assert re.search(r"/mnt/2 +\S* +56%", term.screen.text)
        mounts[1].hang()
        term.wait_for(r"/mnt/1 +hung")
        assert re.search(r"/mnt +\S* +0%", term.screen.text)
        helpers = namespace.processes(PROBE)
        assert "D" in helpers.values(), "a faithful fault is one that cannot be killed"
        assert len(helpers) <= 3
        mounts[0].release()
        term.wait_for(r"/mnt/0 +\S* +56%")
        assert re.search(r"/mnt/1 +hung", term.screen.text)
        ended = time.monotonic()
        term.send("q")
        assert term.exit_status() == 0
        assert time.monotonic() - ended < QUIT
        assert term.left_behind() == []
    gaps = beats_apart(home / "state", began, ended)
    # A beat may be left out for what it cost; one that waits for a mount is off the beat.
    jitter = sorted(abs(gap - INTERVAL * max(1, round(gap / INTERVAL))) for gap in gaps)
    assert jitter[len(jitter) * 9 // 10] < JITTER
    assert max(gaps) < 2.0 * DEADLINE
    mounts[1].release()
    until(lambda: not namespace.processes(PROBE))


def beats_apart(state: Path, start: float, end: float) -> list[float]:
    """Seconds between readings of the CPU while mounts hung."""
    past = open_past(f"sqlite://{state}/history.sqlite", state=state)
    beats = [batch.mono for batch in past.read(0.0, 1e12, collectors=frozenset({"cpu"}))]
    during = [at for at in beats if start <= at <= end]
    assert len(during) > 4
    return [after - before for before, after in pairwise(during)]


def test_a_look_at_the_machine_does_not_wait_for_a_dead_server(
    home: Path, servers: Servers
) -> None:
    namespace, mounts = servers
    mounts[0].hang()
    found = subprocess.run(
        [*namespace.enter, *COMMAND, "check"],
        env=environ(home), capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert found.returncode in (0, 1, 2), found.stderr
    assert "/mnt/0" in found.stdout
