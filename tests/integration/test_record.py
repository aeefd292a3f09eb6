"""The recorder as a process: signals, process 1, who records, and the screen that joins it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sysmon_tui.monitor import pulse
from tests.heaps import heaps, needs_glibc
from tests.integration.live import COMMAND, FIRST_DATA, environ, live

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and POSIX signals")

TIMEOUT = 30.0


class Recorder:
    """`sysmon-tui record` with a home of its own; its log goes to a file."""

    def __init__(self, home: Path, *options: str, before: tuple[str, ...] = ()) -> None:
        self.home = home
        self._log = home / f"log-{len(list(home.glob('log-*')))}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, *COMMAND, "record", *options],
                env=environ(home),
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, wanted: str, count: int = 1) -> None:
        until(lambda: len(re.findall(wanted, self.log)) >= count, lambda: self.log)

    def ends(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


@contextmanager
def recorder(home: Path, *options: str) -> Iterator[Recorder]:
    made = Recorder(home, *options)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def until(holds: Callable[[], object], what: Callable[[], str] = lambda: "") -> None:
    """Poll; there is nothing to be notified by."""
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def health(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "health"], env=environ(home), capture_output=True, text=True, check=False
    )


def ticked(home: Path) -> bool:
    """Whether the recorder has said what its collectors answer."""
    path = home / "state" / "health.json"
    return path.exists() and bool(pulse.read(path).collectors)


def sessions(home: Path) -> dict[int, float]:
    """Recorded spans by session: when each ended."""
    with sqlite3.connect(home / "state" / "history.sqlite") as db:
        rows = db.execute("SELECT session, max(t1) FROM chunk GROUP BY session").fetchall()
    db.close()
    return dict(rows)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_flushed(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with recorder(tmp_path) as one:
        until(lambda: ticked(tmp_path))
        assert health(tmp_path).returncode == 0
        assert one.ends(number) == status
        assert f"event=stopped signal={number.name}" in one.log
    assert len(sessions(tmp_path)) == 1
    assert not (tmp_path / "state" / "health.json").exists()
    assert health(tmp_path).returncode == 1


@needs_glibc
def test_its_threads_share_a_heap(tmp_path: Path) -> None:
    with recorder(tmp_path) as one:
        until(lambda: ticked(tmp_path))
        assert heaps(one.process.pid) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a process name space")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_as_process_1_it_ends_like_any_other(tmp_path: Path) -> None:
    one = Recorder(tmp_path, before=("unshare", "--pid", "--fork", "--kill-child"))
    try:
        until(lambda: ticked(tmp_path))
        assert "pid=1 " in one.log
        children = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read_text()
        os.kill(int(children), signal.SIGTERM)
        assert one.process.wait(TIMEOUT) == 0
    finally:
        one.process.kill()
        one.process.wait()
    assert len(sessions(tmp_path)) == 1


def test_a_hangup_starts_the_same_process_anew_with_new_settings(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    settings = tmp_path / "config" / "settings.toml"
    with recorder(tmp_path, "--log-format", "json") as one:
        until(lambda: ticked(tmp_path))
        settings.write_text("[collection]\ninterval = 'often'")
        one.process.send_signal(signal.SIGHUP)
        one.wait_for("settings not taken over")
        settings.write_text("[collection]\ninterval = 0.5")
        one.process.send_signal(signal.SIGHUP)
        one.wait_for('"event":"recording"', count=2)
        until(lambda: ticked(tmp_path))
        assert one.ends(signal.SIGTERM) == 0
        said = [json.loads(line) for line in one.log.splitlines()]
    starts = [line for line in said if line["event"] == "starting"]
    assert [line["interval"] for line in starts] == ["1", "0.5"]
    assert starts[0]["pid"] == starts[1]["pid"] == str(one.process.pid)
    assert len(sessions(tmp_path)) == 2


def test_with_its_terminal_it_ends(tmp_path: Path) -> None:
    with live(tmp_path, "record") as term:
        term.wait_for("event=recording")
        until(lambda: ticked(tmp_path))
        term.hang_up()
        assert term.process.wait(TIMEOUT) == 129
    assert len(sessions(tmp_path)) == 1


def test_the_second_recorder_says_who_records_or_stands_by(tmp_path: Path) -> None:
    with recorder(tmp_path) as one:
        one.wait_for("event=recording")
        with recorder(tmp_path, "--wait") as two, recorder(tmp_path) as three:
            assert three.process.wait(TIMEOUT) == 1
            assert f"pid {one.process.pid} records this machine" in three.log
            two.wait_for('event="standing by"')
            assert one.ends(signal.SIGTERM) == 0
            two.wait_for("event=recording")
            assert two.ends(signal.SIGTERM) == 0


def test_it_loads_no_screen(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, threading\n"
        "from sysmon_tui import cli\n"
        "from sysmon_tui.monitor import service\n"
        "tell = service.Service._tell_notices\n"
        "def told(self):\n"
        "    tell(self)\n"
        "    if self._tick.number > 2 and not self._asked: os.kill(os.getpid(), signal.SIGTERM)\n"
        "service.Service._tell_notices = told\n"
        "before = set(sys.modules)\n"
        "try: cli.main(['record'], prog_name='sysmon-tui')\n"
        "except SystemExit as end: print([end.code, *sorted({name.split('.')[0]"
        " for name in set(sys.modules) - before})])\n"
    )
    variables = {k: v for k, v in environ(tmp_path).items() if not k.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for heavy in ("textual", "rich", "asyncio", "ssl", "aiohttp", "psutil", "yaml", "unittest"):
        assert f"'{heavy}'" not in done.stdout
    assert done.stdout.startswith("[0, ")


def test_the_screen_joins_a_recorder_and_takes_its_place(tmp_path: Path) -> None:
    with recorder(tmp_path) as one:
        until(lambda: ticked(tmp_path))
        # Wide: the name of the machine comes first.
        with live(tmp_path, columns=200) as term:
            term.wait_for(FIRST_DATA)
            term.wait_for(rf"recorded by pid {one.process.pid}")
            assert one.ends(signal.SIGTERM) == 0
            ended = sessions(tmp_path)
            assert len(ended) == 1
            term.wait_for(lambda t: "recorded by" not in t.screen.text)
            term.send("q")
            assert term.exit_status() == 0
    with sqlite3.connect(tmp_path / "state" / "history.sqlite") as db:
        rows = db.execute(
            "SELECT collector, session, min(t0), max(t1) FROM chunk GROUP BY collector, session"
        ).fetchall()
    db.close()
    assert {session for _, session, _, _ in rows} == {1, 2}
    last = {collector: t1 for collector, session, _, t1 in rows if session == 1}
    for collector, session, t0, _ in rows:
        # Nothing of the recorder's time was written a second time.
        assert session == 1 or t0 > last.get(collector, 0.0)
