"""A file system that is read-only from the start: the watch is kept in memory, history can be read,
and both are said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.integration.test_record import recorder, ticked, until
from tests.pty import Pty

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="mounts"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount"),
    pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare"),
]

READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 99
exec "$@"
"""


def read_only(place: Path) -> list[str]:
    """The words before a command that may not write there; for it alone, nobody else sees it."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, str(place)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With some history, and a mount namespace to be had; nothing can be changed in it."""
    place = tmp_path_factory.mktemp("home")
    probe = subprocess.run([*read_only(place), "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no mount namespaces here")
    with recorder(place) as one:
        until(lambda: ticked(place), lambda: one.log)
        one.process.terminate()
        assert one.process.wait(20) == 0
    return place


def said(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*read_only(home), *COMMAND, *words],
        env=environ(home), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_screen_works_and_says_that_history_is_only_read(home: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (home / "state").iterdir()}
    command = [*read_only(home), *COMMAND]
    with Pty(command, columns=200, rows=50, environ=environ(home)) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for(r"History is only read")
        # Back into what was recorded, and to now again.
        term.press("[")
        term.wait_for(r"(?i)recorded|looking back|ago")
        term.press("L")
        term.wait_for(r"q Quit")
        term.send("q")
        assert term.exit_status() == 0
    assert {path.name: path.stat().st_mtime_ns for path in (home / "state").iterdir()} == before


def test_commands_read_history_and_look_at_the_machine(home: Path) -> None:
    lines = said(home, "--count", "3", "--interval", "0.2")
    assert lines.returncode == 0, lines.stderr
    assert len(lines.stdout.splitlines()) >= 3
    asked = said(home, "query", "node_load1", "--range", "1h")
    assert asked.returncode == 0, asked.stderr
    assert "node_load1" in asked.stdout
    checked = said(home, "check")
    assert checked.returncode in (0, 1, 2), checked.stderr
    for found in (lines, asked, checked):
        assert "Traceback" not in found.stderr


def test_a_recorder_that_cannot_write_says_so_and_beats_on(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [*read_only(home), *COMMAND, "record", "--wait"], env=environ(home), stderr=file
        ) as process,
    ):
        try:
            until(lambda: "Read-only file system" in log.read_text(), log.read_text)
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert "Traceback" not in log.read_text()
