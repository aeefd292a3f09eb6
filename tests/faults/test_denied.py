"""Without rights: what may not be seen is a dash with one hint, and the log is not flooded."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.collectors.process_inspect import HINT
from sysmon_tui.collectors.process_linux import HIDDEN
from sysmon_tui.model.units import MISSING
from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.pty import Pty

NOBODY = 65534
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
HIDING = """
mount -t proc -o hidepid=2 proc /proc || exit 99
sleep 600 &
exec "$@"
"""
"""A fresh mount in a process namespace of its own: a remount would change the machine's."""
IN_HIDING = [
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
    "sh", "-c", HIDING, "sh",
]  # fmt: skip
ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="/proc"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody"),
    pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv"),
    pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """Nobody's; pytest's own directories are root's alone."""
    with tempfile.TemporaryDirectory() as place:
        os.chown(place, NOBODY, NOBODY)
        found = subprocess.run(
            [*AS_NOBODY, *COMMAND, "--version"], cwd=place, capture_output=True, check=False
        )
        if found.returncode:
            pytest.skip("nobody may not run this interpreter")
        yield Path(place)


def variables(home: Path) -> dict[str, str]:
    """Nobody cannot write what coverage finds."""
    return {name: value for name, value in environ(home).items() if not name.startswith("COV")}


def hour(home: Path, *before: str) -> tuple[dict[str, Any], list[str]]:
    """What nobody sees after an hour, and the lines of the log."""
    command = [*before, *AS_NOBODY, sys.executable, "-m", "tests.faults.hour", str(home), "30"]
    found = subprocess.run(
        command, cwd=ROOT, env=variables(home), capture_output=True, text=True, check=False
    )
    if found.returncode == 99:
        pytest.skip("no /proc of our own here")
    assert found.returncode == 0, found.stderr
    seen: dict[str, Any] = json.loads(found.stdout)
    return seen, found.stderr.splitlines()


def quiet(lines: list[str]) -> bool:
    """No trace of a defect, and no line twice in the hour, whatever its figures."""
    said = [re.sub(r"\d+", "#", line) for line in lines if 'event="alert' not in line]
    assert not [line for line in lines if "Traceback" in line]
    return len(said) == len(set(said))


def test_nobody_sees_dashes_with_one_hint_and_logs_no_line_twice(home: Path) -> None:
    seen, lines = hour(home)
    assert quiet(lines), lines
    assert "error" not in seen["statuses"].values()
    assert seen["rows"] > 1
    assert seen["recording"] == "recording"
    facts = [tuple(fact) for fact in seen["facts"]]
    assert facts.count(HINT) == 1
    dashes = {title for title, value in facts if value == MISSING}
    assert {"Executable", "Directory", "Open files", "Read", "Written"} <= dashes


def test_other_users_processes_that_are_hidden_are_told_of_once(home: Path) -> None:
    seen, lines = hour(home, *IN_HIDING)
    assert quiet(lines), lines
    assert "error" not in seen["statuses"].values()
    assert (seen["hidden"], seen["rows"]) == (True, 1)
    assert seen["notes"]["process"] == HIDDEN


def test_nobodys_screen_shows_the_dashes(home: Path) -> None:
    command = [*AS_NOBODY, *COMMAND, "--no-history"]
    with Pty(command, columns=160, rows=50, environ=variables(home)) as term:
        term.wait_for(FIRST_DATA)
        # The first process of all is root's; the newest may be this screen itself.
        term.press("N", "home", "enter")
        term.wait_for(rf"{HINT[0]} .*{HINT[1]}")
        term.wait_for(rf"Executable +{MISSING}")
        assert len(re.findall(HINT[0], term.screen.text)) == 1
        term.send("q")
        assert term.exit_status() == 0
