from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors import filesystem
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.filesystem import (
    AVAILABLE,
    FILES,
    HUNG,
    HUNG_FOR,
    MISSES,
    READ_ONLY,
    SIZE,
    LinuxFilesystem,
    PortableFilesystem,
    create,
)
from sysmon_tui.collectors.filesystem_usage import Usage
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.clock import ManualClock
from tests.collectors.conftest import FILES as FAKE_FILES
from tests.collectors.hostile import mutations, relaxed, survives

GOOD = Usage(1000.0, 500.0, 400.0, 100.0, 90.0)


@dataclass
class Kernel:
    """Mounts that answer, refuse or hang, and the probes that were started to ask them."""

    hangs: set[bytes] = field(default_factory=set)
    immortal: set[bytes] = field(default_factory=set)
    """Mounts whose probe cannot even be killed."""
    refuses: dict[bytes, int] = field(default_factory=dict)
    probes: list[FakeProbe] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def spawn(self) -> FakeProbe:
        probe = FakeProbe(self)
        self.probes.append(probe)
        return probe

    @property
    def alive(self) -> int:
        return sum(not probe.ended for probe in self.probes)


@dataclass
class FakeProbe:
    kernel: Kernel
    stuck_at: bytes = b""
    ended: bool = False
    interrupted: bool = False

    def ask(self, path: bytes) -> Usage:
        assert not self.ended
        assert not self.stuck_at
        self.kernel.asked.append(path)
        if path in self.kernel.hangs:
            self.stuck_at = path
            raise TimeoutError
        if code := self.kernel.refuses.get(path):
            raise OSError(code, os.strerror(code))
        return GOOD

    def end(self) -> bool:
        self.ended = self.stuck_at not in self.kernel.immortal
        return self.ended

    def interrupt(self) -> None:
        self.interrupted = True


@dataclass
class Machine:
    kernel: Kernel
    clock: ManualClock
    collector: LinuxFilesystem
    mounts: Path

    def mount(self, *lines: str) -> None:
        self.mounts.write_text("".join(f"{line} rw 0 0\n" for line in lines))

    def hung(self) -> set[str]:
        family = self.collector.collect().families[HUNG]
        return {dict(key)["mountpoint"] for key, value in family.items() if value}


@pytest.fixture
def machine(fake_roots: Roots) -> Machine:
    kernel, clock = Kernel(), ManualClock()
    collector = LinuxFilesystem(replace(fake_roots, root=Path("/")), kernel.spawn, clock.mono)
    return Machine(kernel, clock, collector, fake_roots.proc / "self" / "mounts")


def test_one_probe_asks_every_mount_and_ends(machine: Machine) -> None:
    reading = machine.collector.collect()
    assert machine.kernel.asked == [b"/", b"/srv/my data", b"/mnt/share"]
    assert len(machine.kernel.probes) == 1
    assert machine.kernel.alive == 0
    root = labels(device="/dev/sda1", fstype="ext4", mountpoint="/")
    data = labels(device="/dev/mapper/data", fstype="xfs", mountpoint="/srv/my data")
    assert reading.families[SIZE][root] == 1000.0
    assert reading.families[AVAILABLE][root] == 400.0
    assert reading.families[FILES][data] == 100.0
    assert reading.families[READ_ONLY][root] == 0.0
    assert reading.families[READ_ONLY][data] == 1.0
    assert reading.families[HUNG] == {
        labels(mountpoint=name): 0.0 for name in ("/", "/srv/my data", "/mnt/share")
    }
    assert reading.note == ""
    machine.collector.close()


def test_the_prefix_is_asked_and_not_shown(fake_roots: Roots) -> None:
    kernel = Kernel()
    (fake_roots.proc / "1" / "mounts").write_text("/dev/sda1 / ext4 rw 0 0\n")
    roots = replace(fake_roots, root=Path("/host"), foreign=True)
    reading = LinuxFilesystem(roots, kernel.spawn).collect()
    assert kernel.asked == [b"/host/"]
    assert set(reading.families[SIZE]) == {
        labels(device="/dev/sda1", fstype="ext4", mountpoint="/")
    }


def test_a_hung_mount_is_named_with_its_age_and_the_rest_is_fresh(machine: Machine) -> None:
    machine.kernel.hangs.add(b"/srv/my data")
    machine.kernel.immortal.add(b"/srv/my data")
    machine.collector.collect()
    machine.clock.advance(12.0)
    reading = machine.collector.collect()
    assert reading.note == "hung: /srv/my data (12 s)"
    assert reading.families[HUNG][labels(mountpoint="/srv/my data")] == 1.0
    assert reading.families[HUNG_FOR] == {labels(mountpoint="/srv/my data"): 12.0}
    assert {dict(key)["mountpoint"] for key in reading.families[SIZE]} == {"/", "/mnt/share"}


