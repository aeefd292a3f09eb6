"""The real clock, told what time it is."""

from __future__ import annotations

import time

import pytest

from sysmon_tui.monitor.clock import SystemClock


def test_both_times_are_equally_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or jitter would be stored twice."""
    apart = set()
    for n in range(50):
        mono = 1000.0 + n + 0.000_137 * (n * n % 17)
        monkeypatch.setattr(time, "monotonic", lambda mono=mono: mono)
        monkeypatch.setattr(time, "time", lambda mono=mono: mono + 1_700_000_000.2503)
        clock = SystemClock()
        apart.add(round(clock.wall() - clock.mono(), 6))
        assert abs(clock.wall() - time.time()) < 0.0006
    assert apart == {1_700_000_000.25}
