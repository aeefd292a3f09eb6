from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors import figures, network
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.network import SPEED, UP, LinuxNetwork, PortableNetwork, create
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives

ETH0 = labels(device="eth0")
LO = labels(device="lo")


def test_reads_counters_state_and_speed(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxNetwork)
    families = collector.collect().families
    assert {name: family[ETH0] for name, family in families.items()} == {
        "node_network_receive_bytes_total": 201058830.0,
        "node_network_receive_packets_total": 4216.0,
        "node_network_receive_errs_total": 1.0,
        "node_network_receive_drop_total": 2.0,
        "node_network_transmit_bytes_total": 230082.0,
        "node_network_transmit_packets_total": 2367.0,
        "node_network_transmit_errs_total": 3.0,
        "node_network_transmit_drop_total": 4.0,
        UP: 1.0,
        SPEED: 125e6,
    }
    assert families[UP][LO] == 0.0
    assert LO not in families[SPEED]
    collector.close()


def test_a_name_with_a_colon_is_an_alias(fake_roots: Roots) -> None:
    dev = fake_roots.proc / "net" / "dev"
    dev.write_text(dev.read_text().replace("  eth0:", "eth0:1:"))
    families = LinuxNetwork(fake_roots).collect().families
    assert labels(device="eth0:1") in families["node_network_receive_bytes_total"]


def test_the_hosts_interfaces_are_those_of_its_process_1(fake_roots: Roots) -> None:
    theirs = fake_roots.proc / "1" / "net" / "dev"
    theirs.parent.mkdir(parents=True)
    theirs.write_text((fake_roots.proc / "net" / "dev").read_text().replace("eth0", "eno1"))
    families = LinuxNetwork(replace(fake_roots, foreign=True)).collect().families
    assert set(families["node_network_receive_bytes_total"]) == {LO, labels(device="eno1")}


def test_our_own_sysfs_says_nothing_about_the_hosts_links(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "OWN_SYS", fake_roots.sys)
    theirs = fake_roots.proc / "1" / "net" / "dev"
    theirs.parent.mkdir(parents=True)
    theirs.write_text((fake_roots.proc / "net" / "dev").read_text())
    families = LinuxNetwork(replace(fake_roots, foreign=True)).collect().families
    assert UP not in families
    assert SPEED not in families


def test_slow_attributes_are_read_rarely(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = figures.read_small

    def record(path: str) -> bytes:
        read.append(path.rpartition("/")[2])
        return real(path)

    monkeypatch.setattr(network, "read_small", record)
    monkeypatch.setattr(network, "read_integer", lambda path: read.append("speed"))
    collector = LinuxNetwork(fake_roots)
    for _ in range(60):
        collector.collect()
    assert read.count("operstate") == 2 * 12
    assert read.count("speed") == 2 * 2


def test_a_link_that_changes_is_seen_within_the_stated_passes(fake_roots: Roots) -> None:
    collector = LinuxNetwork(fake_roots)
    collector.collect()
    (fake_roots.sys / "class" / "net" / "eth0" / "operstate").write_text("down\n")
    (fake_roots.sys / "class" / "net" / "eth0" / "speed").write_text("-1\n")
    states = [collector.collect().families for _ in range(network.SPEED_PASSES)]
    assert states[network.STATE_PASSES - 1][UP][ETH0] == 0.0
    assert SPEED not in states[-1]


def test_no_interface_is_unsupported(fake_roots: Roots) -> None:
    (fake_roots.proc / "net" / "dev").write_text("Inter-| Receive\n eth0: 1 2 3\n ../x: 1\n")
    with pytest.raises(Unsupported, match="no interface"):
        LinuxNetwork(fake_roots).collect()


@pytest.mark.parametrize("name", ["..", "../../secret", "a\0b", ""])
def test_a_name_that_would_leave_the_directory_is_refused(fake_roots: Roots, name: str) -> None:
    figures = " 1" * 16
    (fake_roots.proc / "net" / "dev").write_text(f" lo:{figures}\n{name}:{figures}\n")
    families = LinuxNetwork(fake_roots).collect().families
    assert set(families["node_network_receive_bytes_total"]) == {LO}


def test_survives_whatever_the_file_holds(fake_roots: Roots) -> None:
    collector = LinuxNetwork(fake_roots)

    @relaxed
    @given(mutations(FILES["proc/net/dev"]))
    def check(content: bytes) -> None:
        (fake_roots.proc / "net" / "dev").write_bytes(content)
        survives(collector)

    check()
    collector.close()


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = ("bytes_recv", "packets_recv", "errin", "dropin")
    more = ("bytes_sent", "packets_sent", "errout", "dropout")
    counts = SimpleNamespace(**dict.fromkeys(fields + more, 7))
    link = SimpleNamespace(isup=True, speed=100)
    found = {"en0": counts}
    asked: list[int] = []

    def links() -> dict[str, SimpleNamespace]:
        asked.append(1)
        return {"en0": link}

    monkeypatch.setattr(psutil, "net_io_counters", lambda pernic: found)
    monkeypatch.setattr(psutil, "net_if_stats", links)
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, PortableNetwork)
    for _ in range(6):
        families = collector.collect().families
    key = labels(device="en0")
    assert families["node_network_transmit_drop_total"] == {key: 7.0}
    assert families[UP] == {key: 1.0}
    assert families[SPEED] == {key: 12.5e6}
    assert len(asked) == 2
    found.clear()
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
