from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from sysmon_tui.collectors import cgroup, cgroup_tree
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.cgroup import (
    CPU,
    LIMIT,
    OOM_KILLS,
    PERIODS,
    PIDS,
    THROTTLED,
    USAGE,
    LinuxCgroup,
    NoCgroup,
    create,
)
from sysmon_tui.collectors.cgroup_tree import GroupFiles
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.hostile import mutations, relaxed, survives

ID = "0123456789ab" + "c" * 52
WEB, DOCKER = labels(cgroup="web.service"), labels(cgroup="docker/0123456789ab")

UNIFIED = {
    "cgroup.controllers": "cpu memory pids\n",
    "cpu.stat": "usage_usec 9\n",
    "system.slice/memory.current": "90000\n",
    "system.slice/web.service/memory.current": "50000\n",
    "system.slice/web.service/memory.stat": "anon 20000\nfile 30000\ninactive_file 10000\n",
    "system.slice/web.service/memory.max": "100000\n",
    "system.slice/web.service/memory.events": "low 0\noom 4\noom_kill 3\n",
    "system.slice/web.service/cpu.stat": (
        "usage_usec 2500000\nuser_usec 1\nnr_periods 40\nnr_throttled 10\nthrottled_usec 5\n"
    ),
    "system.slice/web.service/pids.current": "12\n",
    f"system.slice/docker-{ID}.scope/memory.current": "7000\n",
    f"system.slice/docker-{ID}.scope/memory.max": "max\n",
    f"system.slice/docker-{ID}.scope/cpu.stat": "usage_usec 10\nnr_periods 0\nnr_throttled 0\n",
}
SEPARATE = {
    f"memory/docker/{ID}/memory.usage_in_bytes": "50000\n",
    f"memory/docker/{ID}/memory.stat": "inactive_file 1\ntotal_inactive_file 10000\n",
    f"memory/docker/{ID}/memory.limit_in_bytes": "100000\n",
    f"memory/docker/{ID}/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    f"cpu,cpuacct/docker/{ID}/cpu.stat": "nr_periods 40\nnr_throttled 10\nthrottled_time 5\n",
    f"cpu,cpuacct/docker/{ID}/cpuacct.usage": "2500000000\n",
    f"pids/docker/{ID}/pids.current": "12\n",
    "memory/user.slice/memory.usage_in_bytes": "70000\n",
    "memory/user.slice/memory.limit_in_bytes": "9223372036854771712\n",
}
FIGURES = {
    USAGE: 40000.0,
    LIMIT: 100000.0,
    CPU: 2.5,
    PERIODS: 40.0,
    THROTTLED: 10.0,
    PIDS: 12.0,
    OOM_KILLS: 3.0,
}


def lay(roots: Roots, files: dict[str, str]) -> Path:
    mount = roots.sys / "fs" / "cgroup"
    for name, text in files.items():
        (mount / name).parent.mkdir(parents=True, exist_ok=True)
        (mount / name).write_text(text)
    return mount


def test_version_2(fake_roots: Roots) -> None:
    lay(fake_roots, UNIFIED)
    collector = create(fake_roots)
    assert isinstance(collector, LinuxCgroup)
    reading = collector.collect()
    families = reading.families
    assert {name: family[WEB] for name, family in families.items()} == FIGURES
    assert families[USAGE][DOCKER] == 7000.0
    assert DOCKER not in families[LIMIT]
    assert DOCKER not in families[PERIODS]
    assert families[USAGE][labels(cgroup="system.slice")] == 90000.0
    assert reading.note == ""
    collector.close()


def test_version_1_has_a_tree_for_each_controller(fake_roots: Roots) -> None:
    lay(fake_roots, SEPARATE)
    families = LinuxCgroup(fake_roots).collect().families
    assert {name: family[DOCKER] for name, family in families.items()} == FIGURES
    assert labels(cgroup="user.slice") in families[USAGE]
    assert labels(cgroup="user.slice") not in families[LIMIT]


def test_hybrid_reads_the_controllers_of_version_1(fake_roots: Roots) -> None:
    mount = lay(fake_roots, SEPARATE)
    (mount / "unified").mkdir()
    (mount / "unified" / "cgroup.controllers").write_text("")
    families = LinuxCgroup(fake_roots).collect().families
    assert families[USAGE][DOCKER] == 40000.0


def test_version_1_without_memory_still_counts_cpu(fake_roots: Roots) -> None:
    lay(fake_roots, {name: text for name, text in SEPARATE.items() if name.startswith("cpu")})
    families = LinuxCgroup(fake_roots).collect().families
    assert families[CPU] == {DOCKER: 2.5}
    assert set(families) == {CPU, PERIODS, THROTTLED}


def test_groups_come_and_go_with_the_next_walk(fake_roots: Roots) -> None:
    mount = lay(fake_roots, UNIFIED)
    collector = LinuxCgroup(fake_roots)
    collector.collect()
    (mount / "new.slice").mkdir()
    (mount / "new.slice" / "memory.current").write_text("5\n")
    shutil.rmtree(mount / "system.slice" / "web.service")
    readings = [collector.collect().families for _ in range(cgroup.WALK_PASSES)]
    assert WEB not in readings[-1].get(CPU, {})
    assert labels(cgroup="new.slice") not in readings[0][USAGE]
    assert readings[-1][USAGE][labels(cgroup="new.slice")] == 5.0


