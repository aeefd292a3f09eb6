"""What the composition root makes of the settings that concern rules."""

from __future__ import annotations

import threading
from pathlib import Path

from sysmon_tui.model.alert import State
from sysmon_tui.monitor import assemble as root
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Prometheus, Settings, Storage
from tests.clock import ManualClock

FILE = """\
groups:
- name: g
  rules:
  - {alert: Memory, expr: 'node_memory_MemTotal_bytes{job="node"} > 0'}
  - {alert: Odd, expr: 'up['}
"""


def test_prometheus_rule_files_are_judged_live(tmp_path: Path) -> None:
    file = tmp_path / "node.yml"
    file.write_text(FILE)
    settings = Settings(
        storage=Storage(url="memory:"),
        collection=Collection(disabled=("process", "filesystem", "sensors", "network", "disk")),
        prometheus=Prometheus(rule_files=(str(file),)),
        rules=({"name": "A", "metric": "m", "warning": {"above": 1}, "notify": ["ops"]},),
    )
    monitor = root.assemble(settings, Dirs(tmp_path, tmp_path), clock=ManualClock(), environ={})
    try:
        firing = [alert for alert in monitor.beat().alerts if alert.state is State.FIRING]
        assert "Memory" in [alert.rule for alert in firing]
        assert "Not judged here: Odd. `sysmon-tui rules check` says why" in monitor.notices
        assert any("there is no receiver ops" in notice for notice in monitor.notices)
    finally:
        monitor.stop()


def test_what_takes_a_disk_is_done_on_a_thread_of_its_own() -> None:
    done = threading.Event()
    names: list[str] = []

    def job() -> None:
        names.append(threading.current_thread().name)
        done.set()

    root._in_background(job)
    assert done.wait(10.0)
    assert names == ["baseline"]
