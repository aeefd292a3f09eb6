"""Nobody reads the terminal (Ctrl-S, a dead line): every beat is recorded, alerts fire and
are kept, and when it reads again the screen is right."""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from sysmon_tui.storage import open_ledger, open_past
from tests.integration.live import FIRST_DATA, live

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs a pty"),
    pytest.mark.alone,
]

INTERVAL = 0.5
SETTINGS = """
[[rules]]
name = "Late"
metric = "node_load15"
warning = { above = -1.0, clear = -2.0, for = "4s" }
summary = "told while nobody reads"
"""


def beats(state: Path) -> list[float]:
    """The moments at which CPU was recorded, of a history that is being written."""
    past = open_past(f"sqlite://{state}/history.sqlite", state=state)
    return [batch.mono for batch in past.read(0.0, 1e12, collectors=frozenset({"cpu"}))]


def test_the_engine_misses_nothing_while_nobody_reads(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "config").mkdir(mode=0o700)
    (home / "config" / "settings.toml").write_text(SETTINGS)
    with live(home, "--interval", str(INTERVAL)) as term:
        term.wait_for(FIRST_DATA)
        begun = time.monotonic()
        mark = len(term.output)
        # Two flushes of ten seconds are on disk once so much of a silence is.
        deadline = begun + 60
        while not (kept := [at for at in beats(home / "state") if at > begun]) or (
            kept[-1] - begun < 12
        ):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert len(term.output) == mark
        gaps = [after - before for before, after in pairwise(kept)]
        # None missed; one that a busy machine made late is still one.
        assert len(kept) >= 0.9 * (kept[-1] - begun) / INTERVAL
        assert max(gaps) < 5 * INTERVAL
        ledger = open_ledger(f"sqlite://{home}/state/history.sqlite", state=home / "state")
        assert "Late" in {event.alert.rule for event in ledger.history(50) if event.notifies}
        term.wait_for("told while nobody reads")
        term.wait_for("q Quit")
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []
