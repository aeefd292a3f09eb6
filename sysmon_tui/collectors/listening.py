"""Which ports wait for callers, and whose they are: one look, for `brief`.

/proc/net/{tcp,tcp6,udp,udp6} as proc_net(5) has them, of our network namespace or that of the
watched machine's process 1. Owners are found by the sockets in /proc/PID/fd, which only root
may see of others; they are looked for where somebody asks, because that visits every descriptor.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.figures import read_small
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.standing import Port
from sysmon_tui.model.text import clean_name

LARGEST = 1 << 20
"""Bytes read of each file. The kernel lists TCP sockets that listen before all others."""
MOST_LINKS = 50_000
"""Descriptors visited in search of owners."""

_LISTEN, _UNCONNECTED = b"0A", b"07"
_EPHEMERAL = 32768
"""ip(7): where ports begin that programs get without asking, unless set otherwise."""
_FILES = (("tcp", "tcp", _LISTEN), ("tcp6", "tcp", _LISTEN), ("udp", "udp", _UNCONNECTED),
          ("udp6", "udp", _UNCONNECTED))  # fmt: skip


class Listening(NamedTuple):
    port: Port
    inode: int
    """Of the socket; 0 where it has none."""


def read_listening(roots: Roots) -> tuple[Listening, ...]:
    """Raises `Unsupported` where the platform does not list them, `Denied` where we may not read.

    UDP sockets on ports that are handed out count as clients: they are not listed.
    """
    net = roots.proc / "1" / "net" if roots.foreign else roots.proc / "net"
    ephemeral = _first_ephemeral(roots)
    found: dict[Port, int] = {}
    files = 0
    for name, protocol, state in _FILES:
        text = _read(net / name)
        files += text is not None
        for port, inode in _sockets(text or b"", protocol, state):
            if protocol == "tcp" or port.port < ephemeral:
                found.setdefault(port, inode)
    if not files:
        raise Unsupported(f"{net / 'tcp'} does not exist on this system")
    return tuple(Listening(port, inode) for port, inode in sorted(found.items()))


def _first_ephemeral(roots: Roots) -> int:
    words = read_small(roots.proc / "sys" / "net" / "ipv4" / "ip_local_port_range", 64).split()
    return int(words[0]) if words and words[0].isdigit() and len(words[0]) <= 5 else _EPHEMERAL


def _read(path: Path) -> bytes | None:
    """None where there is no such file: a kernel without that protocol."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except PermissionError:
        raise Denied(f"{path} may not be read", "Run as root to see it") from None
    except OSError:
        return None


def _sockets(text: bytes, protocol: str, state: bytes) -> Iterator[tuple[Port, int]]:
    for line in text.splitlines()[1:]:
        words = line.split(None, 10)
        if len(words) < 10 or words[3] != state:
            continue
        address, colon, port = words[1].partition(b":")
        try:
            if colon and (host := _host(address)):
                yield Port(protocol, host, int(port, 16) & 0xFFFF), int(words[9][:20])
        except ValueError:
            continue


def _host(address: bytes) -> str:
    """Words of 32 bits in the machine's own byte order. Raises `ValueError`."""
    raw = bytes.fromhex(address.decode("ascii", "replace"))
    if len(raw) not in (4, 16):
        return ""
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def find_owners(roots: Roots, inodes: Collection[int]) -> dict[int, str]:
    """Who holds each socket, `python3 (4113)`; those we may not see are left out."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, str] = {}
    links = 0
    for pid in _pids(roots.proc):
        if not wanted or links >= MOST_LINKS:
            break
        for target in _links(roots.proc / pid / "fd"):
            links += 1
            if inode := wanted.pop(target, 0):
                name = clean_name(read_small(roots.proc / pid / "comm", 64)) or "?"
                found[inode] = f"{name} ({pid})"
    return found


def _pids(proc: Path) -> Iterator[str]:
    try:
        names = os.listdir(proc)
    except OSError:
        return
    yield from sorted((name for name in names if name.isascii() and name.isdigit()), key=int)


def _links(directory: Path) -> Iterator[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        try:
            yield os.readlink(directory / name)
        except OSError:
            continue