def test_a_stuck_mount_is_left_alone_while_its_probe_lives(machine: Machine) -> None:
    machine.kernel.hangs.add(b"/mnt/share")
    machine.kernel.immortal.add(b"/mnt/share")
    for _ in range(5):
        assert machine.hung() == {"/mnt/share"}
    assert machine.kernel.asked.count(b"/mnt/share") == 1
    assert machine.kernel.alive == 1
    machine.kernel.immortal.clear()
    machine.kernel.hangs.clear()
    assert machine.hung() == set()
    assert machine.kernel.alive == 0


def test_a_mount_whose_probe_could_be_killed_is_asked_again_and_keeps_its_age(
    machine: Machine,
) -> None:
    machine.kernel.hangs.add(b"/mnt/share")
    machine.collector.collect()
    machine.clock.advance(30.0)
    assert machine.collector.collect().note == "hung: /mnt/share (30 s)"
    assert machine.kernel.asked.count(b"/mnt/share") == 2
    assert machine.kernel.alive == 0


def test_never_more_than_three_probes_are_stuck(machine: Machine) -> None:
    servers = [f"nas:/{n} /net/{n} nfs" for n in range(6)]
    disks = [f"/dev/sd{n} /disk/{n} ext4" for n in "abcd"]
    machine.mount(*servers, *disks)
    machine.kernel.hangs = {b"/net/%d" % n for n in range(6)} | {b"/disk/b", b"/disk/d"}
    machine.kernel.immortal = machine.kernel.hangs
    for _ in range(10):
        machine.collector.collect()
        assert machine.kernel.alive <= 3
    assert machine.hung() == {"/net/0", "/net/1", "/disk/b"}


def test_dead_servers_leave_the_last_probe_to_block_devices(machine: Machine) -> None:
    machine.mount(*(f"nas:/{n} /net/{n} nfs" for n in range(6)), "/dev/sda / ext4")
    machine.kernel.hangs = {b"/net/%d" % n for n in range(6)}
    machine.kernel.immortal = machine.kernel.hangs
    for _ in range(5):
        reading = machine.collector.collect()
        assert {dict(key)["mountpoint"] for key in reading.families[SIZE]} == {"/"}
    assert reading.note.endswith("not asked: 4 more")


def test_a_pass_waits_for_few_deadlines_and_asks_the_healthy_first(machine: Machine) -> None:
    machine.mount(*(f"nas:/{n} /net/{n} nfs" for n in range(8)))
    machine.kernel.hangs = {b"/net/%d" % n for n in range(6)}
    for _ in range(4):
        before = len(machine.kernel.asked)
        reading = machine.collector.collect()
        waited = [path for path in machine.kernel.asked[before:] if path in machine.kernel.hangs]
        assert len(waited) <= MISSES
    assert {dict(key)["mountpoint"] for key in reading.families[SIZE]} == {"/net/6", "/net/7"}
    assert len(machine.hung()) == 6


def test_a_mount_that_is_gone_is_no_longer_hung_and_its_probe_still_counts(
    machine: Machine,
) -> None:
    machine.kernel.hangs = machine.kernel.immortal = {b"/mnt/share"}
    assert machine.hung() == {"/mnt/share"}
    machine.mount("/dev/sda1 / ext4")
    assert machine.hung() == set()
    assert machine.kernel.alive == 1
    machine.kernel.immortal = set()
    machine.collector.collect()
    assert machine.kernel.alive == 0


def test_a_hang_that_left_no_probe_is_forgotten_with_its_mount(machine: Machine) -> None:
    machine.kernel.hangs = {b"/mnt/share"}
    assert machine.hung() == {"/mnt/share"}
    before = machine.mounts.read_text()
    machine.mount("/dev/sda1 / ext4")
    assert machine.hung() == set()
    machine.mounts.write_text(before)
    assert machine.collector.collect().note == "hung: /mnt/share (0 s)"


def test_a_mount_that_refuses_is_noted(machine: Machine) -> None:
    machine.kernel.refuses[b"/mnt/share"] = errno.ESTALE
    reading = machine.collector.collect()
    assert reading.note == f"no figures: /mnt/share ({os.strerror(errno.ESTALE)})"
    assert machine.kernel.alive == 0
    assert len(machine.kernel.probes) == 1


