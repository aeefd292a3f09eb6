from __future__ import annotations

import os
import platform
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.host import read_host
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.text import clean
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed


def test_reads_what_the_machine_is(fake_roots: Roots) -> None:
    assert read_host(fake_roots, {}) == HostFacts(
        hostname="web-1",
        system="Example Linux 1",
        kernel="6.1.0-test",
        cores=2,
        boot_time=1_700_000_000.0,
        vantage="host",
    )


def test_through_a_foreign_proc_the_name_is_that_of_the_machine_looked_at(
    fake_roots: Roots,
) -> None:
    foreign = replace(fake_roots, foreign=True)
    assert read_host(foreign, {}).hostname == "web-1", "there is no other name"
    (fake_roots.root / "etc" / "hostname").write_text("metal-7\n")
    assert read_host(foreign, {}).hostname == "metal-7"
    assert read_host(fake_roots, {}).hostname == "web-1"


def test_the_clients_address_comes_from_ssh(fake_roots: Roots) -> None:
    environ = {"SSH_CONNECTION": "192.0.2.7 51000 192.0.2.1 22"}
    assert read_host(fake_roots, environ).remote == "192.0.2.7"
    assert read_host(fake_roots, {"SSH_CONNECTION": "\x1b[2J 1"}).remote == "␛[2J"
    assert read_host(fake_roots, {"SSH_CONNECTION": " "}).remote == ""


def test_a_container_says_so_and_states_its_limits(fake_roots: Roots) -> None:
    group = fake_roots.sys / "fs" / "cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("1048576\n")
    facts = read_host(fake_roots, {"container": "podman"})
    assert facts.vantage == "container"
    assert facts.limits == {"memory": 1048576.0}
    assert read_host(fake_roots, {}).limits == {}, "a host has none of its own"


def test_a_foreign_proc_is_named(fake_roots: Roots) -> None:
    facts = read_host(replace(fake_roots, foreign=True), {"container": "docker"})
    assert facts.vantage == f"host through {fake_roots.proc}"
    assert facts.limits == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PRETTY_NAME='Quoted 1'\n", "Quoted 1"),
        ("PRETTY_NAME=Plain\n", "Plain"),
        ('ID=x\nPRETTY_NAME=""\n', "Linux"),
        ("", "Linux"),
        ('PRETTY_NAME="a\x1bb"\n', "a␛b"),
    ],
)
def test_distribution(fake_roots: Roots, text: str, name: str) -> None:
    (fake_roots.root / "etc" / "os-release").write_text(text)
    assert read_host(fake_roots, {}).system == name


def test_the_second_place_of_os_release(fake_roots: Roots) -> None:
    (fake_roots.root / "etc" / "os-release").unlink()
    other = fake_roots.root / "usr" / "lib" / "os-release"
    other.parent.mkdir(parents=True)
    other.write_text("PRETTY_NAME=Second\n")
    assert read_host(fake_roots, {}).system == "Second"


def test_nothing_but_proc_stat_is_enough(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("")
    facts = read_host(Roots(proc=tmp_path, sys=tmp_path / "s", root=tmp_path / "r"), {})
    assert (facts.hostname, facts.system, facts.kernel) == ("unknown", "Linux", "unknown")
    assert facts.cores == os.cpu_count()
    assert facts.boot_time == 0.0


@pytest.mark.parametrize("name", ["proc/stat", "proc/sys/kernel/hostname", "root/etc/os-release"])
def test_survives_whatever_the_files_hold(fake_roots: Roots, name: str) -> None:
    path = fake_roots.proc.parent / name

    @relaxed
    @given(mutations(FILES[name]))
    def check(content: bytes) -> None:
        path.write_bytes(content)
        facts = read_host(fake_roots, {})
        assert facts.cores >= 1
        for text in (facts.hostname, facts.system, facts.kernel):
            assert text == clean(text) != ""

    check()


def test_agrees_with_this_machine() -> None:
    facts = read_host(Roots(), {})
    assert facts.hostname == platform.node()
    assert facts.kernel == platform.release()
    assert abs(facts.boot_time - psutil.boot_time()) <= 1.0


def test_elsewhere_the_platform_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "mac_ver", lambda: ("14.1", ("", "", ""), ""))
    monkeypatch.setattr(platform, "node", lambda: "")
    monkeypatch.setattr(psutil, "cpu_count", lambda: None)
    facts = read_host(Roots(proc=Path("/nowhere")), {"SSH_CONNECTION": "198.51.100.4 1 2 3"})
    assert facts.system == "Darwin 14.1"
    assert facts.hostname == "unknown"
    assert facts.cores == 1
    assert facts.remote == "198.51.100.4"
    assert facts.boot_time == psutil.boot_time()
