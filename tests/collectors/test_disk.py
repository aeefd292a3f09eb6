from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.disk import LinuxDisk, PortableDisk, create, is_whole_disk
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives

SDA = labels(device="sda")


def test_reads_whole_disks_in_base_units(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxDisk)
    families = collector.collect().families
    assert {name: family[SDA] for name, family in families.items()} == {
        "node_disk_reads_completed_total": 1000.0,
        "node_disk_read_bytes_total": 20000 * 512.0,
        "node_disk_read_time_seconds_total": 0.5,
        "node_disk_writes_completed_total": 2000.0,
        "node_disk_written_bytes_total": 40000 * 512.0,
        "node_disk_write_time_seconds_total": 1.5,
        "node_disk_io_now": 3.0,
        "node_disk_io_time_seconds_total": pytest.approx(1.2),
        "node_disk_io_time_weighted_seconds_total": 2.0,
    }
    collector.close()


def test_partitions_loops_and_unused_slots_are_left_out(fake_roots: Roots) -> None:
    families = LinuxDisk(fake_roots).collect().families
    shown = set(families["node_disk_reads_completed_total"])
    assert shown == {SDA, labels(device="nvme0n1"), labels(device="dm-0")}


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("sda", True),
        ("sda1", False),
        ("sdaa12", False),
        ("vdb", True),
        ("xvda1", False),
        ("hda", True),
        ("nvme0n1", True),
        ("nvme0n1p2", False),
        ("mmcblk0", True),
        ("mmcblk0p1", False),
        ("md127", True),
        ("md127p1", False),
        ("dm-3", True),
        ("loop7", False),
        ("ram0", False),
        ("zram0", False),
        ("sr0", False),
    ],
)
def test_without_sysfs_the_name_tells(tmp_path: Path, name: str, whole: bool) -> None:
    assert is_whole_disk(name.encode(), tmp_path) is whole


def test_sysfs_knows_better_than_the_name(tmp_path: Path) -> None:
    (tmp_path / "sdz9").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "partition").touch()
    (tmp_path / "cciss!c0d0p1").mkdir()
    (tmp_path / "cciss!c0d0p1" / "partition").touch()
    assert is_whole_disk(b"sdz9", tmp_path)
    assert not is_whole_disk(b"odd", tmp_path)
    assert not is_whole_disk(b"cciss/c0d0p1", tmp_path)
    assert is_whole_disk(b"nul\0", tmp_path)
    assert is_whole_disk(b"x" * 300, tmp_path)


def test_sysfs_is_asked_once_for_each_device(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def ask(name: bytes, _: Path) -> bool:
        asked.append(name)
        return True

    monkeypatch.setattr("sysmon_tui.collectors.disk.is_whole_disk", ask)
    collector = LinuxDisk(fake_roots)
    for _ in range(10):
        collector.collect()
    assert sorted(asked) == [b"dm-0", b"loop0", b"nvme0n1", b"sda", b"sda1", b"sdb"]


def test_names_that_come_and_go_are_not_kept_for_ever(fake_roots: Roots) -> None:
    collector = LinuxDisk(fake_roots)
    for number in range(500):
        line = f"252 0 dm-{number} 5 0 40 1 6 0 48 2 0 3 3\n"
        (fake_roots.proc / "diskstats").write_text(line)
        collector.collect()
    assert len(collector._keys) < 100


def test_an_odd_line_costs_only_itself(fake_roots: Roots) -> None:
    diskstats = fake_roots.proc / "diskstats"
    diskstats.write_text(diskstats.read_text().replace("sda 1000 10 20000", "sda 1000 10 -5"))
    families = LinuxDisk(fake_roots).collect().families
    assert all(SDA not in family for family in families.values())
    assert all(labels(device="dm-0") in family for family in families.values())


def test_no_disk_is_unsupported(fake_roots: Roots) -> None:
    (fake_roots.proc / "diskstats").write_text("8 0 sda 1 2\n")
    with pytest.raises(Unsupported, match="no disk"):
        LinuxDisk(fake_roots).collect()


def test_survives_whatever_the_file_holds(fake_roots: Roots) -> None:
    collector = LinuxDisk(fake_roots)

    @relaxed
    @given(mutations(FILES["proc/diskstats"]))
    def check(content: bytes) -> None:
        (fake_roots.proc / "diskstats").write_bytes(content)
        survives(collector)

    check()
    collector.close()


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = SimpleNamespace(read_count=3, read_bytes=512, read_time=1500, write_count=1)
    monkeypatch.setattr(psutil, "disk_io_counters", lambda perdisk: {"PhysicalDrive0": counts})
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, PortableDisk)
    families = collector.collect().families
    key = labels(device="PhysicalDrive0")
    assert families["node_disk_read_time_seconds_total"] == {key: 1.5}
    assert "node_disk_io_time_seconds_total" not in families
    monkeypatch.setattr(psutil, "disk_io_counters", lambda perdisk: None)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