def test_a_probe_that_died_is_replaced_within_the_pass(machine: Machine) -> None:
    machine.kernel.refuses[b"/"] = errno.EPIPE
    reading = machine.collector.collect()
    assert len(machine.kernel.probes) == 2
    assert len(reading.families[SIZE]) == 2


def test_a_file_system_without_size_is_left_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeProbe, "ask", lambda self, path: Usage(0.0, 0.0, 0.0, 0.0, 0.0))
    assert machine.collector.collect().families == {}


def test_very_many_mounts_are_not_all_asked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "MOST", 5)
    machine.mount(*(f"/dev/sd{n} /disk/{n} ext4" for n in range(8)))
    reading = machine.collector.collect()
    assert len(reading.families[SIZE]) == 5
    assert reading.note == "not asked: 3 more"


def test_no_storage_is_unsupported(machine: Machine) -> None:
    machine.mount("tmpfs /run tmpfs")
    with pytest.raises(Unsupported):
        machine.collector.collect()


def test_an_idle_probe_that_will_not_end_is_abandoned(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeProbe, "end", lambda self: False)
    for _ in range(6):
        machine.collector.collect()
    assert len(machine.kernel.probes) == 3


def test_closing_interrupts_the_pass_under_way(machine: Machine) -> None:
    close = machine.collector.close
    real = machine.kernel.spawn

    class Closing(FakeProbe):
        def ask(self, path: bytes) -> Usage:
            close()
            raise OSError(errno.EPROTO, "the probe ended")

    def spawn() -> FakeProbe:
        real()
        machine.kernel.probes[-1] = Closing(machine.kernel)
        return machine.kernel.probes[-1]

    machine.collector._spawn = spawn
    machine.collector.collect()
    assert [probe.interrupted for probe in machine.kernel.probes] == [True]


def test_survives_whatever_the_file_holds(machine: Machine) -> None:
    @relaxed
    @given(mutations(FAKE_FILES["proc/self/mounts"]))
    def check(content: bytes) -> None:
        machine.mounts.write_bytes(content)
        survives(machine.collector)

    check()
    machine.collector.close()


def test_agrees_with_statvfs_on_this_machine() -> None:
    collector = create(Roots())
    assert isinstance(collector, LinuxFilesystem)
    reading = survives(collector)
    collector.close()
    if reading is None:
        pytest.skip("nothing but memory is mounted here")
    for key, size in reading.families[SIZE].items():
        if dict(key)["fstype"] == "tmpfs":
            continue  # other tests come with theirs and take them away
        found = os.statvfs(dict(key)["mountpoint"])
        assert size == found.f_frsize * found.f_blocks


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def part(device: str) -> SimpleNamespace:
        return SimpleNamespace(device=device, mountpoint=device, fstype="NTFS", opts="ro,fixed")

    def measure(path: str) -> SimpleNamespace:
        if path == "D:":
            raise PermissionError("not ready")
        return SimpleNamespace(total=100, used=60, free=40)

    parts = [part("C:"), part("D:")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: parts)  # noqa: A006 - psutil's name
    monkeypatch.setattr(psutil, "disk_usage", measure)
    collector = create(Roots(proc=Path("/nowhere")))
    assert isinstance(collector, PortableFilesystem)
    families = collector.collect().families
    key = labels(device="C:", fstype="NTFS", mountpoint="C:")
    assert families[SIZE] == {key: 100.0}
    assert families[AVAILABLE] == {key: 40.0}
    assert families[READ_ONLY] == {key: 1.0}
    parts.pop(0)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()


@pytest.mark.parametrize(
    ("same_root", "readable", "seen"),
    [(True, True, "/machine"), (False, True, "/sandbox"), (True, False, "/sandbox")],
)
def test_a_sandbox_that_is_all_read_only_is_looked_out_of(
    tmp_path: Path, same_root: bool, readable: bool, seen: str
) -> None:
    for name, mount in (("1", "/machine"), ("self", "/sandbox")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mounts").write_text(f"/dev/sda1 {mount} ext4 rw 0 0\n")
    (tmp_path / "self" / "root").symlink_to(tmp_path)
    (tmp_path / "1" / "root").symlink_to(tmp_path if same_root else tmp_path / "self")
    if not readable:
        (tmp_path / "1" / "mounts").unlink()
    collector = LinuxFilesystem(Roots(proc=tmp_path), Kernel().spawn)
    sizes = collector.collect().families[SIZE]
    collector.close()
    assert [dict(key)["mountpoint"] for key in sizes] == [seen]
