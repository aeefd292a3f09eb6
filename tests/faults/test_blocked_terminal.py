"""Nobody reads the terminal (Ctrl-S, a dead line), or it reads slowly: every beat is recorded,
alerts fire and call people, and when it reads again one repaint brings the screen up to date."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from sysmon_tui.storage import open_ledger, open_past
from sysmon_tui.ui.driver import SYNC_START
from tests.emulator import Emulator
from tests.integration.live import FIRST_DATA, live
from tests.pty import Pty
from tests.ui.test_driver import assert_nothing_is_amiss, leave, specimen

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

[notify]
group_wait = 0.0
[[notify.to]]
name = "duty"
kind = "webhook"
url = "http://127.0.0.1:PORT/"
rules = ["Late"]
"""
CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d) *$")
STALL = 0.5
"""Seconds that the event loop may be held up by a terminal."""
BAUD = 2400


@contextmanager
def receiver() -> Iterator[tuple[int, list[float]]]:
    """A port on which calls are taken, and the moments at which they came."""
    came: list[float] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            came.append(time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port, came
        finally:
            server.shutdown()
            thread.join()


def home_with_settings(home: Path, port: int) -> Path:
    (home / "config").mkdir(mode=0o700)
    (home / "config" / "settings.toml").write_text(SETTINGS.replace("PORT", str(port)))
    return home


def beats(home: Path) -> list[float]:
    """The moments at which CPU was recorded."""
    past = open_past(f"sqlite://{home}/state/history.sqlite", state=home / "state")
    return [batch.mono for batch in past.read(0.0, 1e12, collectors=frozenset({"cpu"}))]


def assert_all_is_recorded(home: Path, begun: float, ended: float) -> None:
    kept = [at for at in beats(home) if begun < at < ended]
    gaps = [after - before for before, after in pairwise([begun, *kept, ended])]
    # None missed; one that a busy machine made late is still one.
    assert len(kept) >= 0.9 * (ended - begun) / INTERVAL
    assert max(gaps) < 5 * INTERVAL
    assert median(gaps) < 1.2 * INTERVAL
    ledger = open_ledger(f"sqlite://{home}/state/history.sqlite", state=home / "state")
    assert "Late" in {event.alert.rule for event in ledger.history(50) if event.notifies}


def clocks(term: Pty, since: int) -> list[int]:
    """What the clock said, in seconds, after each update from byte `since` of the output on."""
    again = Emulator(term.columns, term.rows, wrap=True)
    before, *updates = term.output.decode("utf-8", "replace").split(SYNC_START)
    said, seen = [], len(before.encode())
    again.feed(before)
    for update in updates:
        again.feed(f"{SYNC_START}{update}")
        seen += len(f"{SYNC_START}{update}".encode())
        found = CLOCK.search(again.lines[0])
        if seen > since and found:
            hours, minutes, seconds = map(int, found.groups())
            said.append(hours * 3600 + minutes * 60 + seconds)
    return said


def assert_one_update_leads_on(said: list[int], least: float) -> None:
    """Time goes on step by step, but for one leap over what nobody saw."""
    leaps = [after - before for before, after in pairwise(said) if after - before > 2]
    assert len(leaps) == 1, said
    assert leaps[0] > least, said


def assert_screen_is_that_of_a_fresh_terminal(term: Pty) -> None:
    """Cell by cell what one shows that never saw anything but the picture as it is now."""
    term.send("z")
    term.wait_for("paused")
    term.settle(0.6)
    shown = term.screen.cells
    mark = len(term.output)
    term.send("\x0c")
    term.wait_for_output(b"\x1b[2J", mark)
    term.settle(0.6)
    fresh = Emulator(term.columns, term.rows, wrap=True)
    fresh.feed(term.output[mark:].decode("utf-8", "replace"))
    assert "q Quit" in fresh.text
    for y, row in enumerate(fresh.cells):
        assert shown[y] == row, (y, term.screen.lines[y], fresh.lines[y])
    term.send("z")


@pytest.mark.parametrize("seconds", [12.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_the_engine_misses_nothing_while_nobody_reads(
    tmp_path_factory: pytest.TempPathFactory, seconds: float
) -> None:
    with receiver() as (port, came):
        home = home_with_settings(tmp_path_factory.mktemp("home"), port)
        with live(home, "--interval", str(INTERVAL)) as term:
            term.wait_for(FIRST_DATA)
            term.wait_for("q Quit")
            mark = len(term.output)
            term.fill()
            begun = time.monotonic()
            while time.monotonic() < begun + seconds:
                time.sleep(0.2)
            ended = time.monotonic()
            assert len(term.output) == mark, "nobody was to read"
            assert came, "the duty was not called"
            assert begun < came[0] < ended
            term.wait_for("told while nobody reads")
            term.settle(0.1)
            assert_one_update_leads_on(clocks(term, mark), least=seconds - 3.0)
            assert_screen_is_that_of_a_fresh_terminal(term)
            term.send("q")
            assert term.exit_status() == 0
            assert term.left_behind() == []
        assert_all_is_recorded(home, begun, ended)


def crawl(term: Pty, seconds: float, baud: int) -> None:
    """Read as a line of so many bits a second does (ten for a byte)."""
    begun, taken = time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        due = int((now - begun) * baud / 10) - taken
        before = len(term.output)
        if due > 0:
            term.pump(0.02, due)
            taken += len(term.output) - before
        else:
            time.sleep(0.01)


def test_a_slow_line_does_not_hold_the_loop_up(tmp_path: Path) -> None:
    moments = tmp_path / "moments"
    with specimen("diff", "--beat", moments) as term:
        term.wait_for(r"step \d")
        begun = time.monotonic()
        crawl(term, 3.0, BAUD)
        ended = time.monotonic()
        at = [one for one in map(float, moments.read_text().split()) if begun < one < ended]
        assert max(after - before for before, after in pairwise([begun, *at, ended])) < STALL
        term.send("\x07")
        term.wait_for("<ctrl\\+g>")
        assert_nothing_is_amiss(term)
        leave(term)


@pytest.mark.slow
def test_nothing_is_missed_over_a_slow_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    with receiver() as (port, came):
        home = home_with_settings(tmp_path_factory.mktemp("home"), port)
        with live(home, "--interval", str(INTERVAL)) as term:
            term.wait_for(FIRST_DATA)
            term.wait_for("q Quit")
            begun = time.monotonic()
            crawl(term, 60.0, BAUD)
            ended = time.monotonic()
            assert came
            assert begun < came[0] < ended
            term.wait_for("told while nobody reads")
            assert_screen_is_that_of_a_fresh_terminal(term)
            term.send("q")
            assert term.exit_status() == 0
            assert term.left_behind() == []
        assert_all_is_recorded(home, begun, ended)
