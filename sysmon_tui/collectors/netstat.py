"""What TCP and UDP count for the whole machine: lost connections, retransmissions, sockets.

/proc/net/netstat, snmp and sockstat (proc_net(5), Documentation/networking/snmp_counter.rst) and
the connection tracking table. Linux alone has them; all are of one network namespace, ours or
that of the watched machine's process 1.
"""

from __future__ import annotations

from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.figures import counter
from sysmon_tui.model.errors import Denied, SysmonError, Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit
from sysmon_tui.model.sample import Reading

ENTRIES = "node_nf_conntrack_entries"
LIMIT = "node_nf_conntrack_entries_limit"

_COUNTS = {
    ("TcpExt", "ListenOverflows"): "Connections dropped because the accept queue was full",
    ("TcpExt", "ListenDrops"): "Connections dropped by listening sockets, for any reason",
    ("TcpExt", "TCPTimeouts"): "Times a retransmission timer ran out",
    ("TcpExt", "TCPSynRetrans"): "Connection requests sent again",
    ("Tcp", "ActiveOpens"): "Connections opened from here",
    ("Tcp", "PassiveOpens"): "Connections accepted here",
    ("Tcp", "InSegs"): "Segments received",
    ("Tcp", "OutSegs"): "Segments sent, without those sent again",
    ("Tcp", "RetransSegs"): "Segments sent again",
    ("Tcp", "InErrs"): "Segments received with errors",
    ("Tcp", "OutRsts"): "Resets sent",
    ("Udp", "InErrors"): "Datagrams that could not be delivered",
    ("Udp", "RcvbufErrors"): "Datagrams dropped because the receiver's buffer was full",
    ("Udp", "SndbufErrors"): "Datagrams not sent because the sender's buffer was full",
}
_ESTABLISHED = ("Tcp", "CurrEstab")
_FIELDS = {
    (protocol.encode(), field.encode()): f"node_netstat_{protocol}_{field}"
    for protocol, field in (*_COUNTS, _ESTABLISHED)
}
_SOCKETS = {
    (b"sockets:", b"used"): ("node_sockstat_sockets_used", "Sockets in use"),
    (b"TCP:", b"inuse"): ("node_sockstat_TCP_inuse", "TCP sockets that listen or are connected"),
    (b"TCP:", b"orphan"): ("node_sockstat_TCP_orphan", "TCP sockets no process holds any more"),
    (b"TCP:", b"tw"): ("node_sockstat_TCP_tw", "TCP connections in TIME_WAIT"),
    (b"TCP:", b"alloc"): ("node_sockstat_TCP_alloc", "TCP sockets in any state"),
    (b"TCP:", b"mem"): ("node_sockstat_TCP_mem", "Pages of memory that TCP buffers take"),
    (b"UDP:", b"inuse"): ("node_sockstat_UDP_inuse", "UDP sockets"),
}

METRICS = (
    *(
        Metric(f"node_netstat_{protocol}_{field}", Kind.COUNTER, Unit.COUNT, text)
        for (protocol, field), text in _COUNTS.items()
    ),
    Metric("node_netstat_Tcp_CurrEstab", Kind.GAUGE, Unit.COUNT, "Connections established now"),
    *(Metric(name, Kind.GAUGE, Unit.COUNT, text) for name, text in _SOCKETS.values()),
    Metric(ENTRIES, Kind.GAUGE, Unit.COUNT, "Connections being tracked"),
    Metric(LIMIT, Kind.GAUGE, Unit.COUNT, "Connections that can be tracked"),
)

_MOST_HEADINGS = 64
"""Kernels print about ten, always the same."""

Columns = tuple[tuple[int, str], ...]
Values = dict[str, dict[Labels, float]]


class LinuxNetstat:
    name: ClassVar[str] = "netstat"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        # `net` is a link to `self/net`, and in a foreign /proc `self` is not the host's.
        net = roots.proc / "1" / "net" if roots.foreign else roots.proc / "net"
        self._counts = (KernelFile(net / "netstat"), KernelFile(net / "snmp"))
        self._sockstat = KernelFile(net / "sockstat", 1024)
        # A sysctl answers for the namespace of who asks; the table under `1/net` is process 1's.
        sysctl = roots.proc / "sys" / "net" / "netfilter"
        self._tracked = KernelFile(
            net / "stat" / "nf_conntrack" if roots.foreign else sysctl / "nf_conntrack_count"
        )
        self._base = 16 if roots.foreign else 10
        self._limit = KernelFile(sysctl / "nf_conntrack_max", 64)
        self._columns: dict[bytes, Columns] = {}

    def collect(self) -> Reading:
        families: Values = {}
        refused: SysmonError | None = None
        for file in self._counts:
            try:
                self._count(file.read(), families)
            except (Unsupported, Denied) as error:
                refused = error
        if not families:
            raise refused or Unsupported(f"{self._counts[0].path} states nothing")
        families |= _sockets(_text(self._sockstat))
        return Reading(families | self._tracking(), note=str(refused) if refused else "")

    def _count(self, text: bytes, families: Values) -> None:
        """Lines come in pairs: the names of a protocol's figures, then the figures."""
        lines = text.splitlines()
        for names, figures in zip(lines[::2], lines[1::2], strict=False):
            columns = self._columns.get(names)
            if columns is None:
                columns = self._columns[names] = _wanted(names)
                if len(self._columns) > _MOST_HEADINGS:
                    self._columns.clear()
            if columns:
                _take(figures.split(), names, columns, families)

    def _tracking(self) -> Values:
        """Both figures or none."""
        try:
            entries = self._tracked.read()
            if self._base == 16:
                # Every line after the heading repeats the total first (nf_conntrack_standalone.c).
                entries = b"%d" % int(entries.splitlines()[1].split()[0], 16)
            return {
                ENTRIES: {(): counter(entries.strip())},
                LIMIT: {(): counter(self._limit.read().strip())},
            }
        except (SysmonError, OSError, ValueError, IndexError):
            return {}

    def close(self) -> None:
        for file in (*self._counts, self._sockstat, self._tracked, self._limit):
            file.close()


def _wanted(names: bytes) -> Columns:
    words = names.split()
    if not words:
        return ()
    protocol = words[0].removesuffix(b":")
    found = ((index, _FIELDS.get((protocol, word), "")) for index, word in enumerate(words))
    return tuple((index, name) for index, name in found if name)


def _take(fields: list[bytes], names: bytes, columns: Columns, families: Values) -> None:
    if not fields or not names.startswith(fields[0]):
        return
    for index, name in columns:
        try:
            families[name] = {(): counter(fields[index])}
        except (ValueError, IndexError):
            continue


def _sockets(text: bytes) -> Values:
    found: Values = {}
    for line in text.splitlines():
        words = line.split()
        for field, figure in zip(words[1::2], words[2::2], strict=False):
            if wanted := _SOCKETS.get((words[0], field)):
                try:
                    found[wanted[0]] = {(): counter(figure)}
                except ValueError:
                    continue
    return found


def _text(file: KernelFile) -> bytes:
    try:
        return file.read()
    except (SysmonError, OSError):
        return b""


class NoNetstat:
    """For platforms without any such figures."""

    name: ClassVar[str] = "netstat"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 60.0
    may_block: ClassVar[bool] = False

    def collect(self) -> Reading:
        raise Unsupported("Only Linux counts what TCP does in /proc")

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxNetstat(roots) if (roots.proc / "stat").exists() else NoNetstat()
