from __future__ import annotations

import os
import re
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.memory import AVAILABLE, TOTAL, LinuxMemory, PortableMemory, create
from sysmon_tui.model.errors import Unsupported
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives

KIB = 1024.0
PAGE = os.sysconf("SC_PAGE_SIZE")


def test_reads_sizes_and_events(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxMemory)
    families = collector.collect().families
    assert families[TOTAL] == {(): 8_000_000 * KIB}
    assert families[AVAILABLE] == {(): 5_000_000 * KIB}
    assert families["node_memory_Committed_AS_bytes"] == {(): 3_000_000 * KIB}
    assert families["node_vmstat_pgmajfault"] == {(): 77.0}
    assert families["node_vmstat_oom_kill"] == {(): 1.0}
    assert families["node_vmstat_pswpout"] == {(): 20.0}
    assert "node_memory_Hugepagesize_bytes" not in families
    collector.close()


def test_every_metric_declared_is_one_that_is_read(fake_roots: Roots) -> None:
    reading = LinuxMemory(fake_roots).collect()
    declared = {metric.name for metric in LinuxMemory.metrics}
    assert declared - set(reading.families) == {
        "node_memory_KernelStack_bytes",
        "node_memory_PageTables_bytes",
    }  # the two the fake machine leaves out


@pytest.mark.parametrize("zones", [True, False])
def test_available_is_computed_for_old_kernels(fake_roots: Roots, zones: bool) -> None:
    meminfo = fake_roots.proc / "meminfo"
    meminfo.write_text(re.sub("MemAvailable.*\n", "", meminfo.read_text()))
    if not zones:
        (fake_roots.proc / "zoneinfo").unlink()
    low = 1250 * PAGE if zones else 0
    cache, objects = 3_600_000 * KIB, 400_000 * KIB
    expected = 1_000_000 * KIB - low + (cache - low) + (objects - low)
    collector = LinuxMemory(fake_roots)
    for _ in range(2):
        assert collector.collect().families[AVAILABLE] == {(): expected}
    collector.close()


def test_available_is_never_less_than_nothing(fake_roots: Roots) -> None:
    (fake_roots.proc / "meminfo").write_text("MemTotal: 4000 kB\nMemFree: 100 kB\n")
    assert LinuxMemory(fake_roots).collect().families[AVAILABLE] == {(): 0.0}


def test_without_vmstat_there_are_still_sizes(fake_roots: Roots) -> None:
    (fake_roots.proc / "vmstat").unlink()
    families = LinuxMemory(fake_roots).collect().families
    assert TOTAL in families
    assert not [name for name in families if "vmstat" in name]


def test_an_odd_event_is_left_out(fake_roots: Roots) -> None:
    (fake_roots.proc / "vmstat").write_text("pswpin x\npgfault 5\nworkingset_oom_kill 3\n")
    families = LinuxMemory(fake_roots).collect().families
    assert families["node_vmstat_pgfault"] == {(): 5.0}
    assert {name for name in families if "vmstat" in name} == {"node_vmstat_pgfault"}


@pytest.mark.parametrize("text", ["", "MemFree: 1 kB\n", "MemTotal: 0 kB\n"])
def test_no_total_is_unsupported(fake_roots: Roots, text: str) -> None:
    (fake_roots.proc / "meminfo").write_text(text)
    with pytest.raises(Unsupported, match="MemTotal"):
        LinuxMemory(fake_roots).collect()


@pytest.mark.parametrize("name", ["meminfo", "vmstat", "zoneinfo"])
def test_survives_whatever_the_files_hold(fake_roots: Roots, name: str) -> None:
    if name == "zoneinfo":
        meminfo = fake_roots.proc / "meminfo"
        meminfo.write_text(meminfo.read_text().replace("MemAvailable", "MemElsewhere"))

    @relaxed
    @given(mutations(FILES[f"proc/{name}"]))
    def check(content: bytes) -> None:
        (fake_roots.proc / name).write_bytes(content)
        collector = LinuxMemory(fake_roots)
        survives(collector)
        collector.close()

    check()


def test_agrees_with_psutil_on_this_machine() -> None:
    collector = create(Roots())
    families = collector.collect().families
    collector.close()
    assert families[TOTAL] == {(): psutil.virtual_memory().total}
    assert families["node_memory_SwapTotal_bytes"] == {(): psutil.swap_memory().total}


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(total=1000, available=600, free=100)
    swap = SimpleNamespace(total=50, free=40, sin=8192, sout=4096)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(psutil, "swap_memory", lambda: swap)
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, PortableMemory)
    families = collector.collect().families
    assert families[AVAILABLE] == {(): 600.0}
    assert families["node_vmstat_pswpin"] == {(): 2.0}
    assert "node_memory_Buffers_bytes" not in families
    collector.close()