def test_what_changes_is_seen_at_once_and_limits_within_the_stated_passes(
    fake_roots: Roots,
) -> None:
    web = lay(fake_roots, UNIFIED) / "system.slice" / "web.service"
    collector = LinuxCgroup(fake_roots)
    collector.collect()
    (web / "memory.current").write_text("60000\n")
    (web / "memory.max").write_text("70000\n")
    readings = [collector.collect().families for _ in range(cgroup.SLOW_PASSES)]
    assert readings[0][USAGE][WEB] == 50000.0
    assert readings[0][LIMIT][WEB] == 100000.0
    assert readings[-1][LIMIT][WEB] == 70000.0


class Opened:
    """Files of groups opened so far, and descriptors that are open now."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.kept: set[int] = set()
        opened, closed = os.open, os.close

        def record_open(path: str, flags: int, **more: int) -> int:
            fd = opened(path, flags, **more)
            self.names.append(str(path).rpartition("/")[2])
            self.kept.add(fd)
            return fd

        def record_close(fd: int) -> None:
            self.kept.discard(fd)
            closed(fd)

        monkeypatch.setattr(os, "open", record_open)
        monkeypatch.setattr(os, "close", record_close)


def test_what_is_dear_or_rarely_changes_is_read_rarely(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(fake_roots, UNIFIED)
    opened = Opened(monkeypatch)
    collector = LinuxCgroup(fake_roots)
    for _ in range(6):
        collector.collect()
    # Of the files that every group has one stays open; web.service alone has all the others.
    assert opened.names.count("memory.current") == 3
    assert opened.names.count("memory.stat") <= 3
    assert opened.names.count("memory.max") <= 6
    assert opened.names.count("pids.current") <= 3
    assert opened.names.count("cpu.stat") == 2
    assert len(opened.kept) == 5
    collector.close()
    assert not opened.kept


def test_descriptors_are_kept_for_some_only_and_let_go_with_the_group(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "MOST_KEPT", 1)
    mount = lay(fake_roots, {"cgroup.controllers": "", "a.slice/memory.current": "5\n"})
    collector = LinuxCgroup(fake_roots)
    collector.collect()
    opened = Opened(monkeypatch)
    lay(fake_roots, {"b.slice/memory.current": "6\n", "c.slice/memory.current": "7\n"})
    for _ in range(cgroup.WALK_PASSES):
        families = collector.collect().families
    assert len(families[USAGE]) == 3
    assert len(opened.kept) <= 1
    shutil.rmtree(mount / "a.slice")
    for _ in range(cgroup.WALK_PASSES):
        families = collector.collect().families
    assert len(families[USAGE]) == 2
    collector.close()
    assert not opened.kept


def test_only_the_largest_are_read_and_that_is_said(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "MOST", 2)
    lay(fake_roots, UNIFIED | {"odd.slice/cpu.stat": "usage_usec 1\n"})
    reading = LinuxCgroup(fake_roots).collect()
    assert set(reading.families[USAGE]) == {WEB, labels(cgroup="system.slice")}
    assert reading.note == "2 smaller control groups are left out"


def test_depth_and_number_of_groups_are_bounded(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup_tree, "MOST_SEEN", 8)
    deep = "/".join("abcdefghij")
    mount = lay(fake_roots, UNIFIED | {f"{deep}/memory.current": "1\n"})
    layout = cgroup_tree.find_layout(mount)
    assert layout is not None
    paths = cgroup_tree.walk(layout)
    assert len(paths) == 8
    assert max(path.count("/") for path in paths) <= cgroup_tree.MOST_DEEP


def test_two_groups_called_the_same_keep_their_paths(fake_roots: Roots) -> None:
    lay(fake_roots, UNIFIED | {"web.service/memory.current": "1\n"})
    families = LinuxCgroup(fake_roots).collect().families
    assert families[USAGE][labels(cgroup="/web.service")] == 1.0
    assert families[USAGE][labels(cgroup="/system.slice/web.service")] == 40000.0


def test_nothing_mounted_is_unsupported_and_looked_for_again(fake_roots: Roots) -> None:
    collector = LinuxCgroup(fake_roots)
    with pytest.raises(Unsupported, match="mounted"):
        collector.collect()
    lay(fake_roots, {"cgroup.controllers": "memory\n"})
    with pytest.raises(Unsupported, match="of its own"):
        collector.collect()
    lay(fake_roots, UNIFIED)
    assert WEB in collector.collect().families[USAGE]


def test_our_own_groups_are_not_the_watched_machines(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(fake_roots, UNIFIED)
    monkeypatch.setattr(cgroup, "OWN_SYS", fake_roots.sys)
    with pytest.raises(Unsupported, match=r"host\.sys"):
        LinuxCgroup(replace(fake_roots, foreign=True)).collect()


@pytest.mark.parametrize("name", [name for name in UNIFIED if "web" in name])
def test_survives_whatever_a_file_holds(fake_roots: Roots, name: str) -> None:
    path = lay(fake_roots, UNIFIED) / name

    @relaxed
    @given(mutations(UNIFIED[name]))
    def check(content: bytes) -> None:
        path.write_bytes(content)
        survives(LinuxCgroup(fake_roots))

    check()


def test_files_that_are_missing_or_directories_leave_figures_out(tmp_path: Path) -> None:
    layout = cgroup_tree.Layout(str(tmp_path), str(tmp_path), "", str(tmp_path))
    (tmp_path / "g" / "memory.current").mkdir(parents=True)
    files = GroupFiles(layout, "/g")
    said = (files.usage(), files.reclaimable(), files.limit(), files.pids(), *files.cpu())
    assert all(figure != figure for figure in said)


def test_a_tree_that_vanished_has_no_groups(tmp_path: Path) -> None:
    layout = cgroup_tree.Layout(str(tmp_path / "gone"), "", "", "")
    assert cgroup_tree.walk(layout) == []


def test_elsewhere_it_is_unsupported() -> None:
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, NoCgroup)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
