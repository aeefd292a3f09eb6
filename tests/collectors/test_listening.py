from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from sysmon_tui.collectors import listening
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.listening import Listening, find_owners, read_listening
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.standing import Port
from sysmon_tui.model.text import clean
from tests.collectors.hostile import mutations, relaxed

HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode\n"
)


def line(local: str, state: str, inode: int, remote: str = "00000000:0000") -> str:
    return (
        f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000"
        f"     0        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
    )


TCP = HEAD + (
    line("0100007F:1F90", "0A", 11)
    + line("00000000:0016", "0A", 12)
    + line("0100007F:9C40", "01", 13, "0100007F:1F90")
)
TCP6 = HEAD + line("00000000000000000000000001000000:0050", "0A", 14, "0" * 32 + ":0000")
UDP = HEAD + line("00000000:0035", "07", 15) + line("00000000:EA60", "07", 16)


@pytest.fixture
def roots(fake_roots: Roots) -> Roots:
    for name, text in (("tcp", TCP), ("tcp6", TCP6), ("udp", UDP)):
        (fake_roots.proc / "net" / name).write_text(text)
    return fake_roots


@pytest.mark.skipif(sys.byteorder != "little", reason="the files are of such a machine")
def test_sockets_that_wait(roots: Roots) -> None:
    assert read_listening(roots) == (
        Listening(Port("tcp", "0.0.0.0", 22), 12),
        Listening(Port("tcp", "127.0.0.1", 8080), 11),
        Listening(Port("tcp", "::1", 80), 14),
        Listening(Port("udp", "0.0.0.0", 53), 15),
    )


def test_ports_that_are_handed_out_begin_where_the_machine_says(roots: Roots) -> None:
    ports = roots.proc / "sys" / "net" / "ipv4" / "ip_local_port_range"
    ports.parent.mkdir(parents=True)
    ports.write_text("61000\t65000\n")
    assert Port("udp", "0.0.0.0", 60000) in {one.port for one in read_listening(roots)}
    ports.write_text("10\t60000\n")
    assert {one.port.protocol for one in read_listening(roots)} == {"tcp"}
    ports.write_text("many\n")
    assert Port("udp", "0.0.0.0", 60000) not in {one.port for one in read_listening(roots)}


def test_of_a_host_those_of_its_first_process(roots: Roots) -> None:
    (roots.proc / "1").mkdir(exist_ok=True)
    (roots.proc / "net").rename(roots.proc / "1" / "net")
    assert len(read_listening(replace(roots, foreign=True))) == 4
    with pytest.raises(Unsupported, match="does not exist"):
        read_listening(roots)


def test_what_may_not_be_read(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _mode: str) -> object:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Denied, match="may not be read"):
        read_listening(roots)


@given(text=mutations(TCP + TCP6))
@relaxed
def test_hostile_files(fake_roots: Roots, text: bytes) -> None:
    (fake_roots.proc / "net" / "tcp").write_bytes(text)
    try:
        found = read_listening(fake_roots)
    except Unsupported:
        return
    for one in found:
        assert 0 <= one.port.port <= 0xFFFF
        assert one.port.address == clean(one.port.address)


def own(roots: Roots, pid: int, name: str, *targets: str) -> None:
    descriptors = roots.proc / str(pid) / "fd"
    descriptors.mkdir(parents=True)
    (roots.proc / str(pid) / "comm").write_text(f"{name}\n")
    for number, target in enumerate(targets):
        (descriptors / str(number)).symlink_to(target)


def test_owners(roots: Roots) -> None:
    own(roots, 40, "nginx", "/dev/null", "socket:[11]", "socket:[99]")
    own(roots, 41, "sshd\x1b[2J", "socket:[12]")
    own(roots, 42, "nginx", "socket:[11]")
    (roots.proc / "43").mkdir()
    (roots.proc / "40" / "fd" / "file").write_text("no link")
    found = find_owners(roots, (11, 12, 77, 0))
    assert found == {11: "nginx (40)", 12: "sshd␛[2J (41)"}


def test_the_search_for_owners_ends(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_LINKS", 2)
    own(roots, 40, "many", "a", "b", "c")
    own(roots, 41, "sshd", "socket:[12]")
    assert find_owners(roots, (12,)) == {}


def test_no_processes_at_all(tmp_path: Path) -> None:
    assert find_owners(Roots(proc=tmp_path / "none"), (1,)) == {}
