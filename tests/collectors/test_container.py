from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.container import is_container, read_limits
from tests.collectors.hostile import relaxed

INITIAL = {"cgroup": 4026531835, "pid": 4026531836, "uts": 4026531838, "ipc": 4026531839}
MIB = 1 << 20


def link_namespaces(roots: Roots, **other: int) -> None:
    directory = roots.proc / "self" / "ns"
    directory.mkdir()
    for name, inode in (INITIAL | other).items():
        (directory / name).symlink_to(f"{name}:[{inode}]")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_plain_host_is_none(fake_roots: Roots) -> None:
    assert not is_container(fake_roots, {})


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_the_engines_leave_marks(fake_roots: Roots, mark: str) -> None:
    write(fake_roots.root / mark, "")
    assert is_container(fake_roots, {})


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "container"])
def test_the_environment_tells(fake_roots: Roots, variable: str) -> None:
    assert is_container(fake_roots, {variable: "podman"})


@pytest.mark.parametrize(
    "group",
    [
        "0::/system.slice/docker-0123.scope",
        "4:memory:/docker/0123",
        "0::/kubepods/burstable/pod1",
        "0::/lxc/web",
    ],
)
def test_the_group_of_process_1_tells(fake_roots: Roots, group: str) -> None:
    (fake_roots.proc / "1" / "cgroup").write_text(f"{group}\n")
    assert is_container(fake_roots, {})


def test_a_virtual_machine_with_a_containers_marks_is_a_host(fake_roots: Roots) -> None:
    write(fake_roots.root / ".dockerenv", "")
    link_namespaces(fake_roots)
    assert not is_container(fake_roots, {})


@pytest.mark.parametrize("name", INITIAL)
def test_one_namespace_of_its_own_makes_a_container(fake_roots: Roots, name: str) -> None:
    write(fake_roots.root / ".dockerenv", "")
    link_namespaces(fake_roots, **{name: 4026532999})
    assert is_container(fake_roots, {})


def test_a_root_that_cannot_be_searched_bears_no_marks(fake_roots: Roots) -> None:
    assert not is_container(replace(fake_roots, root=Path("/" + "x" * 300)), {})


def test_limits_of_the_unified_hierarchy(fake_roots: Roots) -> None:
    mount = fake_roots.sys / "fs" / "cgroup"
    write(mount / "memory.max", f"{256 * MIB}\n")
    write(mount / "cpu.max", "50000 100000\n")
    assert read_limits(fake_roots) == {"cpu": 0.5, "memory": 256.0 * MIB}


def test_the_tightest_of_the_groups_above_counts(fake_roots: Roots) -> None:
    (fake_roots.proc / "self" / "cgroup").write_text("0::/pod/../web/\n")
    mount = fake_roots.sys / "fs" / "cgroup"
    write(mount / "pod" / "memory.max", f"{100 * MIB}\n")
    write(mount / "pod" / "web" / "memory.max", "max\n")
    write(mount / "pod" / "web" / "cpu.max", "300000 100000\n")
    write(mount / "pod" / "cpu.max", "200000 100000\n")
    assert read_limits(fake_roots) == {"cpu": 2.0, "memory": 100.0 * MIB}


def test_limits_of_version_1_whose_path_begins_above_the_mount(fake_roots: Roots) -> None:
    (fake_roots.proc / "self" / "cgroup").write_text(
        "4:memory:/docker/x\n1:cpu,cpuacct:/docker/x\n"
    )
    mount = fake_roots.sys / "fs" / "cgroup"
    write(mount / "memory" / "memory.limit_in_bytes", "268435456\n")
    write(mount / "cpu" / "cpu.cfs_quota_us", "150000\n")
    write(mount / "cpu" / "cpu.cfs_period_us", "100000\n")
    assert read_limits(fake_roots) == {"cpu": 1.5, "memory": 268435456.0}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("memory.max", "max"),
        ("memory.max", "0"),
        ("memory.max", ""),
        ("memory.max", "9" * 400),
        ("memory/memory.limit_in_bytes", "9223372036854771712"),
        ("cpu.max", "max 100000"),
        ("cpu.max", "100000"),
        ("cpu.max", "100000 0"),
        ("cpu/cpu.cfs_quota_us", "-1"),
    ],
)
def test_no_limit_is_absent(fake_roots: Roots, name: str, text: str) -> None:
    mount = fake_roots.sys / "fs" / "cgroup"
    write(mount / "cpu" / "cpu.cfs_period_us", "100000")
    write(mount / name, text)
    assert read_limits(fake_roots) == {}


def test_survives_whatever_the_groups_are_called(fake_roots: Roots) -> None:
    @relaxed
    @given(st.one_of(st.binary(max_size=200), st.binary().map(lambda path: b"0::/" + path)))
    def check(content: bytes) -> None:
        (fake_roots.proc / "self" / "cgroup").write_bytes(content)
        (fake_roots.proc / "1" / "cgroup").write_bytes(content)
        is_container(fake_roots, {})
        assert read_limits(fake_roots) == {}

    check()
