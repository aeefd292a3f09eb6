"""A program that runs for weeks: what it lets go of is free soon, and can be used by all of it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from sysmon_tui.monitor.footprint import share_heap
from tests.heaps import needs_glibc

RINGS = """
import gc
from collections import deque

from sysmon_tui.monitor.footprint import settle

class Ring:
    alive = 0

    def __init__(self):
        self.me = self
        Ring.alive += 1

    def __del__(self):
        Ring.alive -= 1

code = [[] for _ in range(400_000)]
gc.collect()
settle()
held = deque(maxlen=3000)
most = 0
for _ in range(300_000):
    held.append(Ring())
    most = max(most, Ring.alive)
print(most)
"""
"""Objects that hold themselves, dropped after a while, beside far more that stay."""

HEAPS = """
import os
from threading import Thread

from sysmon_tui.monitor.footprint import share_heap
from tests.heaps import heaps

def allocate():
    # Too large for Python's own allocator, too small for a mapping of its own.
    kept.extend(bytes(3000) for _ in range(100))

{before}
kept = []
thread = Thread(target=allocate)
thread.start()
thread.join()
print(heaps(os.getpid()))
"""


def run(program: str) -> int:
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=root)
    return int(ran.stdout)


def test_what_went_out_of_use_is_found_soon() -> None:
    assert run(RINGS) < 40_000


@needs_glibc
def test_threads_have_no_heaps_of_their_own() -> None:
    assert run(HEAPS.format(before="")) == 1
    assert run(HEAPS.format(before="share_heap()")) == 0


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    share_heap()
