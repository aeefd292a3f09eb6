"""A burner came and went: walk back with keys, find it, compare that moment with now."""

from __future__ import annotations

import re
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration import strain
from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.tmux import Tmux

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads what strains from /proc"),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.timeout(300),
    pytest.mark.slow,
    pytest.mark.alone,
]

BURNS = 20.0
"""Seconds."""
TOP = r"COMMAND.*\n\D*\d+ .*burner"
"""The first row of the table."""
STEPS = 12
BURN = """
import contextlib, hashlib, os, threading
# Before other work on the machine, whose sessions would get as much each.
os.setsid()
with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
    group.write("-5")
def burn():
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)
for _ in range(os.cpu_count() or 1):
    threading.Thread(target=burn, daemon=True).start()
print("ready", flush=True)
threading.Event().wait(120)
"""


def test_a_burner_is_found_in_the_past_and_named_first(tmp_path: Path) -> None:
    with Tmux(tmp_path, columns=200, rows=40) as tmux:
        tmux.start("s", COMMAND, environ(tmp_path / "home"))
        tmux.wait_for("s", FIRST_DATA)
        tmux.press("s", "2")
        with strain.straining(tmp_path, "burner", BURN):
            begun = time.monotonic()
            tmux.wait_for("s", r"\d+ .*burner")
            time.sleep(max(0.0, begun + BURNS - time.monotonic()))
        # Gone from the table of now.
        tmux.wait_for("s", r"\A(?:(?!/burner)[\s\S])*\Z")

        found = walk_back(tmux)

        assert found, tmux.text("s")
        tmux.press("s", "d")
        shown = tmux.wait_for("s", r"CPU .* cores[\s\S]*METRICS").group()
        first = shown.splitlines()[1]
        assert re.search(r"\d+%.*- gone .*burner", first), shown
        tmux.press("s", "Escape")
        tmux.wait_for("s", r"\A(?:(?!What changed)[\s\S])*\Z")
        tmux.press("s", "End")
        tmux.wait_for("s", r"live +\d\d:\d\d:\d\d")


def walk_back(tmux: Tmux) -> bool:
    """Step by step until the burner is the first of the table."""
    for _ in range(STEPS):
        before = re.search(r"PAST +(\S+)", tmux.text("s"))
        tmux.press("s", "[")
        moment = r"(?!" + before[1] + r")\S+" if before else r"\S+"
        tmux.wait_for("s", rf"PAST +{moment} ")
        # The table is painted a moment after the first line.
        with suppress(AssertionError):
            return bool(tmux.wait_for("s", TOP, timeout=1.0))
    return False
