"""The monitor's own cost is real: it grows with work, and holds what we hold."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil
import pytest

from sysmon_tui.collectors import self_cost
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.self_cost import (
    CPU_SECONDS,
    OPEN_FILES,
    RESIDENT,
    THREADS,
    PortableSelfCost,
    create,
)


def test_memory_is_what_the_kernel_says() -> None:
    collector = create(Roots())
    resident = collector.collect().families[RESIDENT][()]
    collector.close()
    assert resident == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)


def test_descriptors_and_threads_are_counted(tmp_path: Path) -> None:
    collector = create(Roots())
    before = collector.collect().families
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with (tmp_path / "x").open("w"), (tmp_path / "y").open("w"):
        after = collector.collect().families
    stop.set()
    thread.join()
    collector.close()
    assert after[OPEN_FILES][()] == before[OPEN_FILES][()] + 2
    assert after[THREADS][()] == before[THREADS][()] + 1


def test_cpu_grows_with_work() -> None:
    collector = create(Roots())
    before = collector.collect().families[CPU_SECONDS][()]
    sum(number * number for number in range(200_000))
    assert collector.collect().families[CPU_SECONDS][()] > before
    collector.close()


def test_helpers_that_ended_count(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = self_cost.cpu_seconds()
    times = os.times()
    with_children = os.times_result((times.user, times.system, 5.0, 7.0, times.elapsed))
    monkeypatch.setattr(os, "times", lambda: with_children)
    assert self_cost.cpu_seconds() >= alone + 12.0 - times.children_user - times.children_system


def test_elsewhere_psutil_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    collector = create(Roots())
    assert isinstance(collector, PortableSelfCost)
    families = collector.collect().families
    collector.close()
    assert families[RESIDENT][()] > 1e6
    assert families[CPU_SECONDS][()] > 0.0
