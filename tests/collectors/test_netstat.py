from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.netstat import ENTRIES, LIMIT, LinuxNetstat, NoNetstat, create
from sysmon_tui.model.errors import Denied, Unsupported
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives


def test_reads_counters_sockets_and_tracked_connections(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxNetstat)
    reading = collector.collect()
    assert {name: family[()] for name, family in reading.families.items()} == {
        "node_netstat_TcpExt_ListenOverflows": 12.0,
        "node_netstat_TcpExt_ListenDrops": 15.0,
        "node_netstat_TcpExt_TCPTimeouts": 40.0,
        "node_netstat_TcpExt_TCPSynRetrans": 3.0,
        "node_netstat_Tcp_ActiveOpens": 34.0,
        "node_netstat_Tcp_PassiveOpens": 2.0,
        "node_netstat_Tcp_CurrEstab": 7.0,
        "node_netstat_Tcp_InSegs": 19536.0,
        "node_netstat_Tcp_OutSegs": 7595.0,
        "node_netstat_Tcp_RetransSegs": 25.0,
        "node_netstat_Tcp_InErrs": 1.0,
        "node_netstat_Tcp_OutRsts": 10.0,
        "node_netstat_Udp_InErrors": 4.0,
        "node_netstat_Udp_RcvbufErrors": 4.0,
        "node_netstat_Udp_SndbufErrors": 2.0,
        "node_sockstat_sockets_used": 170.0,
        "node_sockstat_TCP_inuse": 12.0,
        "node_sockstat_TCP_orphan": 1.0,
        "node_sockstat_TCP_tw": 33.0,
        "node_sockstat_TCP_alloc": 14.0,
        "node_sockstat_TCP_mem": 5.0,
        "node_sockstat_UDP_inuse": 6.0,
        ENTRIES: 180.0,
        LIMIT: 200.0,
    }
    assert reading.note == ""
    collector.close()


def test_columns_are_found_by_name_each_time_the_heading_changes(fake_roots: Roots) -> None:
    collector = LinuxNetstat(fake_roots)
    collector.collect()
    (fake_roots.proc / "net" / "netstat").write_text(
        "TcpExt: ListenDrops ListenOverflows\nTcpExt: 2 1\n"
    )
    families = collector.collect().families
    assert families["node_netstat_TcpExt_ListenOverflows"] == {(): 1.0}
    assert families["node_netstat_TcpExt_ListenDrops"] == {(): 2.0}
    assert "node_netstat_TcpExt_TCPTimeouts" not in families


def test_headings_do_not_pile_up(fake_roots: Roots) -> None:
    collector = LinuxNetstat(fake_roots)
    for number in range(200):
        (fake_roots.proc / "net" / "netstat").write_text(f"X{number}: a\nX{number}: 1\n")
        collector.collect()
    assert len(collector._columns) <= 65


def test_the_hosts_figures_are_those_of_its_process_1(fake_roots: Roots) -> None:
    theirs = fake_roots.proc / "1" / "net"
    (theirs / "stat").mkdir(parents=True)
    for name in ("netstat", "snmp", "sockstat"):
        (theirs / name).write_text(FILES[f"proc/net/{name}"].replace(" 12 ", " 77 "))
    (theirs / "stat" / "nf_conntrack").write_text("entries  found\n000000a0  1\n000000a0  2\n")
    families = LinuxNetstat(replace(fake_roots, foreign=True)).collect().families
    assert families["node_netstat_TcpExt_ListenOverflows"] == {(): 77.0}
    assert families["node_sockstat_TCP_inuse"] == {(): 77.0}
    assert families[ENTRIES] == {(): 160.0}
    assert families[LIMIT] == {(): 200.0}


@pytest.mark.parametrize("name", ["nf_conntrack_count", "nf_conntrack_max"])
def test_where_connections_are_not_tracked_both_figures_are_left_out(
    fake_roots: Roots, name: str
) -> None:
    (fake_roots.proc / "sys" / "net" / "netfilter" / name).unlink()
    families = LinuxNetstat(fake_roots).collect().families
    assert ENTRIES not in families
    assert LIMIT not in families


def test_one_missing_file_is_noted_and_all_missing_is_unsupported(fake_roots: Roots) -> None:
    net = fake_roots.proc / "net"
    (net / "sockstat").unlink()
    (net / "netstat").unlink()
    reading = LinuxNetstat(fake_roots).collect()
    assert "netstat does not exist" in reading.note
    assert "node_netstat_Tcp_OutSegs" in reading.families
    (net / "snmp").unlink()
    with pytest.raises(Unsupported, match="snmp"):
        LinuxNetstat(fake_roots).collect()


def test_files_without_figures_are_unsupported(fake_roots: Roots) -> None:
    for name in ("netstat", "snmp"):
        (fake_roots.proc / "net" / name).write_text("")
    with pytest.raises(Unsupported, match="states nothing"):
        LinuxNetstat(fake_roots).collect()


def test_files_that_may_not_be_read_are_denied(
    fake_roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr("sysmon_tui.collectors.base.os.open", refuse)
    with pytest.raises(Denied):
        LinuxNetstat(fake_roots).collect()


@pytest.mark.parametrize(
    "name",
    [
        "proc/net/netstat",
        "proc/net/snmp",
        "proc/net/sockstat",
        "proc/sys/net/netfilter/nf_conntrack_count",
    ],
)
def test_survives_whatever_the_files_hold(fake_roots: Roots, name: str) -> None:
    collector = LinuxNetstat(fake_roots)

    @relaxed
    @given(mutations(FILES[name]))
    def check(content: bytes) -> None:
        (fake_roots.proc.parent / name).write_bytes(content)
        survives(collector)

    check()
    collector.close()


def test_elsewhere_it_is_unsupported() -> None:
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, NoNetstat)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
