"""A process may call itself anything: nothing of it reaches the terminal, nothing acts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.live import live

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names through prctl and /proc")

PAYLOADS = {
    "closing tag": b"[/]",
    "link": b"[@click=app.quit]x[/]",
    "clear": b"\x1b[2J\x1b[Hgone",
    "title": b"\x1b]0;owned\x07",
    "clipboard": b"\x1b]52;c;b3duZWQ=\x07",
    "c1": "\x9b2J\x9d0;owned\x9c".encode(),
    "bidi": "\u202eexe.\u2066evil".encode(),
    "zero width": "a\u200bb\ufeffc".encode(),
    "invalid": b"\xff\xfe\x80name",
    "newline": b"two\nlines) R 1 1",
}

CHILD = """
import ctypes, os, sys, time
name = os.fsencode(sys.argv[1])
ctypes.CDLL(None).prctl(15, name[:15], 0, 0, 0)
print("ready", flush=True)
end = time.monotonic() + 120
while time.monotonic() < end:  # busy, so that it stands on top of the table
    pass
"""


def forbidden(payload: bytes) -> list[bytes]:
    """Byte strings of a payload that would act or deceive if they came through."""
    found = []
    if b"\x1b" in payload:
        found += [payload[:8], payload[1:]]
    text = payload.decode("utf-8", "ignore")
    found += [c.encode() for c in text if c in "\x9b\x9d\x9c\u202e\u2066\u200b\ufeff"]
    if payload.startswith(b"\xff"):
        found += [b"\xff\xfe"]
    return found


@contextmanager
def named(name: bytes) -> Iterator[int]:
    """The pid of a busy process that bears `name` as its own and as an argument."""
    command = [sys.executable, "-c", CHILD, os.fsdecode(name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == b"ready\n"
            yield child.pid
        finally:
            child.kill()


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_names_and_arguments(tmp_path: Path, payload: bytes) -> None:
    with named(payload) as pid, live(tmp_path, columns=160) as term:
        term.wait_for(rf" {pid} ")
        term.wait_for("q Quit")
        term.press("/", str(pid))
        term.wait_for(rf"/{pid}")
        term.wait_for(lambda t: str(pid) in t.screen.lines[39])
        term.press("enter")
        term.wait_for("q Quit")
        term.press("enter")
        term.wait_for(rf"Process {pid}")
        term.wait_for(r"Command|Cgroup|User ")
        for raw in forbidden(payload):
            assert raw not in term.output
        assert term.process.poll() is None, "it acted or crashed"
        term.send("q")
        assert term.exit_status() == 0


def test_a_click_on_a_name_runs_nothing(tmp_path: Path) -> None:
    with named(PAYLOADS["link"]) as pid, live(tmp_path, "--mouse") as term:
        term.wait_for(rf" {pid} ")
        row = next(y for y, line in enumerate(term.screen.lines, 1) if f" {pid} " in line)
        for column in range(60, 118, 2):
            term.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
        term.pump(0.5)
        assert term.process.poll() is None
        term.send("q")
        assert term.exit_status() == 0
