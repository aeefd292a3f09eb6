from __future__ import annotations

import os
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.cpu import CPU_SECONDS, MODES, LinuxCpu, PortableCpu, create
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives

TICK = os.sysconf("SC_CLK_TCK")


def test_reads_every_core_in_every_mode(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxCpu)
    families = collector.collect().families
    seconds = families[CPU_SECONDS]
    assert len(seconds) == 2 * len(MODES)
    assert seconds[labels(cpu="0", mode="system")] == pytest.approx(120 / TICK)
    assert seconds[labels(cpu="1", mode="iowait")] == pytest.approx(20 / TICK)
    assert families["node_load5"] == {(): 1.25}
    assert families["node_context_switches_total"] == {(): 987654.0}
    assert families["node_forks_total"] == {(): 4242.0}
    assert families["node_procs_blocked"] == {(): 1.0}
    collector.close()


def test_an_odd_core_costs_only_itself(fake_roots: Roots) -> None:
    (fake_roots.proc / "stat").write_text("cpu0 1 2 x 4\ncpu1 1 2 3 4 5 6 7 8\nctxt nan\n")
    (fake_roots.proc / "loadavg").unlink()
    families = LinuxCpu(fake_roots).collect().families
    assert {key[0] for key in families[CPU_SECONDS]} == {("cpu", "1")}
    assert set(families) == {CPU_SECONDS}


def test_no_core_is_unsupported(fake_roots: Roots) -> None:
    (fake_roots.proc / "stat").write_text("cpu  1 2 3 4\n")
    with pytest.raises(Unsupported, match="no core"):
        LinuxCpu(fake_roots).collect()


@pytest.mark.parametrize("name", ["stat", "loadavg"])
def test_survives_whatever_the_files_hold(fake_roots: Roots, name: str) -> None:
    @relaxed
    @given(mutations(FILES[f"proc/{name}"]))
    def check(content: bytes) -> None:
        (fake_roots.proc / name).write_bytes(content)
        collector = LinuxCpu(fake_roots)
        survives(collector)
        collector.close()

    check()


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    times = SimpleNamespace(user=1.0, system=2.0, idle=3.0)
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: [times, times])
    monkeypatch.setattr(psutil, "cpu_stats", lambda: SimpleNamespace(ctx_switches=5))
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.1, 0.2, 0.3))
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, PortableCpu)
    families = collector.collect().families
    assert len(families[CPU_SECONDS]) == 6
    assert families["node_load15"] == {(): 0.3}
    collector.close()
