"""What outlived its first look before it became garbage must not lie until the end of the day."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from collections import deque

from sysmon_tui.monitor.garbage import settle

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


def test_what_went_out_of_use_is_found_soon() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    assert int(ran.stdout) < 40_000
