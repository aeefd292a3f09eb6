"""A tmux server of a test's own: the terminal that people really look through over SSH.

with Tmux(tmp_path, columns=120, rows=40) as tmux:
    tmux.start("first", [sys.executable, "-m", "sysmon_tui"], environ(home))
    tmux.wait_for("first", "CPU")
    tmux.press("first", "a")
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

TIMEOUT = 60.0
"""Seconds until a wait fails; generous, because machines that test are busy."""


class Tmux:
    """Sessions of one size on a socket below `place`; all of it ends with the `with`."""

    def __init__(self, place: Path, *, columns: int = 120, rows: int = 40) -> None:
        self._socket = place / "tmux"
        self._size = ("-x", str(columns), "-y", str(rows))

    def __enter__(self) -> Self:
        # A server whose last program was killed would end, perhaps while the next one is begun.
        self._run("-f", "/dev/null", "new-session", "-d", "-s", "keeper", "cat")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run("kill-server", check=False)

    def start(self, session: str, argv: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run a program in a session of its own; its pid."""
        # tmux decides what TERM its programs see.
        pairs = [f"{name}={value}" for name, value in environ.items() if name != "TERM"]
        command = ["env", "-i", "TERM=tmux-256color", *pairs, *argv]
        self._run("new-session", "-d", "-s", session, *self._size, *command)
        return int(self._run("display-message", "-p", "-t", session, "#{pane_pid}"))

    def press(self, session: str, *keys: str) -> None:
        """Keys as tmux names them: `Enter`, `Escape`, `a`."""
        self._run("send-keys", "-t", session, *keys)

    def text(self, session: str) -> str:
        return self._run("capture-pane", "-p", "-t", session)

    def wait_for(self, session: str, wanted: str, timeout: float = TIMEOUT) -> re.Match[str]:
        """Look until the screen matches a regular expression."""
        deadline = time.monotonic() + timeout
        while True:
            text = self.text(session)
            if match := re.search(wanted, text, re.MULTILINE):
                return match
            if time.monotonic() > deadline:
                raise AssertionError(f"{wanted!r} did not come\n{text}")
            time.sleep(0.05)

    def _run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=check,
        )
        return done.stdout
