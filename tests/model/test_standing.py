from __future__ import annotations

from math import isnan, nan

import pytest

from sysmon_tui.model.metric import labels
from sysmon_tui.model.standing import Port, Space, standing

ROOT = labels(device="/dev/sda1", fstype="ext4", mountpoint="/")
ODD = labels(device="/dev/sdb1", fstype="ext4", mountpoint="/odd")


def test_what_the_figures_say() -> None:
    found = standing(
        {
            "node_vmstat_oom_kill": {(): 3.0},
            "node_systemd_system_running": {(): 0.0},
            "node_systemd_unit_state": {
                labels(name="b.service", state="failed"): 1.0,
                labels(name="a.service", state="failed"): 1.0,
                labels(name="was.service", state="failed"): 0.0,
            },
            "node_systemd_service_restart_total": {
                labels(name="a.service"): 4.0,
                labels(name="c.service"): nan,
            },
            "node_filesystem_size_bytes": {ROOT: 100.0, ODD: 100.0},
            "node_filesystem_free_bytes": {ROOT: 40.0},
            "node_filesystem_avail_bytes": {ROOT: 30.0},
        },
        at=9.0,
        boot_time=1.0,
        ports=(Port("udp", "::", 53), Port("tcp", "0.0.0.0", 22)),
    )
    assert (found.at, found.boot_time, found.oom_kills) == (9.0, 1.0, 3.0)
    assert found.failed == ("a.service", "b.service")
    assert found.restarts == {"a.service": 4.0}
    assert found.spaces == {"/": Space(60.0, 90.0)}
    assert found.spaces["/"].share == pytest.approx(2 / 3)
    assert found.ports == (Port("tcp", "0.0.0.0", 22), Port("udp", "::", 53))
    assert [str(port) for port in found.ports] == ["tcp 0.0.0.0:22", "udp [::]:53"]


def test_what_they_do_not_say_is_not_known() -> None:
    found = standing({}, at=9.0, boot_time=1.0)
    assert isnan(found.oom_kills)
    assert found.failed is None
    assert found.ports is None
    assert isnan(Space(0.0, 0.0).share)
